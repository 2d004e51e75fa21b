"""Linear models, naive Bayes and nets where rounding is hard: features far from 0, constant in training, of very
different spreads."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from bench.sanitized import classify_sanitized
from cloud.porting import PortError, port

SPREADS = np.array([3, 40, 700, 9000])
ESTIMATORS = [LogisticRegression(max_iter=2000), GaussianNB(), MLPClassifier((8,), max_iter=300, random_state=0)]


def problem(start: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Three classes of features that spread from 3 to 9000 around `start`, and one that is always `start`."""
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, 400)
    x = start + rng.normal(rng.normal(0, 1, (3, 4))[y], 0.6) * SPREADS
    return np.clip(np.rint(np.column_stack([x, np.full(400, start)])), -32768, 32767), y


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("start", [0, -21000])
def test_features_far_from_nothing_and_constant_ones(estimator: Any, scaler: Any, start: int) -> None:
    x, y = problem(start)
    fitted = make_pipeline(scaler, estimator).fit(x, y)
    ported = port(fitted, name="model", rows=x, labels=y)
    assert ported.measured is not None
    assert ported.measured.share >= 0.99
    assert abs(ported.measured.accuracy_change or 0) < 0.01
    assert (ported.measured.confidence_error or 0) < 4


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_no_row_overflows(estimator: Any) -> None:
    x, y = problem(0)
    ported = port(make_pipeline(StandardScaler(), estimator).fit(x, y), name="model")
    rng = np.random.default_rng(0)
    rows = np.where(rng.random((500, 5)) < 0.5, -32768, 32767).astype(np.int16)
    _, confidences = classify_sanitized(ported, rows)
    assert (confidences >= 33).all()
    assert (confidences <= 100).all()


def test_naive_bayes_of_nothing_is_refused() -> None:
    with pytest.raises(PortError, match="variances that are 0"):
        port(GaussianNB().fit(np.full((6, 2), 7), [0, 1] * 3), name="nothing")
