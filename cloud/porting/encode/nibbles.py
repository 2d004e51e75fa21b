"""Trees as a stream of half bytes (nibbles): smaller than bytes for large trees and forests. docs/PORTING.md draws
it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..errors import PortError
from ..model.features import FeatureType
from ..model.trees import Leaf, Node, Split, distinct_thresholds, leaves
from .nibble_fields import Head, Numbers, float_head, shortest_head, shortest_numbers
from .words import MAX_FEATURES

BELOW_LEAF, ABOVE_LEAF = 1, 2
"""Flags of a node's kind."""
KIND_BITS = 2
SUBTREE = 3
"""A side of a node that is no leaf, where a head has two bits for each side."""
MASKED = 4
"""Up to so many classes, a leaf with counts is a nibble with a bit for each class that is there and, where several are,
their counts. With more it is a class, or the number of classes and then, for every four of them, such a nibble and
their counts."""
WALKER = 150
"""About by how many bytes the walker is larger than that of a table, on an AVR."""


class Stream:
    """The nodes of a forest as nibbles, and where each tree begins. Equal trees are written once.

    A node is its head; then its first leaf, or how far beyond `shortest` nibbles its upper subtree lies; then its
    second leaf; then its subtrees, the lower one first. `leaves` says what leaves are: `sides` are codes below SUBTREE
    in the head, `codes` are numbers, `counts` how many rows of each class they hold.
    """

    def __init__(self, trees: Sequence[Node], head: Head, kind: str) -> None:
        once = list({id(tree): tree for tree in trees}.values())
        self.head = head
        self.leaves = kind
        self.shortest = head.nibbles + (0 if kind == "sides" else 2)
        self._parts = {leaf.outcome: _parts(leaf.outcome, kind) for tree in once for leaf in leaves(tree)}
        self.classes = max(len(outcome) for outcome in self._parts) if kind == "counts" else 0
        self._numbers(
            once,
            Counter(part for tree in once for leaf in leaves(tree) for part in self._parts[leaf.outcome] if part >= 0),
        )
        self._written: list[int] = []
        self._slot = {feature: slot for slot, feature in enumerate(head.slots)}
        begins = {}
        for tree in once:
            begins[id(tree)] = len(self._written)
            self._write(tree if isinstance(tree, Split) else Split(head.slots[0], head.bases[0], tree, tree))
        self.roots = [begins[id(tree)] for tree in trees]
        pairs = zip(self._written[::2], [*self._written[1::2], 0], strict=False)
        self.data = bytes(low | high << 4 for low, high in pairs) + bytes(2)
        """The low nibble of a byte first; two bytes more, which a read at the end touches."""

    @property
    def flash(self) -> int:
        """About the bytes on an AVR, compared with Table.flash."""
        return (
            len(self.data)
            + WALKER
            + 2
            * (
                len(self.roots)
                + len(self.head.ends)
                + len(self.head.added) * (any(self.head.added) or bool(self.head.ends))
            )
        )

    @property
    def wide(self) -> bool:
        """Whether the C needs more than 16 bits to say where a nibble is."""
        return 2 * len(self.data) > 0xFFFF

    def _numbers(self, trees: Sequence[Node], codes: Counter[int]) -> None:
        """Chooses how numbers are written: how far a subtree reaches depends on that, so a guess comes first, then a
        bound."""
        for extra in (1, 4):
            self.numbers = Numbers(small=0, extra=extra)
            for _ in range(2):
                self._sizes: dict[int, int] = {}
                found = codes + self._distances(trees)
                if self.numbers.small == 0:
                    self.numbers = shortest_numbers(found)
            self.has_distances = sum(found.values()) > sum(codes.values())
            if max(found, default=0) < self.numbers.limit:
                return

    def _distances(self, trees: Sequence[Node]) -> Counter[int]:
        found: Counter[int] = Counter()
        stack = list(trees)
        while stack:
            node = stack.pop()
            if isinstance(node, Split):
                if isinstance(node.below, Split) and isinstance(node.above, Split):
                    found[self._distance(node.below)] += 1
                stack += [node.below, node.above]
        return found

    def _distance(self, below: Split) -> int:
        return self._size(below) - self.shortest

    def _size(self, node: Node) -> int:
        if isinstance(node, Leaf):
            return sum(self.numbers.length(part) if part >= 0 else 1 for part in self._parts[node.outcome])
        if id(node) not in self._sizes:
            size = self.head.nibbles + self._size(node.below) + self._size(node.above)
            if isinstance(node.below, Split) and isinstance(node.above, Split):
                size += self.numbers.length(self._distance(node.below))
            self._sizes[id(node)] = size
        return self._sizes[id(node)]

    def _write(self, node: Split) -> None:
        below, above = node.below, node.above
        head = self.head.bits(self._slot[node.feature], node.threshold, self._kind(below, above))
        self._written += (head >> 4 * i & 15 for i in range(self.head.nibbles))
        if isinstance(below, Split) and isinstance(above, Split):
            self._written += self.numbers.nibbles(self._distance(below))
        for side in (below, above):
            for part in self._parts[side.outcome] if isinstance(side, Leaf) else ():
                self._written += self.numbers.nibbles(part) if part >= 0 else [~part]
        for side in (below, above):
            if isinstance(side, Split):
                self._write(side)

    def _kind(self, below: Node, above: Node) -> int:
        if self.leaves == "sides":
            return sum(
                (side.outcome if isinstance(side, Leaf) else SUBTREE) << KIND_BITS * i
                for i, side in enumerate((below, above))
            )
        return BELOW_LEAF * isinstance(below, Leaf) | ABOVE_LEAF * isinstance(above, Leaf)


def _parts(outcome: Any, kind: str) -> list[int]:
    """What a leaf is written as: numbers, and nibbles as their complement, which is negative."""
    if kind == "sides":
        return []
    if kind == "codes":
        return [outcome]
    classes, mixed = len(outcome), sum(map(bool, outcome)) > 1
    parts = [] if classes <= MASKED else [classes if mixed else outcome.index(1)]
    if not mixed and parts:
        return parts
    for first in range(0, classes, 4):
        four = outcome[first : first + 4]
        parts.append(~sum(1 << i for i, count in enumerate(four) if count))
        parts += [count - 1 for count in four if count and mixed]
    return parts


def make_stream(trees: Sequence[Node], feature: FeatureType, features: int) -> Stream:
    """The stream of trees whose outcomes are codes."""
    sides = max(leaf.outcome for tree in trees for leaf in leaves(tree)) < SUBTREE
    return Stream(
        trees, _head(trees, feature, features, 2 * KIND_BITS if sides else KIND_BITS), "sides" if sides else "codes"
    )


def make_counted_stream(trees: Sequence[Node], feature: FeatureType, features: int) -> Stream:
    """The stream of trees whose outcomes are how many rows of each class a leaf holds; 1 when they are all of one
    class.

    Raises:
        PortError: more than 255 features.
    """
    if features > MAX_FEATURES:
        raise PortError(
            f"{features} features are more than the {MAX_FEATURES} of exact votes: select features, or use "
            f"votes='small'"
        )
    return Stream(trees, _head(trees, feature, features, KIND_BITS), "counts")


def _head(trees: Sequence[Node], feature: FeatureType, features: int, kind_bits: int) -> Head:
    return (float_head if feature.name == "float32" else shortest_head)(distinct_thresholds(trees, features), kind_bits)
