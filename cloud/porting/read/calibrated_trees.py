"""Reads scikit-learn's CalibratedClassifierCV of trees, as read.calibrated that of linear scores."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from sklearn.calibration import CalibratedClassifierCV

from ..model.trees import Leaf, Node, Split
from .boosted import Boosted, compares_single, read_boosted
from .calibrated import TREES, Knots, check_scores, knots_of, members
from .forest import VOTERS, Splitter, read_forest


@dataclass(frozen=True, kw_only=True)
class CalibratedTrees:
    """As read.calibrated.Calibrated, but that the leaves of trees add to the scores."""

    scores: Boosted
    folds: int
    knots: tuple[Knots, ...]


def is_of_trees(classifier: Any) -> bool:
    """Whether it is a CalibratedClassifierCV of trees.

    Raises:
        PortError: as read.calibrated.members().
    """
    return isinstance(classifier, CalibratedClassifierCV) and isinstance(next(members(classifier))[1], TREES)


def read_calibrated_trees(classifier: CalibratedClassifierCV, splitter: Callable[[bool], Splitter]) -> CalibratedTrees:
    """A fitted CalibratedClassifierCV of trees; `splitter` is that of trees that compare features as float32, or not. A
    fold's score is the mean of its trees' probabilities, or what its boosting adds up to.

    Raises:
        PortError: as read.calibrated.members(), of boosting as read_boosted(), or there are too many folds and classes.
    """
    bases, of_scores = [], []
    folds = list(members(classifier))
    for _, last, calibrations in folds:
        for place, calibration in enumerate(calibrations):
            base, trees = _score(last, splitter(compares_single(last)), place, len(calibrations))
            bases.append(calibration.slope * base + calibration.start)
            of_scores.append([_times(tree, calibration.slope) for tree in trees])
    check_scores(len(bases), len(folds))
    in_turn = chain.from_iterable(zip_longest(*of_scores, fillvalue=Leaf(0.0)))
    return CalibratedTrees(
        scores=Boosted(trees=tuple(in_turn), bases=tuple(bases), odds=1, last_wins=False),
        folds=len(folds),
        knots=tuple(knots for *_, calibrations in folds for knots in knots_of(calibrations)),
    )


def _score(estimator: Any, splitter: Splitter, place: int, scores: int) -> tuple[float, list[Node]]:
    """What a score begins with, and its trees."""
    if not isinstance(estimator, VOTERS):
        boosted = read_boosted(estimator, splitter)
        return boosted.bases[place], list(boosted.trees[place::scores])
    trees = read_forest(estimator, splitter).trees
    of_class = 1 if scores == 1 else place
    return 0.0, [_mapped(tree, lambda shares: shares[of_class] / len(trees)) for tree in trees]


def _times(tree: Node, factor: float) -> Node:
    return _mapped(tree, lambda value: factor * value)


def _mapped(node: Node, outcome: Callable[[Any], float]) -> Node:
    """The tree with other outcomes."""
    if isinstance(node, Leaf):
        return Leaf(outcome(node.outcome))
    return Split(node.feature, node.threshold, _mapped(node.below, outcome), _mapped(node.above, outcome))
