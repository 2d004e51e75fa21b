"""The C of a stream of nibbles: its arrays and the walker."""

from ..encode.nibble_fields import BYTE_BITS, WORD_BITS, Head
from ..encode.nibbles import ABOVE_LEAF, BELOW_LEAF, MASKED, Stream
from ..model.features import FeatureType
from .c_text import render, unsigned_type

MAX_ARRAY = 1 << 14
"""Bytes of an array; avr-gcc takes none of more than 32,767."""


def stream_code(stream: Stream, feature: FeatureType, leaf_type: str, macro: str) -> str:
    """Arrays and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree; where leaves are
    counts `leaf_of(tree, features, counts)`, which returns nothing."""
    head, numbers, trees = stream.head, stream.numbers, len(stream.roots)
    bases = [base % (1 << WORD_BITS) for base in head.added]
    counted = stream.leaves == "counts"
    number_type = {0: "uint8_t", 4: "uint32_t"}.get(numbers.extra, "uint16_t")
    threshold = _field("head", head.threshold_at, head.threshold_bits)
    has_second = max(head.slot_at + head.slot_bits, head.kind_at + head.kind_bits) > WORD_BITS
    return render(
        "nibbles_walker.c.jinja",
        macro=macro,
        c_type=feature.c_type,
        float=feature.name == "float32",
        leaves=stream.leaves,
        wide=stream.wide,
        at_type="uint32_t" if stream.wide else "uint16_t",
        max_array=MAX_ARRAY,
        arrays=_arrays(stream.data),
        roots=stream.roots if trees > 1 else [],
        slots=() if head.slots == tuple(range(len(head.slots))) else head.slots,
        rows=[number for row in zip(head.ends, bases, strict=True) for number in row] if head.ends else [],
        bases=bases if any(bases) and not head.ends else [],
        small=numbers.small,
        extra=numbers.extra,
        least=(numbers.small << 4 * numbers.extra) - numbers.small,
        number_type=number_type,
        masked=stream.classes <= MASKED,
        has_distances=stream.has_distances,
        shortest=stream.shortest,
        fields=_fields(head),
        tree_argument=f"{unsigned_type(trees)} tree, " if trees > 1 else "",
        leaf_type="void" if counted else leaf_type,
        cast="" if leaf_type == number_type else f"({leaf_type})",
        head_nibbles=head.nibbles,
        second_at=head.slot_at // 4 if has_second else 0,
        threshold=threshold,
        threshold_type="uint8_t" if head.threshold_bits <= BYTE_BITS else "uint16_t",
        number=threshold if threshold == "head" else f"({threshold})",
        slot=_part(head, head.slot_at, head.slot_bits),
        kind=_part(head, head.kind_at, head.kind_bits),
        below_leaf=_flag(head, BELOW_LEAF),
        above_leaf=_flag(head, ABOVE_LEAF),
    )


def _arrays(data: bytes) -> list[bytes]:
    """One array, or several which overlap by the two bytes that a word may reach into the next."""
    if len(data) <= MAX_ARRAY:
        return [data]
    return [data[start : start + MAX_ARRAY + 2] for start in range(0, len(data), MAX_ARRAY)]


def _fields(head: Head) -> str:
    if head.ends:
        return f"a number of feature and threshold ({head.threshold_bits} bits)"
    slot, threshold = f"slot of the feature ({head.slot_bits} bits)", f"threshold ({head.threshold_bits} bits)"
    return f"{slot}, {threshold}" if head.short else f"{threshold}, {slot}"


def _part(head: Head, lowest: int, bits: int) -> str:
    """C of a bit field of a head's first or second word."""
    return _field("head", lowest, bits) if lowest + bits <= WORD_BITS else _field("second", lowest - head.slot_at, bits)


def _field(word: str, lowest: int, bits: int) -> str:
    moved = f"{word} >> {lowest}" if lowest else word
    return moved if lowest + bits == WORD_BITS else f"{moved} & 0x{(1 << bits) - 1:X}"


def _flag(head: Head, flag: int) -> str:
    """C of one bit of a head's kind."""
    if head.kind_at + head.kind_bits <= WORD_BITS:
        return f"head & 0x{flag << head.kind_at:02X}"
    return f"second & 0x{flag << head.kind_at - head.slot_at:02X}"
