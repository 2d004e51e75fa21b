"""Rows that try a model: its thresholds, their neighbours, and both ends of what a feature can be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.features import MISSING, FeatureType
from ..model.floats import floats_of, ordered_bits, ordered_limits

COUNT = 64
CANDIDATES = 1024
SEED = 2711


def edge_rows(thresholds: list[list[int]], feature: FeatureType, count: int, seed: int = SEED) -> NDArray[np.generic]:
    """Random rows of values on a threshold, one above it, and now and then the lowest and highest of the type."""
    rng = np.random.default_rng(seed)
    limit = ordered_limits() if feature.name == "float32" else (feature.lowest, feature.highest)
    columns = []
    for mine in thresholds:
        if feature.name == "float32":
            values = sorted({v for k in mine for v in (k, k + 1)} | {0})
        else:
            values = sorted({v for k in mine for v in (k, k + 1)} | {0, *limit})
        inside = [v for v in values if limit[0] <= v <= limit[1]]
        if feature.missing:
            inside.append(ordered_bits(np.nan) if feature.real else MISSING)
        columns.append(np.asarray(inside)[rng.integers(0, len(inside), count)])
    table = np.stack(columns, axis=1)
    return floats_of(table) if feature.name == "float32" else table.astype(feature.dtype)


def choose(classes: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Up to `count` rows, every class in turn."""
    turns = np.empty(len(classes), dtype=np.int64)
    for c in np.unique(classes):
        mine = classes == c
        turns[mine] = np.arange(mine.sum())
    return np.sort(np.argsort(turns, kind="stable")[:count])


@dataclass(frozen=True, kw_only=True)
class Golden:
    """Rows with the class that scikit-learn finds and its rounded confidence in per cent, if the C says one."""

    rows: NDArray[np.generic]
    classes: NDArray[np.uint8]
    confidences: NDArray[np.uint8] | None = None
