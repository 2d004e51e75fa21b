"""What convolutions are made of, for whole numbers and for floats alike."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .byte_layer import HIGHEST_VALUE

Numbers = NDArray[Any]


class Stage(Protocol):
    """Sums of weights times inputs; inputs have shape (rows, columns, channels), a column for each sample, or of images
    (rows, height, width, channels)."""

    @property
    def lowest(self) -> int:
        """The lowest value that the sums are cut off at; the highest is HIGHEST_VALUE."""

    @property
    def places(self) -> tuple[int, ...]:
        """What its weights' places in a row leave open of what they stand for."""

    def shape(self, channels: int) -> tuple[int, int]:
        """Rows of weights, and weights of a row, for inputs of so many channels."""

    def sums(self, x: Numbers, weights: Numbers) -> Numbers:
        """Shape (rows, columns, rows of weights), or of images; fewer columns or points where a sum needs several."""

    def slope_of_weights(self, slope: Numbers, x: Numbers) -> Numbers:
        """What a slope with respect to the sums is with respect to the weights."""

    def slope_of_inputs(self, slope: Numbers, x: Numbers, weights: Numbers) -> Numbers:
        """What it is with respect to x."""


@dataclass(frozen=True)
class Depthwise:
    """Each channel by itself over time: output c * multiplier + m is channel c weighed by a row of taps, the last of
    which is the newest column, `dilation` columns apart."""

    multiplier: int
    dilation: int
    taps: int
    lowest: ClassVar[int] = -HIGHEST_VALUE

    @property
    def places(self) -> tuple[int, ...]:
        """See Stage."""
        return self.multiplier, self.dilation

    def shape(self, channels: int) -> tuple[int, int]:
        """See Stage."""
        return channels * self.multiplier, self.taps

    def sums(self, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage; weights of shape (channels * multiplier, taps)."""
        parts = self._parts(x)
        found = parts[0] * weights[:, 0]
        for k in range(1, len(parts)):
            found += parts[k] * weights[:, k]
        return found

    def slope_of_weights(self, slope: Numbers, x: Numbers) -> Numbers:
        """See Stage."""
        return np.stack([np.einsum("rtc,rtc->c", slope, part) for part in self._parts(x)], axis=1)

    def slope_of_inputs(self, slope: Numbers, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage."""
        of_x = np.zeros_like(x, dtype=slope.dtype)
        for k in range(self.taps):
            shares = slope * weights[:, k]
            for m in range(self.multiplier):
                of_x[:, k * self.dilation : k * self.dilation + slope.shape[1]] += shares[:, :, m :: self.multiplier]
        return of_x

    def _parts(self, x: Numbers) -> list[Numbers]:
        """For each tap the columns that it weighs."""
        columns = x.shape[1] - (self.taps - 1) * self.dilation
        repeated = np.repeat(x, self.multiplier, axis=2)
        return [repeated[:, k * self.dilation : k * self.dilation + columns] for k in range(self.taps)]


@dataclass(frozen=True)
class Pointwise:
    """All channels of a column mixed."""

    filters: int
    lowest: ClassVar[int] = 0
    places: ClassVar[tuple[int, ...]] = ()

    def shape(self, channels: int) -> tuple[int, int]:
        """See Stage."""
        return self.filters, channels

    def sums(self, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage; weights of shape (filters, channels)."""
        found: Numbers = x @ weights.T
        return found

    def slope_of_weights(self, slope: Numbers, x: Numbers) -> Numbers:
        """See Stage."""
        found: Numbers = slope.reshape(-1, slope.shape[2]).T @ x.reshape(-1, x.shape[2])
        return found

    def slope_of_inputs(self, slope: Numbers, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage."""
        found: Numbers = slope @ weights
        return found


@dataclass(frozen=True)
class Patch:
    """All channels of a patch of an image's points weighed together; patches begin every `stride` points."""

    filters: int
    height: int
    width: int
    stride: int
    lowest: ClassVar[int] = 0

    @property
    def places(self) -> tuple[int, ...]:
        """See Stage."""
        return self.height, self.width, self.stride

    def shape(self, channels: int) -> tuple[int, int]:
        """See Stage."""
        return self.filters, self.height * self.width * channels

    def sums(self, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage; weights of shape (filters, height * width * channels)."""
        found: Numbers = self._patches(x) @ weights.T
        return found

    def slope_of_weights(self, slope: Numbers, x: Numbers) -> Numbers:
        """See Stage."""
        patches = self._patches(x)
        found: Numbers = slope.reshape(-1, self.filters).T @ patches.reshape(-1, patches.shape[3])
        return found

    def slope_of_inputs(self, slope: Numbers, x: Numbers, weights: Numbers) -> Numbers:
        """See Stage."""
        count, down, right, _ = slope.shape
        shares = (slope @ weights).reshape(count, down, right, self.height, self.width, x.shape[3])
        of_x = np.zeros_like(x, dtype=slope.dtype)
        for i in range(self.height):
            for j in range(self.width):
                rows = slice(i, i + down * self.stride, self.stride)
                of_x[:, rows, j : j + right * self.stride : self.stride] += shares[:, :, :, i, j]
        return of_x

    def _patches(self, x: Numbers) -> Numbers:
        """Shape (rows, patches below each other, patches beside each other, weights of a row)."""
        windows = sliding_window_view(x, (self.height, self.width), axis=(1, 2))[:, :: self.stride, :: self.stride]
        ordered = windows.transpose(0, 1, 2, 4, 5, 3)
        return ordered.reshape(*ordered.shape[:3], -1)


def ends(values: Numbers) -> Numbers:
    """What the scores weigh, shape (rows, values): a window's columns added up, the values of an image one by one."""
    return values.sum(axis=1) if values.ndim == 3 else values.reshape(len(values), -1)
