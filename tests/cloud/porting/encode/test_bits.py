"""Streams of bits say the weights and biases that they were made of, in the order in which they are needed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.porting.encode.bits import bit_layers, bit_width


class Reader:
    """Bytes, and bits of the byte that was begun last, as a node reads them."""

    def __init__(self, data: list[int]) -> None:
        self.data = iter(data)
        self._bits: list[int] = []

    def bit(self) -> int:
        """The next one."""
        if not self._bits:
            byte = next(self.data)
            self._bits = [byte >> place & 1 for place in range(8)]
        return self._bits.pop(0)

    def weight(self, width: int) -> int:
        """By the rules of bit_layers' docstring."""
        if self.bit() == 0:
            return 0
        value = -(1 << width - 1)
        for place in reversed(range(width)):
            value += self.bit() << place
        return value if value < 0 else value + 1


@pytest.mark.parametrize(("highest", "width"), [(1, 1), (2, 2), (3, 3), (4, 3), (7, 4), (8, 4)])
@pytest.mark.parametrize("density", [0, 0.3, 1])
def test_reads_as_it_was_written(highest: int, width: int, density: float) -> None:
    rng = np.random.default_rng(highest)

    def layer(rows: int, inputs: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        weights = rng.integers(-highest, highest + 1, (rows, inputs)) * (rng.random((rows, inputs)) < density)
        return weights, rng.integers(-128, 128, rows)

    layers = [layer(5, 13), layer(3, 5)]
    assert bit_width(highest) == width
    data = bit_layers(layers, width)
    reader = Reader(data)
    for weights, biases in layers:
        for row, bias in zip(weights.tolist(), biases.tolist(), strict=True):
            assert (next(reader.data) ^ 0x80) - 0x80 == bias
            assert [reader.weight(width) for _ in row] == row
    assert next(reader.data, None) is None
    bits = sum(weights.size + width * np.count_nonzero(weights) for weights, _ in layers)
    assert len(data) == 8 + -(-bits // 8)
