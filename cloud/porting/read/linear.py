"""Reads scikit-learn's linear classifiers and GaussianNB."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, RidgeClassifierCV, SGDClassifier
from sklearn.svm import LinearSVC

from ..errors import PortError

PROBABLE = (LogisticRegression, LinearDiscriminantAnalysis)
"""Those whose probabilities are the softmax of their scores."""
LINEAR = (*PROBABLE, LinearSVC, SGDClassifier, Perceptron, RidgeClassifier, RidgeClassifierCV)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Scores weights @ x + bias, natural units; weights of shape (scores, features). One score is that of the second of
    two classes. `centre` is the mean of x."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    centre: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class NaiveBayes:
    """Scores start - sum(((x - mean) * narrowness)**2), natural units; shapes (classes,) and (classes, features)."""

    start: NDArray[np.float64]
    mean: NDArray[np.float64]
    narrowness: NDArray[np.float64]


def coefficients(estimator: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights and bias of each score; RidgeClassifier has those of a single score as a row and a number."""
    return np.atleast_2d(estimator.coef_), np.atleast_1d(estimator.intercept_)


def read_linear(estimator: Any, matrix: NDArray[np.float64], offset: NDArray[np.float64], rows: NDArray[Any]) -> Linear:
    """A fitted classifier of LINEAR on inputs matrix @ x + offset; `rows` are such as x will be."""
    own, start = coefficients(estimator)
    weights, bias = own @ matrix, start + own @ offset
    if len(weights) > 1:  # a softmax does not change when all scores do by the same
        weights, bias = weights - weights.mean(axis=0), bias - bias.mean()
    return Linear(weights=weights, bias=bias, centre=rows.mean(axis=0, dtype=np.float64))


def read_naive_bayes(estimator: Any, matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> NaiveBayes:
    """A fitted GaussianNB on inputs matrix @ x + offset, each of one feature; one without a factor decides nothing.

    Raises:
        PortError: variances of nothing, as of features that are all constant, or a feature that is in several inputs.
    """
    if not (estimator.var_ > 0).all():
        raise PortError(
            "the estimator has variances that are 0 or not finite: train it again without constant features"
        )
    if ((matrix != 0).sum(axis=0) > 1).any():
        raise PortError("a feature goes into GaussianNB more than once: give each to one transformer only")
    spread = np.sqrt(estimator.var_)
    with np.errstate(divide="ignore"):
        start = np.log(estimator.class_prior_) - np.log(spread).sum(axis=1)
    mean, narrowness = np.zeros((2, len(start), matrix.shape[1]))
    for i, row in enumerate(matrix):
        for feature in np.flatnonzero(row):
            mean[:, feature] = (estimator.theta_[:, i] - offset[i]) / row[feature]
            narrowness[:, feature] = np.abs(row[feature]) / spread[:, i] / math.sqrt(2)
    return NaiveBayes(start=start - start.max(), mean=mean, narrowness=narrowness)
