"""A separable convolution while it is trained: gradients, and weights on their grids."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .byte_layer import FACTOR_HIGHEST, HIGHEST_VALUE, byte_factors
from .conv_stages import Depthwise, Stage
from .grids import on_grid
from .inputs import InputScale, Ints
from .softmax import cross_entropy_slope
from .training import Array, normal

WEIGHTS = "int8"
REACHED = 99.9
"""Per cent of a stage's values that fit a byte; those beyond are clipped."""
LEAST_STEPS = 1.01
"""Steps of a sum, at least, that are a step of its value, so that factors of a byte are shifted by 8 bits or more."""
CALIBRATED_EVERY = 50
CALIBRATION_ROWS = 100


@dataclass(frozen=True, kw_only=True)
class Centre:
    """Inputs are centred, so that the mean input of a channel moves no sum."""

    mean: Array
    top: np.float32

    def centred(self, inputs: Ints) -> Array:
        """Inputs, shape (rows, samples, channels), as the weights are trained on them."""
        centred: Array = (inputs.astype(np.float32) - self.mean) / self.top
        return centred


class Convolution:
    """Stages of `kinds`, each with a row of weights and a bias an output. `units` are what a step of their values is
    worth, 0 until the weights are quantised for the first time."""

    def __init__(
        self,
        kinds: Sequence[Stage],
        filters: Sequence[int],
        taps: int,
        inputs: Ints,
        scale: InputScale,
        classes: int,
        rng: np.random.Generator,
    ) -> None:
        self._kinds = kinds
        self.layer = Centre(mean=inputs.mean(axis=(0, 1)).astype(np.float32), top=np.float32(scale.top))
        self._sample = self.layer.centred(inputs[rng.permutation(len(inputs))[:CALIBRATION_ROWS]])
        self.units = np.zeros(len(kinds), np.float32)
        self._finest = np.zeros(len(kinds))
        self._calls = 0
        scores = 1 if classes == 2 else classes
        self.weights: dict[str, Array] = {}
        values = self._sample
        for i, kind in enumerate(kinds):
            width = values.shape[2]
            shape = (width * kind.multiplier, taps) if isinstance(kind, Depthwise) else (filters[i // 2], width)
            values = self._begin(i, normal(rng, shape, 1 / math.sqrt(shape[1])), values)
        self.columns = values.shape[1]
        self.weights["output"] = normal(rng, (scores, values.shape[2]), 1 / math.sqrt(values.shape[2]))
        self.weights["output_bias"] = np.zeros(scores, np.float32)

    def _begin(self, i: int, weights: Array, values: Array) -> Array:
        """Keeps a stage's weights, scaled so that its sums spread about 1 (Mishkin and Matas, "All you need is a good
        init", 2016); its values on such of the stage before."""
        spread = self._kinds[i].sums(values, weights).std(axis=(0, 1))
        self.weights[f"{i}"] = weights / np.maximum(spread, np.float32(1e-3))[:, None]
        self.weights[f"{i} bias"] = np.zeros(len(weights), np.float32)
        return self._values(i, values, self.weights)[0]

    def _values(self, i: int, x: Array, weights: Mapping[str, Array]) -> tuple[Array, NDArray[np.bool_]]:
        """Values of a stage, and where they follow their sums."""
        lowest, unit = self._kinds[i].lowest, self.units[i]
        sums = self._kinds[i].sums(x, weights[f"{i}"]) + weights[f"{i} bias"]
        if not unit:
            follows = sums > (0 if lowest == 0 else -np.inf)
            return np.where(follows, sums, np.float32(0)), follows
        steps = np.floor(sums / unit)
        kept: Array = np.clip(steps, lowest, HIGHEST_VALUE)
        return kept * unit, (kept == steps) & (kept > lowest)

    def gradients(self, x: Array, targets: Array, effective: Mapping[str, Array], progress: float) -> dict[str, Array]:
        """See Trainable."""
        values, follows = [x], []
        for i in range(len(self._kinds)):
            value, follow = self._values(i, values[-1], effective)
            values.append(value)
            follows.append(follow)
        mean = values[-1].mean(axis=1)
        back = cross_entropy_slope(mean @ effective["output"].T + effective["output_bias"], targets)
        found = {"output": back.T @ mean, "output_bias": back.sum(axis=0)}
        slope = np.repeat((back @ effective["output"] / self.columns)[:, None], self.columns, axis=1)
        for i in reversed(range(len(self._kinds))):
            slope = slope * follows[i]
            found[f"{i} bias"] = np.einsum("rtc->c", slope)
            found[f"{i}"], slope = self._kinds[i].slopes(slope, values[i], effective[f"{i}"])
        return found

    def quantised(self) -> dict[str, Array]:
        """See Trainable."""
        grid = self._grid()
        found = {**self.weights, "output": grid.output * np.float32(grid.output_scale)}
        for i, stage in enumerate(grid.stages):
            found[f"{i}"] = stage.whole * stage.worth(self._unit_before(i), self.units[i])
        return found

    def integers(self) -> tuple[list[dict[str, Any]], Ints, Ints, int]:
        """Weights, bias, factor and shift of each stage, weights and biases of the scores, and their shift."""
        grid = self._grid()
        stages = []
        for i, stage in enumerate(grid.stages):
            step = stage.factor * np.float32(2.0**-stage.shift) * self.units[i]
            bias = self.weights[f"{i} bias"] / step[:, 0]
            if i == 0:
                bias = bias - stage.whole.sum(axis=1) * np.repeat(self.layer.mean, len(bias) // len(self.layer.mean))
            top = float(self.layer.top) if i == 0 else HIGHEST_VALUE
            full = (HIGHEST_VALUE + 1) * 2.0**stage.shift / stage.factor[:, 0] + np.abs(stage.whole).sum(axis=1) * top
            stages.append(
                {
                    "weights": stage.whole.astype(np.int64),
                    "bias": np.rint(np.clip(bias, -full, full)).astype(np.int64),
                    "factor": stage.factor[:, 0].astype(np.int64),
                    "shift": stage.shift,
                }
            )
        output_bias = np.rint(self.weights["output_bias"] * 2.0**grid.score_shift).astype(np.int64)
        return stages, grid.output.astype(np.int64), output_bias, grid.score_shift

    def _unit_before(self, i: int) -> np.float32:
        return np.float32(self.units[i - 1] if i else 1 / self.layer.top)

    def _grid(self) -> "_Grid":
        """The weights on their grids. Units are such that values fit a byte, the last one's such that scores are in
        units of a power of two."""
        output, output_scale = on_grid(self.weights["output"], WEIGHTS, by_row=False)
        worth = float(output_scale[0, 0]) / self.columns
        if self._calls % CALIBRATED_EVERY == 0:
            self._calibrate()
        self._calls += 1
        stages, score_shift, last = [], 0, len(self._kinds) - 1
        for i in range(last + 1):
            whole, scale = on_grid(self.weights[f"{i}"], WEIGHTS, by_row=True)
            finest = max(self._finest[i], LEAST_STEPS * float(scale.max() * self._unit_before(i)))
            if i == last:
                score_shift = -math.ceil(math.log2(finest * worth))
                finest = 2.0**-score_shift / worth
            self.units[i] = finest
            ratio = scale * (self._unit_before(i) / self.units[i])
            largest = np.max(ratio, where=whole.any(axis=1, keepdims=True), initial=1e-6)
            fine = ratio * FACTOR_HIGHEST >= largest
            factor, shift = byte_factors(np.where(fine, ratio, largest))
            stages.append(_GridStage(whole=np.where(fine, whole, 0), factor=factor, shift=shift))
        return _Grid(stages=stages, output=output, output_scale=float(output_scale[0, 0]), score_shift=score_shift)

    def _calibrate(self) -> None:
        """Measures the steps by which the largest values, but for those above REACHED, still fit a byte."""
        self.units = np.zeros(len(self._kinds), np.float32)
        values = self._sample
        for i in range(len(self._kinds)):
            values = self._values(i, values, self.weights)[0]
            self._finest[i] = max(float(np.percentile(np.abs(values), REACHED)), 1e-3) / HIGHEST_VALUE


@dataclass(frozen=True, kw_only=True)
class _GridStage:
    """Whole weights, and the factors of a byte that take their sums to values."""

    whole: Array
    factor: Array
    shift: int

    def worth(self, unit_before: np.float32, unit: np.float32) -> Array:
        """What a whole weight is worth."""
        return self.factor * (np.float32(2.0**-self.shift) * unit / unit_before)


@dataclass(frozen=True, kw_only=True)
class _Grid:
    stages: list[_GridStage]
    output: Array
    output_scale: float
    score_shift: int
