"""A net with one hidden layer whose weights are a few bits each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .estimator import IntegerClassifier, check_choice, check_range, generator
from .grids import HIGHEST, on_grid
from .inputs import Floats, Ints, fit_inputs
from .softmax import cross_entropy_slope
from .training import Array, Schedule, train

HIDDEN_HIGHEST = 127
FACTOR_HIGHEST = 255
LEAST_SCALE = 1e-6
CALIBRATED_EVERY = 50
CALIBRATION_ROWS = 1000
REACHED = 99.9
"""Per cent of the hidden values that fit a byte; those beyond are clipped."""


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
        hidden = np.clip(sums * self.factor >> self.shift, 0, HIDDEN_HIGHEST)
        found: Ints = hidden @ self.output_weights.T + self.output_bias
        return found


class LowBitNetClassifier(IntegerClassifier):
    """One hidden ReLU layer of ternary, int4 or int8 weights, most of them zero; whole numbers at inference.

    predict() computes with integers what the ported C computes. Training is dense at first, thins the hidden weights
    by iterative hard thresholding, and ends with quantised weights on a fixed support (see training.py).

    Args:
        hidden: units of the hidden layer.
        weights, output_weights: ternary, int4 or int8, of the hidden and the output layer.
        density, output_density: shares of them that are not zero.
        epochs: passes over the rows; small data sets are passed more often.
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
        rows, targets = self._begin(X, y, soft_labels)
        rng = generator(self.random_state)
        self.inputs_ = fit_inputs(rows)
        inputs = self.inputs_.apply(rows)
        net = _Net(self, inputs, targets.shape[1], rng)
        schedule = Schedule(
            epochs=self.epochs,
            batch=self.batch,
            rate=self.learning_rate,
            l2=self.l2,
            keep={"hidden": self.density, "output": self.output_density},
            verbose=self.verbose,
        )
        train(net, net.centred(inputs), targets.astype(np.float32), schedule, rng)
        self.net_ = net.integers()
        return self

    def whole_scores(self, rows: Floats) -> Ints:
        """See IntegerClassifier."""
        return self.net_.scores(self.inputs_.apply(rows))

    @property
    def score_shift(self) -> int:
        """See IntegerClassifier."""
        return self.net_.score_shift

    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """See IntegerClassifier."""
        return self.inputs_.examples(count, rng)


class _Net:
    """The net while it is trained, on inputs that are centred, so that the mean input moves no sum."""

    def __init__(self, of: LowBitNetClassifier, inputs: Ints, classes: int, rng: np.random.Generator) -> None:
        features, scores = inputs.shape[1], 1 if classes == 2 else classes
        self._kinds = (of.weights, of.output_weights)
        self._top = np.float32(of.inputs_.top)
        self._centre = inputs.mean(axis=0).astype(np.float32)
        self._sample = self.centred(inputs[rng.permutation(len(inputs))[:CALIBRATION_ROWS]])
        self._calls = 0
        self._largest = self._unit = 0.0
        self.weights: dict[str, Array] = {
            "hidden": _normal(rng, (of.hidden, features), np.sqrt(2 / features)),
            "hidden_bias": np.zeros(of.hidden, np.float32),
            "output": _normal(rng, (scores, of.hidden), 1 / np.sqrt(of.hidden)),
            "output_bias": np.zeros(scores, np.float32),
        }

    def centred(self, inputs: Ints) -> Array:
        centred: Array = (inputs.astype(np.float32) - self._centre) / self._top
        return centred

    def gradients(self, x: Array, targets: Array, effective: Mapping[str, Array], progress: float) -> dict[str, Array]:
        """See Trainable."""
        hidden = np.maximum(x @ effective["hidden"].T + effective["hidden_bias"], 0)
        active = hidden > 0
        if self._unit:
            steps = np.floor(hidden / np.float32(self._unit))
            active &= steps <= HIDDEN_HIGHEST
            hidden = np.minimum(steps, HIDDEN_HIGHEST) * np.float32(self._unit)
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
            "hidden": grid.hidden * (grid.scale * self._top),
            "output": grid.output * np.float32(grid.output_scale),
        }

    def integers(self) -> IntegerNet:
        """The net of the weights as they are now, without units that are always 0; a bias that makes its unit always
        full is no larger than that takes."""
        grid = self._grid()
        bias = self.weights["hidden_bias"] / grid.scale[:, 0] - grid.hidden @ self._centre
        highest = self._top * np.maximum(grid.hidden, 0).sum(axis=1)
        alive = np.flatnonzero(bias + highest > 0)
        alive = alive if len(alive) else np.arange(1)
        lowest = self._top * np.minimum(grid.hidden, 0).sum(axis=1)
        full = (HIDDEN_HIGHEST + 1) * 2.0**grid.shift / grid.factor[:, 0] - lowest
        return IntegerNet(
            hidden_weights=grid.hidden[alive].astype(np.int64),
            hidden_bias=np.rint(np.clip(bias, -highest - 1, full))[alive].astype(np.int64),
            factor=grid.factor[alive, 0].astype(np.int64),
            shift=grid.shift,
            output_weights=grid.output[:, alive].astype(np.int64),
            output_bias=np.rint(self.weights["output_bias"] * 2.0**grid.score_shift).astype(np.int64),
            score_shift=grid.score_shift,
        )

    def _hidden_grid(self) -> tuple[Array, Array]:
        """Whole hidden weights and their scales. Rows that a factor of a byte is too coarse for beside the largest are
        0, so that they do not come back larger than they are."""
        hidden, scale = on_grid(self.weights["hidden"], self._kinds[0], by_row=True)
        largest = np.max(scale, where=hidden.any(axis=1, keepdims=True), initial=LEAST_SCALE)
        fine = scale * FACTOR_HIGHEST >= largest
        return np.where(fine, hidden, 0), np.where(fine, scale, largest).astype(np.float32)

    def _grid(self) -> "_Grid":
        """The weights on their grids. The unit of the hidden values is chosen so that all of them fit a byte, and that
        scores are in units of a power of two."""
        hidden, scale = self._hidden_grid()
        output, output_scale = on_grid(self.weights["output"], self._kinds[1], by_row=False)
        if self._calls % CALIBRATED_EVERY == 0:
            reached = self._sample @ (hidden * scale).T + self.weights["hidden_bias"]
            self._largest = max(float(np.percentile(reached, REACHED)), 1e-3)
        self._calls += 1
        finest = self._largest / HIDDEN_HIGHEST
        score_shift = -math.ceil(math.log2(finest * float(output_scale[0, 0])))
        self._unit = 2.0**-score_shift / float(output_scale[0, 0])
        ratio = scale / np.float32(self._unit * self._top)
        shift = max(0, math.floor(math.log2(FACTOR_HIGHEST / float(ratio.max()))))
        factor = np.clip(np.rint(ratio * np.float32(2.0**shift)), 1, FACTOR_HIGHEST)
        return _Grid(
            hidden=hidden,
            factor=factor,
            shift=shift,
            scale=factor * np.float32(2.0**-shift * self._unit),
            output=output,
            output_scale=float(output_scale[0, 0]),
            score_shift=score_shift,
        )


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """Whole weights; `scale`, shape (hidden, 1), is what a whole hidden weight is worth on whole inputs."""

    hidden: Array
    factor: Array
    shift: int
    scale: Array
    output: Array
    output_scale: float
    score_shift: int


def _normal(rng: np.random.Generator, shape: tuple[int, int], spread: float) -> Array:
    return (rng.standard_normal(shape) * spread).astype(np.float32)
