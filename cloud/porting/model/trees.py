"""What is ported: trees of integer splits, free of scikit-learn."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .features import FeatureType

Probabilities = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Goes below when the feature (of a float its ordered bits) is <= threshold, else above."""

    feature: int
    threshold: int
    below: "Node"
    above: "Node"


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """An end of a tree. `outcome` is what the trees are asked for: a hashable value."""

    outcome: Any


Node = Split | Leaf


@dataclass(frozen=True, kw_only=True)
class Forest:
    """Trees whose probabilities are averaged; one tree is a forest of one. Outcomes are the classes' probabilities.
    `passed`: how many splits of each tree a training row passes, in the mean."""

    trees: tuple[Node, ...]
    classes: int
    passed: tuple[float, ...]


def leaves(node: Node) -> Iterator[Leaf]:
    """Leaves from left to right."""
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, Leaf):
            yield top
        else:
            stack += [top.above, top.below]


def splits(node: Node) -> int:
    """How many splits a tree has."""
    return sum(1 for _ in leaves(node)) - 1


class Simplifier:
    """Rebuilds trees with other outcomes: a split that its ancestors decide is dropped, equal subtrees become one
    object, and a split whose two sides are the same becomes that side."""

    def __init__(self, feature: FeatureType, outcome: Callable[[Any], Any]) -> None:
        self._range = (feature.lowest, feature.highest)
        self._outcome = outcome
        self._leaves: dict[Any, Leaf] = {}
        self._splits: dict[tuple[int, int, int, int], Split] = {}

    def simplify(self, node: Node) -> Node:
        """The smallest tree that decides as `node`, by the three rules."""
        return self._rebuild(node, {})

    def _rebuild(self, node: Node, bounds: dict[int, tuple[int, int]]) -> Node:
        if isinstance(node, Leaf):
            outcome = self._outcome(node.outcome)
            return self._leaves.setdefault(outcome, Leaf(outcome))
        low, high = bounds.get(node.feature, self._range)
        if node.threshold >= high:
            return self._rebuild(node.below, bounds)
        if node.threshold < low:
            return self._rebuild(node.above, bounds)
        below = self._rebuild(node.below, bounds | {node.feature: (low, node.threshold)})
        above = self._rebuild(node.above, bounds | {node.feature: (node.threshold + 1, high)})
        if below is above:
            return below
        same = (node.feature, node.threshold, id(below), id(above))
        return self._splits.setdefault(same, Split(node.feature, node.threshold, below, above))


def distinct_thresholds(trees: Iterable[Node], features: int) -> list[list[int]]:
    """Distinct thresholds of every feature, ascending."""
    found: list[set[int]] = [set() for _ in range(features)]
    stack = list(trees)
    while stack:
        node = stack.pop()
        if not isinstance(node, Leaf):
            found[node.feature].add(node.threshold)
            stack += [node.below, node.above]
    return [sorted(f) for f in found]


def simplified(trees: Sequence[Node], feature: FeatureType, outcome: Callable[[Any], Any]) -> tuple[Node, ...]:
    """The trees with other outcomes, and nothing in them twice."""
    simplifier = Simplifier(feature, outcome)
    return tuple(simplifier.simplify(tree) for tree in trees)
