"""float32 values as integers in the order of the values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def ordered_bits(value: float) -> int:
    """Bits of a float32 as an integer in the order of the values; both zeros count as +0."""
    bits = int(np.float32(value + 0.0).view(np.int32))
    return bits if bits >= 0 else bits ^ 0x7FFFFFFF


def floats_of(bits: NDArray[Any]) -> NDArray[np.float32]:
    """float32 values of ordered bits."""
    own = np.where(bits >= 0, bits, bits ^ 0x7FFFFFFF) & 0xFFFFFFFF
    return own.astype(np.uint32).view(np.float32)


def ordered_limits() -> tuple[int, int]:
    """Ordered bits of the lowest and the highest finite float32."""
    return -0x7F800000, 0x7F7FFFFF
