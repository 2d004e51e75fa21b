"""The test that lowers a loss most when all leaves of a symmetric tree are split by it."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .inputs import Floats, Ints


class Level(NamedTuple):
    """A test: whether a feature is above the threshold of one of its bins."""

    feature: int
    bin: int


@dataclass(frozen=True, kw_only=True)
class Bins:
    """Thresholds to try of each feature, ascending, and how many of them each value of the rows is above; codes of
    shape (rows, features)."""

    thresholds: tuple[Floats, ...]
    codes: NDArray[np.uint8]

    def above(self, level: Level) -> NDArray[np.bool_]:
        """Which rows pass a test."""
        passed: NDArray[np.bool_] = self.codes[:, level.feature] > level.bin
        return passed

    @cached_property
    def width(self) -> int:
        """Bins of the feature that has most."""
        return max(len(mine) for mine in self.thresholds) + 1

    @cached_property
    def cells(self) -> Ints:
        """Place of each value among all bins of all features, shape (rows, features)."""
        return self.codes + self.width * np.arange(self.codes.shape[1])

    @cached_property
    def real(self) -> NDArray[np.bool_]:
        """Which tests exist, shape (features, bins)."""
        counts = np.array([len(mine) for mine in self.thresholds])
        return np.asarray(np.arange(self.width) < counts[:, None])


def fit_bins(rows: Floats, most: int) -> Bins:
    """Thresholds half-way between values that follow each other; of more than `most` those at even ranks."""
    thresholds, codes = [], np.zeros(rows.shape, np.uint8)
    for feature, column in enumerate(rows.T):
        values, counts = np.unique(column, return_counts=True)
        middles = values[:-1] + (values[1:] - values[:-1]) / 2
        if len(middles) > most:
            ranks = np.arange(1, most + 1) * len(column) / (most + 1)
            middles = middles[np.unique(np.searchsorted(counts.cumsum()[:-1], ranks).clip(0, len(middles) - 1))]
        thresholds.append(middles)
        codes[:, feature] = np.searchsorted(middles, column, side="left")
    return Bins(thresholds=tuple(thresholds), codes=codes)


class Prices:
    """What tests cost, in units of the loss: a byte to name one in a tree, one for a threshold that no tree has, and
    two for a feature that none has."""

    def __init__(self, price: float, features: int) -> None:
        self._price = price
        self._features: NDArray[np.bool_] = np.zeros(features, np.bool_)
        self.bought: set[Level] = set()

    def copy(self) -> "Prices":
        """The same, to go on from here."""
        other = Prices(self._price, len(self._features))
        other._features, other.bought = self._features.copy(), set(self.bought)
        return other

    def buy(self, level: Level) -> None:
        """From now on its feature and threshold cost nothing."""
        self._features[level.feature] = True
        self.bought.add(level)

    def of(self, width: int) -> Floats:
        """Prices of all tests, shape (features, width)."""
        cost = np.where(self._features, 2.0, 4.0)[:, None] * np.ones(width)
        for feature, place in self.bought:
            cost[feature, place] = 1.0
        return cost * self._price


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A test, and by how much it lowers the loss, less its price."""

    level: Level
    gain: float


def best_level(bins: Bins, leaf: Ints, slope: Floats, curvature: Floats, prices: Prices, l2: float) -> Chosen:
    """The best test for rows that are in these leaves. A leaf with slope g and curvature h lowers the loss by
    g**2 / (h + l2) / 2 (Chen and Guestrin, "XGBoost", 2016, eq. 7)."""
    count = int(leaf.max()) + 1
    shape = (count, bins.codes.shape[1], bins.width)
    cells = (leaf[:, None] * (shape[1] * shape[2]) + bins.cells).ravel()
    size = shape[0] * shape[1] * shape[2]
    below_g, below_h = (
        np.bincount(cells, np.repeat(each, shape[1]), size).reshape(shape).cumsum(axis=2) for each in (slope, curvature)
    )
    all_g, all_h = below_g[:, :, -1:], below_h[:, :, -1:]
    above_g, above_h = all_g - below_g, all_h - below_h
    gain = below_g**2 / (below_h + l2) + above_g**2 / (above_h + l2) - all_g**2 / (all_h + l2)
    worth = np.where(bins.real, gain.sum(axis=0) / 2 - prices.of(bins.width), -np.inf)
    feature, place = np.unravel_index(int(worth.argmax()), worth.shape)
    return Chosen(level=Level(int(feature), int(place)), gain=float(worth[feature, place]))
