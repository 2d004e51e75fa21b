"""C that turns the leaves of a forest into a class and a confidence."""

from collections.abc import Sequence
from string import Template

from ..encode.votes import SHARE_BITS, SHARE_BYTES, Ballot
from .c_text import block, table, unsigned_type

HARD_VOTE = "        sums[leaf_of(tree, features)]++;\n"

TWO = Template("""\
$signature
{
    $sum_type second = 0;

    $loop
        second = ($sum_type)(second + leaf_of(tree, features));
    }
$confidence    return second > TREES * WHOLE / 2;
}
""")
"""Leaves of two classes say the weight of the second."""

TWO_CONFIDENCE = """\
    const $sum_type most = second > TREES * WHOLE / 2 ? second : ($sum_type)(TREES * WHOLE - second);
    *confidence_percent = (uint8_t)((100UL * most + TREES * WHOLE / 2) / (TREES * WHOLE));
"""

TRIPLE_VOTE = """\
        const uint8_t leaf = leaf_of(tree, features);
        sums[0] = ($sum_type)(sums[0] + (leaf >> 4));
        sums[1] = ($sum_type)(sums[1] + (leaf & 15));
        sums[2] = ($sum_type)(sums[2] + WHOLE - (leaf >> 4) - (leaf & 15));
"""

CALL_VOTE = "        vote(leaf_of(tree, features), sums);\n"
CALL_EXACT = "        vote(tree, features, sums, 0);\n"

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
/* Numbers are in units of 2^-$unit, lowest byte first. */
#define NUMBER_BYTES 11

/* Rounds a number to the 53 bits of a double, ties to even; `more` says that something was cut off it. */
static void round_number(uint8_t *number, uint8_t more)
{
    uint8_t top = NUMBER_BYTES - 1;
    uint16_t last = 0x10;

    while (number[top] == 0) {
        if (--top < 7) {
            return;
        }
    }
    for (uint8_t byte = number[top]; byte >>= 1;) {
        last = (uint16_t)(last << 1);
    }
    /* `last` is the last bit that is kept, in the two bytes at `number`. */
    for (top = (uint8_t)(top - 7); top > 0; top--) {
        more |= *number;
        *number++ = 0;
    }
    uint16_t kept = (uint16_t)(number[0] | (uint16_t)(number[1] << 8));
    uint16_t half = last >> 1;
    if (!more && !(kept & last)) {
        half--;
    }
    kept = (uint16_t)(kept + half);
    for (top = 2; kept < half && ++number[top] == 0; top++) {
    }
    kept &= (uint16_t)~(last - 1);
    number[0] = (uint8_t)kept;
    number[1] = (uint8_t)(kept >> 8);
}

/* Divides a number, rounded as a double. */
static void divide(uint8_t *number, uint16_t divisor)
{
    $rest_type rest = 0;

    for (uint8_t bit = 8 * NUMBER_BYTES; bit-- > 0;) {
        uint8_t *byte = number + bit / 8;
        rest = ($rest_type)(rest << 1 | *byte >> 7);
        *byte = (uint8_t)(*byte << 1);
        if (rest >= divisor) {
            rest = ($rest_type)(rest - divisor);
            ++*byte;
        }
    }
    round_number(number, rest > 0);
}

/* Adds a probability to a sum, rounded as a double. */
static void add_number(uint8_t *sum, const uint8_t *number)
{
    uint8_t carry = 0;

    for (uint8_t i = 0; i < NUMBER_BYTES; i++) {
        const uint16_t byte = (uint16_t)(sum[i] + number[i] + carry);
        sum[i] = (uint8_t)byte;
        carry = (uint8_t)(byte >> 8);
    }
    round_number(sum, 0);
}

$vote
/* scikit-learn adds the trees' probabilities as doubles and divides by the number of trees. Where the weights cannot tell
 * which class is first, the same is done here, rounded as it rounds, in integers. */
static uint8_t best_exactly(const $c_type features[])
{
    uint8_t sums[${macro}_CLASS_COUNT][NUMBER_BYTES] = {{0}};
    uint8_t best = 0;

    for ($tree_type tree = 0; tree < TREES; tree++) {
        vote(tree, features, 0, sums);
    }
    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++) {
        uint8_t i = NUMBER_BYTES - 1;
        divide(sums[c], TREES);
        while (i > 0 && sums[c][i] == sums[best][i]) {
            i--;
        }
        if (sums[c][i] > sums[best][i]) {
            best = c;
        }
    }
    return best;
}
""")

COUNTED_VOTE = Template("""\
/* WHOLE * count / total, rounded down; all of it a little less. WHOLE is a power of 2. */
static uint16_t weight_of($rest_type count, uint16_t total)
{
    uint16_t weight = 0;

    for (uint16_t bit = WHOLE; bit > 1; bit >>= 1) {
        count = ($rest_type)(count << 1);
        weight = (uint16_t)(weight << 1);
        if (count >= total) {
            count = ($rest_type)(count - total);
            weight++;
        }
    }
    return weight;
}

/* Adds the weights of a tree's leaf to the sums of the classes or, where there are exact sums, its probabilities to those. */
static void vote($tree_type tree, const $c_type features[], $sum_type sums[], uint8_t exact[][NUMBER_BYTES])
{
    uint16_t counts[${macro}_CLASS_COUNT];
    uint16_t total = 0;

    leaf_of(tree, features, counts);
    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++) {
        total = (uint16_t)(total + counts[c]);
    }
    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++) {
        if (counts[c] == 0) {
            continue;
        }
        if (exact) {
            uint8_t share[NUMBER_BYTES] = {0};

            share[$unit / 8] = (uint8_t)counts[c];
            share[$unit / 8 + 1] = (uint8_t)(counts[c] >> 8);
            divide(share, total);
            add_number(exact[c], share);
        } else {
            sums[c] = ($sum_type)(sums[c] + weight_of(counts[c], total));
        }
    }
}
""")

SHARED_VOTE = Template("""\
/* Adds the weights of a tree's leaf to the sums of its classes or, where there are exact sums, its probabilities to those. */
static void vote($tree_type tree, const $c_type features[], $sum_type sums[], uint8_t exact[][NUMBER_BYTES])
{
    const $leaf_type leaf = leaf_of(tree, features);
    uint8_t share[NUMBER_BYTES] = {0};

    if (leaf < ${macro}_CLASS_COUNT) {
        if (exact) {
            share[$unit / 8] = 1;
            add_number(exact[leaf], share);
        } else {
            sums[leaf] = ($sum_type)(sums[leaf] + WHOLE);
        }
        return;
    }
    const uint8_t *record = records + (leaf - ${macro}_CLASS_COUNT);
    const uint8_t *entry = record + (${macro}_CLASS_COUNT + 7) / 8;
    uint8_t present = 0;

    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++, present >>= 1) {
        if (c % 8 == 0) {
            present = COOEE_READ_U8(record++);
        }
        if (!(present & 1)) {
            continue;
        }
        for (uint8_t i = 0; i < $size; i++) {
            share[i] = COOEE_READ_U8(entry++);
        }
        if (exact) {
            add_number(exact[c], share);
        } else {
            sums[c] = ($sum_type)(sums[c] + share[$unit / 8 - 1]);
        }
    }
}
""")

DECIDE = Template("""\
$signature
{
    $sum_type sums[${macro}_CLASS_COUNT] = {0};
    uint8_t best = 0;

    $loop
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


FAST = Template("""\
$signature
{
    $sum_type $zeros;
    $sum_type most;
    uint8_t best = 0;

$walk
    most = $first;
$compare$doubt$confidence    return best;
}
""")


class Voting:
    """The C of one forest's votes, in the two pieces that stand around `leaf_of`; `loop` is the head of a loop over its
    trees."""

    def __init__(self, ballot: Ballot, *, macro: str, c_type: str, classes: int, trees: int, loop: str) -> None:
        self._ballot = ballot
        self._words = {
            "macro": macro,
            "c_type": c_type,
            "unit": str(SHARE_BITS),
            "tree_type": unsigned_type(trees),
            "loop": loop,
            "leaf_type": unsigned_type(ballot.highest) if ballot.kind != "counts" else "",
            "rest_type": "uint16_t" if max(ballot.most, trees) < 32768 else "uint32_t",
            "sum_type": unsigned_type(trees * ballot.whole),
        }
        self._trees, self._classes = trees, classes

    def head(self) -> str:
        """Constants and records."""
        return "\n".join(filter(None, (self._constants(), self.records())))

    def _constants(self) -> str:
        ballot = self._ballot
        text = (
            f"#define TREES {self._trees}U\n#define WHOLE "
            f"{ballot.whole}U{'L' if self._trees * ballot.whole > 65535 else ''}\n"
        )
        if ballot.kind in ("counts", "shares"):
            text += (
                "/* Sums of weights that are no further apart may be in another order in scikit-learn. */\n"
                f"#define DOUBT {ballot.doubt}\n"
            )
        return text

    def functions(self, signature: str, confidence: bool) -> str:
        """What counts the votes, and the function of that signature."""
        kind = self._ballot.kind
        if self._classes == 2 and kind in ("class", "pair"):
            return TWO.substitute(
                self._words,
                signature=signature,
                confidence=Template(TWO_CONFIDENCE).substitute(self._words) if confidence else "",
            )
        exact = kind in ("counts", "shares")
        part = self._exact() if exact else self._weights() if kind == "weights" else ""
        vote = {"class": HARD_VOTE, "triple": TRIPLE_VOTE, "weights": CALL_VOTE}.get(kind, CALL_EXACT)
        decide = DECIDE.substitute(
            self._words,
            signature=signature,
            confidence=CONFIDENCE if confidence else "",
            doubt=DOUBT.substitute(self._words) if exact else "",
            vote=Template(vote).substitute(self._words),
        )
        return part + ("\n" if part else "") + decide

    def unrolled(
        self, signature: str, confidence: bool, sums: Sequence[str], class_names: Sequence[str], walk: Sequence[str]
    ) -> str:
        """The function of that signature with a variable for each class, and the trees' statements in it."""
        exact = self._ballot.kind in ("counts", "shares")
        compare = [
            line
            for name, word in zip(sums[1:], class_names[1:], strict=True)
            for line in (f"if ({name} > most) {{", f"    most = {name};", f"    best = {word};", "}")
        ]
        near = " + ".join(f"(most - {name} <= DOUBT)" for name in sums)
        doubt = [f"if ({near} > 1) {{", "    best = best_exactly(features);", "}"] if exact else []
        return FAST.substitute(
            self._words,
            signature=signature,
            zeros=", ".join(f"{name} = 0" for name in sums),
            first=sums[0],
            walk="\n".join(block(walk, 1)),
            compare="".join(f"    {line}\n" for line in compare),
            doubt="".join(f"    {line}\n" for line in doubt),
            confidence=CONFIDENCE.replace("sums[best]", "most") if confidence else "",
        )

    def constants(self) -> str:
        """TREES, WHOLE and what unrolled() uses."""
        vote = f"#define VOTE(sum, weight) ((sum) = ({self._words['sum_type']})((sum) + (weight)))\n"
        return self._constants() + (vote if self._ballot.kind != "class" else "")

    def exactly(self) -> str:
        """`vote` and `best_exactly`, for those rows that unrolled() cannot decide; nothing when it decides all."""
        return self._exact() if self._ballot.kind in ("counts", "shares") else ""

    def records(self) -> str:
        """The table of records."""
        return (
            RECORD_NOTES[self._ballot.kind] + table("uint8_t", "records", self._ballot.records)
            if self._ballot.records
            else ""
        )

    def _weights(self) -> str:
        packed = self._classes <= 16 and self._ballot.whole < 16
        return WEIGHTS.substitute(
            self._words,
            entry_class="(uint8_t)(COOEE_READ_U8(entry) >> 4)" if packed else "COOEE_READ_U8(entry++)",
            entry_weight="COOEE_READ_U8(entry++) & 15" if packed else "COOEE_READ_U8(entry++)",
        )

    def _exact(self) -> str:
        vote = SHARED_VOTE if self._ballot.kind == "shares" else COUNTED_VOTE
        return EXACT.substitute(self._words, vote=vote.substitute(self._words, size=SHARE_BYTES))


RECORD_NOTES = {
    "weights": "/* Leaves of several classes: weights that sum to WHOLE. */\n",
    "shares": f"/* Leaves of several classes: a bit for each class that is there, then their probabilities in units "
    f"of 2^-{SHARE_BITS}. */\n",
}
