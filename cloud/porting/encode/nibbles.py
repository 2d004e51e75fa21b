"""Trees as a stream of half bytes (nibbles): smaller than bytes for large trees and forests. docs/PORTING.md draws
it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ..errors import PortError
from ..model.features import FeatureType
from ..model.trees import Leaf, Node, Split, distinct_thresholds, leaves
from .words import MAX_FEATURES

BELOW_LEAF, ABOVE_LEAF = 1, 2
"""Flags of a node's kind."""
KIND_BITS = 2
SUBTREE = 3
"""A side of a node that is no leaf, where a head has two bits for each side."""
WORD_BITS = 16
"""Bits that the C reads at once."""
BYTE_BITS = 8
MASKED = 4
"""Up to so many classes, a leaf with counts is a nibble with a bit for each class that is there and, where several are,
their counts. With more it is a class, or the number of classes and then, for every four of them, such a nibble and
their counts."""
WALKER = 150
"""About by how many bytes the walker is larger than that of a table, on an AVR."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """How numbers are written: those below `small` as one nibble, others with `extra` more."""

    small: int
    extra: int

    @property
    def limit(self) -> int:
        """The first number that is too high."""
        return self.small + (16 - self.small << 4 * self.extra)

    def length(self, value: int) -> int:
        """In nibbles."""
        return 1 if value < self.small else 1 + self.extra

    def nibbles(self, value: int) -> list[int]:
        """The highest one first, as it says how long the number is, then the lowest and so on."""
        if value < self.small:
            return [value]
        rest = value - self.small
        return [self.small + (rest >> 4 * self.extra), *(rest >> 4 * i & 15 for i in range(self.extra))]


def shortest_numbers(values: Mapping[int, int]) -> Numbers:
    """The shortest way to write these numbers, each with how often it occurs."""
    highest = max(values, default=0)
    ways = (
        [Numbers(small=16, extra=0)]
        if highest < 16
        else [
            way
            for extra in (1, 2, 3, 4)
            for small in range(1, 16)
            if (way := Numbers(small=small, extra=extra)).limit > highest
        ]
    )
    return min(ways, key=lambda way: sum(way.length(value) * count for value, count in values.items()))


@dataclass(frozen=True, kw_only=True)
class Head:
    """How a node's feature, threshold and kind are bit fields of nibbles.

    Slot and kind are one byte and a threshold of up to 8 bits follows. Where that cannot be, the threshold comes first:
    with the kind above it in the same word and then the slot, or with more than a word, and then slot and kind. With
    `ends` slot and threshold are one number (thresholds of all features in one row), and the kind follows.
    """

    slots: tuple[int, ...]
    """The feature of each slot."""
    bases: tuple[int, ...]
    """What is taken off the thresholds of each slot."""
    threshold_bits: int
    slot_bits: int
    kind_bits: int
    ends: tuple[int, ...] = ()
    """The last number of each slot."""

    @property
    def short(self) -> bool:
        """Whether slot and kind are one byte."""
        return not self.ends and self.threshold_bits <= BYTE_BITS and self.slot_bits + self.kind_bits <= BYTE_BITS

    @property
    def _with_kind(self) -> bool:
        return not self.ends and self.threshold_bits + self.kind_bits <= WORD_BITS

    @property
    def threshold_at(self) -> int:
        """The lowest bit of the threshold."""
        return BYTE_BITS if self.short else 0

    @property
    def slot_at(self) -> int:
        """The lowest bit of the slot."""
        return 0 if self.short else 4 * -(-(self.threshold_bits + self.kind_bits * self._with_kind) // 4)

    @property
    def kind_at(self) -> int:
        """The lowest bit of the kind."""
        if self.short:
            return BYTE_BITS - self.kind_bits
        return self.slot_at - self.kind_bits if self._with_kind else self.slot_at + self.slot_bits

    @property
    def nibbles(self) -> int:
        """How many there are in a head."""
        return -(
            -max(self.kind_at + self.kind_bits, self.slot_at + self.slot_bits, self.threshold_at + self.threshold_bits)
            // 4
        )

    @property
    def added(self) -> tuple[int, ...]:
        """What the C adds to the threshold, or number, of each slot."""
        return (
            tuple(base - end - 1 for base, end in zip(self.bases, (-1, *self.ends[:-1]), strict=True))
            if self.ends
            else self.bases
        )

    def bits(self, slot: int, threshold: int, kind: int) -> int:
        """The head of a node."""
        lowest = (threshold - self.added[slot]) % (1 << self.threshold_bits)
        return lowest << self.threshold_at | (0 if self.ends else slot) << self.slot_at | kind << self.kind_at


def shortest_head(thresholds: Sequence[Sequence[int]], kind_bits: int) -> Head:
    """The way of the fewest nibbles for features with these thresholds, of equal ones the simplest."""
    used = [f for f in range(len(thresholds)) if thresholds[f]] or [0]
    low = {f: thresholds[f][0] if thresholds[f] else 0 for f in used}
    high = {f: thresholds[f][-1] if thresholds[f] else 0 for f in used}
    ways = []
    for slots in (tuple(range(len(thresholds))), tuple(used)):
        for bases in ((0,) * len(slots), tuple(low.get(f, 0) for f in slots)):
            spans = [high[f] - base for f, base in zip(slots, bases, strict=True) if f in high]
            slot_bits = (len(slots) - 1).bit_length()
            if all(low.get(f, 0) >= base for f, base in zip(slots, bases, strict=True)):
                ways.append(
                    Head(
                        slots=slots,
                        bases=bases,
                        kind_bits=kind_bits,
                        slot_bits=slot_bits,
                        threshold_bits=max(spans).bit_length(),
                    )
                )
    ends = tuple(end - 1 for end in accumulate(high[f] - low[f] + 1 for f in used))
    if ends[-1] < 1 << WORD_BITS:
        ways.append(
            Head(
                slots=tuple(used),
                bases=tuple(low.values()),
                kind_bits=kind_bits,
                slot_bits=0,
                ends=ends,
                threshold_bits=ends[-1].bit_length(),
            )
        )
    return min(ways, key=lambda way: way.nibbles)


def float_head(thresholds: Sequence[Sequence[int]], kind_bits: int) -> Head:
    """Thresholds as the 32 ordered bits of a float."""
    slots = tuple(range(len(thresholds)))
    return Head(
        slots=slots,
        bases=(0,) * len(slots),
        threshold_bits=32,
        slot_bits=(len(slots) - 1).bit_length(),
        kind_bits=kind_bits,
    )


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
