"""Cascades: how often the expert is woken, who answers, and a confidence of whole numbers."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from cloud.models import CascadeClassifier, CompactBoostingClassifier, LowBitNetClassifier
from cloud.models.confidence import confidence
from cloud.models.softmax import probabilities

X, Y = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(X, Y, test_size=0.4, random_state=0, stratify=Y)
GATE = CompactBoostingClassifier(30, depth=2)
EXPERT = LowBitNetClassifier(epochs=20, random_state=0)


@pytest.mark.parametrize("max_wake", [0.1, 0.4])
def test_wakes_the_expert_for_no_more_than_the_share(max_wake: float) -> None:
    model = CascadeClassifier(GATE, EXPERT, max_wake=max_wake).fit(TRAIN_X, TRAIN_Y)
    woken = model.wakes(TEST_X)
    assert max_wake / 3 < woken.mean() < max_wake + 0.05
    said = model.predict(TEST_X)
    np.testing.assert_array_equal(said[woken], model.expert_.predict(TEST_X[woken]))
    np.testing.assert_array_equal(said[~woken], model.gate_.predict(TEST_X[~woken]))
    assert model.score(TEST_X, TEST_Y) > model.gate_.score(TEST_X, TEST_Y) + max_wake / 6


def test_without_leave_to_wake_the_gate_answers_all() -> None:
    model = CascadeClassifier(GATE, EXPERT, max_wake=0).fit(TRAIN_X, TRAIN_Y)
    assert model.wakes(TEST_X).mean() < 0.01


@pytest.mark.parametrize("shift", [3, 6, 11])
def test_confidence_is_the_probability_of_the_best(shift: int) -> None:
    rng = np.random.default_rng(0)
    for classes in (1, 2, 7):
        scores = np.rint(rng.normal(0, 3, (500, classes)) * 2**shift).astype(np.int64)
        exact = 100 * probabilities(scores * 2.0**-shift).max(axis=1)
        assert np.abs(confidence(scores, shift) - exact).max() <= 1


def test_refuses_parts_without_whole_scores() -> None:
    with pytest.raises(ValueError, match=r"the expert is DecisionTreeClassifier\(\)"):
        CascadeClassifier(GATE, DecisionTreeClassifier()).fit(TRAIN_X, TRAIN_Y)
    with pytest.raises(ValueError, match="max_wake is 2"):
        CascadeClassifier(GATE, EXPERT, max_wake=2).fit(TRAIN_X, TRAIN_Y)
