"""Trees as a table of nodes and one walker: the smallest form. docs/PORTING.md draws the bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from .c_text import table, unsigned_type
from .errors import PortError
from .features import FeatureType
from .golden import thresholds
from .model import Leaf, Node, Split

BELOW_LEAF, ABOVE_LEAF = 0x80, 0x40
MAX_SLOTS = 64
MAX_FEATURES = 255
FAR = 255
"""A skip that is followed by the offset of the upper subtree in the table, two bytes."""
MAX_TABLE = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How nodes are written. `slots` are the features in the order of a node's slot number; `bases` are subtracted from thresholds."""

    slots: tuple[int, ...]
    bases: tuple[int, ...]
    threshold_bytes: int
    leaf: str
    """`nibble`, `byte`, `word` (two bytes), or `mixed`: one byte for codes below `one_byte`, two for the others."""
    one_byte: int


class Table:
    """The nodes of a forest as bytes, and where each tree begins. Equal trees are written once, equal upper subtrees too."""

    def __init__(self, trees: Sequence[Node], layout: Layout) -> None:
        self._layout = layout
        self._slot = {feature: slot for slot, feature in enumerate(layout.slots)}
        self._sizes: dict[int, int] = {}
        self._written: dict[int, int] = {}
        self.far = False
        self.data = bytearray()
        self.roots = [self._root(tree) for tree in trees]
        if len(self.data) > MAX_TABLE:
            raise PortError(f"the table has {len(self.data)} bytes, more than {MAX_TABLE}: use fewer or shallower trees, or mode inline")

    def _root(self, tree: Node) -> int:
        if id(tree) in self._written:
            return self._written[id(tree)]
        start = len(self.data)
        self._written[id(tree)] = start
        if isinstance(tree, Leaf):
            self.data += self._head(0, 0, BELOW_LEAF | ABOVE_LEAF) + self._two_leaves(tree.outcome, tree.outcome)
        else:
            self._write(tree)
        return start

    def _head(self, slot: int, threshold: int, flags: int) -> bytes:
        size = self._layout.threshold_bytes
        head = [flags | slot] if len(self._layout.slots) <= MAX_SLOTS else [flags, slot]
        return bytes(head) + (threshold % (1 << 8 * size)).to_bytes(size, "little")

    def _write(self, node: Split) -> None:
        below, above = node.below, node.above
        self._written[id(node)] = len(self.data)
        slot = self._slot[node.feature]
        flags = BELOW_LEAF * isinstance(below, Leaf) | ABOVE_LEAF * isinstance(above, Leaf)
        self.data += self._head(slot, node.threshold - self._layout.bases[slot], flags)
        if isinstance(below, Leaf):
            if isinstance(above, Leaf):
                self.data += self._two_leaves(below.outcome, above.outcome)
                return
            self.data += self._leaf(below.outcome)
            self._write(above)
        elif isinstance(above, Leaf):
            self.data += self._leaf(above.outcome)
            self._write(below)
        else:
            self._two_subtrees(below, above)

    def _two_subtrees(self, below: Split, above: Split) -> None:
        skip = len(self.data)
        known = self._written.get(id(above))
        if known is None and self._size(below) < FAR:
            self.data.append(0)
            self._write(below)
            self.data[skip] = len(self.data) - skip - 1
            self._write(above)
            return
        self.far = True
        self.data += bytes([FAR, 0, 0])
        self._write(below)
        target = len(self.data) if known is None else known
        self.data[skip + 1 : skip + 3] = (target & MAX_TABLE).to_bytes(2, "little")
        if known is None:
            self._write(above)

    def _size(self, node: Node) -> int:
        """Bytes of a subtree of which nothing is shared, an upper bound."""
        if isinstance(node, Leaf):
            return 0
        if id(node) not in self._sizes:
            below, above = self._size(node.below), self._size(node.above)
            longest_leaf = 1 if self._layout.leaf in ("nibble", "byte") else 2
            own = len(self._head(0, 0, 0)) + (2 * longest_leaf if below == above == 0 else max(longest_leaf, 1 if below < FAR else 3))
            self._sizes[id(node)] = own + below + above
        return self._sizes[id(node)]

    def _two_leaves(self, below: int, above: int) -> bytes:
        if self._layout.leaf == "nibble":
            return bytes([below << 4 | above])
        return self._leaf(below) + self._leaf(above)

    def _leaf(self, code: int) -> bytes:
        if self._layout.leaf == "word":
            return code.to_bytes(2, "little")
        one_byte = self._layout.one_byte
        if self._layout.leaf == "mixed" and code >= one_byte:
            return bytes([one_byte + (code - one_byte >> 8), code - one_byte & 0xFF])
        return bytes([code])


def choose_layout(trees: Sequence[Node], feature: FeatureType, features: int, classes: int, highest: int) -> Layout:
    """The tightest layout for trees whose outcomes are codes up to `highest`; those below `classes` are frequent.

    Raises:
        PortError: more than 255 features, or codes beyond two bytes.
    """
    if features > MAX_FEATURES:
        raise PortError(f"{features} features are more than the {MAX_FEATURES} of mode table: select features, or use mode inline")
    keys = thresholds(trees, features)
    used = [f for f in range(features) if keys[f]]
    slots = tuple(range(features)) if features <= MAX_SLOTS else tuple(used)
    narrow = feature.name != "float32" and all(k[-1] - k[0] < 256 for k in keys if k)
    zero = narrow and all(k[0] >= 0 and k[-1] < 256 for k in keys if k)
    bases = tuple(keys[f][0] if keys[f] and narrow and not zero else 0 for f in slots)
    size = 1 if narrow else feature.dtype.itemsize
    if highest < 16:
        leaf = "nibble"
    elif highest < 256:
        leaf = "byte"
    elif highest - classes < (256 - classes) << 8:
        leaf = "mixed"
    elif highest < 1 << 16:
        leaf = "word"
    else:
        raise PortError("the leaves hold too many different votes for mode table: use votes='small', fewer trees or mode inline")
    return Layout(slots=slots, bases=bases, threshold_bytes=size, leaf=leaf, one_byte=classes)


WALK = Template("""\
/* Walks a tree. A node is the slot of its feature with flags for two leaves, a threshold, and then: the bytes of its lower subtree
 * that the upper one follows${far_note}; or the leaf it has; or both. */
static $leaf_type leaf_of(${tree}const $c_type features[])
{
    const uint8_t *node = nodes$root;

    for (;;) {
        const uint8_t head = COOEE_READ_U8(node);
$slot        if ($value > $threshold) {
            node += $head_bytes;
            if (head & ABOVE_LEAF) {
                return $above_code;
            }
            if (head & BELOW_LEAF) {
                node += $leaf_bytes;
            } else {
$skip            }
        } else {
            node += $head_bytes;
            if (head & BELOW_LEAF) {
                return $below_code;
            }
            node += $to_below;
        }
    }
}
""")

LEAF_CODE = Template("""\
/* Codes below $one_byte have one byte, others two. */
static uint16_t leaf_code(const uint8_t *bytes)
{
    const uint8_t first = COOEE_READ_U8(bytes);
    return first < $one_byte ? first : (uint16_t)($one_byte + ((uint16_t)(first - $one_byte) << 8) + COOEE_READ_U8(bytes + 1));
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
    """C of a node's lower code, of its upper code, and of how many bytes one code has."""

    below: str
    above: str
    length: str


LEAVES = {
    "nibble": _Leaves(below="head & ABOVE_LEAF ? COOEE_READ_U8(node) >> 4 : COOEE_READ_U8(node)",
                      above="head & BELOW_LEAF ? COOEE_READ_U8(node) & 15 : COOEE_READ_U8(node)", length="1"),
    "byte": _Leaves(below="COOEE_READ_U8(node)", above="COOEE_READ_U8(node + (head & BELOW_LEAF ? 1 : 0))", length="1"),
    "mixed": _Leaves(below="leaf_code(node)", above="leaf_code(node + (head & BELOW_LEAF ? leaf_bytes(node) : 0))",
                     length="leaf_bytes(node)"),
    "word": _Leaves(below="word_at(node)", above="word_at(node + (head & BELOW_LEAF ? 2 : 0))", length="2"),
}


def table_code(trees: Sequence[Node], layout: Layout, feature: FeatureType, leaf_type: str) -> str:
    """Tables and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree."""
    tables = Table(trees, layout)
    head_bytes = (1 if len(layout.slots) <= MAX_SLOTS else 2) + layout.threshold_bytes
    parts = [f"#define BELOW_LEAF 0x{BELOW_LEAF:02X}\n#define ABOVE_LEAF 0x{ABOVE_LEAF:02X}\n", table("uint8_t", "nodes", tables.data)]
    if len(trees) > 1:
        parts.append(table("uint16_t", "roots", tables.roots))
    if any(layout.bases):
        parts.append(table("int16_t", "bases", layout.bases))
    if layout.slots != tuple(range(len(layout.slots))):
        parts.append(table("uint8_t", "slots", layout.slots))
    if layout.leaf == "word" or layout.threshold_bytes == 2:
        parts.append(WORD_AT)
    if layout.leaf == "mixed":
        parts.append(LEAF_CODE.substitute(one_byte=layout.one_byte))
    leaf = LEAVES[layout.leaf]
    slot, value, threshold = _comparison(layout, feature, head_bytes)
    skip_bytes = f"(COOEE_READ_U8(node) == {FAR} ? 3 : 1)" if tables.far else "1"
    parts.append(WALK.substitute(
        leaf_type=leaf_type, c_type=feature.c_type, slot=slot, value=value, threshold=threshold, head_bytes=head_bytes,
        tree=f"{unsigned_type(len(trees))} tree, " if len(trees) > 1 else "",
        root=" + COOEE_READ_U16(&roots[tree])" if len(trees) > 1 else "",
        above_code=f"({leaf_type})({leaf.above})", below_code=f"({leaf_type})({leaf.below})", leaf_bytes=leaf.length,
        to_below=leaf.length if leaf.length == skip_bytes else f"head & ABOVE_LEAF ? {leaf.length} : {skip_bytes}",
        skip=_skip(tables.far), far_note=f" ({FAR}: the offset of the upper one comes next)" if tables.far else ""))
    return "\n".join(parts)


def _skip(far: bool) -> str:
    near = "node += COOEE_READ_U8(node) + 1;"
    if not far:
        return f"                {near}\n"
    return (f"                if (COOEE_READ_U8(node) == {FAR}) {{\n"
            "                    node = nodes + (uint16_t)(COOEE_READ_U8(node + 1) | (uint16_t)(COOEE_READ_U8(node + 2) << 8));\n"
            "                } else {\n"
            f"                    {near}\n                }}\n")


def _comparison(layout: Layout, feature: FeatureType, head_bytes: int) -> tuple[str, str, str]:
    """C of the slot's declaration (when a node needs it twice), of the feature's value, of the threshold."""
    first = head_bytes - layout.threshold_bytes
    slot = "head & 0x3F" if first == 1 else "COOEE_READ_U8(node + 1)"
    declaration = ""
    if any(layout.bases):
        declaration = f"        const uint8_t slot = {slot};\n"
        slot = "slot"
    mapped = layout.slots != tuple(range(len(layout.slots)))
    value = f"features[{f'COOEE_READ_U8(&slots[{slot}])' if mapped else slot}]"
    if layout.threshold_bytes == 1:
        return declaration, value, ("COOEE_READ_I16(&bases[slot]) + " if any(layout.bases) else "") + f"COOEE_READ_U8(node + {first})"
    if layout.threshold_bytes == 2:
        return declaration, value, f"(int16_t)word_at(node + {first})"
    return declaration, f"key({value})", f"key_at(node + {first})"
