"""Distillation: the student learns the teacher's opinion, and of augmented rows."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from cloud.models import DistilledClassifier, LowBitNetClassifier

X, Y = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(X, Y, test_size=0.3, random_state=0, stratify=Y)


class _Contrary(KNeighborsClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """Says of every digit that it is the next one."""

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.roll(super().predict_proba(X), 1, axis=1)


def test_a_trusted_teacher_outweighs_the_labels() -> None:
    for student in (DecisionTreeClassifier(random_state=0), LowBitNetClassifier(epochs=15, random_state=0)):
        model = DistilledClassifier(_Contrary(1), student, trust=1.0).fit(TRAIN_X, TRAIN_Y)
        assert (model.predict(TEST_X) == (TEST_Y + 1) % 10).mean() > 0.8
        assert DistilledClassifier(_Contrary(1), student, trust=0.0).fit(TRAIN_X, TRAIN_Y).score(TEST_X, TEST_Y) > 0.8


def test_temperature_shows_second_best() -> None:
    teacher = DistilledClassifier(_Contrary(), DecisionTreeClassifier())._opinion(_Mixed(), TRAIN_X[:1])
    softer = DistilledClassifier(temperature=2.0)._opinion(_Mixed(), TRAIN_X[:1])
    assert teacher[0] == pytest.approx([0.9, 0.1])
    assert softer[0] == pytest.approx([0.75, 0.25])


class _Mixed:
    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([[0.9, 0.1]])


def test_augmented_rows_are_learned_from() -> None:
    calls = []

    def shifted(rows: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        calls.append(len(rows))
        return np.roll(rows.reshape(-1, 8, 8), 1 if len(calls) % 2 else -1, axis=2).reshape(-1, 64)

    student = LowBitNetClassifier(epochs=8, random_state=0)
    plain = DistilledClassifier(SVC(), student, random_state=0).fit(TRAIN_X, TRAIN_Y)
    taught = DistilledClassifier(SVC(), student, augment=shifted, copies=3, random_state=0).fit(TRAIN_X, TRAIN_Y)
    moved = np.roll(TEST_X.reshape(-1, 8, 8), 1, axis=2).reshape(-1, 64)
    assert calls == [len(TRAIN_X)] * 3
    assert taught.score(moved, TEST_Y) > plain.score(moved, TEST_Y) + 0.1


def test_refuses_a_student_that_cannot_be_taught() -> None:
    with pytest.raises(ValueError, match=r"KNeighborsClassifier\.fit takes neither soft_labels nor sample_weight"):
        DistilledClassifier(LinearSVC(), KNeighborsClassifier()).fit(TRAIN_X[:100], TRAIN_Y[:100])
    with pytest.raises(ValueError, match="needs a teacher and a student"):
        DistilledClassifier().fit(TRAIN_X, TRAIN_Y)
