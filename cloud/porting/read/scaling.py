"""Steps at the start of a pipeline, folded into thresholds and weights, so that a node never scales."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import PortError
from ..model.features import FeatureType, remedy
from ..model.floats import floats_of, ordered_limits
from .columns import Columns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Floor = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
"""From columns and the thresholds on them to the largest integers that are not above: scikit-learn goes left when x <=
threshold."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a pipeline's first step tells of the training rows, by feature; NaN where it tells nothing."""

    mean: Floats
    spread: Floats
    low: Floats
    high: Floats

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Features that were always the same."""
        return np.asarray((self.spread == 0) | (self.low == self.high))

    @property
    def value(self) -> Floats:
        """Their mean, or where only bounds are told their lowest."""
        return np.where(np.isnan(self.mean), self.low, self.mean)


def unseen(features: int) -> Seen:
    """Nothing is told."""
    nothing = np.full(features, np.nan)
    return Seen(mean=nothing, spread=nothing, low=nothing, high=nothing)


class Splits(NamedTuple):
    """Splits on a node's features. `features` counts on beyond the last: there each is again, with its missing values
    at the other end. A split that is `swapped` has its sides in turn."""

    features: list[int]
    thresholds: list[int]
    swapped: list[bool]


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """What comes before a classifier: columns, and perhaps a projection of them, matrix @ columns + offset, with
    `matrix` of shape (inputs, columns). `features` are the names of what the node hands over."""

    features: tuple[str, ...]
    columns: Columns
    seen: Seen
    matrix: Floats | None = None
    offset: Floats | None = None

    @property
    def plain(self) -> bool:
        """Whether the classifier gets the features as they are."""
        own = np.arange(len(self.features))
        return self.matrix is None and not len(self.columns.steps) and np.array_equal(self.columns.sources, own)

    def affine(self) -> tuple[Floats, Floats]:
        """The classifier's inputs are matrix @ features + offset, shapes (inputs, features) and (inputs,). A feature
        that the first scaler saw constant has no weight: nothing was learned of it, and it would take all the bits of
        the others.

        Raises:
            PortError: a scaler clips.
        """
        if self.columns.bounded:
            raise PortError(
                "a scaler with clip=True cannot be folded into weights; train with clip=False, or use a tree"
            )
        sources = self.columns.sources
        slope, offset = self.columns.slope(), self.columns.apply(np.zeros(len(sources)))
        constant = self.seen.constant[sources]
        offset = np.where(constant, slope * self.seen.value[sources] + offset, offset)
        matrix = np.zeros((len(sources), len(self.features)))
        matrix[np.arange(len(sources)), sources] = np.where(constant, 0, slope)
        if self.matrix is None or self.offset is None:
            return matrix, offset
        return self.matrix @ matrix, self.matrix @ offset + self.offset

    def axes(self) -> Columns:
        """The columns, each of which is an input of the classifier.

        Raises:
            PortError: a projection mixes them.
        """
        if self.matrix is not None:
            raise PortError(
                "PCA mixes all features, and this classifier needs each alone: port LogisticRegression, LinearSVC or "
                "MLPClassifier behind PCA, or train without PCA"
            )
        return self.columns

    def arrays(self) -> list[Floats]:
        """What decides, for the model's hash."""
        if self.plain:
            return []
        columns = self.columns
        arrays = [columns.apply(np.full(len(columns.sources), v)) for v in (0.0, 1.0, -32768.0, 32767.0)]
        own = np.arange(len(self.features))
        arrays += [] if np.array_equal(columns.sources, own) else [columns.sources.astype(np.float64)]
        arrays += [columns.apply(np.full(len(columns.sources), np.nan))] if columns.filled.any() else []
        return arrays + [part for part in (self.matrix, self.offset) if part is not None]

    def fills(self, feature: FeatureType) -> Integers:
        """What the node puts for each missing feature of an int16, for weights: the whole number next to what the
        pipeline fills in. A feature that nothing fills in is never missing.
        """
        columns = self.columns
        slope, offset = columns.slope(), columns.apply(np.zeros(len(columns.sources)))
        filled = columns.apply(np.full(len(columns.sources), np.nan))
        filled = np.where(np.isnan(filled), offset, filled)
        value = np.zeros(len(self.features))
        value[columns.sources] = (filled - offset) / np.where(slope == 0, 1, slope)
        return np.clip(np.rint(value), feature.least, feature.highest).astype(np.int64)

    def floor(self, feature: FeatureType, single: bool) -> Floor:
        """Floors of thresholds on the columns, which scikit-learn's trees compare as `single` precision and its
        histograms as double. float32 features go through the pipeline as float32, integers as double.

        Raises:
            PortError: a feature type that does not reach a threshold.
        """
        columns = self.axes()

        def search(of: NDArray[Any], thresholds: NDArray[Any]) -> Integers:
            if len(columns.steps):
                floors = _searched(columns.take(of), thresholds, feature, single)
            else:
                floors = np.array([feature.floor(float(t)) for t in np.clip(thresholds, -1e300, 1e300)], np.int64)
            self._check_reached(columns.sources[of], thresholds, floors, feature)
            return floors

        return search

    def splits(self, feature: FeatureType, single: bool) -> Callable[[Any, Any, Any], Splits]:
        """From columns, thresholds and whether a missing value goes left to splits on the node's features."""
        floor, columns = self.floor(feature, single), self.axes()
        missing = columns.apply(np.full(len(columns.sources), np.nan))

        def split(of: NDArray[Any], thresholds: NDArray[Any], left: NDArray[Any]) -> Splits:
            floors, sources = floor(of, thresholds), columns.sources[of]
            swapped = np.zeros(len(of), np.bool_)
            if feature.missing:
                filled = missing[of].astype(np.float32) if single else missing[of]
                left = np.where(np.isnan(filled), left != 0, filled <= thresholds)
                if feature.real:  # NaN is above every number; again, it is below
                    sources = np.where(left, sources + len(self.features), sources)
                else:  # MISSING is below every number; again, it is above
                    floors = np.maximum(floors, feature.lowest)
                    swapped = ~left & (floors >= feature.highest)
                    floors = np.where(swapped, feature.lowest, floors)
                    sources = np.where(left | swapped, sources, sources + len(self.features))
            return Splits(sources.tolist(), floors.tolist(), swapped.tolist())

        return split

    def _check_reached(
        self, sources: NDArray[Any], thresholds: NDArray[Any], floors: Integers, feature: FeatureType
    ) -> None:
        lowest, highest = ordered_limits() if feature.real else (feature.least, feature.highest)
        beyond = np.isfinite(thresholds) & ((floors < lowest) | (floors >= highest))
        if not beyond.any():
            return
        worst = int(np.flatnonzero(beyond)[0])
        name = self.features[int(sources[worst])]
        if not self.columns.bounded and not len(self.columns.steps):
            mine = thresholds[(sources == sources[worst]) & np.isfinite(thresholds)]
            ways = remedy(name, float(min(mine)), float(max(mine)), feature)
        else:
            ways = f"choose feature type float32, or --scale {name}=0.1 (scales= of port()), or a smaller one"
        raise PortError(
            f"feature {name!r} is split where no {feature.name} is ({feature.least}..{feature.highest}"
            + (f"; the threshold is {thresholds[worst]:g}" if not len(self.columns.steps) else "")
            + f"): {ways}"
        )


def _searched(columns: Columns, thresholds: Floats, feature: FeatureType, single: bool) -> Integers:
    """By halving, with the pipeline's own arithmetic."""
    lowest, highest = ordered_limits() if feature.real else (feature.lowest, feature.highest)
    low = np.full(len(thresholds), lowest - 1, dtype=np.int64)
    high = np.full(len(thresholds), highest, dtype=np.int64)
    while (low < high).any():
        middle = (low + high + 1) // 2
        with np.errstate(over="ignore"):
            values = columns.apply(floats_of(middle) if feature.real else middle.astype(np.float64))
            under = (values.astype(np.float32) if single else values) <= thresholds
        low, high = np.where(under, middle, low), np.where(under, high, middle - 1)
    return low
