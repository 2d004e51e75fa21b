"""Every classifier keeps scikit-learn's rules."""

from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import estimator_checks_generator

from cloud.models import (
    BonsaiClassifier,
    CascadeClassifier,
    CompactBoostingClassifier,
    DistilledClassifier,
    ImageConvClassifier,
    LowBitNetClassifier,
    SeparableConvClassifier,
    training,
)

ESTIMATORS = [
    LowBitNetClassifier(hidden=16, epochs=1, random_state=0),
    SeparableConvClassifier(filters=(4,), kernel=2, depth_multiplier=4, epochs=1, random_state=0),
    ImageConvClassifier(((16, 2, 1),), epochs=1, random_state=0),
    BonsaiClassifier(epochs=1, random_state=0),
    CascadeClassifier(CompactBoostingClassifier(5), CompactBoostingClassifier(30)),
    CompactBoostingClassifier(trees=30),
    DistilledClassifier(LogisticRegression(), DecisionTreeClassifier(max_depth=6, random_state=0)),
]
ARRAY_API = "check_array_api_input"
"""Of other libraries' arrays, which none takes."""


def _named(pair: Any) -> str:
    estimator, check = pair
    return f"{type(estimator).__name__}-{getattr(check, 'func', check).__name__}"


CHECKS = [
    pair
    for estimator in ESTIMATORS
    for pair in estimator_checks_generator(estimator)
    if not _named(pair).endswith(ARRAY_API)
]


@pytest.mark.no_cover  # their lines are counted in tests of their own
@pytest.mark.parametrize("pair", CHECKS, ids=map(_named, CHECKS))
def test_check(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules hold however short the training; how well it has learnt is asked by check_classifiers_train alone."""
    estimator, check = pair
    if "check_classifiers_train" not in _named(pair):
        monkeypatch.setattr(training, "LEAST_STEPS", 50)
    check(estimator)
