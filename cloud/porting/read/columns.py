"""What a pipeline does to each of its columns before the classifier, by scikit-learn's own arithmetic in its own
precision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NOTHING = {
    "fill": np.nan,
    "subtract": 0,
    "divide": 1,
    "factor": 1,
    "add": 0,
    "over": 1,
    "lowest": -np.inf,
    "highest": np.inf,
}
"""The operations of a step in their order, and what each does nothing with."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Columns that are each made of one feature. `sources` are the features' numbers, shape (columns,); `steps` are the
    numbers of operations, shape (steps, operations, columns)."""

    sources: NDArray[np.intp]
    steps: Floats

    @classmethod
    def of(cls, features: int) -> "Columns":
        """Every feature as it is."""
        return cls(sources=np.arange(features), steps=np.empty((0, len(NOTHING), features)))

    def then(self, **operations: Any) -> "Columns":
        """With one more step; an operation has a number of each column, or one for all."""
        step = np.empty((1, len(NOTHING), len(self.sources)))
        for i, (name, nothing) in enumerate(NOTHING.items()):
            step[0, i] = operations.get(name, nothing)
        return replace(self, steps=np.concatenate([self.steps, step]))

    def take(self, columns: NDArray[Any]) -> "Columns":
        """These columns, in this order."""
        return Columns(sources=self.sources[columns], steps=self.steps[:, :, columns])

    def apply(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the columns' features, float32 or float64, shape (..., columns), after all steps."""
        kind = values.dtype
        for fill, subtract, divide, factor, add, over, lowest, highest in self.steps:
            values = np.where(np.isnan(values), fill.astype(kind), values)
            values = (values - subtract.astype(kind)) / divide.astype(kind)  # as StandardScaler
            values = (values * factor).astype(kind)  # as MinMaxScaler, whose numbers are not rounded first
            values = (values + add).astype(kind)
            values = (values / over).astype(kind)  # as MaxAbsScaler and RobustScaler, whose numbers are not either
            values = np.clip(values, lowest.astype(kind), highest.astype(kind))
        return values

    def slope(self) -> Floats:
        """What each column grows by when its feature grows by 1; without regard to bounds."""
        operations = dict(zip(NOTHING, np.moveaxis(self.steps, 1, 0), strict=True))
        return np.asarray((operations["factor"] / operations["divide"] / operations["over"]).prod(axis=0))

    @property
    def bounded(self) -> bool:
        """Whether a step clips."""
        return bool(np.isfinite(self.steps[:, -2:]).any())

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which columns are never missing."""
        return np.asarray(~np.isnan(self.apply(np.full(len(self.sources), np.nan))))


def beside(parts: Sequence[Columns]) -> Columns:
    """All columns of the parts, one part after the other."""
    longest = max(len(part.steps) for part in parts)
    for i, part in enumerate(parts):
        for _ in range(longest - len(part.steps)):
            part = part.then()
        parts = [*parts[:i], part, *parts[i + 1 :]]
    return Columns(
        sources=np.concatenate([part.sources for part in parts]),
        steps=np.concatenate([part.steps for part in parts], axis=2),
    )
