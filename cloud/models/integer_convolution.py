"""Convolutions in whole numbers, as a node computes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .byte_layer import HIGHEST_VALUE
from .conv_stages import Stage, ends
from .inputs import Ints


@dataclass(frozen=True, kw_only=True)
class IntegerStage:
    """Values clip((sums + bias) * factor >> shift, lowest, 127); `weights` of shape (outputs, taps or inputs)."""

    kind: Stage
    weights: Ints
    bias: Ints
    factor: Ints
    shift: int

    def values(self, x: Ints) -> Ints:
        """Of x, shape (rows, columns, channels), or of images."""
        sums = self.kind.sums(x, self.weights) + self.bias
        found: Ints = np.clip(sums * self.factor >> self.shift, self.kind.lowest, HIGHEST_VALUE)
        return found


@dataclass(frozen=True, kw_only=True)
class IntegerConvolution:
    """All that a node computes: stages one after the other, then scores = output_weights @ ends + output_bias,
    logarithms of odds in units of 2**-score_shift; ends() of the last values. One score is that of the second of two
    classes."""

    stages: tuple[IntegerStage, ...]
    output_weights: Ints
    output_bias: Ints
    score_shift: int

    def scores(self, inputs: Ints) -> Ints:
        """Scores of windows of inputs, shape (rows, samples, channels), or of images."""
        values = inputs
        for stage in self.stages:
            values = stage.values(values)
        found: Ints = ends(values) @ self.output_weights.T + self.output_bias
        return found

    def arrays(self) -> list[NDArray[Any]]:
        """All numbers that decide."""
        found = [np.array([self.score_shift]), self.output_weights, self.output_bias]
        for stage in self.stages:
            found += [stage.weights, stage.bias, stage.factor, np.array([stage.shift, *stage.kind.places])]
        return found
