"""A net with one hidden layer whose weights are a few bits each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .augment import Augment
from .byte_layer import FACTOR_HIGHEST, HIGHEST_VALUE, ByteLayer, Factors
from .estimator import check_choice, check_range
from .grids import HIGHEST, on_grid
from .inputs import Ints
from .softmax import cross_entropy_slope
from .trained import TrainedClassifier, WholeScores
from .training import Array, normal

LEAST_SCALE = 1e-6
REACHED = 99.9
"""Per cent of the hidden values that fit a byte; those beyond are clipped."""
BIAS_HIGHEST = 127
"""Biases of a layer of an int3 net are a byte times a step that they share."""


@dataclass(frozen=True, kw_only=True)
class IntegerNet:
    """All that a node computes: hidden_h = clip((hidden_weights @ inputs + hidden_bias)_h * factor_h >> shift, 0, 127),
    scores = output_weights @ hidden + output_bias, logarithms of odds in units of 2**-score_shift. Shapes (hidden,
    features), (hidden,) and (scores, hidden); one score is that of the second of two classes."""

    hidden_weights: Ints
    hidden_bias: Ints
    factor: Ints
    shift: int
    output_weights: Ints
    output_bias: Ints
    score_shift: int

    def scores(self, inputs: Ints) -> Ints:
        """Scores of rows of inputs, shape (rows, scores)."""
        sums = inputs @ self.hidden_weights.T + self.hidden_bias
        hidden = np.clip(sums * self.factor >> self.shift, 0, HIGHEST_VALUE)
        found: Ints = hidden @ self.output_weights.T + self.output_bias
        return found


class LowBitNetClassifier(TrainedClassifier):
    """One hidden ReLU layer of ternary, int4 or int8 weights, most of them zero; whole numbers at inference.

    predict() computes with integers what the ported C computes. Training is dense at first, thins the hidden weights
    by iterative hard thresholding, and ends with quantised weights on a fixed support (see training.py).

    Args:
        hidden: units of the hidden layer.
        weights, output_weights: ternary, int3, int4 or int8, of the hidden and the output layer. Of int3 both layers
            are ported bit by bit where a class is all that is asked for: the least flash, not the least time.
        density, output_density: shares of them that are not zero.
        augment: makes other rows of the same classes, of X and a numpy Generator; Jitter(side) does for images.
        copies: how many times each row is augmented.
        epochs: passes over the rows and their copies; small data sets are passed more often.
        batch: rows a step.
        learning_rate: Adam's first.
        l2: weight decay.
        verbose: log every so many epochs; 0 never.
        random_state: seed.

    Attributes: classes_; n_features_in_; inputs_: InputScale of the features; net_: IntegerNet.
    """

    def __init__(
        self,
        hidden: int = 36,
        *,
        weights: str = "int4",
        density: float = 0.35,
        output_weights: str = "int4",
        output_density: float = 0.6,
        augment: Augment | None = None,
        copies: int = 8,
        epochs: int = 60,
        batch: int = 32,
        learning_rate: float = 0.01,
        l2: float = 3e-4,
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.weights = weights
        self.density = density
        self.output_weights = output_weights
        self.output_density = output_density
        self.augment = augment
        self.copies = copies
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.l2 = l2
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, soft_labels: ArrayLike | None = None) -> Self:
        """Trains on rows X, shape (rows, features), and their classes y. `soft_labels`, shape (rows, classes), are
        probabilities to learn instead, as a teacher gives them.

        Raises:
            ValueError: bad parameters, rows or labels.
        """
        check_range("hidden", self.hidden, 1, 255)
        check_range("density", self.density, 0.001, 1)
        check_range("output_density", self.output_density, 0.001, 1)
        check_choice("weights", self.weights, HIGHEST)
        check_choice("output_weights", self.output_weights, HIGHEST)
        trained = self._train(
            X,
            y,
            soft_labels,
            lambda *begin: _Net(self, *begin),
            {"hidden": self.density, "output": self.output_density},
        )
        self.net_ = trained.integers()
        return self

    @property
    def whole(self) -> WholeScores:
        """See TrainedClassifier."""
        return self.net_


class _Net:
    """The net while it is trained, on inputs that are centred, so that the mean input moves no sum."""

    def __init__(self, of: LowBitNetClassifier, inputs: Ints, classes: int, rng: np.random.Generator) -> None:
        features, scores = inputs.shape[1], 1 if classes == 2 else classes
        self._kinds = (of.weights, of.output_weights)
        self._held: tuple[Array | None, Array | None] = None, None
        self.layer = ByteLayer(inputs, of.inputs_.top, signed=False, reached=REACHED, rng=rng)
        self.weights: dict[str, Array] = {
            "hidden": normal(rng, (of.hidden, features), np.sqrt(2 / features)),
            "hidden_bias": np.zeros(of.hidden, np.float32),
            "output": normal(rng, (scores, of.hidden), 1 / np.sqrt(of.hidden)),
            "output_bias": np.zeros(scores, np.float32),
        }

    def gradients(self, x: Array, targets: Array, effective: Mapping[str, Array], progress: float) -> dict[str, Array]:
        """See Trainable."""
        hidden = np.maximum(x @ effective["hidden"].T + effective["hidden_bias"], 0)
        active = hidden > 0
        if unit := np.float32(self.layer.unit):
            steps = np.floor(hidden / unit)
            active &= steps <= HIGHEST_VALUE
            hidden = np.minimum(steps, HIGHEST_VALUE) * unit
        back = cross_entropy_slope(hidden @ effective["output"].T + effective["output_bias"], targets)
        through = (back @ effective["output"]) * active
        return {
            "hidden": through.T @ x,
            "hidden_bias": through.sum(axis=0),
            "output": back.T @ hidden,
            "output_bias": back.sum(axis=0),
        }

    def quantised(self) -> dict[str, Array]:
        """See Trainable."""
        grid = self._grid()
        return {
            **self.weights,
            "hidden": grid.hidden * (grid.first.scale * self.layer.top),
            "output": grid.output * np.float32(grid.output_scale),
        }

    def integers(self) -> IntegerNet:
        """The net of the weights as they are now, without units that are always 0; a bias that makes its unit always
        full is no larger than that takes."""
        grid = self._grid()
        first = grid.first
        bias = self.weights["hidden_bias"] / first.scale[:, 0] - grid.hidden @ self.layer.centre
        highest = self.layer.top * np.maximum(grid.hidden, 0).sum(axis=1)
        alive = np.flatnonzero(bias + highest > 0)
        alive = alive if len(alive) else np.arange(1)
        lowest = self.layer.top * np.minimum(grid.hidden, 0).sum(axis=1)
        full = (HIGHEST_VALUE + 1) * 2.0**first.shift / first.factor[:, 0] - lowest
        return IntegerNet(
            hidden_weights=grid.hidden[alive].astype(np.int64),
            hidden_bias=self._whole_bias(np.clip(bias, -highest - 1, full)[alive]),
            factor=first.factor[alive, 0].astype(np.int64),
            shift=first.shift,
            output_weights=grid.output[:, alive].astype(np.int64),
            output_bias=self._whole_bias(self.weights["output_bias"] * 2.0**grid.score_shift),
            score_shift=grid.score_shift,
        )

    def _whole_bias(self, bias: Array) -> Ints:
        """Rounded, for int3 weights to a byte times a step."""
        step = max(1, math.ceil(np.abs(bias).max() / BIAS_HIGHEST)) if self._kinds == ("int3", "int3") else 1
        found: Ints = np.rint(bias / step).astype(np.int64) * step
        return found

    def _hidden_grid(self) -> tuple[Array, Array]:
        """Whole hidden weights and their scales. Rows that a factor of a byte is too coarse for beside the largest are
        0, so that they do not come back larger than they are."""
        top = float(self.layer.top)
        hidden, scale = on_grid(self.weights["hidden"], self._kinds[0], by_row=True, unit=top, held=self._held[0])
        largest = np.max(scale, where=hidden.any(axis=1, keepdims=True), initial=LEAST_SCALE)
        fine = scale * FACTOR_HIGHEST >= largest
        return np.where(fine, hidden, 0), np.where(fine, scale, largest).astype(np.float32)

    def _grid(self) -> "_Grid":
        """The weights on their grids. The unit of the hidden values is chosen so that all of them fit a byte, and that
        scores are in units of a power of two."""
        hidden, scale = self._hidden_grid()
        output, output_scale = on_grid(self.weights["output"], self._kinds[1], by_row=False, held=self._held[1])
        self._held = scale, output_scale
        finest = self.layer.finest(hidden * scale, self.weights["hidden_bias"])
        score_shift = -math.ceil(math.log2(finest * float(output_scale[0, 0])))
        self.layer.unit = 2.0**-score_shift / float(output_scale[0, 0])
        return _Grid(
            hidden=hidden,
            first=self.layer.factors(scale),
            output=output,
            output_scale=float(output_scale[0, 0]),
            score_shift=score_shift,
        )


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """Whole weights, and the factors of the hidden values."""

    hidden: Array
    first: Factors
    output: Array
    output_scale: float
    score_shift: int
