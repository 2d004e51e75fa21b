"""Reads scikit-learn's trees and forests."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from ..errors import PortError
from ..model.trees import Forest, Leaf, Node, Split
from .scaling import Splits

MAX_DEPTH = 400
"""Deeper trees would exhaust Python's stack; none that fits a node comes near."""

VOTERS = (DecisionTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)


Splitter = Callable[[Any, Any, Any], Splits]
"""As read.scaling.Scaling.splits() gives it."""


def read_forest(estimator: Any, splitter: Splitter) -> Forest:
    """The trees of a fitted DecisionTree, RandomForest or ExtraTrees classifier.

    Raises:
        PortError: a tree deeper than MAX_DEPTH.
    """
    members = [estimator] if isinstance(estimator, DecisionTreeClassifier) else estimator.estimators_
    return Forest(
        trees=tuple(read_tree(member.tree_, splitter, tuple) for member in members),
        classes=len(estimator.classes_),
        passed=tuple(_passed(member.tree_) for member in members),
    )


def _passed(tree: Any) -> float:
    rows = tree.weighted_n_node_samples
    return float(rows[tree.children_left >= 0].sum() / rows[0])


def read_tree(tree: Any, splitter: Splitter, outcome: Callable[[list[float]], Any]) -> Node:
    """A tree of scikit-learn; `outcome` makes a leaf's from its values. Children come after their parents in
    scikit-learn's arrays, so the tree is built from the end."""
    check_depth(tree.max_depth)
    values = tree.value[:, 0, :].astype(np.float64).tolist()
    return make_tree(
        tree.children_left,
        tree.children_right,
        tree.children_left < 0,
        splitter(*(part[tree.children_left >= 0] for part in (tree.feature, tree.threshold, tree.missing_go_to_left))),
        lambda i: outcome(values[i]),
    )


def make_tree(
    left: NDArray[Any], right: NDArray[Any], is_leaf: NDArray[Any], splits: Splits, outcome: Callable[[int], Any]
) -> Node:
    """A tree of nodes that come before their children, the first of them the root; `splits` are those of the nodes that
    are no leaves, in their order, and `outcome` is that of the leaf with a number."""
    nodes: list[Node] = [Leaf(())] * len(left)
    inner = len(splits.features)
    for i in reversed(range(len(left))):
        if is_leaf[i]:
            nodes[i] = Leaf(outcome(i))
            continue
        inner -= 1
        sides = (nodes[left[i]], nodes[right[i]])
        below, above = sides[::-1] if splits.swapped[inner] else sides
        nodes[i] = Split(splits.features[inner], splits.thresholds[inner], below, above)
    return nodes[0]


def trained_on_missing(classifier: Any) -> bool:
    """Whether trees say that they were trained on missing values: without any, scikit-learn sends a missing value to
    the side with more rows."""
    if isinstance(classifier, VOTERS):
        members = [classifier] if isinstance(classifier, DecisionTreeClassifier) else classifier.estimators_
        return any(_unlike_counts(member.tree_) for member in members)
    if getattr(classifier, "seen_missing", False):
        return True
    return any(_unlike_counts_of_histogram(p.nodes) for stage in getattr(classifier, "_predictors", ()) for p in stage)


def _unlike_counts(tree: Any) -> bool:
    inner = tree.children_left >= 0
    rows = tree.n_node_samples
    more = rows[tree.children_left[inner]] > rows[tree.children_right[inner]]
    return bool(((tree.missing_go_to_left[inner] != 0) != more).any())


def _unlike_counts_of_histogram(nodes: Any) -> bool:
    inner = nodes[nodes["is_leaf"] == 0]
    more = nodes["count"][inner["left"]] > nodes["count"][inner["right"]]
    return bool(((inner["missing_go_to_left"] != 0) != more).any())


def check_depth(depth: int) -> None:
    """Raises PortError for a tree that is too deep."""
    if depth > MAX_DEPTH:
        raise PortError(f"a tree is {depth} deep, more than {MAX_DEPTH}; train with max_depth or min_samples_leaf")
