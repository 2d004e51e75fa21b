"""Gradient boosting and scaled pipelines: scikit-learn's class on every row whose best scores are further apart than
the leaves' rounding."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from bench.sanitized import classify_sanitized
from cloud.porting import Ported, PortError, port

CLOSE = 1e-4
RANGES = {"uint8": (0, 255), "int16": (-32768, 32767), "float32": (-1000, 1000)}


def check(estimator: Any, ported: Ported, rows: NDArray[Any]) -> None:
    """Same class on every row that is not nearly a tie, and a confidence within a point on every row. scikit-learn gets
    float32 rows where the node has them, as scalers keep that precision."""
    rows = rows.astype(np.float32) if ported.feature.real else rows
    classes, confidences = classify_sanitized(ported, ported.feature.rows(rows, rows.shape[1]))
    probabilities = estimator.predict_proba(rows)
    first = np.sort(probabilities, axis=1)[:, -2:]
    sure = first[:, 1] - first[:, 0] > CLOSE
    assert sure.any() or len(ported.golden.rows) == 0
    np.testing.assert_array_equal(ported.classes[classes][sure], estimator.predict(rows)[sure])
    assert np.abs(confidences - np.rint(100 * probabilities.max(axis=1))).max() <= 1


@st.composite
def problems(draw: st.DrawFn) -> tuple[Any, str, NDArray[Any]]:
    """A fitted booster, perhaps behind a scaler, its feature type, and rows to try."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    feature = draw(st.sampled_from(("uint8", "int16", "float32")))
    low, high = RANGES[feature]
    span = draw(st.sampled_from((5, 60, high - low)))
    start = int(rng.integers(low, high - span + 1))
    count, width, classes = draw(st.integers(30, 150)), draw(st.integers(1, 8)), draw(st.sampled_from((2, 3, 5)))
    x = rng.integers(start, start + span + 1, (count, width)).astype(float)
    if feature == "float32":
        x = (x * draw(st.sampled_from((1.0, 1e-6, 1e6)))).astype(np.float32).astype(float)
    y = np.arange(count) % classes
    stages = draw(st.integers(1, 8))
    classifier = draw(
        st.sampled_from(
            (
                GradientBoostingClassifier(n_estimators=stages, max_depth=3, random_state=0),
                GradientBoostingClassifier(n_estimators=stages, init="zero", random_state=0),
                HistGradientBoostingClassifier(max_iter=stages, min_samples_leaf=3, random_state=0),
            )
        )
    )
    if classes == 2 and draw(st.booleans()):
        classifier = GradientBoostingClassifier(n_estimators=stages, loss="exponential", random_state=0)
    scaler = draw(
        st.sampled_from(
            (None, StandardScaler(), StandardScaler(with_mean=False), MinMaxScaler((-1, 1)), MinMaxScaler(clip=True))
        )
    )
    estimator = make_pipeline(scaler, classifier) if scaler is not None else classifier
    return estimator.fit(x, y), feature, x[rng.integers(0, count, (200, width)), np.arange(width)]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_any_booster(problem: tuple[Any, str, NDArray[Any]]) -> None:
    estimator, feature, rows = problem
    for mode in ("inline", "table"):
        ported = port(estimator, name="any", feature_type=feature, mode=mode)
        check(estimator, ported, np.concatenate([rows, ported.golden.rows.astype(float)]))


def test_a_score_of_nothing_is_the_second_class_or_the_first() -> None:
    """With balanced classes and no feature that helps, GradientBoosting says the second class and HistGradientBoosting
    the first."""
    x, y = np.zeros((40, 1)), np.arange(40) % 2
    for kind, said in (
        (GradientBoostingClassifier(n_estimators=2), 1),
        (HistGradientBoostingClassifier(max_iter=2), 0),
    ):
        estimator = kind.fit(x, y)
        assert estimator.predict([[0]]) == [said]
        for mode in ("inline", "table"):
            assert port(estimator, name="nothing", mode=mode).predict([[0]]) == [said]


@pytest.mark.parametrize(
    "scaler", [StandardScaler(), StandardScaler(with_std=False), MinMaxScaler(), MinMaxScaler(clip=True)]
)
@pytest.mark.parametrize(
    "classifier", [DecisionTreeClassifier(random_state=0), RandomForestClassifier(4, random_state=0)]
)
def test_scaled_thresholds_are_exact_on_every_integer(scaler: Any, classifier: Any) -> None:
    rng = np.random.default_rng(7)
    x = np.rint(rng.normal(3, 7000, (400, 1)))
    estimator = make_pipeline(scaler, classifier).fit(x, rng.integers(0, 3, 400))
    every = np.arange(-32768, 32768)[:, None]
    np.testing.assert_array_equal(port(estimator, name="scaled").predict(every), estimator.predict(every.astype(float)))


def test_small_leaves_cost_less_and_nearly_agree() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 256, (600, 5))
    y = (x[:, 0] + x[:, 1] > 250).astype(int) + (x[:, 2] > 200)
    estimator = HistGradientBoostingClassifier(max_iter=20).fit(x, y)
    small = port(estimator, name="small", feature_type="uint8", mode="table", votes="small")
    assert "int16_t values[]" in small.files["small.c"]
    rows = rng.integers(0, 256, (4000, 5))
    assert (small.predict(rows) == estimator.predict(rows)).mean() > 0.999


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (make_pipeline(PowerTransformer(), DecisionTreeClassifier()), "PowerTransformer cannot be ported"),
        (make_pipeline(StandardScaler(), PowerTransformer()), "PowerTransformer cannot be ported"),
        (GradientBoostingClassifier(init=DecisionTreeClassifier()), "init estimator"),
        (HistGradientBoostingClassifier(categorical_features=[0]), "categorical"),
    ],
)
def test_refused(estimator: Any, message: str) -> None:
    x, y = np.arange(40)[:, None] % 7, np.arange(40) % 2
    with pytest.raises(PortError, match=message):
        port(estimator.fit(x, y), name="bad")
    with pytest.raises(PortError):
        port(GradientBoostingClassifier(), name="unfitted")
