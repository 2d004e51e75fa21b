"""More rows: what images are, and what may be done to them."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

from cloud.models import BonsaiClassifier, Jitter, LowBitNetClassifier, image_side
from cloud.models.trained import TrainedClassifier

DIGITS, CLASSES = load_digits(return_X_y=True)
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(500, 64))
NO_IMAGES = {
    "points in another order": DIGITS[:, RNG.permutation(64)],
    "points that nothing joins": NOISE,
    "a course of time": NOISE.cumsum(axis=1),
    "one thing seen 64 times": NOISE + RNG.normal(size=(500, 1)),
    "no square": DIGITS[:, :63],
    "a square too small": load_breast_cancer().data[:, :25],
    "nothing moves": np.ones((500, 64)),
}


@pytest.mark.parametrize("rows", [DIGITS, DIGITS.astype(np.uint8), DIGITS[:40]], ids=["floats", "bytes", "few"])
def test_images_are_told(rows: Any) -> None:
    assert image_side(rows) == 8


@pytest.mark.parametrize("kind", NO_IMAGES)
def test_other_rows_are_no_images(kind: str) -> None:
    assert image_side(NO_IMAGES[kind]) == 0


def test_jittered_images_keep_their_ink() -> None:
    image = np.zeros((6, 8, 8))
    image[:, 3:5, 3:5] = 16
    moved = Jitter(8)(image.reshape(6, 64), np.random.default_rng(0))
    assert moved.sum(axis=1) == pytest.approx(64, rel=0.25)
    assert len(np.unique(moved, axis=0)) == 6


@pytest.mark.parametrize("kind", [LowBitNetClassifier, BonsaiClassifier])
def test_augmented_rows_are_learned_from(kind: type[TrainedClassifier]) -> None:
    """Of digits that only copies show moved to the right."""

    def moved(rows: Any, rng: Any) -> Any:
        return np.roll(rows.reshape(-1, 8, 8), 1, axis=2).reshape(-1, 64)

    train, test = slice(0, 600), slice(1200, None)
    plain = kind(epochs=8, random_state=0).fit(DIGITS[train], CLASSES[train])
    shown = kind(epochs=4, augment=moved, copies=1, random_state=0).fit(DIGITS[train], CLASSES[train])
    there = moved(DIGITS[test], None)
    assert shown.score(there, CLASSES[test]) > plain.score(there, CLASSES[test]) + 0.1


def test_refuses_rows_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"augment made rows of shape \(100, 32\) of rows of shape \(100, 64\)"):
        LowBitNetClassifier(augment=lambda rows, rng: rows[:, ::2]).fit(DIGITS[:100], CLASSES[:100])
