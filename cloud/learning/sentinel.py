"""What a sentinel is to those who compare two of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge.core import UNKNOWN, AlarmPolicy
from edge.farm import Node

from ..training.datasets import MISSING_FEATURE


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """A sentinel of a version (eight hexadecimal digits, as its calls say it) that decides by its own C. `policies[i]`
    belongs to `classes[i + 1]`; `verdicts` gives classes and confidences [%] of rows of its features."""

    version: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    policies: tuple[AlarmPolicy, ...]
    verdicts: Callable[[NDArray[np.int16]], tuple[NDArray[np.uint8], NDArray[np.uint8]]] = field(repr=False)

    def decide(self, columns: NDArray[np.int16]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Classes and confidences, uint8 (nodes, steps), of its features int16 (nodes, steps, features); UNKNOWN where
        one is missing."""
        complete = (columns != MISSING_FEATURE).all(axis=2)
        classes = np.full(complete.shape, UNKNOWN, dtype=np.uint8)
        confidences = np.zeros(complete.shape, dtype=np.uint8)
        if complete.any():
            classes[complete], confidences[complete] = self.verdicts(columns[complete])
        return classes, confidences

    def policy(self, kind: str, node: Node) -> AlarmPolicy:
        """When a node calls of a kind."""
        return policy_of(node, kind, self.policies[self.classes.index(kind) - 1])


def policy_of(node: Node, kind: str, own: AlarmPolicy) -> AlarmPolicy:
    """What a node goes by: its sentinel's own policy, and what farm.yaml has otherwise. A call is never kept only above
    where it is raised."""
    if (said := node.policies.get(kind)) is None:
        return own
    changed = replace(own, **said.values())
    return replace(changed, keep_percent=min(changed.keep_percent, changed.raise_percent))
