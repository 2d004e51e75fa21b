"""300 classes, several labels a row, a GridSearchCV, a dict or a list of models ended in a traceback."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import PortError, port
from cooee import main

X = np.random.default_rng(0).integers(0, 200, (900, 3))
Y = X[:, 0] % 2


class Contrary(DecisionTreeClassifier):  # type: ignore[misc]
    """Says the opposite of what its tree finds."""

    def predict(self, x: Any, check_input: bool = True) -> Any:
        return 1 - super().predict(x, check_input)


class Cautious(StandardScaler):  # type: ignore[misc]
    """Scales, and clips."""

    def transform(self, x: Any, copy: bool | None = None) -> Any:
        return np.clip(super().transform(x, copy), -1, 1)


def of_classes(count: int, estimator: Any) -> Any:
    return estimator.fit(X, np.arange(900) % count)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (of_classes(300, DecisionTreeClassifier()), "300 classes, and the C holds at most 255"),
        (of_classes(256, GaussianNB()), "256 classes"),
        (MLPClassifier((3,), max_iter=2).fit(X, np.c_[Y, 1 - Y]), "several labels a row"),
        (DecisionTreeClassifier().fit(X, np.c_[Y, 1 - Y]), "2 outputs at once"),
        (GridSearchCV(DecisionTreeClassifier(), {"max_depth": [2]}, cv=2).fit(X, Y), "give its best_estimator_"),
        (GridSearchCV(DecisionTreeClassifier(), {"max_depth": [2]}), "fit it with refit=True"),
        (OneVsRestClassifier(LogisticRegression()).fit(X, X[:, 0] % 3), "all of its estimators_ decide together"),
        ({"scaler": StandardScaler(), "model": GaussianNB()}, r"a dict, not an estimator: give \['model'\] \(Gauss"),
        ([1, GaussianNB(), RandomForestClassifier()], r"a list.*\[1\] \(GaussianNB\) or \[2\] \(RandomForest"),
        ((), "no estimator is in it"),
        (np.zeros(3), "ndarray cannot be ported"),
        (None, "no classifier|NoneType"),
        (DecisionTreeClassifier, "is a class"),
        (Pipeline([("nothing", "passthrough")]), "no classifier"),
        (make_pipeline(StandardScaler()).fit(X), "StandardScaler cannot be ported"),
        (make_pipeline(StandardScaler(), GaussianNB()), "not fitted"),
        (make_pipeline(StandardScaler(), GaussianNB().fit(X, Y)), "StandardScaler is not fitted"),
        (Contrary().fit(X, Y), r"Contrary has a predict\(\) of its own"),
        (make_pipeline(Cautious(), GaussianNB()).fit(X, Y), r"Cautious has a transform\(\) of its own"),
        (DummyClassifier().fit(X, Y), "DummyClassifier cannot be ported"),
    ],
    ids=lambda value: str(value)[:50].replace("\n", " ") if isinstance(value, str) else None,
)
def test_one_line(given: Any, message: str) -> None:
    with pytest.raises(PortError, match=message):
        port(given, name="model")


def test_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    joblib.dump({"model": DecisionTreeClassifier().fit(X, Y), "classes": ["a"]}, tmp_path / "saved")
    with pytest.raises(SystemExit) as ended:
        main(["port", str(tmp_path / "saved"), "--rows", str(tmp_path / "none.csv")])
    assert ended.value.code == 2
    assert "give ['model'] (DecisionTreeClassifier) of it" in capsys.readouterr().err


def test_255_classes_are_ported() -> None:
    for estimator in (DecisionTreeClassifier(), GaussianNB()):
        fitted = of_classes(255, estimator)
        ported = port(fitted, name="many", feature_type="uint8", rows=X)
        assert ported.agreement is not None
        assert ported.agreement > 0.9


def test_a_single_class() -> None:
    for estimator in (DecisionTreeClassifier(), RandomForestClassifier(3), GaussianNB()):
        ported = port(estimator.fit(X, ["only"] * 900), name="single", rows=X)
        assert set(ported.predict(X)) == {"only"}
        assert ported.agreement == 1


def test_pipelines_in_pipelines() -> None:
    nested = make_pipeline(make_pipeline(StandardScaler(), "passthrough"), make_pipeline(DecisionTreeClassifier()))
    np.testing.assert_array_equal(port(nested.fit(X, Y), name="nested").predict(X), nested.predict(X))
