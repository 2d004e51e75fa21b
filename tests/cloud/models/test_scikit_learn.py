"""Every classifier keeps scikit-learn's rules."""

from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import estimator_checks_generator

from cloud.models import CompactBoostingClassifier, DistilledClassifier, LowBitNetClassifier

ESTIMATORS = [
    LowBitNetClassifier(hidden=16, epochs=1, random_state=0),
    CompactBoostingClassifier(trees=30),
    DistilledClassifier(LogisticRegression(), DecisionTreeClassifier(max_depth=6, random_state=0)),
]
CHECKS = [pair for estimator in ESTIMATORS for pair in estimator_checks_generator(estimator)]


def _named(pair: Any) -> str:
    estimator, check = pair
    return f"{type(estimator).__name__}-{getattr(check, 'func', check).__name__}"


@pytest.mark.parametrize("pair", CHECKS, ids=map(_named, CHECKS))
def test_check(pair: Any) -> None:
    estimator, check = pair
    check(estimator)
