"""The C of a table of words of bytes: its arrays and the walker."""

from ..encode.words import Table
from ..model.features import FeatureType
from .c_text import render, unsigned_type


def words_code(words: Table, feature: FeatureType) -> str:
    """Arrays and the walker: `leaf_of(tree, features)`, or `leaf_of(features)` for a single tree. Where trees begin
    with their lengths, `tree` is a pointer to one of them, else the tree's number."""
    layout, trees = words.layout, len(words.roots)
    number = f"{unsigned_type(trees)} tree, " if trees > 1 else ""
    return render(
        "words_walker.c.jinja",
        c_type=feature.c_type,
        leaf=layout.leaf,
        threshold_bytes=layout.threshold_bytes,
        wide_head=layout.head_bytes == 2,
        slot_mask=(1 << layout.slot_bits) - 1,
        nodes=words.data,
        roots=[] if words.chained or trees == 1 else words.roots,
        bases=layout.bases if any(layout.bases) else (),
        slots=() if layout.slots == tuple(range(len(layout.slots))) else layout.slots,
        chained=words.chained,
        tree_argument="const uint8_t *tree, " if words.chained else number,
    )
