"""Gradient boosting: trees whose leaves add to the scores of classes."""

from collections.abc import Callable, Sequence

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..model.trees import Leaf, Node, Split, leaves, simplified
from ..read.boosted import Boosted
from .c_text import KEY, block, integer, table, unsigned_type
from .inline import condition
from .scores import Scale, choose_scale, decision
from .trees import needs_key, signature, table_walker

SCORE_BITS = 32
SMALL_LEAF_BITS = 16


def boosting_body(boosted: Boosted, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. Scores are sums of rounded leaves: they differ from scikit-learn's by at most half a unit for
    each tree."""
    scale = choose_scale(boosted.largest(), SCORE_BITS, boosted.odds)
    values = _small_leaves(boosted, scale) if form.votes == "small" else scale.whole
    trees = simplified(boosted.trees, feature, values)
    two = len(boosted.bases) == 1
    make = _inline if form.mode == "inline" else _table
    functions, walk = make(trees, names, feature, len(boosted.bases))
    starts = [0] * two + [scale.whole(base) for base in boosted.bases]
    scores = f"    int32_t scores[{names.macro}_CLASS_COUNT] = {{0}};\n"
    # Statements: an AVR would keep an initialiser in its RAM.
    walk = [*(f"scores[{c}] = {integer(v, long=True)};" for c, v in enumerate(starts) if v), *walk]
    unit = f"/* Scores are logarithms of odds in units of 2^-{scale.shift + boosted.odds - 1}, each leaf rounded. */\n"
    return (
        unit
        + functions
        + "\n"
        + decision(
            scale,
            macro=names.macro,
            signature=signature(names, feature, form.confidence),
            scores=scores,
            walk="".join(line + "\n" for line in block(walk, 1)) + "\n",
            confidence=form.confidence,
            beats=">=" if two and boosted.last_wins else ">",
        )
    )


def _inline(trees: Sequence[Node], names: Names, feature: FeatureType, scores: int) -> tuple[str, list[str]]:
    """Functions, and the statements that add every tree to its score."""
    lines = [] if any(isinstance(tree, Split) for tree in trees) else ["(void)features;"]
    for i, tree in enumerate(trees):
        lines += [
            f"/* tree {i + 1} */",
            *_additions(tree, f"scores[{1 if scores == 1 else i % scores}]", names, feature),
        ]
    return KEY if needs_key(trees, feature) else "", lines


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


def _table(trees: Sequence[Node], names: Names, feature: FeatureType, scores: int) -> tuple[str, list[str]]:
    """The table with the values of its leaves, and the loop over the trees."""
    values = sorted({leaf.outcome for tree in trees for leaf in leaves(tree)})
    drop = min((v & -v).bit_length() - 1 for v in values if v) if any(values) else 0
    narrow = all(-32768 <= v >> drop <= 32767 for v in values)
    coded = simplified(trees, feature, {value: i for i, value in enumerate(values)}.__getitem__)
    if narrow:
        kept = table("int16_t", "values", [integer(v >> drop) for v in values])
        worth = "COOEE_READ_I16(&values[leaf])" + (f" * ((int32_t)1 << {drop})" if drop else "")
    else:
        kept = table("int32_t", "values", [integer(v, long=True) for v in values])
        worth = "COOEE_READ_I32(&values[leaf])"
    tree_type, leaf_type = unsigned_type(len(trees)), unsigned_type(len(values) - 1)
    parts = [f"#define TREES {len(trees)}U\n", kept, table_walker(coded, names, feature, len(values) - 1)]
    lines = [
        f"for ({tree_type} tree = 0; tree < TREES; tree++) {{",
        f"    const {leaf_type} leaf = leaf_of(tree, features);",
    ]
    if len(trees) == 1:
        lines = ["{", f"    const {leaf_type} leaf = leaf_of(features);"]
    score = "1" if scores == 1 else "0" if len(trees) == 1 else f"tree % {scores}"
    return "\n".join(parts), [*lines, f"    scores[{score}] += {worth};", "}"]


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
