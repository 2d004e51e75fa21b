"""C that turns the leaves of a forest into a class and a confidence."""

from string import Template

from .c_text import table, unsigned_type
from .leaves import SHARE_BITS, Ballot

HARD_VOTE = "        sums[leaf_of(tree, features)]++;\n"

PAIR_VOTE = """\
        const uint8_t leaf = leaf_of(tree, features);
        sums[1] = ($sum_type)(sums[1] + leaf);
        sums[0] = ($sum_type)(sums[0] + WHOLE - leaf);
"""

TRIPLE_VOTE = """\
        const uint8_t leaf = leaf_of(tree, features);
        sums[0] = ($sum_type)(sums[0] + (leaf >> 4));
        sums[1] = ($sum_type)(sums[1] + (leaf & 15));
        sums[2] = ($sum_type)(sums[2] + WHOLE - (leaf >> 4) - (leaf & 15));
"""

CALL_VOTE = "        vote(leaf_of(tree, features), sums$none);\n"

WEIGHTS = Template("""\
/* Adds the weights of a leaf to the sums of its classes; they end where WHOLE is reached. */
static void vote($leaf_type leaf, $sum_type sums[])
{
    if (leaf < ${macro}_CLASS_COUNT) {
        sums[leaf] = ($sum_type)(sums[leaf] + WHOLE);
        return;
    }
    const uint8_t *entry = records + (leaf - ${macro}_CLASS_COUNT);
    for (uint8_t left = WHOLE; left > 0;) {
        const uint8_t c = $entry_class;
        const uint8_t weight = $entry_weight;
        sums[c] = ($sum_type)(sums[c] + weight);
        left = (uint8_t)(left - weight);
    }
}
""")

EXACT = Template("""\
/* A sum or quotient as a double has it: digits * 2^exponent, digits of at most 53 bits. */
struct real {
    uint64_t digits;
    int16_t exponent;
};

/* The double nearest dividend / divisor, ties to even; its digits have 53 bits unless it is 0. */
static struct real divide(uint64_t dividend, uint16_t divisor)
{
    struct real quotient = {0, 64};
    uint32_t rest = 0;

    if (dividend == 0) {
        quotient.exponent = -1000;
        return quotient;
    }
    while (quotient.exponent > 0 || quotient.digits >> 52 == 0) {
        rest = rest << 1 | (uint32_t)(dividend >> 63);
        dividend <<= 1;
        quotient.digits <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            quotient.digits++;
        }
        quotient.exponent--;
    }
    if (2 * rest > divisor || (2 * rest == divisor && (quotient.digits & 1))) {
        quotient.digits++;
    }
    if (quotient.digits >> 53) {
        quotient.digits >>= 1;
        quotient.exponent++;
    }
    return quotient;
}

/* Adds a share in units of 2^-$unit to a sum in the same units, rounding the sum as a double is. */
static void add(struct real *sum, uint64_t share)
{
    uint32_t dropped = (uint32_t)share & (((uint32_t)1 << sum->exponent) - 1);
    uint32_t half;

    sum->digits += share >> sum->exponent;
    while (sum->digits >> 53) {
        dropped |= (uint32_t)(sum->digits & 1) << sum->exponent;
        sum->digits >>= 1;
        sum->exponent++;
    }
    half = ((uint32_t)1 << sum->exponent) >> 1;
    if (dropped > half || (half > 0 && dropped == half && (sum->digits & 1))) {
        sum->digits++;
    }
}

$share
/* Adds the weights of a leaf to the sums of its classes or, where there are exact sums, its probabilities to those. */
static void vote($leaf_type leaf, $sum_type sums[], struct real exact[])
{
    if (leaf < ${macro}_CLASS_COUNT) {
        if (exact) {
            add(&exact[leaf], (uint64_t)1 << $unit);
        } else {
            sums[leaf] = ($sum_type)(sums[leaf] + WHOLE);
        }
        return;
    }
    const uint8_t *record = records + (leaf - ${macro}_CLASS_COUNT);
    const uint8_t *entry = record + (${macro}_CLASS_COUNT + 7) / 8;
$total    uint8_t present = 0;
    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++, present >>= 1) {
        if (c % 8 == 0) {
            present = COOEE_READ_U8(record++);
        }
        if (!(present & 1)) {
            continue;
        }
        if (exact) {
            add(&exact[c], share_of(entry$total_argument));
        } else {
            sums[c] = ($sum_type)(sums[c] + $weight);
        }
        entry += $entry_bytes;
    }
}

/* scikit-learn adds the trees' probabilities as doubles and divides by the number of trees. Where the weights cannot tell
 * which class is first, the same is done here, rounded as it rounds, in integers. */
static uint8_t best_exactly(const $c_type features[])
{
    struct real sums[${macro}_CLASS_COUNT] = {{0, 0}};
    struct real most = {0, INT16_MIN}, mean;
    uint8_t best = 0;

    for ($tree_type tree = 0; tree < TREES; tree++) {
        vote(leaf_of(tree, features), 0, sums);
    }
    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++) {
        mean = divide(sums[c].digits, TREES);
        mean.exponent = (int16_t)(mean.exponent + sums[c].exponent);
        if (mean.exponent > most.exponent || (mean.exponent == most.exponent && mean.digits > most.digits)) {
            most = mean;
            best = c;
        }
    }
    return best;
}
""")

COUNTED_SHARE = Template("""\
/* The probability that a count stands for. */
static uint64_t share_of(const uint8_t *entry, uint16_t total)
{
    const struct real share = divide($count, total);

    return share.exponent >= -$unit ? share.digits << (share.exponent + $unit) : share.digits >> (-$unit - share.exponent);
}

/* The counts of a record added up. */
static uint16_t count_all(const uint8_t *record, const uint8_t *entry)
{
    uint16_t total = 0;

    for (const uint8_t *end = entry; record < end; record++) {
        for (uint8_t present = COOEE_READ_U8(record); present > 0; present >>= 1) {
            if (present & 1) {
                total = (uint16_t)(total + $count);
                entry += $entry_bytes;
            }
        }
    }
    return total;
}
""")

REAL_SHARE = """\
/* The probability in an entry. */
static uint64_t share_of(const uint8_t *entry)
{
    uint64_t share = 0;

    for (uint8_t i = 8; i-- > 0;) {
        share = share << 8 | COOEE_READ_U8(entry + i);
    }
    return share;
}
"""

DECIDE = Template("""\
$signature
{
    $sum_type sums[${macro}_CLASS_COUNT] = {0};
    uint8_t best = 0;

    for ($tree_type tree = 0; tree < TREES; tree++) {
$vote    }
    for (uint8_t c = 1; c < ${macro}_CLASS_COUNT; c++) {
        if (sums[c] > sums[best]) {
            best = c;
        }
    }
$doubt$confidence    return best;
}
""")

DOUBT = Template("""\
    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++) {
        if (c != best && sums[best] - sums[c] <= DOUBT) {
            best = best_exactly(features);
            break;
        }
    }
""")

CONFIDENCE = "    *confidence_percent = (uint8_t)((100UL * sums[best] + TREES * WHOLE / 2) / (TREES * WHOLE));\n"


class Voting:
    """The C of one forest's votes, in the two pieces that stand around `leaf_of`."""

    def __init__(self, ballot: Ballot, *, macro: str, c_type: str, classes: int, trees: int) -> None:
        self._ballot = ballot
        self._words = {
            "macro": macro, "c_type": c_type, "unit": str(SHARE_BITS), "tree_type": unsigned_type(trees),
            "leaf_type": unsigned_type(ballot.highest), "sum_type": unsigned_type(trees * ballot.whole),
        }
        self._trees, self._classes = trees, classes

    def head(self) -> str:
        """Constants and records."""
        ballot = self._ballot
        text = f"#define TREES {self._trees}U\n#define WHOLE {ballot.whole}U{'L' if self._trees * ballot.whole > 65535 else ''}\n"
        if ballot.kind in ("counts", "shares"):
            text += ("/* Sums of weights that are no further apart may be in another order in scikit-learn. */\n"
                     f"#define DOUBT {ballot.doubt}\n")
        if ballot.records:
            text += "\n" + RECORD_NOTES[ballot.kind] + table("uint8_t", "records", ballot.records)
        return text

    def functions(self, signature: str, confidence: bool) -> str:
        """What counts the votes, and the function of that signature."""
        kind = self._ballot.kind
        parts = {"class": "", "pair": "", "triple": "", "weights": self._weights(), "counts": self._exact(), "shares": self._exact()}[kind]
        vote = {"class": HARD_VOTE, "pair": PAIR_VOTE, "triple": TRIPLE_VOTE}.get(kind, CALL_VOTE)
        exact = kind in ("counts", "shares")
        decide = DECIDE.substitute(self._words, signature=signature, confidence=CONFIDENCE if confidence else "",
                                   doubt=DOUBT.substitute(self._words) if exact else "",
                                   vote=Template(vote).substitute(self._words, none=", 0" if exact else ""))
        return parts + ("\n" if parts else "") + decide

    def _weights(self) -> str:
        packed = self._classes <= 16
        return WEIGHTS.substitute(
            self._words, entry_class="(uint8_t)(COOEE_READ_U8(entry) >> 4)" if packed else "COOEE_READ_U8(entry++)",
            entry_weight="COOEE_READ_U8(entry++) & 15" if packed else "COOEE_READ_U8(entry++)")

    def _exact(self) -> str:
        size = self._ballot.count_bytes
        if self._ballot.kind == "shares":
            weight = "(((uint16_t)COOEE_READ_U8(entry + 7) << 8 | COOEE_READ_U8(entry + 6)) >> 6)"
            return EXACT.substitute(self._words, share=REAL_SHARE, total="", total_argument="", weight=weight, entry_bytes=8)
        count = "COOEE_READ_U8(entry)" if size == 1 else "(uint16_t)(COOEE_READ_U8(entry) | (uint16_t)(COOEE_READ_U8(entry + 1) << 8))"
        share = COUNTED_SHARE.substitute(self._words, count=count, entry_bytes=size)
        weight = f"(uint16_t)({count} * {'WHOLE' if size == 1 else '(uint32_t)WHOLE'} / total)"
        return EXACT.substitute(self._words, share=share, total="    const uint16_t total = count_all(record, entry);\n",
                                total_argument=", total", weight=weight, entry_bytes=size)


RECORD_NOTES = {
    "weights": "/* Leaves of several classes: weights that sum to WHOLE. */\n",
    "counts": "/* Leaves of several classes: a bit for each class that is there, then how many rows of each. */\n",
    "shares": f"/* Leaves of several classes: a bit for each class that is there, then their probabilities in units of 2^-{SHARE_BITS}. */\n",
}
