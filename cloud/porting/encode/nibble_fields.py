"""Numbers and heads of nodes as nibbles, the shortest way for a forest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

WORD_BITS = 16
"""Bits that the C reads at once."""
BYTE_BITS = 8


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
