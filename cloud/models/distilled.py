"""Knowledge distillation: a small student learns what a large teacher thinks of every class."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from .augment import Augment, augmented
from .estimator import check_range, generator
from .inputs import Floats
from .softmax import probabilities

LEAST_WEIGHT = 1e-3
"""Classes that a teacher gives less are left out of what a student without soft labels is taught."""


class DistilledClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A student taught by a teacher (Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015).

    The student's target of a row is trust * q + (1 - trust) * its label, where q is proportional to the teacher's
    probability to the power of 1 / temperature. A student whose fit() takes `soft_labels` gets the targets; another
    gets every row once for each class, weighted by its target, which has the same cross-entropy.

    Args: teacher, student: classifiers; both are cloned and fitted (FrozenEstimator keeps a teacher that is fitted).
        temperature: above 1 shows more of what the teacher holds for second best. trust: from 0, labels alone, to 1.
        augment: makes other rows of the same classes, of X and a numpy Generator. copies: how many times each row is
        augmented; teacher and student learn from the rows and their copies. random_state: seed of `augment`.

    Attributes: classes_; n_features_in_; student_: the fitted student, which is what is ported.
    """

    def __init__(
        self,
        teacher: Any = None,
        student: Any = None,
        *,
        temperature: float = 1.0,
        trust: float = 0.5,
        augment: Augment | None = None,
        copies: int = 8,
        random_state: Any = None,
    ) -> None:
        self.teacher = teacher
        self.student = student
        self.temperature = temperature
        self.trust = trust
        self.augment = augment
        self.copies = copies
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fits the teacher and then the student on rows X, shape (rows, features), and their classes y.

        Raises:
            ValueError: no teacher or student, bad parameters, or a student that takes neither soft labels nor weights.
        """
        check_range("temperature", self.temperature, 1e-3, 1e3)
        check_range("trust", self.trust, 0, 1)
        if self.teacher is None or self.student is None:
            raise ValueError("a DistilledClassifier needs a teacher and a student")
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(f"y has 1 class, {self.classes_[0]!r}: a teacher needs two or more")
        rows, labels = self._augmented(rows, labels)
        teacher = clone(self.teacher).fit(rows, labels)
        certain = (labels[:, None] == self.classes_).astype(np.float64)
        targets = self.trust * self._opinion(teacher, rows) + (1 - self.trust) * certain
        self.student_ = _taught(clone(self.student), rows, labels, targets, self.classes_)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The student's class of each row."""
        rows = self._rows(X)
        found: NDArray[Any] = self.student_.predict(rows)
        return found

    def predict_proba(self, X: ArrayLike) -> Floats:
        """The student's probabilities, shape (rows, classes)."""
        rows = self._rows(X)
        found: Floats = self.student_.predict_proba(rows)
        return found

    def _rows(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        rows: Floats = validate_data(self, X, reset=False, dtype=np.float64)
        return rows

    def _augmented(self, rows: Floats, labels: NDArray[Any]) -> tuple[Floats, NDArray[Any]]:
        if self.augment is None:
            return rows, labels
        more = augmented(rows, self.augment, self.copies, generator(self.random_state))
        return more, np.tile(labels, self.copies + 1)

    def _opinion(self, teacher: Any, rows: Floats) -> Floats:
        if hasattr(teacher, "predict_proba"):
            scores = np.log(np.maximum(teacher.predict_proba(rows), 1e-12))
        else:
            scores = np.asarray(teacher.decision_function(rows), np.float64)
            scores = scores[:, None] if scores.ndim == 1 else scores
        found: Floats = probabilities(scores / self.temperature)
        return found


def _taught(student: Any, rows: Floats, labels: NDArray[Any], targets: Floats, classes: NDArray[Any]) -> Any:
    if has_fit_parameter(student, "soft_labels"):
        return student.fit(rows, labels, soft_labels=targets)
    if not has_fit_parameter(student, "sample_weight"):
        raise ValueError(
            f"{type(student).__name__}.fit takes neither soft_labels nor sample_weight: it cannot be taught"
        )
    row, place = np.nonzero(targets > LEAST_WEIGHT)
    return student.fit(rows[row], classes[place], sample_weight=targets[row, place])
