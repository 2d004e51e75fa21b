"""The C of a table: its arrays and the walker."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from .c_text import block, table, unsigned_type
from .features import FeatureType
from .table import ABOVE_LEAF, BELOW_LEAF, FAR, HEADED, Layout, Table

BIT_WALK = Template("""\
/* Walks a tree. A node is its head, a threshold and, of two subtrees, the bytes of the lower one that the upper one follows$far_note.
 * A head is the slot of a feature and, in its upper three bits, what lies below and above: 0: two subtrees;
 * 2, 3: a subtree and a leaf of code 0, 1; 4, 5: leaves of 0 and 1, 1 and 0; 6, 7: a leaf of 1, 0 and a subtree. */
static uint8_t leaf_of(${tree}const $c_type features[])
{
$start
    for (;;) {
        uint8_t head = cooee_next_u8(&node);
$threshold        const uint8_t above = $value > threshold;

        if (head < 0x20) {
            const uint8_t skip = cooee_next_u8(&node);
$past        } else if (above) {
            head = (uint8_t)(head + 0x40);
        }
        if (head & 0x80) {
            return (uint8_t)(head + 0x20) >> 6 & 1;
        }
    }
}
""")

SIDES_WALK = Template("""\
/* Walks a tree. A node is its head, a threshold and, of two subtrees, the bytes of the lower one that the upper one follows$far_note.
 * A head is what lies below (2 bits: the code of a leaf, or 3), what lies above, and the slot of a feature. */
static uint8_t leaf_of(${tree}const $c_type features[])
{
$start
    for (;;) {
        uint8_t head = cooee_next_u8(&node);
$threshold        const uint8_t skip = head >= 0xF0 ? cooee_next_u8(&node) : 0;

        if ($value > threshold) {
            head = (uint8_t)(head << 2);
$past        }$to_below
        if (head < 0xC0) {
            return head >> 6;
        }
    }
}
""")

WALK = Template("""\
/* Walks a tree. A node is the slot of its feature with flags for its leaves, a threshold, and then, of two subtrees, the bytes of
 * the lower one that the upper one follows$far_note; of leaves, their codes. */
static $leaf_type leaf_of(${tree}const $c_type features[])
{
$start
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
}


def table_code(tables: Table, feature: FeatureType, leaf_type: str) -> str:
    """Tables and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree."""
    layout, trees = tables.layout, len(tables.roots)
    flags = "" if layout.leaf in HEADED else f"#define BELOW_LEAF 0x{BELOW_LEAF:02X}\n#define ABOVE_LEAF 0x{ABOVE_LEAF:02X}\n\n"
    parts = [flags + table("uint8_t", "nodes", tables.data)]
    if trees > 1 and not tables.chained:
        parts.append(table("uint16_t", "roots", tables.roots))
    if any(layout.bases):
        parts.append(table("int16_t", "bases", layout.bases))
    if layout.slots != tuple(range(len(layout.slots))):
        parts.append(table("uint8_t", "slots", layout.slots))
    if layout.threshold_bytes == 2 or tables.far:
        parts.append(WORD_AT)
    walks = {"bit": _bit_walk, "sides": _sides_walk}
    parts.append(walks.get(layout.leaf, _walk)(tables, feature, leaf_type))
    return "\n".join(parts)


def _start(tables: Table, feature: FeatureType) -> dict[str, str]:
    """How a walk begins: its arguments, and which tree is where."""
    trees = len(tables.roots)
    if tables.chained:
        lines = ["const uint8_t *node = nodes;", "", "/* A tree begins with its length. */", "for (; tree > 0; tree--) {",
                 "    node += COOEE_READ_U8(node);", "}", "node++;"]
    else:
        root = "" if trees == 1 else " + COOEE_READ_U16(&roots[tree])"
        lines = [f"const uint8_t *node = nodes{root};", ""]
    return {"tree": f"{unsigned_type(trees)} tree, " if trees > 1 else "", "c_type": feature.c_type, "far_note": _far_note(tables.far),
            "start": "".join(line + "\n" if line else "\n" for line in block(lines, 1)).replace("    \n", "\n")}


def _bit_walk(tables: Table, feature: FeatureType, leaf_type: str) -> str:
    threshold, value = _comparison(tables.layout, feature)
    past = ["if (above) {", f"    {_past(tables)}"]
    past += ["} else if (skip == " + str(FAR) + ") {", "    node += 2;", "}"] if tables.far else ["}"]
    return BIT_WALK.substitute(_start(tables, feature), value=value, threshold=_lines(threshold, 2), past="\n" + _lines(past, 3))


def _sides_walk(tables: Table, feature: FeatureType, leaf_type: str) -> str:
    threshold, value = _comparison(tables.layout, feature)
    below = f" else if (skip == {FAR}) {{\n            node += 2;\n        }}" if tables.far else ""
    return SIDES_WALK.substitute(_start(tables, feature), value=value, threshold=_lines(threshold, 2), past=_lines([_past(tables)], 3),
                                 to_below=below)


def _past(tables: Table) -> str:
    """C that goes past the lower subtree once the bytes of it have been read."""
    return f"node = skip == {FAR} ? nodes + word_at(node) : node + skip;" if tables.far else "node += skip;"


def _far_note(far: bool) -> str:
    return f" ({FAR}: the offset of the upper one comes next)" if far else ""


def _walk(tables: Table, feature: FeatureType, leaf_type: str) -> str:
    layout, far = tables.layout, tables.far
    leaf = LEAVES[layout.leaf]
    threshold, value = _comparison(layout, feature)
    return WALK.substitute(
        _start(tables, feature), leaf_type=leaf_type, value=value, threshold=_lines(threshold, 2),
        above_code=f"({leaf_type})({leaf.above})", below_code=f"({leaf_type})({leaf.below})",
        third=_lines(["const uint8_t third = cooee_next_u8(&node);"], 2) if leaf.third else "",
        past_below=_lines(_past_below(leaf, far), 3), to_below=_lines(_to_below(leaf, far), 3))


def _lines(lines: Sequence[str], depth: int) -> str:
    return "".join(line + "\n" for line in block(lines, depth))


def _past_below(leaf: _Leaves, far: bool) -> list[str]:
    """C that moves to a node's upper subtree."""
    skip = ["node += third;"] if leaf.third else ["node += COOEE_READ_U8(node);"]
    if far:
        first = "third" if leaf.third else "COOEE_READ_U8(node)"
        at = "" if leaf.third else " + 1"
        skip = [f"if ({first} == {FAR}) {{", f"    node = nodes + word_at(node{at});", "} else {", *block(skip, 1), "}"]
    if leaf.third:
        return ["if (!(head & BELOW_LEAF)) {", *block(skip, 1), "}"]
    return ["if (head & BELOW_LEAF) {", f"    node += {leaf.length};", "} else {", *block(skip, 1), "}"]


def _to_below(leaf: _Leaves, far: bool) -> list[str]:
    """C that moves to a node's lower subtree."""
    if leaf.third:
        return [f"if (third == {FAR} && !(head & ABOVE_LEAF)) {{", "    node += 2;", "}"] if far else []
    skip = f"COOEE_READ_U8(node) == {FAR} ? 3 : 1" if far else "1"
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
