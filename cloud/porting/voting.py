"""C that turns leaves into a class and a confidence."""

from string import Template

from .c_text import UNSIGNED, table, unsigned_type
from .features import FeatureType
from .names import Names
from .votes import WHOLE, Ballot

PURE = Template("""\
uint8_t ${name}_classify(const $c_type features[${macro}_FEATURE_COUNT], uint8_t *confidence_percent)
{
    $sum_type sums[${macro}_CLASS_COUNT] = {0};
    uint8_t best = 0;

    for ($tree_type tree = 0; tree < TREES; tree++) {
        sums[leaf_of(tree, features)]++;
    }
    for (uint8_t c = 1; c < ${macro}_CLASS_COUNT; c++) {
        if (sums[c] > sums[best]) {
            best = c;
        }
    }
    *confidence_percent = (uint8_t)((100UL * sums[best] + TREES / 2) / TREES);
    return best;
}
""")

MIXED = Template("""\
/* Adds the weights of a leaf to the sums of its classes. */
static void vote($leaf_type leaf, $sum_type sums[])
{
    if (leaf < ${macro}_CLASS_COUNT) {
        sums[leaf] = ($sum_type)(sums[leaf] + WHOLE);
        return;
    }
    const uint8_t *record = records + (leaf - ${macro}_CLASS_COUNT);
    const uint8_t present = COOEE_READ_U8(record);
    for (uint8_t i = 1; i <= present; i++) {
        const uint8_t c = COOEE_READ_U8(record + i);
        sums[c] = ($sum_type)(sums[c] + COOEE_READ_U8(record + present + i));
    }
}

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

/* Adds a share in units of 2^-$unit to a sum in the same units, rounding the sum as a double. */
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

$exact_share
/* Adds the probabilities of a leaf to the sums of its classes. */
static void vote_exactly($leaf_type leaf, struct real sums[])
{
    if (leaf < ${macro}_CLASS_COUNT) {
        add(&sums[leaf], (uint64_t)1 << $unit);
        return;
    }
    const uint8_t *record = records + (leaf - ${macro}_CLASS_COUNT);
    const uint8_t present = COOEE_READ_U8(record);
    for (uint8_t i = 0; i < present; i++) {
        add(&sums[COOEE_READ_U8(record + 1 + i)], exact_share(record + 1 + 2 * present, i));
    }
}

/* scikit-learn adds the trees' probabilities as doubles and divides by the number of trees. Where the weights cannot tell
 * which class is first, the same is done here, rounding as it does, in integers. */
static uint8_t best_exactly(const $c_type features[])
{
    struct real sums[${macro}_CLASS_COUNT] = {{0, 0}};
    struct real most = {0, INT16_MIN}, mean;
    uint8_t best = 0;

    for ($tree_type tree = 0; tree < TREES; tree++) {
        vote_exactly(leaf_of(tree, features), sums);
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

uint8_t ${name}_classify(const $c_type features[${macro}_FEATURE_COUNT], uint8_t *confidence_percent)
{
    $sum_type sums[${macro}_CLASS_COUNT] = {0};
    uint8_t best = 0, close = 0;

    for ($tree_type tree = 0; tree < TREES; tree++) {
        vote(leaf_of(tree, features), sums);
    }
    for (uint8_t c = 1; c < ${macro}_CLASS_COUNT; c++) {
        if (sums[c] > sums[best]) {
            best = c;
        }
    }
    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++) {
        close = (uint8_t)(close + (sums[best] - sums[c] <= DOUBT));
    }
    if (close > 1) {
        best = best_exactly(features);
    }
    *confidence_percent = (uint8_t)((100UL * sums[best] + TREES * WHOLE / 2) / (TREES * WHOLE));
    return best;
}
""")

COUNTED_SHARE = Template("""\
/* Share i of a record: its count, divided by that of all. */
static uint64_t exact_share(const uint8_t *counts, uint8_t i)
{
    const struct real share = divide($read(counts + $size * (i + 1)), $read(counts));
    return share.exponent >= -$unit ? share.digits << (share.exponent + $unit) : share.digits >> (-$unit - share.exponent);
}
""")

REAL_SHARE = """\
/* Share i of a record, as it stands there. */
static uint64_t exact_share(const uint8_t *shares, uint8_t i)
{
    uint64_t share = 0;

    for (uint8_t byte = 8; byte-- > 0;) {
        share = share << 8 | COOEE_READ_U8(shares + 8 * i + byte);
    }
    return share;
}
"""

ONE_TREE = Template("""\
uint8_t ${name}_classify(const $c_type features[${macro}_FEATURE_COUNT], uint8_t *confidence_percent)
{
    const uint16_t verdict = tree_0(features);

    *confidence_percent = (uint8_t)(verdict & 0xFF);
    return (uint8_t)(verdict >> 8);
}
""")


def leaf_type(ballot: Ballot, classes: int) -> str:
    """C type of a leaf's code."""
    return unsigned_type(classes + len(ballot.records))


def forest_votes(names: Names, feature: FeatureType, ballot: Ballot, trees: int) -> tuple[str, str]:
    """Tables and constants, to stand before leaf_of(); and the functions, to stand after it."""
    words = {
        "name": names.name, "macro": names.macro, "c_type": feature.c_type, "unit": 62,
        "tree_type": unsigned_type(trees), "leaf_type": leaf_type(ballot, len(names.classes)),
    }
    if not ballot.records:
        return f"enum {{ TREES = {trees} }};\n", PURE.substitute(words, sum_type=unsigned_type(trees))
    if ballot.exact_bytes == 8:
        share = REAL_SHARE
    else:
        read = {1: "COOEE_READ_U8", 2: "read_u16"}[ballot.exact_bytes]
        share = COUNTED_SHARE.substitute(words, read=read, size=ballot.exact_bytes)
        if ballot.exact_bytes == 2:
            share = READ_U16 + share
    head = (f"/* Weights of a leaf sum to WHOLE; sums that differ by DOUBT or less may be in another order in scikit-learn. */\n"
            f"#define TREES {trees}U\n#define WHOLE {WHOLE}UL\n#define DOUBT {ballot.doubt}\n\n"
            f"/* A leaf of several classes: how many, which, their weights, exact shares{_shares(ballot)}. */\n"
            + table("uint8_t", "records", ballot.records))
    return head, MIXED.substitute(words, sum_type=unsigned_type(trees * WHOLE), exact_share=share)


READ_U16 = """\
static uint16_t read_u16(const uint8_t *bytes)
{
    return (uint16_t)(COOEE_READ_U8(bytes) | COOEE_READ_U8(bytes + 1) << 8);
}

"""


def _shares(ballot: Ballot) -> str:
    return " in units of 2^-62" if ballot.exact_bytes == 8 else f" (count of all, of each; {UNSIGNED[ballot.exact_bytes]})"
