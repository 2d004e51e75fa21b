"""What a depthwise-separable convolution is made of, for whole numbers and for floats alike."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from .byte_layer import HIGHEST_VALUE

Numbers = NDArray[Any]


class Stage(Protocol):
    """Sums of weights times inputs; inputs have shape (rows, columns, channels), a column for each sample."""

    @property
    def lowest(self) -> int:
        """The lowest value that the sums are cut off at; the highest is HIGHEST_VALUE."""

    def sums(self, x: Numbers, weights: Numbers) -> Numbers:
        """Shape (rows, columns, rows of weights); fewer columns where a sum needs several."""

    def slopes(self, slope: Numbers, x: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
        """What a slope with respect to the sums is with respect to the weights, and to x."""


@dataclass(frozen=True)
class Depthwise:
    """Each channel by itself over time: output c * multiplier + m is channel c weighed by a row of taps, the last of
    which is the newest column, `dilation` columns apart."""

    multiplier: int
    dilation: int
    lowest: ClassVar[int] = -HIGHEST_VALUE

    def sums(self, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage; weights of shape (channels * multiplier, taps)."""
        parts = self._parts(x, weights)
        found = parts[0] * weights[:, 0]
        for k in range(1, len(parts)):
            found += parts[k] * weights[:, k]
        return found

    def slopes(self, slope: Numbers, x: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
        """See Stage."""
        of_weights = np.stack([np.einsum("rtc,rtc->c", slope, part) for part in self._parts(x, weights)], axis=1)
        of_x = np.zeros_like(x, dtype=slope.dtype)
        for k in range(weights.shape[1]):
            shares = slope * weights[:, k]
            for m in range(self.multiplier):
                of_x[:, k * self.dilation : k * self.dilation + slope.shape[1]] += shares[:, :, m :: self.multiplier]
        return of_weights, of_x

    def _parts(self, x: Numbers, weights: Numbers) -> list[Numbers]:
        """For each tap the columns that it weighs."""
        taps = weights.shape[1]
        columns = x.shape[1] - (taps - 1) * self.dilation
        repeated = np.repeat(x, self.multiplier, axis=2)
        return [repeated[:, k * self.dilation : k * self.dilation + columns] for k in range(taps)]


@dataclass(frozen=True)
class Pointwise:
    """All channels of a column mixed."""

    lowest: ClassVar[int] = 0

    def sums(self, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage; weights of shape (filters, channels)."""
        found: Numbers = x @ weights.T
        return found

    def slopes(self, slope: Numbers, x: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
        """See Stage."""
        return slope.reshape(-1, slope.shape[2]).T @ x.reshape(-1, x.shape[2]), slope @ weights
