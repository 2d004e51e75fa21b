"""Scalers at the start of a pipeline, folded into thresholds and weights, so that a node never scales."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from ..errors import PortError
from ..model.features import FeatureType
from ..model.floats import floats_of, ordered_limits

Floats = NDArray[np.float64]
Floor = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
"""From features and the thresholds on them to the largest integers that are not above: scikit-learn goes left when x <=
threshold."""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The scalers that come before a classifier, in their order; none when it stands alone."""

    scalers: tuple[Any, ...] = ()

    def apply(self, features: NDArray[Any], values: Floats) -> Floats:
        """Values of these features, scaled by the operations of scikit-learn in their order, so that they are the same
        doubles."""
        for scaler in self.scalers:
            if isinstance(scaler, StandardScaler):
                if scaler.with_mean:
                    values = values - scaler.mean_[features]
                if scaler.with_std:
                    values = values / scaler.scale_[features]
            else:
                values = values * scaler.scale_[features] + scaler.min_[features]
                if scaler.clip:
                    values = np.clip(values, *scaler.feature_range)
        return values

    def affine(self, features: int) -> tuple[Floats, Floats]:
        """Slopes and offsets: a feature's scaled value is slope * x + offset. A feature that the first scaler saw
        constant has slope 0: nothing was learned of it, and it would take all the bits of the others.

        Raises:
            PortError: a MinMaxScaler clips.
        """
        if any(getattr(scaler, "clip", False) for scaler in self.scalers):
            raise PortError(
                "MinMaxScaler(clip=True) cannot be folded into weights; train with clip=False, or use a tree"
            )
        every = np.arange(features)
        offset = self.apply(every, np.zeros(features))
        slope = np.ones(features)
        for scaler in self.scalers:
            if isinstance(scaler, MinMaxScaler):
                slope = slope * scaler.scale_
            elif scaler.with_std:
                slope = slope / scaler.scale_
        constant, value = self._constant(features)
        return np.where(constant, 0, slope), np.where(constant, slope * value + offset, offset)

    def _constant(self, features: int) -> tuple[NDArray[np.bool_], Floats]:
        """Features that the first scaler saw constant, and their values."""
        first = self.scalers[0] if self.scalers else None
        if isinstance(first, MinMaxScaler):
            return first.data_range_ == 0, first.data_min_
        if first is not None and first.var_ is not None:
            return (first.scale_ == 1) & (first.var_ < 0.5), first.mean_
        return np.zeros(features, dtype=np.bool_), np.zeros(features)

    def arrays(self) -> list[Floats]:
        """What decides, for the model's hash."""
        every = np.arange(self.scalers[0].n_features_in_) if self.scalers else np.arange(0)
        return (
            [self.apply(every, np.full(len(every), value)) for value in (0.0, 1.0, -32768.0, 32767.0)]
            if self.scalers
            else []
        )

    def floor(self, feature: FeatureType, single: bool) -> Floor:
        """Floors of thresholds on scaled values, which scikit-learn's trees compare as `single` precision and its
        histograms as double."""
        if not self.scalers:
            return lambda _, thresholds: np.array(
                [feature.floor(float(t)) for t in np.clip(thresholds, -1e300, 1e300)], dtype=np.int64
            )

        def search(features: NDArray[Any], thresholds: NDArray[Any]) -> NDArray[Any]:
            lowest, highest = ordered_limits() if feature.name == "float32" else (feature.lowest, feature.highest)
            low = np.full(len(thresholds), lowest - 1, dtype=np.int64)
            high = np.full(len(thresholds), highest, dtype=np.int64)
            while (low < high).any():
                middle = (low + high + 1) // 2
                values = floats_of(middle) if feature.name == "float32" else middle
                scaled = self.apply(features, values.astype(np.float64))
                under = (scaled.astype(np.float32) if single else scaled) <= thresholds
                low, high = np.where(under, middle, low), np.where(under, high, middle - 1)
            return low

        return search


def unfold(estimator: Any) -> tuple[Any, Scaling]:
    """A classifier and the scalers before it.

    Raises:
        PortError: a pipeline with other steps.
    """
    if not isinstance(estimator, Pipeline):
        return estimator, Scaling()
    *before, last = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    for step in before:
        if not isinstance(step, (StandardScaler, MinMaxScaler)):
            raise PortError(
                f"a pipeline with {type(step).__name__} cannot be ported; before the classifier there may be "
                "StandardScaler and MinMaxScaler"
            )
    return last, Scaling(scalers=tuple(before))
