"""The C of a table: its arrays and the walker."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from .c_text import block, table, unsigned_type
from .features import FeatureType
from .table import ABOVE_LEAF, BELOW_LEAF, FAR, HEADED, Layout, Table

HEADED_WALK = Template("""\
/* Walks a tree. A node is $head, a threshold, and, of two subtrees, the bytes of the lower one
 * that the upper one follows$far_note. */
static uint8_t leaf_of(${tree}const $c_type features[])
{
    const uint8_t *node = nodes$root;

    for (;;) {
        uint8_t head = cooee_next_u8(&node);
$threshold        const uint8_t skip = head $two_subtrees ? cooee_next_u8(&node) : 0;
$code
        if ($value > threshold) {
$above$past_below        }$to_below
        if (head $is_leaf) {
            return $leaf;
        }
    }
}
""")

WALK = Template("""\
/* Walks a tree. A node is the slot of its feature with flags for its leaves, a threshold, and then, of two subtrees, the bytes of
 * the lower one that the upper one follows$far_note; of leaves, their codes. */
static $leaf_type leaf_of(${tree}const $c_type features[])
{
    const uint8_t *node = nodes$root;

    for (;;) {
        const uint8_t head = cooee_next_u8(&node);
$threshold        const uint8_t above = $value > threshold;
$third        if (above) {
            if (head & ABOVE_LEAF) {
                return $above_code;
            }
$past_below        } else {
            if (head & BELOW_LEAF) {
                return $below_code;
            }
$to_below        }
    }
}
""")

LEAF_CODE = Template("""\
/* Codes below $one_byte have one byte, others two. */
static uint16_t leaf_code(const uint8_t *bytes)
{
    const uint8_t first = COOEE_READ_U8(bytes);
    if (first < $one_byte) {
        return first;
    }
    return (uint16_t)($one_byte + ((first - $one_byte) << 8) + COOEE_READ_U8(bytes + 1));
}

static uint8_t leaf_bytes(const uint8_t *bytes)
{
    return COOEE_READ_U8(bytes) < $one_byte ? 1 : 2;
}
""")

WORD_AT = """\
static uint16_t word_at(const uint8_t *bytes)
{
    return (uint16_t)(COOEE_READ_U8(bytes) | (uint16_t)(COOEE_READ_U8(bytes + 1) << 8));
}
"""


@dataclass(frozen=True, kw_only=True)
class _Leaves:
    """C of a node's lower code, of its upper code, and of how many bytes the code of its one leaf has. `third`: every node has a third
    byte, which is read before."""

    below: str
    above: str
    length: str
    third: bool = False


LEAVES = {
    # Nibbles of a byte, the lower one first; one leaf twice.
    "nibble": _Leaves(below="third >> 4", above="third & 15", length="1", third=True),
    "byte": _Leaves(below="COOEE_READ_U8(node)", above="COOEE_READ_U8(node + (head & BELOW_LEAF ? 1 : 0))", length="1"),
    # A byte for codes below one_byte, two for others; two of the former are nibbles of a byte, other pairs follow 0xFF.
    "packed": _Leaves(below="head & ABOVE_LEAF ? lower_code(node) : leaf_code(node)",
                      above="head & BELOW_LEAF ? upper_code(node) : leaf_code(node)", length="leaf_bytes(node)"),
    # A byte for codes below one_byte, two for others.
    "mixed": _Leaves(below="leaf_code(node)", above="leaf_code(node + (head & BELOW_LEAF ? leaf_bytes(node) : 0))",
                     length="leaf_bytes(node)"),
    "word": _Leaves(below="word_at(node)", above="word_at(node + (head & BELOW_LEAF ? 2 : 0))", length="2"),
}

OFFSET_AT = """\
static uint32_t offset_at(const uint8_t *bytes)
{
    return word_at(bytes) | (uint32_t)COOEE_READ_U8(bytes + 2) << 16;
}
"""

PAIR_CODES = """\

/* Codes of two leaves of one node: nibbles, or 0xFF and one after the other. */
static uint16_t lower_code(const uint8_t *bytes)
{
    const uint8_t pair = COOEE_READ_U8(bytes);
    return pair == 0xFF ? leaf_code(bytes + 1) : pair >> 4;
}

static uint16_t upper_code(const uint8_t *bytes)
{
    const uint8_t pair = COOEE_READ_U8(bytes);
    return pair == 0xFF ? leaf_code(bytes + 1 + leaf_bytes(bytes + 1)) : pair & 15;
}
"""


def table_code(tables: Table, feature: FeatureType, leaf_type: str) -> str:
    """Tables and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree."""
    layout, trees = tables.layout, len(tables.roots)
    flags = "" if layout.leaf in HEADED else f"#define BELOW_LEAF 0x{BELOW_LEAF:02X}\n#define ABOVE_LEAF 0x{ABOVE_LEAF:02X}\n\n"
    parts = [flags + table("uint8_t", "nodes", tables.data)]
    if trees > 1:
        parts.append(table("uint16_t" if layout.offset_bytes == 2 else "uint32_t", "roots", tables.roots))
    if any(layout.bases):
        parts.append(table("int16_t", "bases", layout.bases))
    if layout.slots != tuple(range(len(layout.slots))):
        parts.append(table("uint8_t", "slots", layout.slots))
    if layout.leaf == "word" or layout.threshold_bytes == 2 or tables.far:
        parts.append(WORD_AT)
    if layout.leaf in ("mixed", "packed"):
        parts.append(LEAF_CODE.substitute(one_byte=layout.one_byte) + (PAIR_CODES if layout.leaf == "packed" else ""))
    if layout.offset_bytes == 3:
        parts.append(OFFSET_AT)
    parts.append((_headed_walk if layout.leaf in HEADED else _walk)(layout, feature, leaf_type, tables.far, trees))
    return "\n".join(parts)


def _headed_walk(layout: Layout, feature: FeatureType, leaf_type: str, far: bool, trees: int) -> str:
    threshold, value = _comparison(layout, feature)
    bit = layout.leaf == "bit"
    above = ["head = (uint8_t)(head << 1);", "code = (uint8_t)~code;"] if bit else ["head = (uint8_t)(head << 2);"]
    past = f"node = skip == {FAR} ? nodes + {_reader(layout)}(node) : node + skip;" if far else "node += skip;"
    return HEADED_WALK.substitute(
        _start(layout, trees), c_type=feature.c_type, value=value, threshold=_lines(threshold, 2), above=_lines(above, 3),
        past_below=_lines([past], 3), to_below=f" else if (skip == {FAR}) {{\n            node += {layout.offset_bytes};\n        }}" if far else "",
        head=BIT_NOTE if bit else SIDES_NOTE, far_note=_far_note(far), two_subtrees="< 0x20" if bit else ">= 0xF0",
        code="        uint8_t code = head;\n" if bit else "", is_leaf="& 0x80" if bit else "< 0xC0",
        leaf="code >> 5 & 1" if bit else "head >> 6")


BIT_NOTE = """bits 7 and 6 for a lower and an upper leaf, bit 5 for the code of the lower leaf (of the upper one the
 * opposite) and the slot of its feature"""
SIDES_NOTE = "what lies below (2 bits: the code of a leaf, or 3), what lies above, and the slot of its feature"


def _start(layout: Layout, trees: int) -> dict[str, str]:
    """How a walk begins: which tree, and where."""
    return {"tree": f"{unsigned_type(trees)} tree, " if trees > 1 else "",
            "root": "" if trees == 1 else " + COOEE_READ_U16(&roots[tree])" if layout.offset_bytes == 2 else " + roots[tree]"}


def _reader(layout: Layout) -> str:
    return "word_at" if layout.offset_bytes == 2 else "offset_at"


def _far_note(far: bool) -> str:
    return f" ({FAR}: the offset of the upper one comes next)" if far else ""


def _walk(layout: Layout, feature: FeatureType, leaf_type: str, far: bool, trees: int) -> str:
    leaf = LEAVES[layout.leaf]
    threshold, value = _comparison(layout, feature)
    return WALK.substitute(
        _start(layout, trees), leaf_type=leaf_type, c_type=feature.c_type, value=value, threshold=_lines(threshold, 2),
        above_code=f"({leaf_type})({leaf.above})", below_code=f"({leaf_type})({leaf.below})",
        third=_lines(["const uint8_t third = cooee_next_u8(&node);"], 2) if leaf.third else "",
        past_below=_lines(_past_below(leaf, far, layout), 3), to_below=_lines(_to_below(leaf, far, layout.offset_bytes), 3),
        far_note=_far_note(far))


def _lines(lines: Sequence[str], depth: int) -> str:
    return "".join(line + "\n" for line in block(lines, depth))


def _past_below(leaf: _Leaves, far: bool, layout: Layout) -> list[str]:
    """C that moves to a node's upper subtree."""
    skip = ["node += third;"] if leaf.third else ["node += COOEE_READ_U8(node);"]
    if far:
        first = "third" if leaf.third else "COOEE_READ_U8(node)"
        at = "" if leaf.third else " + 1"
        skip = [f"if ({first} == {FAR}) {{", f"    node = nodes + {_reader(layout)}(node{at});", "} else {", *block(skip, 1), "}"]
    if leaf.third:
        return ["if (!(head & BELOW_LEAF)) {", *block(skip, 1), "}"]
    return ["if (head & BELOW_LEAF) {", f"    node += {leaf.length};", "} else {", *block(skip, 1), "}"]


def _to_below(leaf: _Leaves, far: bool, offset_bytes: int) -> list[str]:
    """C that moves to a node's lower subtree."""
    if leaf.third:
        return [f"if (third == {FAR} && !(head & ABOVE_LEAF)) {{", f"    node += {offset_bytes};", "}"] if far else []
    skip = f"COOEE_READ_U8(node) == {FAR} ? {1 + offset_bytes} : 1" if far else "1"
    return [f"node += {skip};"] if leaf.length == skip else [f"node += head & ABOVE_LEAF ? {leaf.length} : {f'({skip})' if far else skip};"]


def _comparison(layout: Layout, feature: FeatureType) -> tuple[list[str], str]:
    """C that reads a node's slot and threshold, and of the value that is compared."""
    lines = []
    slot = f"head & 0x{(1 << layout.slot_bits) - 1:02X}"
    if layout.head_bytes == 2:
        lines.append("const uint8_t slot = cooee_next_u8(&node);")
        slot = "slot"
    mapped = layout.slots != tuple(range(len(layout.slots)))
    value = f"features[{f'COOEE_READ_U8(&slots[{slot}])' if mapped else slot}]"
    if layout.threshold_bytes == 4:
        return [*lines, "const int32_t threshold = key_at(node);", "node += 4;"], f"key({value})"
    if layout.threshold_bytes == 2:
        return [*lines, "const int16_t threshold = (int16_t)word_at(node);", "node += 2;"], value
    if any(layout.bases):
        return [*lines, f"const int16_t threshold = (int16_t)(COOEE_READ_I16(&bases[{slot}]) + cooee_next_u8(&node));"], value
    return [*lines, "const uint8_t threshold = cooee_next_u8(&node);"], value
