"""Trees as a table of nodes and one walker: the smallest form. docs/PORTING.md draws the bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template

from .c_text import block, table, unsigned_type
from .errors import PortError
from .features import FeatureType
from .golden import thresholds
from .model import Leaf, Node, Split

BELOW_LEAF, ABOVE_LEAF = 0x80, 0x40
SLOT_BITS = 6
MAX_SLOTS = 1 << SLOT_BITS
MAX_FEATURES = 255
FAR = 255
"""A skip from a node to its upper subtree that is followed by the offset of the upper subtree in the table, two bytes."""
FAR_CODE = 70
"""About the bytes of code that such skips cost on an AVR."""
MAX_TABLE = {2: 0xFFFF, 3: 0xFFFFFF}
"""By the bytes of an offset; an AVR's own addresses have two."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How nodes are written. `slots` are the features in the order of a node's slot number; `bases` are subtracted from thresholds."""

    slots: tuple[int, ...]
    bases: tuple[int, ...]
    threshold_bytes: int
    leaf: str
    """How codes are written: see LEAVES."""
    one_byte: int
    offset_bytes: int = 2
    share: bool = True
    """Whether equal upper subtrees are written once."""

    @property
    def slot_bits(self) -> int:
        """Bits of the head that hold the slot."""
        return {"bit": SLOT_BITS - 1, "head": self.code_shift}.get(self.leaf, SLOT_BITS)

    @property
    def code_shift(self) -> int:
        """Where the code in the head begins."""
        return SLOT_BITS - 1 if self.leaf == "bit" else SLOT_BITS - 2 if len(self.slots) <= 16 else SLOT_BITS - 1

    @property
    def head_bytes(self) -> int:
        """Bytes before the threshold."""
        return 1 if len(self.slots) <= MAX_SLOTS else 2


class TableFull(PortError):
    """Offsets of a layout are too short for its table."""


class Table:
    """The nodes of a forest as bytes, and where each tree begins. Equal trees are written once, equal upper subtrees too."""

    def __init__(self, trees: Sequence[Node], layout: Layout) -> None:
        self.layout = layout
        self._slot = {feature: slot for slot, feature in enumerate(layout.slots)}
        self._sizes: dict[int, int] = {}
        self._written: dict[int, int] = {}
        self.far = False
        self.data = bytearray()
        self.roots = [self._root(tree) for tree in trees]
        if len(self.data) > MAX_TABLE[layout.offset_bytes]:
            raise TableFull(f"the table has {len(self.data)} bytes, more than {MAX_TABLE[layout.offset_bytes]}: "
                            "use fewer or shallower trees, or mode inline")

    def _root(self, tree: Node) -> int:
        if id(tree) in self._written:
            return self._written[id(tree)]
        start = len(self.data)
        self._written[id(tree)] = start
        if isinstance(tree, Leaf):
            self._node(0, self.layout.bases[0] if self.layout.bases else 0, tree, tree)
        else:
            self._write(tree)
        return start

    def _write(self, node: Split) -> None:
        self._written[id(node)] = len(self.data)
        self._node(self._slot[node.feature], node.threshold, node.below, node.above)
        if isinstance(node.below, Split):
            if isinstance(node.above, Split):
                self._two_subtrees(node.below, node.above)
            else:
                self._write(node.below)
        elif isinstance(node.above, Split):
            self._write(node.above)

    def _node(self, slot: int, threshold: int, below: Node, above: Node) -> None:
        """Head, threshold and leaves of a node."""
        layout = self.layout
        codes = [leaf.outcome for leaf in (below, above) if isinstance(leaf, Leaf)]
        flags = BELOW_LEAF * isinstance(below, Leaf) | ABOVE_LEAF * isinstance(above, Leaf)
        if layout.leaf == "bit" and codes:
            flags |= (codes[0] if isinstance(below, Leaf) else 1 - codes[0]) << layout.code_shift
            codes = []
        elif layout.leaf == "head" and codes:
            flags |= codes[0] << layout.code_shift
            codes = codes[1:]
        self.data += bytes([flags | slot] if layout.head_bytes == 1 else [flags, slot])
        size = layout.threshold_bytes
        self.data += ((threshold - layout.bases[slot] if layout.bases else 0) % (1 << 8 * size)).to_bytes(size, "little")
        self.data += self._codes(codes)

    def _codes(self, codes: Sequence[int]) -> bytes:
        if self.layout.leaf == "nibble" and codes:
            return bytes([codes[0] << 4 | codes[-1]])
        if len(codes) == 2 and self.layout.leaf == "packed":
            if max(codes) < self.layout.one_byte:
                return bytes([codes[0] << 4 | codes[1]])
            return bytes([0xFF]) + self._code(codes[0]) + self._code(codes[1])
        return b"".join(self._code(code) for code in codes)

    def _code(self, code: int) -> bytes:
        if self.layout.leaf == "word":
            return code.to_bytes(2, "little")
        one_byte = self.layout.one_byte
        if self.layout.leaf in ("mixed", "packed") and code >= one_byte:
            return bytes([one_byte + (code - one_byte >> 8), code - one_byte & 0xFF])
        return bytes([code])

    def _two_subtrees(self, below: Split, above: Split) -> None:
        skip = len(self.data)
        known = self._written.get(id(above)) if self.layout.share else None
        own = 0 if LEAVES[self.layout.leaf].third else 1
        if known is None and self._size(below) + own < FAR:
            self.data.append(0)
            self._write(below)
            self.data[skip] = len(self.data) - skip - 1 + own
            self._write(above)
            return
        self.far = True
        size = self.layout.offset_bytes
        self.data += bytes([FAR] + [0] * size)
        self._write(below)
        target = len(self.data) if known is None else known
        self.data[skip + 1 : skip + 1 + size] = (target & MAX_TABLE[size]).to_bytes(size, "little")
        if known is None:
            self._write(above)

    def _size(self, node: Node) -> int:
        """Bytes of a subtree of which nothing is shared, an upper bound."""
        if isinstance(node, Leaf):
            return 0
        if id(node) not in self._sizes:
            below, above = self._size(node.below), self._size(node.above)
            codes = [leaf.outcome for leaf in (node.below, node.above) if isinstance(leaf, Leaf)]
            tail = max(1, len(self._codes(codes))) if codes else 1 if below + 1 < FAR else 1 + self.layout.offset_bytes
            self._sizes[id(node)] = self.layout.head_bytes + self.layout.threshold_bytes + tail + below + above
        return self._sizes[id(node)]


def make_table(trees: Sequence[Node], feature: FeatureType, features: int, classes: int, highest: int) -> Table:
    """The smallest table for trees whose outcomes are codes up to `highest`; those below `classes` are frequent.

    Raises:
        PortError: more than 255 features, codes beyond two bytes, or a table beyond 16 MB.
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
    tables = [_fitting(trees, Layout(slots=slots, bases=bases, threshold_bytes=size, leaf=leaf, one_byte=classes, share=share))
              for leaf in _leaf_kinds(trees, len(slots), classes, highest) for share in (False, True)]
    return min(tables, key=lambda made: len(made.data) + made.far * FAR_CODE)


def _fitting(trees: Sequence[Node], layout: Layout) -> Table:
    try:
        return Table(trees, layout)
    except TableFull:
        return Table(trees, replace(layout, offset_bytes=3))


def _leaf_kinds(trees: Sequence[Node], slots: int, classes: int, highest: int) -> list[str]:
    """Ways to write the leaves that may be the smallest."""
    if highest <= 1 and slots <= MAX_SLOTS // 2 and all(isinstance(tree, Split) for tree in trees):
        return ["bit"]
    if (highest <= 3 and slots <= MAX_SLOTS // 4) or (highest <= 1 and slots <= MAX_SLOTS // 2):
        return ["head"]
    if highest < 16:
        return ["nibble"]
    kinds = ["byte"] if highest < 256 else []
    if highest - classes < (256 - classes) << 8:
        kinds.append("packed" if classes < 16 else "mixed")
    elif highest < 1 << 16:
        kinds.append("word")
    if not kinds:
        raise PortError("the leaves hold too many different votes for mode table: use votes='small', fewer trees or mode inline")
    return kinds


WALK = Template("""\
/* Walks a tree. A node is the slot of its feature with flags for its leaves, a threshold, and then, of two subtrees, the bytes of
 * the lower one that the upper one follows$far_note; of leaves, their codes$head_note. */
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
    # In the head, where it has room: the lower code, 0 or 1; the upper one is the other.
    "bit": _Leaves(below="head >> $shift & 1", above="!(head >> $shift & 1)", length="0"),
    # One in the head; of two the upper one is a byte.
    "head": _Leaves(below="head >> $shift & $mask", above="head & BELOW_LEAF ? COOEE_READ_U8(node) : head >> $shift & $mask", length="0"),
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
    parts = [f"#define BELOW_LEAF 0x{BELOW_LEAF:02X}\n#define ABOVE_LEAF 0x{ABOVE_LEAF:02X}\n", table("uint8_t", "nodes", tables.data)]
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
    parts.append(_walk(layout, feature, leaf_type, tables.far, trees))
    return "\n".join(parts)


def _walk(layout: Layout, feature: FeatureType, leaf_type: str, far: bool, trees: int) -> str:
    leaf = LEAVES[layout.leaf]
    shift, mask = layout.code_shift, (1 << SLOT_BITS - layout.code_shift) - 1
    below, above = (Template(code).substitute(shift=shift, mask=mask) for code in (leaf.below, leaf.above))
    threshold, value = _comparison(layout, feature)
    return WALK.substitute(
        leaf_type=leaf_type, c_type=feature.c_type, value=value, threshold=_lines(threshold, 2),
        tree=f"{unsigned_type(trees)} tree, " if trees > 1 else "",
        root="" if trees == 1 else " + COOEE_READ_U16(&roots[tree])" if layout.offset_bytes == 2 else " + roots[tree]",
        above_code=f"({leaf_type})({above})", below_code=f"({leaf_type})({below})",
        third=_lines(["const uint8_t third = cooee_next_u8(&node);"], 2) if leaf.third else "",
        past_below=_lines(_past_below(leaf, far, layout.offset_bytes), 3), to_below=_lines(_to_below(leaf, far, layout.offset_bytes), 3),
        far_note=f" ({FAR}: the offset of the upper one comes next)" if far else "",
        head_note=", which may be in the head" if leaf.length == "0" else "")


def _lines(lines: Sequence[str], depth: int) -> str:
    return "".join(line + "\n" for line in block(lines, depth))


def _past_below(leaf: _Leaves, far: bool, offset_bytes: int) -> list[str]:
    """C that moves to a node's upper subtree."""
    skip = ["node += third;"] if leaf.third else ["node += COOEE_READ_U8(node);"]
    if far:
        first = "third" if leaf.third else "COOEE_READ_U8(node)"
        at = 0 if leaf.third else 1
        read = "word_at" if offset_bytes == 2 else "offset_at"
        skip = [f"if ({first} == {FAR}) {{", f"    node = nodes + {read}(node{f' + {at}' if at else ''});", "} else {", *block(skip, 1), "}"]
    if leaf.third or leaf.length == "0":
        return ["if (!(head & BELOW_LEAF)) {", *block(skip, 1), "}"]
    return ["if (head & BELOW_LEAF) {", f"    node += {leaf.length};", "} else {", *block(skip, 1), "}"]


def _to_below(leaf: _Leaves, far: bool, offset_bytes: int) -> list[str]:
    """C that moves to a node's lower subtree."""
    if leaf.third:
        return [f"if (third == {FAR} && !(head & ABOVE_LEAF)) {{", f"    node += {offset_bytes};", "}"] if far else []
    skip = f"COOEE_READ_U8(node) == {FAR} ? {1 + offset_bytes} : 1" if far else "1"
    if leaf.length == "0":
        return ["if (!(head & ABOVE_LEAF)) {", f"    node += {skip};", "}"]
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
