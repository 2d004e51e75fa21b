"""Rows to try a model on when none are given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB

from ...models import CascadeClassifier
from ...models.estimator import IntegerClassifier
from ..model.features import FeatureType
from ..read.scaling import Scaling
from .golden import CANDIDATES, SEED


def typical(classifier: Any, scaling: Scaling, feature: FeatureType) -> NDArray[np.generic]:
    """Rows such as a classifier was trained on, as far as the model tells, as the node has them: by the means, spreads
    or bounds that its pipeline or it saw; otherwise any."""
    rng = np.random.default_rng(SEED)
    seen, width = scaling.seen, len(scaling.features)
    shape = (CANDIDATES, width)
    scales = np.array(feature.scales or np.ones(width))
    if scaling.plain and isinstance(classifier, GaussianNB):
        classes = rng.integers(0, len(classifier.classes_), CANDIDATES)
        values = rng.normal(classifier.theta_[classes], np.sqrt(classifier.var_[classes]))
    elif scaling.plain and isinstance(classifier, (IntegerClassifier, CascadeClassifier)):
        values = np.asarray(classifier.examples(CANDIDATES, rng), np.float64)
    else:
        low, high = (-1.0, 1.0) if feature.real else (feature.least / scales, feature.highest / scales)
        values = rng.uniform(low, high, shape)
        values = np.where(np.isnan(seen.low), values, seen.low + (seen.high - seen.low) * rng.random(shape))
        values = np.where(np.isnan(seen.mean), values, seen.mean + seen.spread * rng.normal(size=shape))
    whole = values if feature.real else np.clip(np.rint(values * scales), feature.least, feature.highest)
    return np.ascontiguousarray(whole, dtype=feature.dtype)
