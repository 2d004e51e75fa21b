"""Reads scikit-learn's trees and forests."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from ..errors import PortError
from ..model.trees import Forest, Leaf, Node, Split
from .scaling import Floor

MAX_DEPTH = 400
"""Deeper trees would exhaust Python's stack; none that fits a node comes near."""

VOTERS = (DecisionTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)


def read_forest(estimator: Any, floor: Floor) -> Forest:
    """The trees of a fitted DecisionTree, RandomForest or ExtraTrees classifier.

    Raises:
        PortError: several outputs, or a tree deeper than MAX_DEPTH.
    """
    if estimator.n_outputs_ != 1:
        raise PortError(f"the estimator predicts {estimator.n_outputs_} outputs at once; port one estimator for each")
    members = [estimator] if isinstance(estimator, DecisionTreeClassifier) else estimator.estimators_
    return Forest(
        trees=tuple(read_tree(member.tree_, floor, tuple) for member in members), classes=len(estimator.classes_)
    )


def read_tree(tree: Any, floor: Floor, outcome: Callable[[list[float]], Any]) -> Node:
    """A tree of scikit-learn; `outcome` makes a leaf's from its values. Children come after their parents in
    scikit-learn's arrays, so the tree is built from the end."""
    check_depth(tree.max_depth)
    left, right, features = tree.children_left.tolist(), tree.children_right.tolist(), tree.feature.tolist()
    inner = tree.children_left >= 0
    floors = np.zeros(tree.node_count, dtype=np.int64)
    floors[inner] = floor(tree.feature[inner], tree.threshold[inner])
    thresholds = floors.tolist()
    values = tree.value[:, 0, :].astype(np.float64).tolist()
    nodes: list[Node] = [Leaf(())] * tree.node_count
    for i in reversed(range(tree.node_count)):
        if left[i] < 0:
            nodes[i] = Leaf(outcome(values[i]))
        else:
            nodes[i] = Split(features[i], thresholds[i], nodes[left[i]], nodes[right[i]])
    return nodes[0]


def check_depth(depth: int) -> None:
    """Raises PortError for a tree that is too deep."""
    if depth > MAX_DEPTH:
        raise PortError(f"a tree is {depth} deep, more than {MAX_DEPTH}; train with max_depth or min_samples_leaf")
