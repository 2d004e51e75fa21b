"""Reads XGBoost's JSON (Booster.save_model("model.json"), as of version 1.7), without XGBoost.

The format: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html. A row goes left when its feature, as
float32, is less than the split's condition.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import PortError
from .tree_scores import RawNode, ScoreTree, TreeScores, score_tree

OBJECTIVES = {"binary:logistic": 1, "multi:softmax": 0, "multi:softprob": 0}
"""Of classifiers whose scores are logarithms of odds; 1 where there is one score for two classes."""


def read_xgboost(text: str | bytes, classes: ArrayLike | None = None) -> TreeScores:
    """The model of an XGBoost classifier, up to its best iteration where training stopped early.

    Raises:
        PortError: no such model, or one that is no tree booster of these OBJECTIVES.
    """
    try:
        learner = json.loads(text)["learner"]
        return _read(learner, classes)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise PortError(
            f"this is no model of XGBoost as JSON ({type(error).__name__}: {error}): save it with "
            'save_model("model.json")'
        ) from None


def _read(learner: Mapping[str, Any], classes: ArrayLike | None) -> TreeScores:
    objective = learner["objective"]["name"]
    if objective not in OBJECTIVES:
        raise PortError(f"XGBoost's objective {objective} cannot be ported; train with {', '.join(OBJECTIVES)}")
    booster, drops = learner["gradient_booster"], None
    if booster["name"] == "dart":
        drops, booster = booster["weight_drop"], booster["gbtree"]
    elif booster["name"] != "gbtree":
        raise PortError(f"XGBoost's booster {booster['name']} cannot be ported; train with gbtree or dart")
    model, shape = booster["model"], learner["learner_model_param"]
    if int(shape.get("num_target", 1)) > 1:
        raise PortError("XGBoost's models of several labels a row cannot be ported; train one for each label")
    scores = 1 if OBJECTIVES[objective] else int(shape["num_class"])
    trees = [_tree(raw, 1.0 if drops is None else float(drops[i])) for i, raw in enumerate(model["trees"])]
    in_turn = _in_turn(trees, model["tree_info"], scores, _rounds(learner, model))
    names = learner.get("feature_names") or int(shape["num_feature"])
    return TreeScores(
        in_turn,
        _bases(str(shape["base_score"]), objective, scores),
        names,
        classes=classes,
        single=True,
        fractions=_fractions(model["trees"]),
    )


def _rounds(learner: Mapping[str, Any], model: Mapping[str, Any]) -> int:
    """Trees that count: those up to the best iteration."""
    best = learner.get("attributes", {}).get("best_iteration")
    starts = model.get("iteration_indptr")
    if best is None or not starts:
        return len(model["trees"])
    return int(starts[min(int(best) + 1, len(starts) - 1)])


def _in_turn(trees: Sequence[ScoreTree], of: Sequence[int], scores: int, count: int) -> list[ScoreTree]:
    """The first `count` trees in the order of TreeScores; with num_parallel_tree they come grouped by class."""
    by_score: list[list[ScoreTree]] = [[] for _ in range(scores)]
    for tree, score in zip(trees[:count], of, strict=False):
        by_score[score].append(tree)
    return [tree for stage in zip(*by_score, strict=True) for tree in stage]


def _bases(written: str, objective: str, scores: int) -> list[float]:
    """Scores to begin with: one for all, or one each."""
    given = [float(word) for word in written.strip("[]").split(",")]
    if OBJECTIVES[objective]:
        return [float(np.float32(math.log(given[0] / (1 - given[0]))))]
    return given if len(given) == scores else given * scores


def _tree(raw: Mapping[str, Any], weight: float) -> ScoreTree:
    if any(raw.get("split_type", ())) or raw.get("categories_nodes"):
        raise PortError("categorical features cannot be ported; train with numbers (enable_categorical=False)")
    if int(raw["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise PortError("trees of several outputs cannot be ported; train with multi_strategy=one_output_per_tree")
    left, right = raw["left_children"], raw["right_children"]
    features, conditions, defaults = raw["split_indices"], raw["split_conditions"], raw["default_left"]

    def node(i: int) -> RawNode:
        if left[i] < 0:
            return RawNode(children=None, value=weight * float(np.float32(conditions[i])))
        below = np.nextafter(np.float32(conditions[i]), np.float32(-np.inf))
        return RawNode(
            children=(left[i], right[i]),
            feature=int(features[i]),
            threshold=float(below),
            missing_left=bool(defaults[i]),
        )

    return score_tree(node, 0, len(left))


def _fractions(trees: Sequence[Mapping[str, Any]]) -> bool:
    conditions = [
        value
        for tree in trees
        for value, left in zip(tree["split_conditions"], tree["left_children"], strict=True)
        if left >= 0
    ]
    return bool(conditions) and float(np.mean(np.array(conditions) * 2 % 1 != 0)) > 0.1
