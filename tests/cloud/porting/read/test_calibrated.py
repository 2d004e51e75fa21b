"""CalibratedClassifierCV: the mean of sigmoids or of lines between knots as in scikit-learn, and one line for what is
not ported."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from bench.sanitized import classify_sanitized
from cloud.porting import PortError, port

X, Y = load_wine(return_X_y=True)
X = np.rint(10 * X)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(X, Y, test_size=0.5, random_state=0, stratify=Y)


def scaled(classifier: Any) -> Any:
    return make_pipeline(StandardScaler(), classifier)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "estimator",
    [
        scaled(CalibratedClassifierCV(LinearSVC(random_state=0))),
        CalibratedClassifierCV(scaled(LogisticRegression()), cv=3),
        CalibratedClassifierCV(scaled(LinearSVC(random_state=0)), ensemble=False),
    ],
    ids=["scaler before", "scaler inside", "one fold"],
)
def test_class_and_confidence_as_in_scikit_learn(estimator: Any, classes: int) -> None:
    estimator.fit(TRAIN_X, np.minimum(TRAIN_Y, classes - 1))
    ported = port(estimator, name="m", rows=TEST_X)
    found, confidences = classify_sanitized(ported, TEST_X.astype(np.int16))
    assert (ported.classes[found] == estimator.predict(TEST_X)).mean() >= 0.97
    assert np.abs(confidences - 100 * estimator.predict_proba(TEST_X).max(axis=1)).max() < 2
    assert ported.rounded
    bare = port(estimator, name="m", rows=TEST_X, confidence=False)
    np.testing.assert_array_equal(bare.predict(TEST_X), ported.predict(TEST_X))


@pytest.mark.parametrize(
    ("estimator", "classes", "mode"),
    [
        (CalibratedClassifierCV(RandomForestClassifier(4, max_depth=3, random_state=0), cv=2), 2, "inline"),
        (CalibratedClassifierCV(HistGradientBoostingClassifier(max_iter=3), ensemble=False, cv=2), 3, "table"),
        (scaled(CalibratedClassifierCV(DecisionTreeClassifier(max_depth=3), ensemble=False, cv=2)), 2, "table"),
        (CalibratedClassifierCV(RandomForestClassifier(4, random_state=0), method="isotonic", cv=3), 3, "table"),
        (
            CalibratedClassifierCV(HistGradientBoostingClassifier(max_iter=3), method="isotonic", ensemble=False, cv=2),
            2,
            "inline",
        ),
    ],
    ids=["forests of two folds", "boosting", "a tree behind a scaler", "isotonic, forests", "isotonic, boosting"],
)
def test_trees_decide_and_are_as_sure_as_in_scikit_learn(estimator: Any, classes: int, mode: str) -> None:
    estimator.fit(TRAIN_X, np.minimum(TRAIN_Y, classes - 1))
    ported = port(estimator, name="m", rows=TEST_X, mode=mode)
    found, confidences = classify_sanitized(ported, TEST_X.astype(np.int16))
    np.testing.assert_array_equal(ported.classes[found], estimator.predict(TEST_X))
    assert np.abs(confidences - 100 * estimator.predict_proba(TEST_X).max(axis=1)).max() < 1
    assert ported.mode == mode


def test_folds_that_disagree_are_averaged_and_not_outvoted() -> None:
    """Two folds say 0.6 of the second class, one says 0.05: the mean is 0.417, though two of three say the second."""
    x, y = blobs()
    fitted = CalibratedClassifierCV(LinearSVC(random_state=0), cv=3).fit(x, y)
    for fold, odds in zip(fitted.calibrated_classifiers_, (0.405, 0.405, -2.944), strict=True):
        fold.estimator.coef_[:] = [[0.01, 0]]
        fold.estimator.intercept_[:] = -1.0
        (calibration,) = fold.calibrators
        calibration.a_, calibration.b_ = -1.0, -odds
    row = np.array([[100, 0]])
    assert fitted.predict_proba(row)[0, 1] == pytest.approx(0.417, abs=0.001)
    ported = port(fitted, name="m", feature_type="uint8", rows=x)
    assert ported.predict(row) == fitted.predict(row) == [0]
    assert ported.confidence(row) == [58]


@pytest.mark.parametrize("ensemble", [True, False])
def test_isotonic_shares_are_those_of_scikit_learn_at_knots_between_and_beyond(ensemble: bool) -> None:
    """An even share is the first class; a weight of 1/8 has no rounding that could hide what the knots say."""
    x, y = blobs()
    fitted = CalibratedClassifierCV(LinearSVC(random_state=0), method="isotonic", ensemble=ensemble, cv=2).fit(x, y)
    knots = np.array([-2.0, -1, -0.5, 1, 2]), np.array([0.0, 0.5, 0.5, 0.75, 1])
    for fold in fitted.calibrated_classifiers_:
        fold.estimator.coef_[:], fold.estimator.intercept_[:] = [[1 / 8, 0]], -4
        (isotonic,) = fold.calibrators
        isotonic.X_thresholds_, isotonic.y_thresholds_ = knots
        isotonic.X_min_, isotonic.X_max_ = -2.0, 2.0
        isotonic._build_f(*knots)
    rows = np.stack([np.arange(80), np.zeros(80, int)], axis=1)
    ported = port(fitted, name="m", feature_type="uint8", rows=rows)
    np.testing.assert_array_equal(ported.predict(rows), fitted.predict(rows))
    assert (fitted.predict_proba(rows)[24:29] == 0.5).all()
    np.testing.assert_allclose(ported.confidence(rows), 100 * fitted.predict_proba(rows).max(axis=1), atol=0.51)


def test_a_frozen_estimator_is_read_through() -> None:
    svm = scaled(LinearSVC(random_state=0)).fit(TRAIN_X, TRAIN_Y)
    fitted = CalibratedClassifierCV(FrozenEstimator(svm)).fit(TEST_X, TEST_Y)
    assert (port(fitted, name="m", rows=X).agreement or 0) > 0.97


def test_training_rows_beyond_the_type_are_refused_though_the_scaler_is_inside() -> None:
    fitted = CalibratedClassifierCV(scaled(LinearSVC(random_state=0))).fit(TRAIN_X * 1000, TRAIN_Y)
    with pytest.raises(PortError, match=r"was trained on .* which is beyond int16"):
        port(fitted, name="m")


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (CalibratedClassifierCV(LinearSVC(), method="temperature"), "calibrate with method='sigmoid' or 'isotonic'"),
        (CalibratedClassifierCV(GaussianNB()), "CalibratedClassifierCV of GaussianNB cannot"),
        (CalibratedClassifierCV(scaled(RandomForestClassifier(2))), "StandardScaler inside CalibratedClassifierCV of"),
        (
            CalibratedClassifierCV(make_pipeline(SimpleImputer(), LinearSVC())),
            "a SimpleImputer inside CalibratedClassifierCV",
        ),
    ],
)
def test_refused_in_one_line(estimator: Any, message: str) -> None:
    x, y = blobs()
    with pytest.raises(PortError, match=message) as refused:
        port(estimator.fit(x, y), name="m", feature_type="uint8")
    assert "\n" not in str(refused.value)


def test_refuses_more_scores_than_a_byte_counts() -> None:
    x, _ = blobs()
    fitted = CalibratedClassifierCV(LogisticRegression(), cv=2).fit(x, np.arange(60) % 3)
    fitted.calibrated_classifiers_ = fitted.calibrated_classifiers_[:1] * 200
    with pytest.raises(PortError, match="200 folds have 600 scores, and the C holds 255"):
        port(fitted, name="m", feature_type="uint8")


def test_not_fitted() -> None:
    with pytest.raises(PortError, match="CalibratedClassifierCV is not fitted"):
        port(CalibratedClassifierCV(LinearSVC()), name="m")


def blobs() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    return rng.integers(0, 100, (60, 2)) + 100.0 * y[:, None], y
