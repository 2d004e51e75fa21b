"""Column transformers, imputers and PCA before a classifier: what the C decides on every row."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import PortError, port

NAMES = ["soil", "air", "rain", "wind"]


def problem() -> tuple[pd.DataFrame, NDArray[Any]]:
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.integers(-300, 300, (500, 4)) * [1, 3, 10, 2], columns=NAMES).astype(float)
    return x, ((x["soil"] + x["air"] > 0) + (x["wind"] > 200) * 1).to_numpy()


def columns(remainder: str) -> ColumnTransformer:
    """Turned round, each its own way."""
    return ColumnTransformer(
        [
            ("last", make_pipeline(SimpleImputer(), MinMaxScaler()), ["wind"]),
            ("first", StandardScaler(), slice("soil", "air")),
            ("none", "drop", []),
        ],
        remainder=remainder,
    )


@pytest.mark.parametrize("remainder", ["drop", "passthrough"])
@pytest.mark.parametrize("after", [(), (MinMaxScaler((-1, 1)),)], ids=len)
def test_a_tree_behind_columns_is_exact(remainder: str, after: Any) -> None:
    x, y = problem()
    x.loc[::7, "wind"] = np.nan
    fitted = make_pipeline(columns(remainder), *after, DecisionTreeClassifier(random_state=0)).fit(x, y)
    np.testing.assert_array_equal(port(fitted, name="tree").predict(x), fitted.predict(x))
    single = x.astype(np.float32)
    ported = port(fitted, name="tree", feature_type="float32", rows=single)
    assert ported.agreement == (ported.predict(single) == fitted.predict(single)).mean() == 1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "classifier", [LogisticRegression(), LinearSVC(), GaussianNB(), MLPClassifier((6,), max_iter=200, random_state=0)]
)
def test_weights_behind_columns(classifier: Any) -> None:
    x, y = problem()
    x.loc[::9, "wind"] = np.nan
    fitted = make_pipeline(columns("drop"), classifier).fit(x, y)
    ported = port(fitted, name="model", rows=x)
    assert ported.agreement is not None
    assert ported.agreement > 0.98


@pytest.mark.parametrize("pca", [PCA(3), PCA(whiten=True), PCA(2)], ids=str)
def test_weights_behind_pca(pca: PCA) -> None:
    x, y = problem()
    fitted = make_pipeline(StandardScaler(), pca, StandardScaler(), LogisticRegression()).fit(x, y)
    ported = port(fitted, name="model", rows=x)
    assert ported.agreement is not None
    assert ported.agreement > 0.98


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (make_pipeline(PCA(2), DecisionTreeClassifier()), "PCA mixes all features"),
        (make_pipeline(PCA(2), GaussianNB()), "PCA mixes all features"),
        (make_pipeline(SimpleImputer(add_indicator=True), DecisionTreeClassifier()), "add_indicator"),
        (make_pipeline(SimpleImputer(missing_values=0), DecisionTreeClassifier()), "mark them as NaN"),
    ],
)
def test_refused(estimator: Any, message: str) -> None:
    x, y = problem()
    with pytest.raises(PortError, match=message):
        port(estimator.fit(x, y), name="model")
