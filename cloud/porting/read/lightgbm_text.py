"""Reads LightGBM's text (Booster.save_model("model.txt")), without LightGBM.

A split's decision_type: bit 0 a category, bit 1 missing goes left, bits 2 and 3 what is missing (0 nothing, and NaN
counts as 0; 1 zero; 2 NaN). A row goes left when its feature, as double, is <= threshold. Features of rows without
names are called Column_0, Column_1 and so on.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import PortError
from .tree_scores import RawNode, ScoreTree, TreeScores, score_tree

CATEGORY, LEFT, MISSING_BITS = 1, 2, 2
NOTHING, ZERO, NAN = 0, 1, 2


def read_lightgbm(text: str, classes: ArrayLike | None = None) -> TreeScores:
    """The model of a LightGBM classifier.

    Raises:
        PortError: no such model, or one that is no tree booster of an objective binary or multiclass.
    """
    try:
        head, *blocks = _blocks(text)
        return _read(head, [block for block in blocks if "Tree" in block], classes)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise PortError(
            f"this is no model of LightGBM as text ({type(error).__name__}: {error}): save it with "
            'save_model("model.txt")'
        ) from None


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The head of the file, then its trees: lines of key=value."""
    trees, end, _ = text.partition("\nend of trees\n")
    if not end:
        raise ValueError("its end is missing")
    for block in trees.split("\n\n"):
        lines = [line.partition("=") for line in block.splitlines()]
        if lines:
            yield {key: value for key, _, value in lines}


def _read(head: Mapping[str, str], blocks: list[dict[str, str]], classes: ArrayLike | None) -> TreeScores:
    objective, *options = head["objective"].split(" ")
    settings = dict(option.partition(":")[::2] for option in options)
    if objective not in ("binary", "multiclass"):
        raise PortError(f"LightGBM's objective {objective} cannot be ported; train with binary or multiclass")
    scores = int(head["num_tree_per_iteration"])
    count = len(blocks) // scores
    factor = float(settings.get("sigmoid", 1)) / (count if "average_output" in head else 1)
    trees = [_tree(block, factor) for block in blocks]
    names = head["feature_names"].split(" ")
    return TreeScores(
        trees,
        [0.0] * scores,
        len(names) if names == [f"Column_{i}" for i in range(len(names))] else names,
        classes=classes,
        single=False,
        seen_missing=any(_kind(d) == NAN for block in blocks for d in _numbers(block, "decision_type")),
        fractions=_fractions(trees),
    )


def _numbers(block: Mapping[str, str], key: str) -> list[int]:
    return [int(word) for word in block.get(key, "").split()]


def _kind(decision: int) -> int:
    return decision >> MISSING_BITS & 3


def _tree(block: Mapping[str, str], factor: float) -> ScoreTree:
    left, right = _numbers(block, "left_child"), _numbers(block, "right_child")
    features, decisions = _numbers(block, "split_feature"), _numbers(block, "decision_type")
    thresholds = [float(word) for word in block.get("threshold", "").split()]
    values = [factor * float(word) for word in block["leaf_value"].split()]
    if int(block.get("num_cat", 0)) or any(decision & CATEGORY for decision in decisions):
        raise PortError("categorical features cannot be ported; train with numbers")
    if any(_kind(decision) == ZERO for decision in decisions):
        raise PortError("zeros that count as missing cannot be ported; train with zero_as_missing=false")
    if block.get("is_linear") == "1":
        raise PortError("linear trees cannot be ported; train with linear_tree=false")

    def node(i: int) -> RawNode:
        if i < 0:
            return RawNode(children=None, value=values[~i])
        goes_left = thresholds[i] >= 0 if _kind(decisions[i]) == NOTHING else bool(decisions[i] & LEFT)
        return RawNode(
            children=(left[i], right[i]), feature=features[i], threshold=thresholds[i], missing_left=goes_left
        )

    return score_tree(node, 0 if left else -1, len(left) + len(values))


def _fractions(trees: list[ScoreTree]) -> bool:
    thresholds: Any = np.concatenate([tree.threshold[tree.inner] for tree in trees])
    # LightGBM puts a threshold half-way, and moves it by a last digit.
    return len(thresholds) > 0 and float(np.mean(np.abs(thresholds * 2 - np.rint(thresholds * 2)) > 1e-9)) > 0.1
