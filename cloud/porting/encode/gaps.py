"""Rows of few different weights, most of them zero, as symbols of a weight and the gap to the next."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """Rows of weights, one after the other. A symbol of `width` bits has in its upper `gap_bits` how many places the
    next symbol is beyond the next place, and below them the weight that stands here, plus half of what they hold. With
    one bit for the weight it is 1 or -1, and a gap of all ones has none: the next symbol is that many places further.
    Symbols of 4 bits stand two in a byte, the first in its lower half; symbols of 16 are a byte of gap and a byte of
    weight. `first`: place of the first symbol."""

    width: int
    gap_bits: int
    first: int
    data: tuple[int, ...]

    @property
    def value_bits(self) -> int:
        """Bits of the weight."""
        return self.width - self.gap_bits


def encodings(weights: NDArray[np.int64]) -> list[Gaps]:
    """Every code of rows that were laid end to end; weights are at most 127."""
    highest, lowest = int(weights.max()), int(weights.min())
    needed = max(highest.bit_length(), (-lowest - 1).bit_length() if lowest < 0 else 0) + 1
    splits = [(16, 8)] + [(width, gap) for width in (4, 8) for gap in range(width) if needed <= width - gap > 1]
    if max(highest, -lowest) <= 1:
        splits += [(width, width - 1) for width in (4, 8)]
    return [_encode(weights, *split) for split in splits]


def shortest(codes: list[Gaps]) -> Gaps:
    """The shortest code; of equal ones that which is read fastest: the widest symbols, and weights of half a byte."""
    return min(codes, key=lambda code: (len(code.data), -code.width, code.value_bits != 4))


def _encode(weights: NDArray[np.int64], width: int, gap_bits: int) -> Gaps:
    used = np.flatnonzero(weights)
    if gap_bits == 0:
        used = np.arange(weights.size)
    if len(used) == 0:
        return Gaps(width=width, gap_bits=gap_bits, first=weights.size, data=(0, 0))
    symbols = [
        (gap << (width - gap_bits)) | value
        for place, following in zip(used.tolist(), [*used[1:].tolist(), weights.size], strict=True)
        for gap, value in _symbols(int(weights[place]), following - place - 1, gap_bits, width - gap_bits)
    ]
    return Gaps(width=width, gap_bits=gap_bits, first=int(used[0]), data=_packed(symbols, width))


def _symbols(weight: int, gap: int, gap_bits: int, value_bits: int) -> Iterator[tuple[int, int]]:
    """A weight and the places after it that are skipped, as gaps and values."""
    largest = (1 << gap_bits) - 1
    if value_bits == 1:
        yield gap % largest, int(weight < 0)
        yield from [(largest, 0)] * (gap // largest)
        return
    nothing = 1 << (value_bits - 1)
    step = min(gap, largest)
    yield step, weight + nothing
    gap -= step
    while gap > 0:
        step = min(gap - 1, largest)
        yield step, nothing
        gap -= step + 1


def _packed(symbols: list[int], width: int) -> tuple[int, ...]:
    if width == 8:
        return tuple(symbols)
    if width == 16:
        return tuple(byte for symbol in symbols for byte in (symbol >> 8, symbol & 0xFF))
    even = [*symbols, 0] if len(symbols) % 2 else symbols
    return tuple(low | high << 4 for low, high in zip(even[::2], even[1::2], strict=True))
