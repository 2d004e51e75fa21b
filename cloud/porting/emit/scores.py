"""Whole scores, which are logarithms of odds, and what C needs to make a class and a confidence of them without
floats."""

import math
from dataclasses import dataclass

from ...models.confidence import EXPONENTIALS, FARTHEST, GAP_BITS, STEPS
from ..errors import PortError


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Scores are whole numbers of `bits` bits in units of 2**-`shift`, times `odds` the logarithm of a class's odds."""

    bits: int
    shift: int
    odds: int = 1

    def whole(self, value: float) -> int:
        """The nearest whole number."""
        return round(value * 2.0**self.shift)

    @property
    def gap_shift(self) -> int:
        """Bits that a score has beyond GAP_BITS."""
        return self.shift - GAP_BITS - (self.odds.bit_length() - 1)

    def variables(self) -> dict[str, object]:
        """Those of scores.c.jinja."""
        return {
            "bits": self.bits,
            "gap_bits": GAP_BITS,
            "gap_shift": self.gap_shift,
            "exponentials": EXPONENTIALS,
            "top_step": 1 << len(STEPS) - 1,
            "farthest": FARTHEST,
        }


def choose_scale(largest: float, bits: int, odds: int = 1) -> Scale:
    """The finest scale in which scores up to `largest`, and their differences, fit `bits` bits.

    Raises:
        PortError: scores are too large for a confidence, or infinite.
    """
    if not math.isfinite(largest):
        raise PortError("the estimator has weights that are not finite: train it again with scaled features")
    scale = Scale(bits=bits, shift=bits - 3 - max(math.frexp(largest)[1], -16), odds=odds)
    if scale.gap_shift < 0:
        raise PortError(
            f"scores reach {largest:.3g} over the range of the feature type: scale the features, regularise, "
            "or port with a narrower feature type"
        )
    return scale
