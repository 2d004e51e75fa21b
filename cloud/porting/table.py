"""Trees as a table of nodes and one walker: the smallest form. docs/PORTING.md draws the bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
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
"""A skip that is followed by the offset of the upper subtree in the table, two bytes."""
MAX_TABLE = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How nodes are written. `slots` are the features in the order of a node's slot number; `bases` are subtracted from thresholds."""

    slots: tuple[int, ...]
    bases: tuple[int, ...]
    threshold_bytes: int
    leaf: str
    """How codes are written: see LEAVES."""
    one_byte: int

    @property
    def slot_bits(self) -> int:
        """Bits of the head that hold the slot."""
        return max(len(self.slots) - 1, 0).bit_length() if self.leaf in ("head", "bit") else SLOT_BITS

    @property
    def head_bytes(self) -> int:
        """Bytes before the threshold."""
        return 1 if len(self.slots) <= MAX_SLOTS else 2


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
            self._node(0, self._layout.bases[0] if self._layout.bases else 0, tree, tree)
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
        layout = self._layout
        codes = [leaf.outcome for leaf in (below, above) if isinstance(leaf, Leaf)]
        flags = BELOW_LEAF * isinstance(below, Leaf) | ABOVE_LEAF * isinstance(above, Leaf)
        if (layout.leaf == "bit" and codes and (len(codes) == 1 or codes[0] != codes[1])) or (layout.leaf == "head" and len(codes) == 1):
            flags |= codes[0] << layout.slot_bits
            codes = []
        elif layout.leaf == "bit" and codes:
            flags, codes = BELOW_LEAF | codes[0] << layout.slot_bits, []
        self.data += bytes([flags | slot] if layout.head_bytes == 1 else [flags, slot])
        size = layout.threshold_bytes
        self.data += ((threshold - layout.bases[slot] if layout.bases else 0) % (1 << 8 * size)).to_bytes(size, "little")
        self.data += self._codes(codes)

    def _codes(self, codes: Sequence[int]) -> bytes:
        if len(codes) == 2:
            if self._layout.leaf in ("nibble", "head"):
                return bytes([codes[0] << 4 | codes[1]])
            if self._layout.leaf == "packed":
                if max(codes) < self._layout.one_byte:
                    return bytes([codes[0] << 4 | codes[1]])
                return bytes([0xFF]) + self._code(codes[0]) + self._code(codes[1])
        return b"".join(self._code(code) for code in codes)

    def _code(self, code: int) -> bytes:
        if self._layout.leaf == "word":
            return code.to_bytes(2, "little")
        one_byte = self._layout.one_byte
        if self._layout.leaf in ("mixed", "packed") and code >= one_byte:
            return bytes([one_byte + (code - one_byte >> 8), code - one_byte & 0xFF])
        return bytes([code])

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
            codes = [leaf.outcome for leaf in (node.below, node.above) if isinstance(leaf, Leaf)]
            tail = len(self._codes(codes)) if codes else 1 if below < FAR else 3
            self._sizes[id(node)] = self._layout.head_bytes + self._layout.threshold_bytes + tail + below + above
        return self._sizes[id(node)]


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
    slot_bits = max(len(slots) - 1, 0).bit_length()
    code_bits = highest.bit_length()
    if highest <= 1 and slot_bits < SLOT_BITS and all(isinstance(t, Split) for t in trees):
        leaf = "bit"
    elif highest < 16:
        leaf = "head" if slot_bits + code_bits <= SLOT_BITS else "nibble"
    elif highest - classes < (256 - classes) << 8:
        leaf = "packed" if classes < 16 else "byte" if highest < 256 else "mixed"
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
$past_below        } else {
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
    """C of a node's lower code, of its upper code, and of how many bytes one code has."""

    below: str
    above: str
    length: str


LEAVES = {
    # In the head, where it has room: codes 0 and 1, of two leaves the lower one's, as the other is not the same.
    "bit": _Leaves(below="head >> $slot_bits & 1", above="(head >> $slot_bits & 1) ^ head >> 7", length="0"),
    # One in the head, two as nibbles of a byte.
    "head": _Leaves(below="head & ABOVE_LEAF ? COOEE_READ_U8(node) >> 4 : (head & 0x3F) >> $slot_bits",
                    above="head & BELOW_LEAF ? COOEE_READ_U8(node) & 15 : (head & 0x3F) >> $slot_bits", length="0"),
    # A byte; two are nibbles of a byte.
    "nibble": _Leaves(below="head & ABOVE_LEAF ? COOEE_READ_U8(node) >> 4 : COOEE_READ_U8(node)",
                      above="head & BELOW_LEAF ? COOEE_READ_U8(node) & 15 : COOEE_READ_U8(node)", length="1"),
    "byte": _Leaves(below="COOEE_READ_U8(node)", above="COOEE_READ_U8(node + (head & BELOW_LEAF ? 1 : 0))", length="1"),
    # A byte for codes below one_byte, two for others; two of the former are nibbles of a byte, other pairs follow 0xFF.
    "packed": _Leaves(below="head & ABOVE_LEAF ? lower_code(node) : leaf_code(node)",
                      above="head & BELOW_LEAF ? upper_code(node) : leaf_code(node)", length="leaf_bytes(node)"),
    # A byte for codes below one_byte, two for others.
    "mixed": _Leaves(below="leaf_code(node)", above="leaf_code(node + (head & BELOW_LEAF ? leaf_bytes(node) : 0))",
                     length="leaf_bytes(node)"),
    "word": _Leaves(below="word_at(node)", above="word_at(node + (head & BELOW_LEAF ? 2 : 0))", length="2"),
}

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


def table_code(trees: Sequence[Node], layout: Layout, feature: FeatureType, leaf_type: str) -> str:
    """Tables and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree."""
    tables = Table(trees, layout)
    head_bytes = layout.head_bytes + layout.threshold_bytes
    parts = [f"#define BELOW_LEAF 0x{BELOW_LEAF:02X}\n#define ABOVE_LEAF 0x{ABOVE_LEAF:02X}\n", table("uint8_t", "nodes", tables.data)]
    if len(trees) > 1:
        parts.append(table("uint16_t", "roots", tables.roots))
    if any(layout.bases):
        parts.append(table("int16_t", "bases", layout.bases))
    if layout.slots != tuple(range(len(layout.slots))):
        parts.append(table("uint8_t", "slots", layout.slots))
    if layout.leaf == "word" or layout.threshold_bytes == 2:
        parts.append(WORD_AT)
    if layout.leaf in ("mixed", "packed"):
        parts.append(LEAF_CODE.substitute(one_byte=layout.one_byte) + (PAIR_CODES if layout.leaf == "packed" else ""))
    leaf = LEAVES[layout.leaf]
    below, above = (Template(code).substitute(slot_bits=layout.slot_bits) for code in (leaf.below, leaf.above))
    slot, value, threshold = _comparison(layout, feature, head_bytes)
    skip_bytes = f"(COOEE_READ_U8(node) == {FAR} ? 3 : 1)" if tables.far else "1"
    parts.append(WALK.substitute(
        leaf_type=leaf_type, c_type=feature.c_type, slot=slot, value=value, threshold=threshold, head_bytes=head_bytes,
        tree=f"{unsigned_type(len(trees))} tree, " if len(trees) > 1 else "",
        root=" + COOEE_READ_U16(&roots[tree])" if len(trees) > 1 else "",
        above_code=f"({leaf_type})({above})", below_code=f"({leaf_type})({below})",
        to_below=leaf.length if leaf.length == skip_bytes else f"head & ABOVE_LEAF ? {leaf.length} : {skip_bytes}",
        past_below=_past_below(leaf.length, tables.far), far_note=f" ({FAR}: the offset of the upper one comes next)" if tables.far else ""))
    return "\n".join(parts)


def _past_below(leaf_bytes: str, far: bool) -> str:
    """C that moves from the end of a node's head to its upper subtree."""
    skip = ["node += COOEE_READ_U8(node) + 1;"]
    if far:
        skip = [f"if (COOEE_READ_U8(node) == {FAR}) {{",
                "    node = nodes + (uint16_t)(COOEE_READ_U8(node + 1) | (uint16_t)(COOEE_READ_U8(node + 2) << 8));",
                "} else {", *block(skip, 1), "}"]
    if leaf_bytes == "0":
        lines = ["if (!(head & BELOW_LEAF)) {", *block(skip, 1), "}"]
    else:
        lines = ["if (head & BELOW_LEAF) {", f"    node += {leaf_bytes};", "} else {", *block(skip, 1), "}"]
    return "".join(line + "\n" for line in block(lines, 3))


def _comparison(layout: Layout, feature: FeatureType, head_bytes: int) -> tuple[str, str, str]:
    """C of the slot's declaration (when a node needs it twice), of the feature's value, of the threshold."""
    first = head_bytes - layout.threshold_bytes
    slot = f"head & 0x{(1 << layout.slot_bits) - 1:02X}" if first == 1 else "COOEE_READ_U8(node + 1)"
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
