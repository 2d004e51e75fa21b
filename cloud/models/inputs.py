"""Features as the small whole numbers that integer models work on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVELS = 255
"""Inputs are bytes."""
ALIKE = 4.0
"""Features whose ranges are within this of the widest share one scale, so that a node keeps none of each."""
STILL = 0.99
"""A feature that has one and the same value in more of the rows than this, as the margin of an image, has no say."""


@dataclass(frozen=True, kw_only=True)
class InputScale:
    """Inputs floor((x - low) * 2**shift), cut off at 0 and `top`; `low` and `shift` of each feature. `whole`: it was
    fitted to whole numbers, so that low is whole and an input needs no fractions."""

    low: Floats
    shift: Ints
    top: int
    whole: bool

    def apply(self, x: Floats) -> Ints:
        """Inputs of rows x, shape (rows, features)."""
        with np.errstate(over="ignore"):
            inputs = np.floor((x - self.low) * 2.0**self.shift)
        return np.clip(inputs, 0, self.top).astype(np.int64)

    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """Rows of random inputs, some of them cut off, shape (count, features)."""
        inputs = rng.uniform(-1, self.top + 2, (count, len(self.low)))
        values: Floats = self.low + inputs * 2.0**-self.shift
        return np.floor(values) if self.whole else values

    @property
    def shared(self) -> bool:
        """Whether all features have one low and one shift."""
        return bool((self.low == self.low[0]).all() and (self.shift == self.shift[0]).all())


def fit_inputs(x: Floats, *, apart: bool = False) -> InputScale:
    """The scale that spreads what each feature has in x over most of the inputs. Whole numbers below 256 stay as they
    are where all features are alike, unless each is to be scaled `apart`."""
    low, high = x.min(axis=0), x.max(axis=0)
    shared = not apart and _alike(x)
    if shared:
        low, high = np.full_like(low, low.min()), np.full_like(high, high.max())
    whole = bool((x == np.floor(x)).all())
    if shared and whole and low[0] >= 0 and high[0] <= LEVELS:
        return InputScale(
            low=np.zeros_like(low), shift=np.zeros(len(low), np.int64), top=max(1, int(high[0])), whole=True
        )
    spread = np.where(high > low, high - low, 1.0)
    shift = np.floor(np.log2((LEVELS + 1) / spread)).astype(np.int64)
    shift = np.where(spread * 2.0**shift > LEVELS, shift - 1, shift)
    return InputScale(low=low if whole else _rounded(low, spread), shift=shift, top=LEVELS, whole=whole)


def _alike(x: Floats) -> bool:
    """Whether one scale does for all: each feature fills enough of the range from the lowest value to the highest."""
    most = STILL * len(x)
    moving = [np.ptp(column) for column in x.T if np.unique_counts(column).counts.max() <= most]
    return bool(not moving or ALIKE * min(moving) >= np.ptp(x))


def _rounded(low: Floats, spread: Floats) -> Floats:
    """Lows rounded down to a 256th of the range, to a power of two, so that scaling them is exact."""
    unit = 2.0 ** np.floor(np.log2(spread / (LEVELS + 1)))
    return np.floor(low / unit) * unit
