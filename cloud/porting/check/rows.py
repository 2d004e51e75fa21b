"""Rows to try a model on when none are given."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from cloud.models import CascadeClassifier
from cloud.models.estimator import IntegerClassifier

from ..model.features import FeatureType
from ..model.trees import Node, distinct_thresholds
from .golden import CANDIDATES, SEED, edge_rows


def edges(trees: Sequence[Node], features: int, feature: FeatureType) -> NDArray[np.generic]:
    """Rows on the thresholds of trees and next to them."""
    return edge_rows(distinct_thresholds(trees, features), feature, CANDIDATES)


def typical(
    classifier: Any, scalers: Sequence[Any], features: int, feature: FeatureType
) -> tuple[NDArray[np.generic], str]:
    """Rows such as a classifier behind these scalers was trained on, as far as they tell, and what they are: by the
    first scaler's or the classifier's own means and spreads; otherwise any."""
    rng = np.random.default_rng(SEED)
    shape = (CANDIDATES, features)
    first = scalers[0] if scalers else None
    of = "drawn as its scaler saw the training rows"
    if isinstance(first, StandardScaler) and first.mean_ is not None and first.scale_ is not None:
        values = rng.normal(first.mean_, first.scale_, shape)
    elif first is not None and hasattr(first, "data_min_"):
        values = rng.uniform(first.data_min_, first.data_max_, shape)
    elif isinstance(classifier, GaussianNB):
        classes = rng.integers(0, len(classifier.classes_), CANDIDATES)
        values, of = (
            rng.normal(classifier.theta_[classes], np.sqrt(classifier.var_[classes])),
            "drawn from its classes' means and spreads",
        )
    elif isinstance(classifier, (IntegerClassifier, CascadeClassifier)):
        values, of = classifier.examples(CANDIDATES, rng), "drawn over what it can tell apart"
    elif feature.name == "float32":
        values, of = rng.normal(0, 1, shape), "drawn around 0"
    else:
        values, of = rng.uniform(feature.lowest, feature.highest, shape), f"of any {feature.name}"
    if feature.name == "float32":
        return np.asarray(values, dtype=np.float32), of
    return np.clip(np.rint(values), feature.lowest, feature.highest).astype(feature.dtype), of
