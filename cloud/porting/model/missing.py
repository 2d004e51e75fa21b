"""Trees that say where a missing value goes.

A missing float32 is NaN, whose bits are above all numbers; a missing int16 is MISSING, below all numbers. Where trees
send it the other way, they ask a copy of the feature in which it lies at the other end: a column after the features."""

from collections.abc import Sequence

from .features import FeatureType
from .trees import Leaf, Node, Split, distinct_thresholds


def with_columns(trees: Sequence[Node], features: int) -> tuple[tuple[Node, ...], tuple[int, ...]]:
    """Trees whose splits count features on as read.scaling.Splits does, on columns: the features, then a copy of each
    that is asked; and of which feature each copy is."""
    asked = distinct_thresholds(trees, 2 * features)
    copies = tuple(f for f in range(features) if asked[features + f])
    place = {features + f: features + i for i, f in enumerate(copies)}
    made: dict[int, Node] = {}

    def rebuilt(node: Node) -> Node:
        if isinstance(node, Leaf):
            return node
        if id(node) not in made:
            column = place.get(node.feature, node.feature)
            made[id(node)] = Split(column, node.threshold, rebuilt(node.below), rebuilt(node.above))
        return made[id(node)]

    return tuple(rebuilt(tree) for tree in trees), copies


def thresholds_of(trees: Sequence[Node], features: int, copies: Sequence[int]) -> list[list[int]]:
    """Distinct thresholds of each feature, those of its copy with it."""
    found = distinct_thresholds(trees, features + len(copies))
    for copy, feature in enumerate(copies):
        found[feature] = sorted({*found[feature], *found[features + copy]})
    return found[:features]


def column_fills(features: int, copies: Sequence[int], feature: FeatureType) -> list[tuple[int, int]]:
    """Of each column the feature, and what stands in it for a missing value: an int16, or the bits of a float32."""
    own, other = (0x7FC00000, -0x00800000) if feature.real else (feature.lowest, feature.highest)
    return [*((f, own) for f in range(features)), *((f, other) for f in copies)]
