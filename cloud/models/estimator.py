"""What the classifiers here have in common: whole scores, and scikit-learn's way of asking for them."""

from abc import abstractmethod
from collections.abc import Collection
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .inputs import Floats, Ints
from .softmax import probabilities


class IntegerClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier that decides by whole numbers alone. A subclass fits, and computes whole scores."""

    classes_: NDArray[Any]

    @abstractmethod
    def fit(self, X: ArrayLike, y: ArrayLike, soft_labels: ArrayLike | None = None) -> Self:
        """Trains on rows X, shape (rows, features), and their classes y, or on probabilities of the classes."""

    @abstractmethod
    def whole_scores(self, rows: Floats) -> Ints:
        """Whole scores of rows, shape (rows, classes), or (rows, 1) for the second of two classes."""

    @property
    @abstractmethod
    def score_shift(self) -> int:
        """Scores are logarithms of odds in units of 2**-score_shift."""

    @abstractmethod
    def examples(self, count: int, rng: np.random.Generator) -> Floats:
        """Rows that try the fitted model, shape (count, features): values over what it can tell apart."""

    def decision_function(self, X: ArrayLike) -> Floats:
        """Logarithms of odds, shape (rows,) for two classes, else (rows, classes)."""
        scores: Floats = self._scores(X).astype(np.float64) * 2.0**-self.score_shift
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities of the classes, shape (rows, classes)."""
        found: Floats = probabilities(self._scores(X) * 2.0**-self.score_shift)
        return found

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class of each row; of equal scores the first."""
        scores = self._scores(X)
        best = (scores[:, 0] > 0).astype(np.intp) if scores.shape[1] == 1 else scores.argmax(axis=1)
        found: NDArray[Any] = self.classes_[best]
        return found

    def _scores(self, X: ArrayLike) -> Ints:
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=np.float64)
        return self.whole_scores(rows)

    def _begin(
        self,
        X: ArrayLike,
        y: ArrayLike,
        soft_labels: ArrayLike | None,
    ) -> tuple[Floats, Floats]:
        """Checks and keeps what every fit does; rows, and targets of shape (rows, classes)."""
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, places = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has 1 class, {self.classes_[0]!r}: a {type(self).__name__} needs two or more")
        targets = np.eye(len(self.classes_))[places]
        if soft_labels is not None:
            given = np.asarray(soft_labels, np.float64)
            if given.shape != targets.shape or not np.isfinite(given).all() or given.min() < 0:
                raise ValueError(
                    f"soft_labels have shape {given.shape}; probabilities of shape {targets.shape} are needed"
                )
            targets = given
        return rows, targets


def generator(random_state: Any) -> np.random.Generator:
    """numpy's random numbers from what scikit-learn takes as a seed."""
    return np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises ValueError for a parameter that is out of range."""
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; it must lie between {low} and {high}")


def check_choice(name: str, value: str, allowed: Collection[str]) -> None:
    """Raises ValueError for a parameter that is none of those allowed."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; choose from {', '.join(allowed)}")
