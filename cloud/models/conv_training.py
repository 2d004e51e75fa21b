"""A convolution while it is trained: gradients, and weights on their grids."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .byte_layer import FACTOR_HIGHEST, HIGHEST_VALUE, byte_factors
from .conv_stages import Stage, ends
from .grids import on_grid
from .inputs import InputScale, Ints
from .integer_convolution import IntegerConvolution, IntegerStage
from .softmax import cross_entropy_slope
from .training import Array, normal

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
        """Inputs, the last axis the channels, as the weights are trained on them."""
        centred: Array = (inputs.astype(np.float32) - self.mean) / self.top
        return centred


class Convolution:
    """Stages of `kinds`, each with a row of weights and a bias an output; all weights on a `grid`. `units` are what a
    step of their values is worth, 0 until the weights are quantised for the first time."""

    def __init__(
        self,
        kinds: Sequence[Stage],
        grid: str,
        inputs: Ints,
        scale: InputScale,
        classes: int,
        rng: np.random.Generator,
    ) -> None:
        self._kinds, self._on = kinds, grid
        mean = inputs.reshape(-1, inputs.shape[-1]).mean(axis=0)
        self.layer = Centre(mean=mean.astype(np.float32), top=np.float32(scale.top))
        self._sample = self.layer.centred(inputs[rng.permutation(len(inputs))[:CALIBRATION_ROWS]])
        self.units = np.zeros(len(kinds), np.float32)
        self._finest = np.zeros(len(kinds))
        self._calls = 0
        scores = 1 if classes == 2 else classes
        self.weights: dict[str, Array] = {}
        values = self._sample
        for i, kind in enumerate(kinds):
            shape = kind.shape(values.shape[-1])
            values = self._begin(i, normal(rng, shape, 1 / math.sqrt(shape[1])), values)
        width = ends(values).shape[1]
        self.columns = values.size // (len(values) * width)
        self.weights["output"] = normal(rng, (scores, width), 1 / math.sqrt(width))
        self.weights["output_bias"] = np.zeros(scores, np.float32)

    def _begin(self, i: int, weights: Array, values: Array) -> Array:
        """Keeps a stage's weights, scaled so that its sums spread about 1 (Mishkin and Matas, "All you need is a good
        init", 2016); its values on such of the stage before."""
        spread = self._kinds[i].sums(values, weights).reshape(-1, len(weights)).std(axis=0)
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
        mean = ends(values[-1]) / np.float32(self.columns)
        back = cross_entropy_slope(mean @ effective["output"].T + effective["output_bias"], targets)
        found = {"output": back.T @ mean, "output_bias": back.sum(axis=0)}
        of_ends = back @ effective["output"] / np.float32(self.columns)
        slope: Array = np.repeat(of_ends[:, None], self.columns, axis=1).reshape(values[-1].shape)
        for i in reversed(range(len(self._kinds))):
            slope = slope * follows[i]
            found[f"{i} bias"] = np.einsum("nc->c", slope.reshape(-1, slope.shape[-1]))
            found[f"{i}"] = self._kinds[i].slope_of_weights(slope, values[i])
            if i:
                slope = self._kinds[i].slope_of_inputs(slope, values[i], effective[f"{i}"])
        return found

    def quantised(self) -> dict[str, Array]:
        """See Trainable."""
        grid = self._grid()
        found = {**self.weights, "output": grid.output * np.float32(grid.output_scale)}
        for i, stage in enumerate(grid.stages):
            found[f"{i}"] = stage.whole * stage.worth(self._unit_before(i), self.units[i])
        return found

    def integers(self) -> IntegerConvolution:
        """The net of the weights as they are now."""
        grid = self._grid()
        return IntegerConvolution(
            stages=tuple(self._integer_stage(i, stage) for i, stage in enumerate(grid.stages)),
            output_weights=grid.output.astype(np.int64),
            output_bias=np.rint(self.weights["output_bias"] * 2.0**grid.score_shift).astype(np.int64),
            score_shift=grid.score_shift,
        )

    def _integer_stage(self, i: int, stage: "_GridStage") -> IntegerStage:
        """A bias that makes its value always full, or always empty, is no larger than that takes."""
        bias = self.weights[f"{i} bias"] / (stage.factor[:, 0] * np.float32(2.0**-stage.shift) * self.units[i])
        if i == 0:
            mean = np.broadcast_to(self.layer.mean, self._sample[:1].shape)
            bias = bias - self._kinds[0].sums(mean, stage.whole).reshape(-1, len(bias))[0]
        top = float(self.layer.top) if i == 0 else HIGHEST_VALUE
        full = (HIGHEST_VALUE + 1) * 2.0**stage.shift / stage.factor[:, 0] + np.abs(stage.whole).sum(axis=1) * top
        return IntegerStage(
            kind=self._kinds[i],
            weights=stage.whole.astype(np.int64),
            bias=np.rint(np.clip(bias, -full, full)).astype(np.int64),
            factor=stage.factor[:, 0].astype(np.int64),
            shift=stage.shift,
        )

    def _unit_before(self, i: int) -> np.float32:
        return np.float32(self.units[i - 1] if i else 1 / self.layer.top)

    def _grid(self) -> "_Grid":
        """The weights on their grids. Units are such that values fit a byte, the last one's such that scores are in
        units of a power of two."""
        output, output_scale = on_grid(self.weights["output"], self._on, by_row=False)
        worth = float(output_scale[0, 0]) / self.columns
        if self._calls % CALIBRATED_EVERY == 0:
            self._calibrate()
        self._calls += 1
        stages, score_shift, last = [], 0, len(self._kinds) - 1
        for i in range(last + 1):
            whole, scale = on_grid(self.weights[f"{i}"], self._on, by_row=True)
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
