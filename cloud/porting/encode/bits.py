"""Layers of small weights as one stream of bits and bytes, for C that reads no more than it must."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class BitStream:
    """Bytes; bits lie in bytes of their own, the lowest first, the next of which begins where a bit is needed."""

    data: list[int] = field(default_factory=list)
    _at: int = 0
    _left: int = 0

    def byte(self, value: int) -> None:
        """The next byte."""
        self.data.append(value & 0xFF)

    def bits(self, value: int, width: int) -> None:
        """So many bits, the highest first."""
        for place in reversed(range(width)):
            if self._left == 0:
                self._at, self._left = len(self.data), 8
                self.data.append(0)
            self.data[self._at] |= (value >> place & 1) << (8 - self._left)
            self._left -= 1


def bit_layers(layers: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]], width: int) -> list[int]:
    """Weights, shape (rows, inputs), and biases of bytes of each layer. Before a row's bits is its bias. A weight of 0
    is a bit that is not set; another one is a bit that is set and `width` bits of the weight plus half of what they
    hold, less one where it is positive, since none of these is 0."""
    stream, half = BitStream(), 1 << width - 1
    for weights, biases in layers:
        for row, bias in zip(weights.tolist(), biases.tolist(), strict=True):
            stream.byte(bias)
            for weight in row:
                stream.bits(int(weight != 0), 1)
                if weight:
                    stream.bits(weight + half - (weight > 0), width)
    return stream.data


def bit_width(highest: int) -> int:
    """Bits of weights from -highest to highest without 0."""
    return max(1, (highest - 1).bit_length() + 1)
