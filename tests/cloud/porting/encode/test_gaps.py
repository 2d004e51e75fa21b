"""Gap symbols say the weights they were made of, and are as short as they claim."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.porting.encode.gaps import Gaps, encodings, shortest


def decode(code: Gaps, size: int) -> NDArray[np.int64]:
    """The weights again, by the rules of the class's docstring."""
    data = list(code.data)
    if code.width == 4:
        data = [half for byte in data for half in (byte & 15, byte >> 4)]
    elif code.width == 16:
        data = [high << 8 | low for high, low in zip(data[::2], data[1::2], strict=True)]
    found, place = np.zeros(size, np.int64), code.first
    for symbol in data:
        gap, value = symbol >> code.value_bits, symbol & (1 << code.value_bits) - 1
        if code.value_bits == 1 and gap == (1 << code.gap_bits) - 1:
            place += gap
        elif place < size:
            found[place] = 1 - 2 * value if code.value_bits == 1 else value - (1 << code.value_bits - 1)
            place += gap + 1
    return found


@pytest.mark.parametrize("highest", [1, 2, 7, 8, 127])
@pytest.mark.parametrize("density", [0, 0.003, 0.05, 0.3, 1])
def test_decodes_to_what_was_encoded(highest: int, density: float) -> None:
    rng = np.random.default_rng([highest, int(1000 * density)])
    weights = rng.integers(-highest, highest + 1, 2000) * (rng.random(2000) < density)
    for code in encodings(weights):
        np.testing.assert_array_equal(decode(code, 2000), weights)
        assert all(0 <= byte <= 255 for byte in code.data)


@pytest.mark.parametrize(
    ("highest", "density", "width", "bits_a_weight"),
    [(1, 0.25, 4, 1.25), (7, 1, 4, 4), (7, 0.1, 8, 1), (127, 1, 8, 8)],
)
def test_takes_the_code_that_suits(highest: int, density: float, width: int, bits_a_weight: float) -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, highest + 1, 20000) * rng.choice([-1, 1], 20000)
    weights = sizes * (rng.random(20000) < density)
    code = shortest(encodings(weights))
    assert code.width == width
    assert 8 * len(code.data) / 20000 <= bits_a_weight
