"""Gradient boosting: trees whose leaves add to the scores of classes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier

from .c_text import integer, table, unsigned_type
from .errors import PortError
from .features import FeatureType
from .floats import KEY
from .forest import Key, check_depth, read_tree
from .inline import tree_function
from .model import Leaf, Node, Split, leaves
from .names import Names
from .scores import Scale, choose_scale, decision
from .trees import Form, needs_key, signature, simplified, table_walker

BOOSTERS = (GradientBoostingClassifier, HistGradientBoostingClassifier)
SCORE_BITS = 32
SMALL_LEAF_BITS = 16


@dataclass(frozen=True, kw_only=True)
class Boosted:
    """Trees in the order of their training, those of all scores in turn; a leaf's outcome is what it adds. With two classes there
    is one score, of the second class against the first."""

    trees: tuple[Node, ...]
    bases: tuple[float, ...]
    odds: int
    """The logarithm of the odds is this times the score."""
    last_wins: bool
    """Whether a score of 0 is the second class, of two."""

    def largest(self) -> float:
        """A bound of the scores."""
        reach = [abs(base) for base in self.bases]
        for i, tree in enumerate(self.trees):
            reach[i % len(reach)] += max(abs(leaf.outcome) for leaf in leaves(tree))
        return max(reach)


def read_boosted(estimator: Any, key: Key) -> Boosted:
    """The trees of a fitted GradientBoosting or HistGradientBoosting classifier.

    Raises:
        PortError: categorical features, or an `init` estimator.
    """
    if isinstance(estimator, HistGradientBoostingClassifier):
        if estimator.is_categorical_ is not None and estimator.is_categorical_.any():
            raise PortError("categorical features cannot be ported; train without categorical_features")
        predictors = [predictor for stage in estimator._predictors for predictor in stage]
        return Boosted(trees=tuple(_histogram_tree(p.nodes, key) for p in predictors),
                       bases=tuple(float(b) for b in estimator._baseline_prediction.ravel()), odds=1, last_wins=False)
    if estimator.init is not None and estimator.init != "zero":
        raise PortError("an init estimator cannot be ported; train with init=None or init='zero'")
    start = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_)))[0]
    rate = float(estimator.learning_rate)
    trees = tuple(read_tree(member.tree_, key, lambda value: rate * float(value[0])) for member in estimator.estimators_.ravel())
    return Boosted(trees=trees, bases=tuple(float(b) for b in start), odds=2 if estimator.loss == "exponential" else 1, last_wins=True)


def _histogram_tree(nodes: Any, key: Key) -> Node:
    check_depth(int(nodes["depth"].max()))
    made: dict[int, Node] = {}
    keys = key(nodes["feature_idx"], nodes["num_threshold"])
    for i in reversed(range(len(nodes))):
        node = nodes[i]
        made[i] = (Leaf(float(node["value"])) if node["is_leaf"] else
                   Split(int(node["feature_idx"]), int(keys[i]), made[int(node["left"])], made[int(node["right"])]))
    return made[0]


def boosting_body(boosted: Boosted, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body. Scores are sums of rounded leaves: they differ from scikit-learn's by at most half a unit for each tree."""
    scale = choose_scale(boosted.largest(), SCORE_BITS, boosted.odds)
    values = _small_leaves(boosted, scale) if form.votes == "small" else scale.whole
    trees = simplified(boosted.trees, feature, values)
    walk = _inline(trees, names, feature) if form.mode == "inline" else _table(trees, names, feature, len(boosted.bases))
    two = len(boosted.bases) == 1
    first = [0] if two else []
    scores = f"    int32_t scores[{names.macro}_CLASS_COUNT] = {{" + ", ".join(integer(v, long=True) for v in [
        *first, *(scale.whole(b) for b in boosted.bases)]) + "};\n"
    calls = walk.calls(lambda turn: 1 if two else turn % len(boosted.bases))
    unit = f"/* Scores are logarithms of odds in units of 2^-{scale.shift + boosted.odds - 1}, each leaf rounded. */\n"
    return unit + walk.functions + "\n" + decision(
        scale, macro=names.macro, signature=signature(names, feature, form.confidence), scores=scores, walk=calls,
        confidence=form.confidence, beats=">=" if two and boosted.last_wins else ">")


def margin(boosted: Boosted) -> float:
    """Two scores that are further apart than this are in scikit-learn's order."""
    scale = choose_scale(boosted.largest(), SCORE_BITS, boosted.odds)
    return float((2 * len(boosted.trees) / len(boosted.bases) + 2) * 2.0 ** -(scale.shift + 1))


def _small_leaves(boosted: Boosted, scale: Scale) -> Callable[[float], int]:
    """Whole values of which 16 bits are kept."""
    largest = max(abs(scale.whole(leaf.outcome)) for tree in boosted.trees for leaf in leaves(tree))
    dropped = max(0, largest.bit_length() - (SMALL_LEAF_BITS - 1))
    return lambda value: round(scale.whole(value) / (1 << dropped)) << dropped
