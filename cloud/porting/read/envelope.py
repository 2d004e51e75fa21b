"""Reads scikit-learn's EllipticEnvelope: anomalies by their Mahalanobis distance."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.covariance import EllipticEnvelope

from ..errors import PortError
from .scaling import Scaling

Floats = NDArray[np.float64]
SINGULAR = 1e6
"""A condition number, of features in their own standard deviations, beyond which they follow from each other."""


class Envelope(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A fitted EllipticEnvelope as a classifier of two classes: -1 an anomaly, 1 none."""

    def __init__(self, fitted: EllipticEnvelope) -> None:
        self.fitted = fitted
        self.classes_ = np.array([-1, 1])
        self.n_features_in_ = fitted.n_features_in_
        if hasattr(fitted, "feature_names_in_"):
            self.feature_names_in_ = fitted.feature_names_in_

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """It comes fitted.

        Raises:
            PortError: always.
        """
        raise PortError("an envelope that was read cannot be trained on; train the EllipticEnvelope")

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """The class of each row."""
        found: NDArray[np.int64] = self.fitted.predict(X)
        return found


@dataclass(frozen=True, kw_only=True)
class Ellipsoid:
    """Rows for which |upper @ (x - centre)|**2 <= limit; `upper` is triangular, shape (used, used), and `used` are the
    numbers of the features in it."""

    used: NDArray[np.intp]
    centre: Floats
    upper: Floats
    limit: float


def read_envelope(estimator: Envelope, scaling: Scaling) -> Ellipsoid:
    """A fitted envelope behind `scaling`. With the precision P = L L' of Cholesky, the squared Mahalanobis distance
    d' P d is |L' d|**2.

    Raises:
        PortError: PCA before it, a feature in several inputs, features that follow from each other, or a limit that
            nothing is within.
    """
    columns = scaling.axes()
    matrix, offset = scaling.affine()
    varying = np.flatnonzero(matrix.any(axis=1))
    used = columns.sources[varying]
    if len(set(used.tolist())) < len(used):
        raise PortError("a feature goes into EllipticEnvelope more than once: give each to one transformer only")
    slope, limit = matrix[varying, used], float(-estimator.fitted.offset_)
    try:
        lower = np.linalg.cholesky(estimator.fitted.precision_[np.ix_(varying, varying)])
    except np.linalg.LinAlgError:
        lower = np.zeros((0, 0))
    if len(lower) == 0 or np.linalg.cond(lower / np.linalg.norm(lower, axis=1, keepdims=True)) > SINGULAR:
        raise PortError(
            "EllipticEnvelope was trained on features that follow from each other, and has no distance to be ported: "
            "train without those"
        )
    if not limit > 0:
        raise PortError("EllipticEnvelope finds every row an anomaly: train with a lower contamination")
    return Ellipsoid(
        used=used,
        centre=(estimator.fitted.location_[varying] - offset[varying]) / slope,
        upper=lower.T * slope,
        limit=limit,
    )
