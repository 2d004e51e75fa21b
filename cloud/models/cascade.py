"""A cheap gate that decides most rows, and an expert for those it is not sure of."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import cross_val_predict
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .confidence import confidence
from .estimator import IntegerClassifier, check_range
from .inputs import Floats

LEAST_FOLDS = 2


class CascadeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A gate answers where it is sure enough; where it is not, the expert is woken and answers.

    Gate and expert are classifiers of cloud.models, whose confidence is whole per cents, the same on a node. The least
    confidence that is sure enough is the highest at which at most a share `max_wake` of the training rows wakes the
    expert, judged by cross-validation: by gates that had not seen the rows. The expert learns from all rows, those that
    wake it `stress` times as often as the others.

    Args:
        gate, expert: classifiers of cloud.models; both are cloned.
        max_wake: share of the rows that may wake the expert.
        folds: of the cross-validation.
        stress: how many times the expert sees a row that wakes it.

    Attributes: classes_; n_features_in_; gate_; expert_; sure_, in per cent.
    """

    def __init__(
        self, gate: Any = None, expert: Any = None, *, max_wake: float = 0.05, folds: int = 3, stress: int = 3
    ) -> None:
        self.gate = gate
        self.expert = expert
        self.max_wake = max_wake
        self.folds = folds
        self.stress = stress

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fits gate and expert on rows X, shape (rows, features), and their classes y.

        Raises:
            ValueError: gate or expert are no classifiers of cloud.models, or bad parameters, rows or labels.
        """
        check_range("max_wake", self.max_wake, 0, 1)
        check_range("folds", self.folds, LEAST_FOLDS, 100)
        check_range("stress", self.stress, 1, 100)
        for part, given in (("gate", self.gate), ("expert", self.expert)):
            if not isinstance(given, IntegerClassifier):
                raise ValueError(f"the {part} is {given!r}; a classifier of cloud.models is needed")
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, counts = np.unique(labels, return_counts=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has 1 class, {self.classes_[0]!r}: a cascade needs two or more")
        unseen = self._unseen_confidence(rows, labels, int(counts.min()))
        self.sure_ = int(max(sure for sure in range(102) if (unseen < sure).mean() <= self.max_wake))
        self.gate_ = clone(self.gate).fit(rows, labels)
        again = np.repeat(np.flatnonzero(unseen < self.sure_), self.stress - 1)
        taught = np.concatenate([np.arange(len(rows)), again])
        self.expert_ = clone(self.expert).fit(rows[taught], labels[taught])
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The gate's class of each row, or the expert's where it is woken."""
        rows = self._rows(X)
        woken = self._woken(rows)
        found: NDArray[Any] = self.gate_.predict(rows)
        if woken.any():
            found[woken] = self.expert_.predict(rows[woken])
        return found

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities of the classes by whoever answers, shape (rows, classes)."""
        rows = self._rows(X)
        woken = self._woken(rows)
        found: Floats = self.gate_.predict_proba(rows)
        if woken.any():
            found[woken] = self.expert_.predict_proba(rows[woken])
        return found

    def wakes(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Which rows wake the expert."""
        return self._woken(self._rows(X))

    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """Rows that try the gate and the expert, shape (count, features)."""
        half = self.gate_.examples(count // 2, rng)
        return np.concatenate([half, self.expert_.examples(count - count // 2, rng)])

    def _rows(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        rows: Floats = validate_data(self, X, reset=False, dtype=np.float64)
        return rows

    def _woken(self, rows: Floats) -> NDArray[np.bool_]:
        return np.asarray(confidence(self.gate_.whole_scores(rows), self.gate_.score_shift) < self.sure_)

    def _unseen_confidence(self, rows: Floats, labels: NDArray[Any], rarest: int) -> Floats:
        """Per cent of gates that were fitted to other rows; of one that saw them, where a class is too rare to part."""
        folds = min(self.folds, rarest)
        gate = clone(self.gate)
        if folds < LEAST_FOLDS:
            shares = gate.fit(rows, labels).predict_proba(rows)
        else:
            shares = cross_val_predict(gate, rows, labels, cv=folds, method="predict_proba")
        found: Floats = 100 * np.asarray(shares, np.float64).max(axis=1)
        return found
