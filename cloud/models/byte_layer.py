"""The layer from inputs to values of a byte, while it is trained; the low-bit net and Bonsai both begin with one."""

import math
from dataclasses import dataclass

import numpy as np

from .inputs import Ints
from .training import Array

HIGHEST_VALUE = 127
"""The largest value of such a layer."""
FACTOR_HIGHEST = 255
CALIBRATED_EVERY = 50
CALIBRATION_ROWS = 1000


@dataclass(frozen=True, kw_only=True)
class Factors:
    """A value is (weights @ inputs + bias) * factor >> shift; `scale`, shape (rows of weights, 1), is what a whole
    weight is then worth on whole inputs."""

    factor: Array
    shift: int
    scale: Array


class ByteLayer:
    """Inputs are centred, so that the mean input moves no sum. `unit` is what a step of a value is worth; 0 until the
    weights are quantised for the first time."""

    def __init__(self, inputs: Ints, top: int, *, signed: bool, reached: float, rng: np.random.Generator) -> None:
        self.centre: Array = inputs.mean(axis=0).astype(np.float32)
        self.unit = 0.0
        self.top = np.float32(top)
        self._signed, self._reached = signed, reached
        self._sample = self.centred(inputs[rng.permutation(len(inputs))[:CALIBRATION_ROWS]])
        self._calls = 0
        self._largest = 0.0

    def centred(self, inputs: Ints) -> Array:
        """Inputs, shape (rows, features), as the weights are trained on them."""
        centred: Array = (inputs.astype(np.float32) - self.centre) / self.top
        return centred

    def finest(self, weights: Array, bias: Array) -> float:
        """The step by which the largest values, but for the share above `reached` per cent, still fit a byte. Measured
        anew every so many calls."""
        if self._calls % CALIBRATED_EVERY == 0:
            values = self._sample @ weights.T + bias
            size = np.abs(values) if self._signed else values
            self._largest = max(float(np.percentile(size, self._reached)), 1e-3)
        self._calls += 1
        return self._largest / HIGHEST_VALUE

    def factors(self, scale: Array) -> Factors:
        """Factors of a byte for weights of such scales, shape (rows, 1), at the present unit."""
        factor, shift = byte_factors(scale / np.float32(self.unit * self.top))
        return Factors(factor=factor, shift=shift, scale=factor * np.float32(2.0**-shift * self.unit))


def byte_factors(ratio: Array) -> tuple[Array, int]:
    """Whole factors of a byte and the one shift to the right that come next to `ratio`."""
    shift = max(0, math.floor(math.log2(FACTOR_HIGHEST / float(ratio.max()))))
    return np.clip(np.rint(ratio * np.float32(2.0**shift)), 1, FACTOR_HIGHEST), shift
