"""Reads gradient boosting, scikit-learn's and what others made of trees: leaves add to the scores of classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier

from ..errors import PortError
from ..model.trees import Node, leaves
from .forest import Splitter, check_depth, make_tree, read_tree
from .tree_scores import ScoreTree, TreeScores

BOOSTERS = (GradientBoostingClassifier, HistGradientBoostingClassifier, TreeScores)


@dataclass(frozen=True, kw_only=True)
class Boosted:
    """Trees in the order of their training, those of all scores in turn; a leaf's outcome is what it adds. With two
    classes there is one score, of the second class against the first."""

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


def compares_single(estimator: Any) -> bool:
    """Whether its trees compare features as float32."""
    return estimator.single if isinstance(estimator, TreeScores) else not hasattr(estimator, "_predictors")


def read_boosted(estimator: Any, splitter: Splitter) -> Boosted:
    """The trees of a fitted GradientBoosting or HistGradientBoosting classifier, or of TreeScores.

    Raises:
        PortError: categorical features, or an `init` estimator.
    """
    if isinstance(estimator, TreeScores):
        return Boosted(
            trees=tuple(_score_tree(tree, splitter) for tree in estimator.trees),
            bases=estimator.bases,
            odds=1,
            last_wins=estimator.last_wins,
        )
    if isinstance(estimator, HistGradientBoostingClassifier):
        if estimator.is_categorical_ is not None and estimator.is_categorical_.any():
            raise PortError("categorical features cannot be ported; train without categorical_features")
        predictors = [predictor for stage in estimator._predictors for predictor in stage]
        return Boosted(
            trees=tuple(_histogram_tree(p.nodes, splitter) for p in predictors),
            bases=tuple(float(b) for b in estimator._baseline_prediction.ravel()),
            odds=1,
            last_wins=False,
        )
    if estimator.init is not None and estimator.init != "zero":
        raise PortError("an init estimator cannot be ported; train with init=None or init='zero'")
    start = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_)))[0]
    rate = float(estimator.learning_rate)
    trees = tuple(
        read_tree(member.tree_, splitter, lambda value: rate * float(value[0]))
        for member in estimator.estimators_.ravel()
    )
    return Boosted(
        trees=trees,
        bases=tuple(float(b) for b in start),
        odds=2 if estimator.loss == "exponential" else 1,
        last_wins=True,
    )


def _score_tree(tree: ScoreTree, splitter: Splitter) -> Node:
    check_depth(tree.depth())
    inner = tree.inner
    splits = splitter(tree.feature[inner], tree.threshold[inner], tree.missing_left[inner])
    return make_tree(tree.left, tree.right, ~inner, splits, lambda i: float(tree.value[i]))


def _histogram_tree(nodes: Any, splitter: Splitter) -> Node:
    check_depth(int(nodes["depth"].max()))
    inner = nodes[nodes["is_leaf"] == 0]
    return make_tree(
        nodes["left"],
        nodes["right"],
        nodes["is_leaf"] != 0,
        splitter(inner["feature_idx"], inner["num_threshold"], inner["missing_go_to_left"]),
        lambda i: float(nodes["value"][i]),
    )
