"""Trees that were trained on NaN agreed with scikit-learn on 62 to 69 % of rows with NaN: where a missing value goes
was not read."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from bench.sanitized import classify_sanitized
from cloud.porting import PortError, port

MISSING = -32768


def holed(rows: int, share: float = 0.2) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whole numbers of which some are missing, more of them in the last class."""
    rng = np.random.default_rng(rows)
    x = rng.integers(-500, 500, (rows, 5)).astype(float)
    y = (x[:, 0] + x[:, 1] > 0) + (x[:, 2] > 300) * 1
    x[rng.random(x.shape) < share * (1 + (y[:, None] == 2))] = np.nan
    return x, y


ESTIMATORS = [
    DecisionTreeClassifier(random_state=0),
    RandomForestClassifier(4, random_state=0),
    RandomForestClassifier(4, max_depth=3, random_state=0),
    ExtraTreesClassifier(3, random_state=0),
    HistGradientBoostingClassifier(max_iter=4),
    make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)),
    make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=4)),
    make_pipeline(MinMaxScaler(), SimpleImputer(strategy="median"), RandomForestClassifier(3, random_state=0)),
]


@pytest.mark.parametrize(("feature_type", "mode"), [("int16", "table"), ("float32", "inline")])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: str(e)[:40])
def test_every_row_with_missing_values(estimator: Any, mode: str, feature_type: str) -> None:
    x, y = holed(300)
    rows = np.concatenate([holed(1500)[0], np.full((1, 5), np.nan)]).astype(np.float32)
    estimator.fit(x, y)
    ported = port(estimator, name="holed", feature_type=feature_type, mode=mode)
    said = estimator.predict(rows if feature_type == "float32" else rows.astype(float))
    golden = ported.golden
    classes, _ = classify_sanitized(ported, np.concatenate([golden.rows, ported.feature.rows(rows, 5)]))
    np.testing.assert_array_equal(classes[: len(golden.rows)], golden.classes)
    np.testing.assert_array_equal(ported.classes[classes[len(golden.rows) :]], said)


def test_what_stands_for_missing() -> None:
    x, y = holed(300)
    tree = DecisionTreeClassifier(random_state=0).fit(x, y)
    whole, real = port(tree, name="whole"), port(tree, name="real", feature_type="float32")
    assert "A feature that is missing is -32768." in whole.files["whole.h"]
    assert "A feature that is missing is NaN." in real.files["real.h"]
    rows = holed(200)[0]
    marked = np.where(np.isnan(rows), MISSING, rows).astype(np.int16)
    np.testing.assert_array_equal(whole.predict(marked), tree.predict(rows))
    negative = np.copysign(rows.astype(np.float32), np.where(np.isnan(rows), -1, np.sign(rows))).astype(np.float32)
    np.testing.assert_array_equal(real.predict(negative), tree.predict(rows))


def test_splits_of_missing_from_not_missing() -> None:
    """The threshold is infinite: all numbers go one way, 32767 too."""
    x = np.array([[np.nan], [1], [np.nan], [32767], [-32767], [3]])
    for tree in (DecisionTreeClassifier(), HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=1)):
        tree.fit(x, [1, 0, 1, 0, 0, 0])
        for feature_type in ("int16", "float32"):
            ported = port(tree, name="apart", feature_type=feature_type)
            np.testing.assert_array_equal(ported.predict(x), tree.predict(x))


def test_trees_that_saw_no_missing_values_can_be_asked_for_them() -> None:
    """scikit-learn sends a missing value to the side that had more rows."""
    x, y = holed(300, share=0)
    forest, rows = RandomForestClassifier(4, random_state=0).fit(x, y), holed(800)[0]
    plain = port(forest, name="forest")
    with pytest.raises(PortError, match="missing=True"):
        plain.predict(rows)
    asked = port(forest, name="forest", missing=True)
    np.testing.assert_array_equal(asked.predict(rows), forest.predict(rows))
    assert port(forest, name="forest", rows=rows).agreement == 1


@pytest.mark.parametrize("classifier", [LogisticRegression(), GaussianNB()])
@pytest.mark.parametrize("before", [True, False])
def test_filled_before_weights(classifier: Any, before: bool) -> None:
    x, y = holed(400)
    steps = (SimpleImputer(), StandardScaler()) if before else (StandardScaler(), SimpleImputer())
    fitted = make_pipeline(*steps, classifier).fit(x, y)
    rows = holed(1000)[0]
    ported = port(fitted, name="filled", rows=rows)
    assert ported.agreement == (ported.predict(rows) == fitted.predict(rows)).mean() > 0.99


def test_refused() -> None:
    x, y = holed(100)
    tree = DecisionTreeClassifier().fit(np.abs(x) % 255, y)
    with pytest.raises(PortError, match="uint8 has no number to spare"):
        port(tree, name="small", feature_type="uint8")
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(*holed(100, share=0))
    with pytest.raises(PortError, match="SimpleImputer"):
        port(scaled, name="weights", missing=True)
