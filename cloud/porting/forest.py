"""Reads scikit-learn's trees and forests."""

from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from .errors import PortError
from .features import FeatureType
from .model import Forest, Leaf, Node, Split

MAX_DEPTH = 400
"""Deeper trees would exhaust Python's stack; none that fits a node comes near."""

VOTERS = (DecisionTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)


def read_forest(estimator: Any, feature: FeatureType) -> Forest:
    """The trees of a fitted DecisionTree, RandomForest or ExtraTrees classifier.

    Raises:
        PortError: several outputs, or a tree deeper than MAX_DEPTH.
    """
    if estimator.n_outputs_ != 1:
        raise PortError(f"the estimator predicts {estimator.n_outputs_} outputs at once; port one estimator for each")
    members = [estimator] if isinstance(estimator, DecisionTreeClassifier) else estimator.estimators_
    return Forest(trees=tuple(_tree(member.tree_, feature) for member in members), classes=len(estimator.classes_))


def _tree(tree: Any, feature: FeatureType) -> Node:
    """Children come after their parents in scikit-learn's arrays, so the tree is built from the end."""
    check_depth(tree.max_depth)
    left, right = tree.children_left.tolist(), tree.children_right.tolist()
    features, thresholds = tree.feature.tolist(), tree.threshold.tolist()
    values = tree.value[:, 0, :].astype(np.float64).tolist()
    nodes: list[Node] = [Leaf(())] * tree.node_count
    for i in reversed(range(tree.node_count)):
        if left[i] < 0:
            nodes[i] = Leaf(tuple(values[i]))
        else:
            nodes[i] = Split(features[i], feature.key(thresholds[i]), nodes[left[i]], nodes[right[i]])
    return nodes[0]


def check_depth(depth: int) -> None:
    """Raises PortError for a tree that is too deep."""
    if depth > MAX_DEPTH:
        raise PortError(f"a tree is {depth} deep, more than {MAX_DEPTH}; train with max_depth or min_samples_leaf")
