"""C that turns the leaves of a forest into a class and a confidence."""

from collections.abc import Sequence

from ..encode.votes import SHARE_BITS, SHARE_BYTES, Ballot
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from .c_text import block, render_body, unsigned_type
from .inline import SETTLED, sum_names

FEW_CLASSES = 4
"""Up to so many a variable for each is smaller than an array of votes, on an AVR."""


def voting_body(
    ballot: Ballot,
    names: Names,
    feature: FeatureType,
    form: Form,
    *,
    trees: int,
    functions: str,
    chained: bool,
    lines: Sequence[str],
) -> str:
    """The source's body for a forest. `functions` are what comes before the votes, as `leaf_of` of trees that may be
    `chained`; `lines` are the statements of trees as nested ifs."""
    classes, inline = len(names.classes), form.mode == "inline"
    exact = ballot.kind in ("counts", "shares")
    unrolled = inline or (ballot.kind == "class" and 2 < classes <= FEW_CLASSES)
    return render_body(
        "forest.c.jinja",
        names,
        feature,
        form,
        inline=inline,
        kind=ballot.kind,
        exact=exact,
        trees=trees,
        whole=ballot.whole,
        doubt=ballot.doubt,
        records=b"" if inline and not exact else ballot.records,
        functions=functions,
        chained=chained,
        class_names=names.class_names,
        sums=sum_names(names) if unrolled else [],
        two=ballot.counts_second(classes),
        packed=classes <= 16 and ballot.whole < 16,
        walk="\n".join(block(lines, 1)),
        settles=SETTLED[0] in lines,
        share_bits=SHARE_BITS,
        share_bytes=SHARE_BYTES,
        tree_type=unsigned_type(trees),
        leaf_type="" if ballot.kind == "counts" else unsigned_type(ballot.highest),
        rest_type="uint16_t" if max(ballot.most, trees) < 32768 else "uint32_t",
        sum_type=unsigned_type(trees * ballot.whole),
        fast_type=unsigned_type(trees * ballot.whole).replace("uint", "uint_fast"),
    )
