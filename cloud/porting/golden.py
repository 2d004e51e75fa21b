"""Rows that try a model: its thresholds, their neighbours, and both ends of what a feature can be."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import FeatureType
from .model import Leaf, Node

COUNT = 64
CANDIDATES = 1024
SEED = 2711


def thresholds(trees: Iterable[Node], features: int) -> list[list[int]]:
    """Distinct threshold keys of every feature, ascending."""
    found: list[set[int]] = [set() for _ in range(features)]
    stack = list(trees)
    while stack:
        node = stack.pop()
        if not isinstance(node, Leaf):
            found[node.feature].add(node.threshold)
            stack += [node.below, node.above]
    return [sorted(f) for f in found]


def edge_rows(keys: list[list[int]], feature: FeatureType, count: int, seed: int = SEED) -> NDArray[np.generic]:
    """Random rows of values on a threshold, one above it, and now and then the lowest and highest of the type."""
    rng = np.random.default_rng(seed)
    limit = float_limits() if feature.name == "float32" else (feature.lowest, feature.highest)
    columns = []
    for mine in keys:
        if feature.name == "float32":
            values = sorted({v for k in mine for v in (k, k + 1)} | {0})
        else:
            values = sorted({v for k in mine for v in (k, k + 1)} | {0, *limit})
        inside = [v for v in values if limit[0] <= v <= limit[1]]
        columns.append(np.asarray(inside)[rng.integers(0, len(inside), count)])
    table = np.stack(columns, axis=1)
    return from_keys(table) if feature.name == "float32" else table.astype(feature.dtype)


def float_limits() -> tuple[int, int]:
    """Keys of the lowest and the highest finite float32."""
    return -0x7F800000, 0x7F7FFFFF


def from_keys(keys: NDArray[Any]) -> NDArray[np.float32]:
    """float32 values of keys; see features.float_key."""
    bits = np.where(keys >= 0, keys, keys ^ 0x7FFFFFFF) & 0xFFFFFFFF
    return bits.astype(np.uint32).view(np.float32)


def choose(classes: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Up to `count` rows, every class in turn."""
    turns = np.empty(len(classes), dtype=np.int64)
    for c in np.unique(classes):
        mine = classes == c
        turns[mine] = np.arange(mine.sum())
    return np.sort(np.argsort(turns, kind="stable")[:count])
