"""The C of a table of bytes: its arrays and the walker."""

from string import Template

from ..encode.words import ABOVE_LEAF, BELOW_LEAF, HEADED, Layout, Table
from ..model.features import FeatureType
from .c_text import block, table, unsigned_type

CHAIN_NOTE = "/* a tree begins with its length */"
CHAIN_LOOP = "for (const uint8_t *tree = nodes; tree < nodes + sizeof nodes; tree += COOEE_READ_U8(tree)) {"
"""The loop over trees that begin with their lengths."""

BIT_WALK = Template("""\
/* Walks a tree. A node is its head, a threshold and, of two subtrees, the bytes of the lower one that the upper one follows.
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

            if (above) {
                node += skip;
            }
        } else if (above) {
            head = (uint8_t)(head + 0x40);
        }
        if (head & 0x80) {
            return (uint8_t)(head + 0x20) >> 6 & 1;
        }
    }
}
""")

SIDES_WALK = Template("""\
/* Walks a tree. A node is its head, a threshold and, of two subtrees, the bytes of the lower one that the upper one follows.
 * A head is what lies below (2 bits: the code of a leaf, or 3), what lies above, and the slot of a feature. */
static uint8_t leaf_of(${tree}const $c_type features[])
{
$start
    for (;;) {
        uint8_t head = cooee_next_u8(&node);
$threshold        const uint8_t skip = head >= 0xF0 ? cooee_next_u8(&node) : 0;

        if ($value > threshold) {
            head = (uint8_t)(head << 2);
            node += skip;
        }
        if (head < 0xC0) {
            return head >> 6;
        }
    }
}
""")

NIBBLE_WALK = Template("""\
/* Walks a tree. A node is the slot of its feature with flags for its leaves, a threshold and, of two subtrees, the bytes of the
 * lower one that the upper one follows; of leaves, their codes, that of the lower one in the upper half of the byte. */
static uint8_t leaf_of(${tree}const $c_type features[])
{
$start
    for (;;) {
        const uint8_t head = cooee_next_u8(&node);
$threshold        const uint8_t above = $value > threshold;
        const uint8_t third = cooee_next_u8(&node);
        if (above) {
            if (head & ABOVE_LEAF) {
                return third & 15;
            }
            if (!(head & BELOW_LEAF)) {
                node += third;
            }
        } else if (head & BELOW_LEAF) {
            return third >> 4;
        }
    }
}
""")

BYTE_WALK = Template("""\
/* Walks a tree. A node is the slot of its feature with flags for its leaves, a threshold and, of two subtrees, the bytes from here to
 * the upper one; of leaves, their codes. */
static uint8_t leaf_of(${tree}const $c_type features[])
{
$start
    for (;;) {
        const uint8_t head = cooee_next_u8(&node);
$threshold        const uint8_t above = $value > threshold;
        if (above) {
            if (head & ABOVE_LEAF) {
                return COOEE_READ_U8(node + (head & BELOW_LEAF ? 1 : 0));
            }
            node += head & BELOW_LEAF ? 1 : COOEE_READ_U8(node);
        } else {
            if (head & BELOW_LEAF) {
                return COOEE_READ_U8(node);
            }
            node += 1;
        }
    }
}
""")

WORD_AT = """\
static uint16_t word_at(const uint8_t *bytes)
{
    return (uint16_t)(COOEE_READ_U8(bytes) | (uint16_t)(COOEE_READ_U8(bytes + 1) << 8));
}
"""


def table_code(tables: Table, feature: FeatureType) -> str:
    """Tables and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree."""
    layout, trees = tables.layout, len(tables.roots)
    flags = (
        ""
        if layout.leaf in HEADED
        else f"#define BELOW_LEAF 0x{BELOW_LEAF:02X}\n#define ABOVE_LEAF 0x{ABOVE_LEAF:02X}\n\n"
    )
    parts = [flags + table("uint8_t", "nodes", tables.data)]
    if trees > 1 and not tables.chained:
        parts.append(table("uint16_t", "roots", tables.roots))
    if any(layout.bases):
        parts.append(table("int16_t", "bases", layout.bases))
    if layout.slots != tuple(range(len(layout.slots))):
        parts.append(table("uint8_t", "slots", layout.slots))
    if layout.threshold_bytes == 2:
        parts.append(WORD_AT)
    threshold, value = _comparison(layout, feature)
    walk = {"bit": BIT_WALK, "sides": SIDES_WALK, "nibble": NIBBLE_WALK, "byte": BYTE_WALK}[layout.leaf]
    parts.append(
        walk.substitute(
            _start(tables, feature), value=value, threshold="".join(line + "\n" for line in block(threshold, 2))
        )
    )
    return "\n".join(parts)


def _start(tables: Table, feature: FeatureType) -> dict[str, str]:
    """How a walk begins: its arguments, and which tree is where."""
    trees = len(tables.roots)
    if tables.chained:
        return {
            "tree": "const uint8_t *tree, ",
            "c_type": feature.c_type,
            "start": f"    const uint8_t *node = tree + 1; {CHAIN_NOTE}\n",
        }
    root = "" if trees == 1 else " + COOEE_READ_U16(&roots[tree])"
    return {
        "tree": f"{unsigned_type(trees)} tree, " if trees > 1 else "",
        "c_type": feature.c_type,
        "start": f"    const uint8_t *node = nodes{root};\n",
    }


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
        return [
            *lines,
            f"const int16_t threshold = (int16_t)(COOEE_READ_I16(&bases[{slot}]) + cooee_next_u8(&node));",
        ], value
    return [*lines, "const uint8_t threshold = cooee_next_u8(&node);"], value
