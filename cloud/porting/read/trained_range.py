"""Whether a feature type holds what a model was trained on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.naive_bayes import GaussianNB

from ..errors import PortError
from ..model.features import FeatureType, remedy
from .calibrated import seen_inside
from .envelope import Envelope
from .scaling import Scaling, Seen, unseen


def with_own_seen(classifier: Any, scaling: Scaling) -> Scaling:
    """The scaling, with what a classifier knows of its training rows itself where nothing stands before it.

    Raises:
        PortError: a CalibratedClassifierCV that cannot be ported.
    """
    if isinstance(classifier, CalibratedClassifierCV):
        inside = seen_inside(classifier)
        return replace(scaling, seen=inside) if scaling.plain else scaling
    if isinstance(classifier, Envelope) and scaling.plain:
        nothing, fitted = unseen(len(scaling.features)), classifier.fitted
        spread = np.sqrt(np.diag(fitted.covariance_))
        return replace(scaling, seen=replace(nothing, mean=fitted.location_, spread=spread))
    return scaling


def check_seen(classifier: Any, scaling: Scaling, feature: FeatureType, *, rows_fit: bool) -> str:
    """What may lie outside the feature type, by what the pipeline or a GaussianNB saw; nothing where all may fit.
    `rows_fit`: rows of the caller's lie inside.

    Raises:
        PortError: training rows lay outside for certain: bounds or a mean beyond it, or, unless rows say otherwise,
            more spread about their mean than numbers of this type can have (Bhatia and Davis: variance <= (highest -
            mean) * (mean - lowest)).
    """
    if feature.real:
        return ""
    seen = [scaling.seen]
    if isinstance(classifier, GaussianNB) and scaling.matrix is None:
        seen += [_seen_by(classifier, c, scaling, feature) for c in range(len(classifier.classes_))]
    return next(filter(None, [_check(one, scaling.features, feature, rows_fit) for one in seen]), "")


def _seen_by(classifier: Any, of_class: int, scaling: Scaling, feature: FeatureType) -> Seen:
    """The rows of a class of a GaussianNB, by feature."""
    columns, seen = scaling.columns, unseen(len(scaling.features))
    scales = np.array(feature.scales or np.ones(len(scaling.features)))[columns.sources]
    slope, offset = columns.slope() * scales, columns.apply(np.zeros(len(columns.sources)))
    variance = np.maximum(classifier.var_[of_class] - classifier.epsilon_, 0)
    mean, spread = seen.mean.copy(), seen.spread.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean[columns.sources] = (classifier.theta_[of_class] - offset) / slope
        spread[columns.sources] = np.sqrt(variance) / np.abs(slope)
    return Seen(mean=mean, spread=spread, low=seen.low, high=seen.high)


def _check(seen: Seen, features: Sequence[str], feature: FeatureType, rows_fit: bool) -> str:
    scales = np.array(feature.scales or np.ones(len(features)))
    lowest, highest = (feature.least - 0.5) / scales, (feature.highest + 0.5) / scales
    room = np.maximum(highest - seen.mean, 0) * np.maximum(seen.mean - lowest, 0)
    bottom = np.where(np.isnan(seen.low), seen.mean - 3 * seen.spread, seen.low)
    top = np.where(np.isnan(seen.high), seen.mean + 3 * seen.spread, seen.high)
    certain = (seen.low < lowest) | (seen.high > highest) | (seen.mean < lowest) | (seen.mean > highest)
    doubtful = np.zeros_like(certain)
    if not rows_fit:
        certain |= seen.spread**2 > room
        doubtful = (bottom < lowest) | (top > highest)
    if not (certain | doubtful).any():
        return ""
    worst = int(np.flatnonzero(certain if certain.any() else doubtful)[0])
    said = f"feature {features[worst]!r} was trained on " + (
        f"{seen.low[worst]:g} to {seen.high[worst]:g}"
        if np.isnan(seen.spread[worst])
        else f"{seen.mean[worst]:g} +- {seen.spread[worst]:g}"
    )
    bounds = f"{feature.name} ({lowest[worst]:.6g} to {highest[worst]:.6g})"
    ways = remedy(features[worst], float(bottom[worst]), float(top[worst]), feature, real=False)
    if certain.any():
        raise PortError(f"{said}, which is beyond {bounds}: {ways}")
    return f"{said}; if some of that is beyond {bounds}, {ways}"
