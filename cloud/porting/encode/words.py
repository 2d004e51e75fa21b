"""Trees as a table of bytes: the smallest form of single trees and small forests. docs/PORTING.md draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..errors import PortError
from ..model.features import FeatureType
from ..model.trees import Leaf, Node, Split, distinct_thresholds

BELOW_LEAF, ABOVE_LEAF = 0x80, 0x40
SUBTREE = 3
"""A side of a node of layout `sides` that is no leaf; smaller ones are codes."""
BIT_KINDS = {(None, None): 0, (None, 0): 2, (None, 1): 3, (0, 1): 4, (1, 0): 5, (1, None): 6, (0, None): 7}
"""Layout `bit`: the three upper bits of a head, by the codes below and above, None for a subtree. From 4 on, a leaf is
below, and bit 1 of one more is its code; modulo 8 the same holds of two more and the leaf above."""
HEADED = ("bit", "sides")
"""Layouts with the codes in the head."""
SLOT_BITS = 6
MAX_SLOTS = 1 << SLOT_BITS
MAX_FEATURES = 255
MAX_TABLE = 0x7FFF
"""Bytes; an AVR has no longer arrays."""
MAX_SKIP = 255
"""Bytes of a lower subtree."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How nodes are written. `slots` are the features in the order of a node's slot number; `bases` are subtracted from
    thresholds."""

    slots: tuple[int, ...]
    bases: tuple[int, ...]
    threshold_bytes: int
    leaf: str
    """How codes are written: `bit` or `sides` of the head, a `nibble`, or a `byte`."""

    @property
    def slot_bits(self) -> int:
        """Bits of the head that hold the slot."""
        return {"bit": 5, "sides": 4}.get(self.leaf, SLOT_BITS)

    @property
    def head_bytes(self) -> int:
        """Bytes before the threshold."""
        return 1 if len(self.slots) <= MAX_SLOTS else 2


def _code(node: Node) -> Any:
    return node.outcome if isinstance(node, Leaf) else None


def _side(node: Node) -> Any:
    return node.outcome if isinstance(node, Leaf) else SUBTREE


class Table:
    """The nodes of a forest as bytes, and where each tree begins. Equal trees are written once."""

    def __init__(self, trees: Sequence[Node], layout: Layout, *, chained: bool) -> None:
        self.layout = layout
        self._slot = {feature: slot for slot, feature in enumerate(layout.slots)}
        self._written: dict[int, int] = {}
        self.fits = True
        """Whether every lower subtree can be skipped."""
        self.data = bytearray()
        self.roots = [self._root(tree) for tree in trees]
        starts = [*self.roots, len(self.data)]
        sizes = [end - start + 1 for start, end in pairwise(starts)]
        self.chained = chained and len(trees) > 1 and all(1 < size < 256 for size in sizes)
        """Whether each tree begins with its length, so that no other table says where trees begin."""
        if self.chained:
            self.data = bytearray(
                b"".join(
                    bytes([size]) + self.data[start : start + size - 1]
                    for start, size in zip(starts, sizes, strict=False)
                )
            )

    @property
    def flash(self) -> int:
        """About the bytes on an AVR, compared with others."""
        return len(self.data) + (0 if self.chained else 2 * len(self.roots))

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
        if layout.leaf == "bit":
            flags = BIT_KINDS[_code(below), _code(above)] << layout.slot_bits
        elif layout.leaf == "sides":
            flags = _side(below) << 6 | _side(above) << 4
        if layout.leaf in HEADED:
            codes = []
        self.data += bytes([flags | slot] if layout.head_bytes == 1 else [flags, slot])
        size = layout.threshold_bytes
        self.data += ((threshold - layout.bases[slot] if layout.bases else 0) % (1 << 8 * size)).to_bytes(
            size, "little"
        )
        self.data += self._codes(codes)

    def _codes(self, codes: Sequence[int]) -> bytes:
        return bytes([codes[0] << 4 | codes[-1]]) if self.layout.leaf == "nibble" and codes else bytes(codes)

    def _two_subtrees(self, below: Split, above: Split) -> None:
        skip = len(self.data)
        self.data.append(0)
        self._write(below)
        after = skip if self.layout.leaf == "byte" else skip + 1
        distance = len(self.data) - after
        self.fits &= distance <= MAX_SKIP
        self.data[skip] = distance & 0xFF
        self._write(above)


def make_table(
    trees: Sequence[Node], feature: FeatureType, features: int, highest: int, *, chained: bool
) -> Table | None:
    """The table for trees whose outcomes are codes up to `highest`; None when codes, table or a lower subtree are too
    large. Trees may begin with their lengths if they may be `chained`.

    Raises:
        PortError: more than 255 features.
    """
    if features > MAX_FEATURES:
        raise PortError(
            f"{features} features are more than the {MAX_FEATURES} of mode table: select features, or use mode inline"
        )
    if highest > 0xFF:
        return None
    found = distinct_thresholds(trees, features)
    used = [f for f in range(features) if found[f]]
    slots = tuple(range(features)) if features <= MAX_SLOTS else tuple(used)
    narrow = feature.name != "float32" and all(k[-1] - k[0] < 256 for k in found if k)
    zero = narrow and all(k[0] >= 0 and k[-1] < 256 for k in found if k)
    bases = tuple(found[f][0] if found[f] and narrow and not zero else 0 for f in slots)
    size = 1 if narrow else feature.dtype.itemsize
    made = Table(
        trees,
        Layout(slots=slots, bases=bases, threshold_bytes=size, leaf=_leaf_kind(trees, len(slots), highest)),
        chained=chained,
    )
    return made if made.fits and len(made.data) <= MAX_TABLE else None


def _leaf_kind(trees: Sequence[Node], slots: int, highest: int) -> str:
    """The shortest way to write the leaves."""
    if highest <= 1 and slots <= 32 and all(isinstance(tree, Split) for tree in trees):
        return "bit"
    if highest < SUBTREE and slots <= 16:
        return "sides"
    return "nibble" if highest < 16 else "byte"
