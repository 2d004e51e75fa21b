"""C that turns whole scores, which are logarithms of odds, into a class and a confidence without floats."""

import math
from dataclasses import dataclass
from string import Template

from ..errors import PortError
from .c_text import table

GAP_BITS = 6
"""Scores are compared in units of 2**-6 for the confidence: half of that changes a probability by less than 0.2 per
cent."""
STEPS = [2.0**k for k in range(3, -GAP_BITS - 1, -1)]
FARTHEST = 16 << GAP_BITS

EXPONENTIAL = Template("""\
/* e^-x for x of 8, 4, 2 ... 2^-$gap_bits, in units of 2^-16. */
$steps
/* e^-x in units of 2^-16, x in units of 2^-$gap_bits. */
static uint16_t exponential(uint16_t x)
{
    uint32_t power = 65535;

    for (uint8_t i = 0; i < $count; i++) {
        if (x & $top >> i) {
            power = power * COOEE_READ_U16(&exponentials[i]) >> 16;
        }
    }
    return (uint16_t)power;
}

/* The probability of the best class in per cent. */
static uint8_t confidence_in(uint8_t best, const int${bits}_t scores[])
{
    uint32_t total = 65535;

    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++) {
        const uint${bits}_t gap = (uint${bits}_t)(scores[best] - scores[c]) >> GAP_SHIFT;
        total += c != best && gap < $farthest ? exponential((uint16_t)gap) : 0;
    }
    return (uint8_t)((100UL * 65535 + total / 2) / total);
}
""")

DECIDE = Template("""\
$signature
{
$scores    uint8_t best = 0;

$walk    for (uint8_t c = 1; c < ${macro}_CLASS_COUNT; c++) {
        if (scores[c] $beats scores[best]) {
            best = c;
        }
    }
$confidence    return best;
}
""")


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


def decision(
    scale: Scale, *, macro: str, signature: str, scores: str, walk: str, confidence: bool, beats: str = ">"
) -> str:
    """The public function: `scores` declares the classes' scores and `walk` adds to them; `beats` is > when the first
    of equal classes wins, >= when the last does."""
    steps = table("uint16_t", "exponentials", [round(65536 * math.exp(-step)) for step in STEPS])
    parts = (
        [
            f"#define GAP_SHIFT {scale.gap_shift}\n",
            EXPONENTIAL.substitute(
                gap_bits=GAP_BITS,
                steps=steps,
                count=len(STEPS),
                top=f"0x{1 << len(STEPS) - 1:X}",
                bits=scale.bits,
                macro=macro,
                farthest=FARTHEST,
            ),
        ]
        if confidence
        else []
    )
    parts.append(
        DECIDE.substitute(
            signature=signature,
            scores=scores,
            walk=walk,
            macro=macro,
            beats=beats,
            confidence="    *confidence_percent = confidence_in(best, scores);\n" if confidence else "",
        )
    )
    return "\n".join(parts)
