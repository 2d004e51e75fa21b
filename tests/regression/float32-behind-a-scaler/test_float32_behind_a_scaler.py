"""Behind a scaler 3 to 5 of 2,000 float32 rows differed while `measured` said 100 %: scikit-learn scales float32 rows
in float32, and thresholds were searched, and rows compared, in float64."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import port


@pytest.mark.parametrize(
    "scalers", [(StandardScaler(),), (MinMaxScaler(),), (MinMaxScaler((-3, 2), clip=True), StandardScaler())], ids=len
)
@pytest.mark.parametrize(
    "classifier",
    [
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(3, random_state=0),
        HistGradientBoostingClassifier(max_iter=3, max_depth=3),
    ],
)
def test_exact_on_thresholds_and_their_neighbours(scalers: Any, classifier: Any) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(20, 7, (500, 3)).astype(np.float32)
    y = (x[:, 0] > x[:, 1]) + (x[:, 2] > 22) * 1
    fitted = make_pipeline(*scalers, classifier).fit(x, y)
    ported = port(fitted, name="scaled", feature_type="float32")
    edges = np.asarray(ported.golden.rows)
    rows = np.concatenate([x, edges, np.nextafter(edges, np.float32(-9)), np.nextafter(edges, np.float32(99))])
    np.testing.assert_array_equal(ported.predict(rows), fitted.predict(rows))


def test_digits_as_float32_and_the_very_rows_are_measured() -> None:
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(10, random_state=0)).fit(x[:1000], y[:1000])
    rows = (x + rng.choice([0, 0.5, 0.25], x.shape)).astype(np.float32)
    ported = port(forest, name="digits", feature_type="float32", rows=rows)
    assert ported.agreement == (ported.predict(rows) == forest.predict(rows)).mean() == 1
