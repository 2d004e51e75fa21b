"""Proof that whole weights find scikit-learn's class whatever leaves a row ends in."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from ..model.trees import Probabilities

MAX_STATES = 20_000
MAX_CHOICES = 100


def proven(
    of_trees: Sequence[Iterable[Probabilities]], weights: Mapping[Probabilities, Sequence[int]], classes: int
) -> bool:
    """Whether, for every combination of leaves (one of each tree), any two classes stand in the same order by their
    sums of weights as by scikit-learn's means: doubles added in the order of the trees, then divided. False too when
    there are too many to try."""
    return all(_pair_proven(of_trees, weights, a, b) for a, b in combinations(range(classes), 2))


def _pair_proven(
    of_trees: Sequence[Iterable[Probabilities]], weights: Mapping[Probabilities, Sequence[int]], a: int, b: int
) -> bool:
    states = {(0.0, 0.0, 0)}
    for leaves in of_trees:
        choices = {(p[a], p[b], weights[p][a] - weights[p][b]) for p in leaves}
        if len(choices) > MAX_CHOICES:
            return False
        states = {(x + p, y + q, lead + w) for x, y, lead in states for p, q, w in choices}
        if len(states) > MAX_STATES:
            return False
    trees = len(of_trees)
    return all(_sign(x / trees - y / trees) == _sign(lead) for x, y, lead in states)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
