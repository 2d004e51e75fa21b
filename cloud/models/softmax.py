"""From scores to probabilities, and the slope of the cross-entropy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[Any]


def probabilities(scores: Reals) -> Reals:
    """Softmax of scores, shape (rows, classes); one column is the score of the second of two classes."""
    if scores.shape[1] == 1:
        scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
    powers: Reals = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Reals = powers / powers.sum(axis=1, keepdims=True)
    return shares


def cross_entropy_slope(scores: Reals, targets: Reals) -> Reals:
    """Slope of the mean cross-entropy with respect to scores; targets are probabilities of shape (rows, classes)."""
    slope: Reals = (probabilities(scores) - targets) / np.asarray(len(scores), scores.dtype)
    return slope[:, 1:] if scores.shape[1] == 1 else slope
