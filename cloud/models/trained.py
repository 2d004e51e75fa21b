"""What the classifiers whose weights are trained on byte inputs have in common."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .augment import Augment, augmented
from .estimator import IntegerClassifier, generator
from .inputs import Floats, InputScale, Ints, fit_inputs
from .training import Array, Schedule, Trainable, train


class WholeScores(Protocol):
    """All that a node computes."""

    @property
    def score_shift(self) -> int:
        """Scores are logarithms of odds in units of 2**-score_shift."""

    def scores(self, inputs: Ints) -> Ints:
        """Whole scores of rows of inputs, shape (rows, scores)."""


class Centring(Protocol):
    """What takes inputs to where the weights are trained on them."""

    def centred(self, inputs: Ints) -> Array:
        """Inputs, the last axis the features, less their means, over the largest input."""


class OnBytes(Trainable, Protocol):
    """A model of bytes."""

    @property
    def layer(self) -> Centring:
        """Its first layer."""


Model = TypeVar("Model", bound=OnBytes)


class TrainedClassifier(IntegerClassifier):
    """Its parameters hold those of Schedule; some can augment their rows."""

    inputs_: InputScale
    augment: Augment | None = None
    copies: int = 0
    epochs: int
    batch: int
    learning_rate: float
    l2: float
    verbose: int
    random_state: Any

    @property
    @abstractmethod
    def whole(self) -> WholeScores:
        """The fitted model in whole numbers."""

    def _train(
        self,
        X: ArrayLike,
        y: ArrayLike,
        soft_labels: ArrayLike | None,
        begin: Callable[[Ints, int, np.random.Generator], Model],
        keep: Mapping[str, float],
    ) -> Model:
        """The model that `begin` makes of inputs, the number of classes and random numbers, trained; `keep` as of
        Schedule."""
        rows, targets = self._begin(X, y, soft_labels)
        rng = generator(self.random_state)
        self.inputs_ = self._fit_inputs(rows)
        if self.augment is not None:
            rows = augmented(rows, self.augment, self.copies, rng)
            targets = np.tile(targets, (self.copies + 1, 1))
        inputs = self._inputs(rows)
        model = begin(inputs, targets.shape[1], rng)
        schedule = Schedule(
            epochs=self.epochs,
            batch=self.batch,
            rate=self.learning_rate,
            l2=self.l2,
            keep=keep,
            verbose=self.verbose,
        )
        train(model, model.layer.centred(inputs), targets.astype(np.float32), schedule, rng)
        return model

    def whole_scores(self, rows: Floats) -> Ints:
        """See IntegerClassifier."""
        return self.whole.scores(self._inputs(rows))

    @property
    def score_shift(self) -> int:
        """See IntegerClassifier."""
        return self.whole.score_shift

    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """See IntegerClassifier."""
        return self.inputs_.examples(count, rng)

    def _fit_inputs(self, rows: Floats) -> InputScale:
        return fit_inputs(rows)

    def _inputs(self, rows: Floats) -> Ints:
        """Inputs of rows, the last axis as inputs_ has them."""
        return self.inputs_.apply(rows)
