"""The C of a stream of nibbles: its arrays and the walker."""

from string import Template

from .c_text import block, table, unsigned_type
from .features import FeatureType
from .nibbles import ABOVE_LEAF, BELOW_LEAF, BYTE_BITS, SUBTREE, WORD_BITS, Head, Stream

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
    return (uint16_t)(low | high << 8);
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

WALK = Template("""\
/* Walks a tree. A node is $fields, $kind;
 * then $then; then its subtrees, the lower one first. */
static $leaf_type leaf_of(${tree}const $c_type features[])
{
    $at_type at = $root;

    for (;;) {
$steps    }
}
""")


def stream_code(stream: Stream, feature: FeatureType, leaf_type: str) -> str:
    """Tables and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree."""
    head, trees = stream.head, len(stream.roots)
    at_type = unsigned_type(max(2 * len(stream.data), 256))
    parts = _arrays(stream.data)
    if trees > 1:
        parts.append(table(at_type, "roots", stream.roots))
    if head.slots != tuple(range(len(head.slots))):
        parts.append(table("uint8_t", "slots", head.slots))
    if head.ends:
        parts.append(table("uint16_t", "ends", head.ends))
    if any(head.added):
        parts.append(table("uint16_t", "bases", [base % (1 << WORD_BITS) for base in head.added]))
    parts.append(WORD_AT.substitute(at_type=at_type, byte="nodes + at / 2" if len(stream.data) <= MAX_ARRAY else "byte_at(at / 2)"))
    if _has_numbers(stream):
        parts.append(_number_at(stream, at_type))
    root = "0" if trees == 1 else "COOEE_READ_U16(&roots[tree])" if at_type == "uint16_t" else "roots[tree]"
    parts.append(WALK.substitute(
        fields=_fields(head), kind="what lies below and above (2 bits each: the code of a leaf, or 3)" if stream.sides else
        "bits for a leaf below and above", then=_then(stream), leaf_type=leaf_type, c_type=feature.c_type, at_type=at_type,
        tree=f"{unsigned_type(trees)} tree, " if trees > 1 else "", root=root,
        steps=_lines(_by_sides(stream) if stream.sides else _by_kind(stream, leaf_type))))
    return "\n".join(parts)


def _has_numbers(stream: Stream) -> bool:
    """Whether any node is followed by a number; of a forest of stumps with their codes in the heads none is."""
    return not stream.sides or stream.has_distances


def _fields(head: Head) -> str:
    if head.ends:
        return f"a number of feature and threshold ({head.slot_at} bits)"
    slot, threshold = f"slot of the feature ({head.slot_bits} bits)", f"threshold ({head.threshold_bits} bits)"
    return f"{slot}, {threshold}" if head.threshold_at else f"{threshold}, {slot}"


def _then(stream: Stream) -> str:
    distance = f"of two subtrees, how far beyond {stream.shortest} nibbles the upper one is"
    return distance if stream.sides else f"the codes of its leaves or, {distance}"


def _arrays(data: bytes) -> list[str]:
    """One array, or several which overlap by the two bytes that a word may reach into the next."""
    if len(data) <= MAX_ARRAY:
        return [table("uint8_t", "nodes", data)]
    starts = range(0, len(data), MAX_ARRAY)
    arrays = [table("uint8_t", f"nodes_{i}", data[start : start + MAX_ARRAY + 2]) for i, start in enumerate(starts)]
    cases = "".join(f"    case {i}:\n        return nodes_{i} + offset;\n" for i in range(len(starts) - 1))
    return [*arrays, "/* Several arrays, as there is a limit to one on an AVR; each begins with the last two bytes of the one before. */\n"
            f"static const uint8_t *byte_at(uint32_t at)\n{{\n    const uint16_t offset = at & {MAX_ARRAY - 1};\n\n"
            f"    switch (at / {MAX_ARRAY}) {{\n{cases}    default:\n        return nodes_{len(starts) - 1} + offset;\n    }}\n}}\n"]


def _number_at(stream: Stream, at_type: str) -> str:
    small, extra = stream.numbers.small, stream.numbers.extra
    if not extra:
        return Template(SHORT_NUMBER).substitute(at_type=at_type)
    least = (small << 4 * extra) - small
    if extra == 4:
        value = f"(uint32_t)(((uint32_t)first << 16 | word_at(at + 1)) - {least})"
    elif extra == 3:
        value = f"(uint16_t)((first << 12 | word >> 4) - {least})"
    else:
        value = f"(uint16_t)((first << {4 * extra} | (word >> 4 & 0x{(1 << 4 * extra) - 1:X})) - {least})"
    return NUMBER_AT.substitute(at_type=at_type, small=small, length=1 + extra, value=value,
                                number_type="uint32_t" if extra == 4 else "uint16_t")


def _condition(head: Head) -> tuple[list[str], str]:
    """C that finds the slot and, as an expression, whether its feature is above the threshold."""
    field = _field("head", head.threshold_at, head.threshold_bits)
    threshold = field if field == "head" else f"({field})"
    lines = []
    if head.ends:
        lines = ["uint8_t slot = 0;", "", f"while ({threshold} > COOEE_READ_U16(&ends[slot])) {{", "    slot++;", "}"]
    else:
        _, word, first = _words(head)
        lines = [f"const uint8_t slot = (uint8_t)({_field(word, head.slot_at - first, head.slot_bits)});"]
    if any(head.added):
        lines.append(f"const int16_t threshold = (int16_t)(uint16_t)({threshold} + COOEE_READ_U16(&bases[slot]));")
    else:
        narrow = "uint8_t" if head.threshold_bits <= BYTE_BITS else "uint16_t"
        lines.append(f"const {narrow} threshold = ({narrow})({field});")
    mapped = head.slots != tuple(range(len(head.slots)))
    return lines, f"features[{'COOEE_READ_U8(&slots[slot])' if mapped else 'slot'}] > threshold"


def _words(head: Head) -> tuple[list[str], str, int]:
    """C that reads a head; the variable that holds slot and kind, and the lowest bit of the head that is in it."""
    lines = ["const uint16_t head = word_at(at);"]
    if head.kind_at + head.kind_bits <= WORD_BITS:
        return lines, "head", 0
    nibble = head.slot_at // 4
    return [*lines, f"const uint8_t second = (uint8_t)word_at(at + {nibble});"], "second", 4 * nibble


def _field(word: str, lowest: int, bits: int) -> str:
    moved = f"{word} >> {lowest}" if lowest else word
    return moved if lowest + bits == WORD_BITS else f"{moved} & 0x{(1 << bits) - 1:X}"


def _number(stream: Stream, ahead: int) -> list[str]:
    """C that reads the number after the head and moves on."""
    numbers = stream.numbers
    number_type = "uint32_t" if numbers.extra == 4 else "uint16_t" if numbers.extra else "uint8_t"
    read = f"const {number_type} number = number_at({_moved(stream, ahead)});"
    if not numbers.extra or not numbers.small:
        return [read, "", _go(stream, f"{ahead + 1 + numbers.extra}")]
    return [read, "", _go(stream, f"{ahead + 1}"), f"if (number >= {numbers.small}) {{", f"    {_go(stream, str(numbers.extra))}", "}"]


def _moved(stream: Stream, by: int) -> str:
    return "at" if by == 0 else f"at + {by}" if 2 * len(stream.data) >= 1 << 16 else f"(uint16_t)(at + {by})"


def _go(stream: Stream, by: str) -> str:
    return f"at += {by};" if 2 * len(stream.data) >= 1 << 16 else f"at = (uint16_t)(at + {by});"


def _by_sides(stream: Stream) -> list[str]:
    head = stream.head
    condition, above = _condition(head)
    reads, word, first = _words(head)
    lines = [*reads, f"const uint8_t sides = (uint8_t)({_field(word, head.kind_at - first, head.kind_bits)});", *condition,
             f"const uint8_t side = {above} ? sides >> 2 : sides & 3;", "",
             f"if (side < {SUBTREE}) {{", "    return side;", "}", _go(stream, str(head.nibbles))]
    if not stream.has_distances:
        return lines
    return [*lines, "if (sides == 15) {", *block(_number(stream, 0), 1), f"    if ({above}) {{",
            f"        {_go(stream, f'{stream.shortest} + number')}", "    }", "}"]


def _by_kind(stream: Stream, leaf_type: str) -> list[str]:
    head = stream.head
    condition, above = _condition(head)
    code = {True: "number", False: "number_at(at)"}
    if stream.numbers.extra and not (leaf_type == "uint16_t" and stream.numbers.extra < 4):
        code = {key: f"({leaf_type}){value}" for key, value in code.items()}
    lines, word, first = _words(head)
    below, above_leaf = (f"{word} & 0x{leaf << head.kind_at - first:02X}" for leaf in (BELOW_LEAF, ABOVE_LEAF))
    return [*lines, *_number(stream, head.nibbles), *condition, f"if ({above}) {{",
            f"    if ({above_leaf}) {{", f"        return {below} ? {code[False]} : {code[True]};", "    }",
            f"    if (!({below})) {{", f"        {_go(stream, f'{stream.shortest} + number')}", "    }",
            f"}} else if ({below}) {{", f"    return {code[True]};", "}"]


def _lines(lines: list[str]) -> str:
    return "".join(line + "\n" if line.strip() else "\n" for line in block(lines, 2))
