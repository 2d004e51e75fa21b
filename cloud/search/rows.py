"""A user's rows as a node would have them."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from edge.contract.errors import CooeeError

from ..porting.check.row_file import check_numbers, column, read_table, word_of
from ..porting.model.features import MISSING, feature_type

Folds = list[tuple[NDArray[np.intp], NDArray[np.intp]]]
"""Rows to fit on and rows to try on, time after time."""
INT16 = feature_type("int16")
MOST_CLASSES = 255
FINEST = 4
"""Decimal places that a feature keeps, at most."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Features in the node's int16, shape (rows, features), classes and groups of the rows, shape (rows,); what the
    node multiplies each feature by before it rounds it."""

    x: NDArray[np.int16]
    y: NDArray[np.str_]
    groups: NDArray[Any] | None
    names: tuple[str, ...]
    scales: tuple[float, ...]

    @cached_property
    def hash(self) -> str:
        """Of all that a search learns from."""
        parts = [self.x.tobytes(), *("\0".join(map(str, each)).encode() for each in (self.names, self.y, self.scales))]
        if self.groups is not None:
            parts.append("\0".join(map(str, self.groups)).encode())
        return hashlib.sha256(b"\0\0".join(parts)).hexdigest()[:16]

    @property
    def commonest(self) -> float:
        """Share of the commonest class: what always naming it is right on."""
        return float(np.unique(self.y, return_counts=True)[1].max() / len(self.y))

    @property
    def scaled(self) -> str:
        """What the node multiplies, and by what; nothing when all stays as it is."""
        by_scale: dict[float, list[str]] = {}
        for name, scale in zip(self.names, self.scales, strict=True):
            by_scale.setdefault(scale, []).append(name)
        return "; ".join(f"by {scale:g}: {', '.join(names)}" for scale, names in by_scale.items() if scale != 1)

    def folds(self, count: int, seed: int) -> Folds:
        """Folds, `count` of them or as many as there are groups; no group is in both parts of one.

        Raises:
            CooeeError: too few groups, or too few rows of a class.
        """
        return list(self._split(count, seed))

    def _split(self, count: int, seed: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        counts = [(int(n), name) for name, n in zip(*np.unique(self.y, return_counts=True), strict=True)]
        (fewest, rarest), most = min(counts), max(counts)[0]
        if fewest < 2:
            raise CooeeError(f"class {str(rarest)!r} has one row: cross-validation needs two of each, better dozens")
        if self.groups is None:
            yield from StratifiedKFold(min(count, fewest), shuffle=True, random_state=seed).split(self.x, self.y)
            return
        names = np.unique(self.groups)
        if len(names) < 2:
            raise CooeeError(f"all rows are of group {str(names[0])!r}: cross-validation by groups needs two")
        split = StratifiedGroupKFold(min(count, len(names), most), shuffle=True, random_state=seed)
        for fit, tried in split.split(self.x, self.y, self.groups):
            if len(tried) and len(np.unique(self.y[fit])) < 2:
                raise CooeeError(
                    f"without group {str(self.groups[tried[0]])!r} there is one class left: groups must not be classes"
                )
            if len(tried):
                yield fit, tried


def read(path: Path, label: str, groups: str | None) -> Rows:
    """The rows of a CSV, Parquet or NPY file; all columns but the label's and the groups' are features.

    Raises:
        CooeeError: the file or a column cannot be used; the message says which, and why.
    """
    table = read_table(path)
    labels = _labels(column(table, label, path), label, path)
    given = None if groups is None else column(table, groups, path)
    if groups == label:
        raise CooeeError(f"--groups and --label are both {label!r}: groups are what rows come from, such as a farm")
    if given is not None and given.isna().any():
        raise CooeeError(
            f"column {groups!r} of {path} has {int(given.isna().sum())} empty cells: every row has a group"
        )
    table = table.drop(columns=[name for name in (label, groups) if name is not None])
    if table.shape[1] == 0:
        raise CooeeError(f"{path} has no column of features beside {label!r}")
    check_numbers(table, path, ": leave it out, or write a column of 0 and 1 for each of its words")
    values = table.to_numpy(np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        name = table.columns[int(bad.any(axis=0).argmax())]
        raise CooeeError(
            f"column {name!r} of {path} has {int(bad[:, table.columns.get_loc(name)].sum())} rows without a number: "
            "fill them or leave them out"
        )
    scales = tuple(_scale(values[:, i]) for i in range(values.shape[1]))
    return Rows(
        x=np.rint(values * scales).astype(np.int16),
        y=labels,
        groups=None if given is None else given.map(word_of).to_numpy(),
        names=tuple(table.columns),
        scales=scales,
    )


def _labels(given: "pd.Series[Any]", label: str, path: Path) -> NDArray[np.str_]:
    if given.isna().any():
        raise CooeeError(f"column {label!r} of {path} has {int(given.isna().sum())} empty cells: every row has a class")
    if pd.api.types.is_float_dtype(given) and (given != given.round()).any():
        raise CooeeError(f"column {label!r} of {path} holds numbers with fractions, not classes: name another --label")
    words = np.array([word_of(value) for value in given.tolist()])
    classes = len(np.unique(words))
    if not 2 <= classes <= MOST_CLASSES:
        raise CooeeError(f"column {label!r} of {path} holds {classes} different values; 2 to {MOST_CLASSES} are needed")
    return words


def _scale(values: NDArray[np.float64]) -> float:
    """1 for whole numbers that an int16 holds; otherwise the power of ten that leaves the most decimal places."""
    largest = float(np.abs(values).max())
    if largest <= INT16.highest and (values == np.floor(values)).all() and values.min() > MISSING:
        return 1.0
    return 10.0 ** min(FINEST, math.floor(math.log10(INT16.highest / max(largest, 10.0**-FINEST))))
