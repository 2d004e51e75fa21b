"""C of gradient boosting: trees whose leaves add to the scores of classes."""

from collections.abc import Callable, Sequence

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..model.trees import Leaf, Node, Split, leaves, simplified
from ..read.boosted import Boosted
from .c_text import block, integer, ordered_bits_function, render_body, unsigned_type
from .inline import condition
from .scores import Scale, choose_scale
from .trees import compares_floats, table_walker

SCORE_BITS = 32
SMALL_LEAF_BITS = 16


def boosting_body(boosted: Boosted, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. Scores are sums of rounded leaves: they differ from scikit-learn's by at most half a unit for
    each tree."""
    scale = choose_scale(boosted.largest(), SCORE_BITS, boosted.odds)
    return render_body(
        "boosting.c.jinja",
        names,
        feature,
        form,
        last_wins=len(boosted.bases) == 1 and boosted.last_wins,
        **adding_variables(boosted, scale, names, feature, form),
        **scale.variables(),
    )


def adding_variables(
    boosted: Boosted, scale: Scale, names: Names, feature: FeatureType, form: Form
) -> dict[str, object]:
    """Those of boosting.c.jinja that the trees make: how they add to the scores."""
    trees, starts = _whole(boosted, scale, feature, form.votes)
    starts = [0] * (len(starts) == 1) + starts
    make = _inline_variables if form.mode == "inline" else _table_variables
    return {
        "inline": form.mode == "inline",
        "shift": scale.shift + boosted.odds - 1,
        "starts": [(c, integer(value, long=True)) for c, value in enumerate(starts) if value],
        "scores": len(boosted.bases),
        **make(trees, names, feature, len(boosted.bases)),
    }


def whole_boosting(boosted: Boosted, feature: FeatureType, votes: str) -> tuple[Sequence[Node], list[int], Scale]:
    """Trees whose outcomes are the whole numbers that the C adds, what its scores begin with, and their scale."""
    scale = choose_scale(boosted.largest(), SCORE_BITS, boosted.odds)
    return *_whole(boosted, scale, feature, votes), scale


def _whole(boosted: Boosted, scale: Scale, feature: FeatureType, votes: str) -> tuple[Sequence[Node], list[int]]:
    values = _small_leaves(boosted, scale) if votes == "small" else scale.whole
    return simplified(boosted.trees, feature, values), [scale.whole(base) for base in boosted.bases]


def _inline_variables(trees: Sequence[Node], names: Names, feature: FeatureType, scores: int) -> dict[str, object]:
    """The statements that add every tree to its score."""
    lines = [] if any(isinstance(tree, Split) for tree in trees) else ["(void)features;"]
    for i, tree in enumerate(trees):
        lines += [
            f"/* tree {i + 1} */",
            *_additions(tree, f"scores[{1 if scores == 1 else i % scores}]", names, feature),
        ]
    return {
        "ordered_bits": ordered_bits_function() if compares_floats(trees, feature) else "",
        "walk": "\n".join(block(lines, 1)),
    }


def _additions(node: Node, score: str, names: Names, feature: FeatureType) -> list[str]:
    if isinstance(node, Leaf):
        return [f"{score} += {integer(node.outcome, long=True)};"]
    return [
        f"if ({condition(node, names, feature)}) {{",
        *block(_additions(node.below, score, names, feature), 1),
        "} else {",
        *block(_additions(node.above, score, names, feature), 1),
        "}",
    ]


def _table_variables(trees: Sequence[Node], names: Names, feature: FeatureType, scores: int) -> dict[str, object]:
    """The walker, and the values of the leaves, without the bits that all of them have as zeros."""
    values = sorted({leaf.outcome for tree in trees for leaf in leaves(tree)})
    drop = min((v & -v).bit_length() - 1 for v in values if v) if any(values) else 0
    narrow = all(-32768 <= v >> drop <= 32767 for v in values)
    coded = simplified(trees, feature, {value: i for i, value in enumerate(values)}.__getitem__)
    return {
        "trees": len(trees),
        "tree_type": unsigned_type(len(trees)),
        "leaf_type": unsigned_type(len(values) - 1),
        "narrow": narrow,
        "drop": drop,
        "values": [integer(v >> drop) if narrow else integer(v, long=True) for v in values],
        "walker": table_walker(coded, names, feature, len(values) - 1).code,
    }


def margin(boosted: Boosted, votes: str) -> float:
    """Two scores that are further apart than this are in scikit-learn's order."""
    scale = choose_scale(boosted.largest(), SCORE_BITS, boosted.odds)
    coarseness = 2.0 ** (_dropped_bits(boosted, scale) if votes == "small" else 0)
    return float((2 * len(boosted.trees) / len(boosted.bases) + 2) * coarseness * 2.0 ** -(scale.shift + 1))


def _dropped_bits(boosted: Boosted, scale: Scale) -> int:
    """How many bits of whole leaves are dropped so that 16 remain."""
    largest = max(abs(scale.whole(leaf.outcome)) for tree in boosted.trees for leaf in leaves(tree))
    return max(0, largest.bit_length() - (SMALL_LEAF_BITS - 1))


def _small_leaves(boosted: Boosted, scale: Scale) -> Callable[[float], int]:
    """Whole values of which 16 bits are kept."""
    dropped = _dropped_bits(boosted, scale)
    return lambda value: round(scale.whole(value) / (1 << dropped)) << dropped
