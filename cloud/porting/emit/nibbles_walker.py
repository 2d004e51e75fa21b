"""The C of a stream of nibbles: its arrays and the walker."""

from string import Template

from ..encode.nibbles import ABOVE_LEAF, BELOW_LEAF, BYTE_BITS, MASKED, SUBTREE, WORD_BITS, Head, Stream
from ..model.features import FeatureType
from .c_text import block, table, unsigned_type

MAX_ARRAY = 1 << 14
"""Bytes of an array; avr-gcc takes none of more than 32,767."""

WORD_AT = Template("""\
static uint8_t exchanged(uint8_t byte)
{
    return (uint8_t)(byte << 4 | byte >> 4);
}

/* Four nibbles from the one at `at` on, the first one lowest. */
static uint16_t word_at($at_type at)
{
    const uint8_t *byte = $byte;
    uint8_t low = cooee_next_u8(&byte);
    uint8_t high = cooee_next_u8(&byte);

    if (at & 1) {
        high = exchanged(high);
        low = (uint8_t)(low >> 4 | (high & 0xF0));
        high = (uint8_t)((high & 0x0F) | (exchanged(COOEE_READ_U8(byte)) & 0xF0));
    }
    return (uint16_t)(low | (uint16_t)high << 8);
}
""")

SHORT_NUMBER = """\
static uint8_t number_at($at_type at)
{
    return word_at(at) & 15;
}
"""

NUMBER_AT = Template("""\
/* A number of one nibble below $small, or of $length. */
static $number_type number_at($at_type at)
{
    const uint16_t word = word_at(at);
    const uint8_t first = word & 15;

    if (first < $small) {
        return first;
    }
    return $value;
}
""")

READ_LEAF = Template("""\
/* Reads how many rows of each class a leaf holds, 1 when it has only one class; returns where it ends. A leaf is
 * $note. */
static $at_type read_leaf($at_type at, uint16_t counts[])
{
    uint8_t present = 0;

$start    for (uint8_t c = 0; c < ${macro}_CLASS_COUNT; c++, present >>= 1) {
$nibble        counts[c] = present & 1;
        if ($several) {
            const $number_type more = number_at(at);

            counts[c] = (uint16_t)(1 + more);
$step        }
    }
    return at;
}
""")

WALK = Template("""\
/* Walks a tree. A node is $fields, $kind;
 * then $then; then its subtrees, the lower one first. */
static $leaf_type leaf_of(${tree}const $c_type features[]$counts)
{
    $at_type at = $root;

    for (;;) {
$steps    }
}
""")


def stream_code(stream: Stream, feature: FeatureType, leaf_type: str, macro: str) -> str:
    """Tables and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree; where leaves are
    counts `leaf_of(tree, features, counts)`, which returns nothing."""
    head, trees = stream.head, len(stream.roots)
    at_type = "uint32_t" if stream.wide else "uint16_t"
    parts = _arrays(stream.data)
    if trees > 1:
        parts.append(table("int32_t" if stream.wide else "uint16_t", "roots", stream.roots))
    if head.slots != tuple(range(len(head.slots))):
        parts.append(table("uint8_t", "slots", head.slots))
    bases = [base % (1 << WORD_BITS) for base in head.added]
    if head.ends:
        rows = [number for row in zip(head.ends, bases, strict=True) for number in row]
        parts.append(
            "/* Of each slot the last number, and what to add to get a threshold. */\n"
            + table("uint16_t", "rows", rows)
        )
    elif any(bases):
        parts.append(table("uint16_t", "bases", bases))
    parts.append(
        WORD_AT.substitute(
            at_type=at_type, byte="nodes + at / 2" if len(stream.data) <= MAX_ARRAY else "byte_at(at / 2)"
        )
    )
    if stream.leaves != "sides" or stream.has_distances:
        parts.append(_number_at(stream, at_type))
    if stream.leaves == "counts":
        parts.append(_read_leaf(stream, at_type, macro))
    steps = {"sides": _by_sides, "codes": _by_codes, "counts": _by_counts}[stream.leaves]
    parts.append(
        WALK.substitute(
            fields=_fields(head),
            kind="what lies below and above (2 bits each: the code of a leaf, or 3)"
            if stream.leaves == "sides"
            else "bits for a leaf below and above",
            then=_then(stream),
            leaf_type="void" if stream.leaves == "counts" else leaf_type,
            c_type=feature.c_type,
            at_type=at_type,
            tree=f"{unsigned_type(trees)} tree, " if trees > 1 else "",
            counts=", uint16_t counts[]" if stream.leaves == "counts" else "",
            root="0"
            if trees == 1
            else "(uint32_t)COOEE_READ_I32(&roots[tree])"
            if stream.wide
            else "COOEE_READ_U16(&roots[tree])",
            steps=_lines(steps(stream, feature, leaf_type)),
        )
    )
    return "\n".join(parts)


def _read_leaf(stream: Stream, at_type: str, macro: str) -> str:
    masked = stream.classes <= MASKED
    nibble = ["present = word_at(at) & 15;", _go(stream, "1")]
    if masked:
        start = ["uint8_t several;", "", *nibble, "several = present & (uint8_t)(present - 1);"]
    else:
        start = [
            f"const {_number_type(stream)} first = number_at(at);",
            "",
            *_past_number(stream, "first", 0),
            f"if (first < {macro}_CLASS_COUNT) {{",
            f"    memset(counts, 0, {macro}_CLASS_COUNT * sizeof *counts);",
            "    counts[first] = 1;",
            "    return at;",
            "}",
        ]
    return READ_LEAF.substitute(
        note="a nibble with a bit for each class that is there and, if there are several, their counts less 1"
        if masked
        else "its class or, if there are several, the number of all classes;\n"
        " * then for every four classes a nibble with a bit for each that is there, and their counts less 1",
        at_type=at_type,
        macro=macro,
        number_type=_number_type(stream),
        start=_lines(start, 1),
        nibble="" if masked else _lines(["if (c % 4 == 0) {", *block(nibble, 1), "}"]),
        several="counts[c] && several" if masked else "counts[c]",
        step=_lines(_past_number(stream, "more", 0), 3),
    )


def _fields(head: Head) -> str:
    if head.ends:
        return f"a number of feature and threshold ({head.threshold_bits} bits)"
    slot, threshold = f"slot of the feature ({head.slot_bits} bits)", f"threshold ({head.threshold_bits} bits)"
    return f"{slot}, {threshold}" if head.short else f"{threshold}, {slot}"


def _then(stream: Stream) -> str:
    distance = f"of two subtrees, how far beyond {stream.shortest} nibbles the upper one is"
    return distance if stream.leaves == "sides" else f"its leaves or, {distance}"


def _arrays(data: bytes) -> list[str]:
    """One array, or several which overlap by the two bytes that a word may reach into the next."""
    if len(data) <= MAX_ARRAY:
        return [table("uint8_t", "nodes", data)]
    starts = range(0, len(data), MAX_ARRAY)
    arrays = [table("uint8_t", f"nodes_{i}", data[start : start + MAX_ARRAY + 2]) for i, start in enumerate(starts)]
    cases = "".join(f"    case {i}:\n        return nodes_{i} + offset;\n" for i in range(len(starts) - 1))
    return [
        *arrays,
        "/* Several arrays, as there is a limit to one on an AVR; each ends with the first two bytes of the next. */\n"
        f"static const uint8_t *byte_at(uint32_t at)\n{{\n    const uint16_t offset = at & {MAX_ARRAY - 1};\n\n"
        f"    switch (at / {MAX_ARRAY}) "
        f"{{\n{cases}    default:\n        return nodes_{len(starts) - 1} + offset;\n    }}\n}}\n",
    ]


def _number_at(stream: Stream, at_type: str) -> str:
    small, extra = stream.numbers.small, stream.numbers.extra
    if not extra:
        return Template(SHORT_NUMBER).substitute(at_type=at_type)
    least = (small << 4 * extra) - small
    if extra == 4:
        value = f"(((uint32_t)first << 16) | word_at(at + 1)) - {least}U"
    elif extra == 3:
        value = f"(uint16_t)((uint16_t)((uint16_t)first << 12 | word >> 4) - {least}U)"
    else:
        value = f"(uint16_t)((first << {4 * extra} | (word >> 4 & 0x{(1 << 4 * extra) - 1:X})) - {least})"
    if extra == 4 and not stream.wide:
        value = value.replace("word_at(at + 1)", "word_at((uint16_t)(at + 1))")
    return NUMBER_AT.substitute(
        at_type=at_type, small=small, length=1 + extra, value=value, number_type=_number_type(stream)
    )


def _number_type(stream: Stream) -> str:
    extra = stream.numbers.extra
    return "uint32_t" if extra == 4 else "uint16_t" if extra else "uint8_t"


def _condition(stream: Stream, feature: FeatureType) -> tuple[list[str], str]:
    """C that finds slot and threshold and, as an expression, whether the feature is above it."""
    head = stream.head
    field = _field("head", head.threshold_at, head.threshold_bits)
    number = field if field == "head" else f"({field})"
    lines = []
    if head.ends:
        lines = [
            "const uint16_t *row = rows;",
            "uint8_t slot = 0;",
            "",
            f"while ({number} > COOEE_READ_U16(row)) {{",
            "    row += 2;",
            "    slot++;",
            "}",
        ]
    else:
        lines = [f"const uint8_t slot = (uint8_t)({_part(head, head.slot_at, head.slot_bits)});"]
    mapped = head.slots != tuple(range(len(head.slots)))
    value = f"features[{'COOEE_READ_U8(&slots[slot])' if mapped else 'slot'}]"
    if feature.name == "float32":
        return lines, f"key({value}) > threshold"
    if head.ends or any(head.added):
        base = "row + 1" if head.ends else "&bases[slot]"
        lines.append(f"const int16_t threshold = (int16_t)(uint16_t)({number} + COOEE_READ_U16({base}));")
    else:
        narrow = "uint8_t" if head.threshold_bits <= BYTE_BITS else "uint16_t"
        lines.append(f"const {narrow} threshold = ({narrow})({field});")
    return lines, f"{value} > threshold"


def _words(stream: Stream) -> list[str]:
    """C that reads a head: its first word, and what is beyond that."""
    head = stream.head
    if head.threshold_bits > WORD_BITS:
        lines = [f"const int32_t threshold = (int32_t)(word_at(at) | (uint32_t)word_at({_moved(stream, 4)}) << 16);"]
    else:
        lines = ["const uint16_t head = word_at(at);"]
    if max(head.slot_at + head.slot_bits, head.kind_at + head.kind_bits) > WORD_BITS:
        lines.append(f"const uint16_t second = word_at({_moved(stream, head.slot_at // 4)});")
    return lines


def _part(head: Head, lowest: int, bits: int) -> str:
    """C of a bit field of a head's first or second word."""
    return _field("head", lowest, bits) if lowest + bits <= WORD_BITS else _field("second", lowest - head.slot_at, bits)


def _field(word: str, lowest: int, bits: int) -> str:
    moved = f"{word} >> {lowest}" if lowest else word
    return moved if lowest + bits == WORD_BITS else f"{moved} & 0x{(1 << bits) - 1:X}"


def _number(stream: Stream, ahead: int) -> list[str]:
    """C that reads a number so many nibbles ahead, and moves on to what follows."""
    return [
        f"const {_number_type(stream)} number = number_at({_moved(stream, ahead)});",
        "",
        *_past_number(stream, "number", ahead),
    ]


def _past_number(stream: Stream, number: str, ahead: int) -> list[str]:
    numbers = stream.numbers
    if not numbers.extra:
        return [_go(stream, f"{ahead + 1}")]
    return [
        _go(stream, f"{ahead + 1}"),
        f"if ({number} >= {numbers.small}) {{",
        f"    {_go(stream, str(numbers.extra))}",
        "}",
    ]


def _moved(stream: Stream, by: int) -> str:
    return "at" if by == 0 else f"at + {by}" if stream.wide else f"(uint16_t)(at + {by})"


def _go(stream: Stream, by: str) -> str:
    return f"at += {by};" if stream.wide else f"at = (uint16_t)(at + {by});"


def _by_sides(stream: Stream, feature: FeatureType, leaf_type: str) -> list[str]:
    head = stream.head
    condition, above = _condition(stream, feature)
    lines = [
        *_words(stream),
        f"const uint8_t sides = (uint8_t)({_part(head, head.kind_at, head.kind_bits)});",
        *condition,
        f"const uint8_t above = {above};",
        "const uint8_t side = above ? sides >> 2 : sides & 3;",
        "",
        f"if (side < {SUBTREE}) {{",
        "    return side;",
        "}",
        _go(stream, str(head.nibbles)),
    ]
    if not stream.has_distances:
        return lines
    return [
        *lines,
        "if (sides == 15) {",
        *block(_number(stream, 0), 1),
        "    if (above) {",
        f"        {_go(stream, f'{stream.shortest} + number')}",
        "    }",
        "}",
    ]


def _by_codes(stream: Stream, feature: FeatureType, leaf_type: str) -> list[str]:
    condition, above = _condition(stream, feature)
    cast = f"({leaf_type})" if leaf_type != _number_type(stream) else ""
    lines, below_leaf, above_leaf = _kinds(stream)
    return [
        *lines,
        *_number(stream, stream.head.nibbles),
        *condition,
        f"if ({above}) {{",
        f"    if ({above_leaf}) {{",
        f"        return {below_leaf} ? {cast}number_at(at) : {cast}number;",
        "    }",
        f"    if (!({below_leaf})) {{",
        f"        {_go(stream, f'{stream.shortest} + number')}",
        "    }",
        f"}} else if ({below_leaf}) {{",
        f"    return {cast}number;",
        "}",
    ]


def _by_counts(stream: Stream, feature: FeatureType, leaf_type: str) -> list[str]:
    condition, above = _condition(stream, feature)
    lines, below_leaf, above_leaf = _kinds(stream)
    distance = (
        [*_number(stream, 0), "if (above) {", f"    {_go(stream, f'{stream.shortest} + number')}", "}"]
        if stream.has_distances
        else []
    )
    return [
        *lines,
        *condition,
        f"const uint8_t above = {above};",
        "",
        _go(stream, str(stream.head.nibbles)),
        f"if ({below_leaf}) {{",
        "    at = read_leaf(at, counts);",
        "    if (!above) {",
        "        return;",
        "    }",
        "}",
        f"if ({above_leaf}) {{",
        "    at = read_leaf(at, counts);",
        "    if (above) {",
        "        return;",
        "    }",
        *(["} else if (!(" + below_leaf + ")) {", *block(distance, 1)] if distance else []),
        "}",
    ]


def _kinds(stream: Stream) -> tuple[list[str], str, str]:
    """C that reads a head, and of whether a leaf is below and above."""
    head = stream.head
    word, lowest = (
        ("head", head.kind_at)
        if head.kind_at + head.kind_bits <= WORD_BITS
        else ("second", head.kind_at - head.slot_at)
    )
    return _words(stream), f"{word} & 0x{BELOW_LEAF << lowest:02X}", f"{word} & 0x{ABOVE_LEAF << lowest:02X}"


def _lines(lines: list[str], depth: int = 2) -> str:
    return "".join(line + "\n" if line.strip() else "\n" for line in block(lines, depth))
