"""Of 200 odd models these ended in C that does not compile, in a traceback, in advice that misled, or, where an
XGBClassifier had a mark of its own for missing values, in other classes than Python's."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, RobustScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from cloud.porting import PortError, port
from cloud.porting.check.golden import edge_rows
from cloud.porting.model.floats import ordered_bits
from cooee import main

X = np.random.default_rng(0).integers(-300, 300, (300, 4))
Y = np.digitize(X[:, 0] + 0.7 * X[:, 1], [-120, 120])
FRAME = pd.DataFrame(X, columns=["int", "*/", 'a "b"\n', "温度"])

STEPS = [
    RobustScaler(),
    RobustScaler(with_centering=False),
    RobustScaler(with_scaling=False),
    MaxAbsScaler(),
    MaxAbsScaler(clip=True),
    SelectKBest(k=2),
    VarianceThreshold(),
    SelectFromModel(DecisionTreeClassifier(random_state=0)),
    RFE(DecisionTreeClassifier(random_state=0), n_features_to_select=3),
    FunctionTransformer(),
    make_pipeline(SelectKBest(k=3), RobustScaler(), StandardScaler(), MaxAbsScaler()),
    ColumnTransformer(
        [("r", RobustScaler(), [2, 0]), ("m", make_pipeline(FunctionTransformer(), MaxAbsScaler()), [1])]
    ),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step)[:40].replace("\n", " "))
def test_a_tree_behind_other_steps_is_exact(step: Any) -> None:
    """Rows of float32 on the thresholds and next to them, where a scaler's rounding shows."""
    rows = (X / 3).astype(np.float32)
    fitted = make_pipeline(clone(step), DecisionTreeClassifier(max_depth=6, random_state=0)).fit(rows, Y)
    ported = port(fitted, name="m", feature_type="float32", mode="inline")
    values = [sorted(ordered_bits(float(v)) for v in column) for column in rows[:40].T]
    tried = np.concatenate([ported.golden.rows, edge_rows(values, ported.feature, 1000)]).astype(np.float32)
    np.testing.assert_array_equal(ported.predict(tried), fitted.predict(tried))


@pytest.mark.parametrize(
    "step", [RobustScaler(), MaxAbsScaler(), make_pipeline(PCA(3), RobustScaler(), SelectKBest(k=2))]
)
def test_weights_behind_other_steps(step: Any) -> None:
    fitted = make_pipeline(clone(step), LogisticRegression()).fit(X, Y)
    assert (port(fitted, name="m", rows=X).agreement or 0) > 0.98


def test_boosting_behind_columns_that_are_given_by_name() -> None:
    by_name = ColumnTransformer([("s", StandardScaler(), make_column_selector("int|温"))], remainder="passthrough")
    fitted = make_pipeline(by_name, HistGradientBoostingClassifier(max_iter=2)).fit(FRAME, Y)
    np.testing.assert_array_equal(port(fitted, name="m").predict(X), fitted.predict(FRAME))


def test_a_net_without_hidden_layers() -> None:
    net = make_pipeline(StandardScaler(), MLPClassifier((), max_iter=300, tol=0.01, random_state=0)).fit(X, Y)
    assert (port(net, name="m", rows=X).agreement or 0) > 0.98


def boosted(maker: Any, y: NDArray[Any] = Y, **settings: Any) -> Any:
    return maker(n_estimators=2, max_depth=2, **settings).fit(X, y)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HistGradientBoostingClassifier(max_iter=2).fit(X, Y * 0 + 7), "trained on a single class, 7, and dec"),
        (lambda: MLPClassifier((3,), max_iter=1).fit(X, ["q"] * 300), "trained on a single class, q, and decides"),
        (lambda: boosted(LGBMClassifier, Y * 0, verbose=-1), "LGBMClassifier was trained on a single class"),
        (lambda: boosted(XGBClassifier, missing=-1.0), r"XGBClassifier\(missing=-1\) cannot be ported: mark"),
        (lambda: boosted(XGBClassifier, missing=0.0), r"XGBClassifier\(missing=0\) cannot be ported: mark"),
        (lambda: boosted(XGBClassifier, np.c_[Y > 0, Y > 1]), "several labels a row cannot be ported; train one"),
        (lambda: CalibratedClassifierCV(SVC(), cv=2).fit(X, Y), r"of SVC cannot be ported: .*Boosting\w+$"),
        (
            lambda: FixedThresholdClassifier(DecisionTreeClassifier(), threshold=0.3).fit(X, Y > 0),
            "give its estimator_, which decides at a probability of 0.5",
        ),
        (
            lambda: make_pipeline(MaxAbsScaler(clip=True), LogisticRegression()).fit(X, Y),
            "clip=True cannot be folded into weights; train with clip=False",
        ),
        (lambda: None, "NoneType is no estimator: save what"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_refused(make: Any, message: str) -> None:
    with pytest.raises(PortError, match=message):
        port(make(), name="m")


@pytest.mark.parametrize("rows", [X[:, :3] * 1j, X.astype("datetime64[s]")])
def test_rows_that_are_no_numbers(rows: Any) -> None:
    with pytest.raises(PortError, match="the model needs numbers"):
        port(DecisionTreeClassifier().fit(X[:, : rows.shape[1]], Y), name="m").predict(rows)


def refusal(arguments: list[Any], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["port", *map(str, arguments), "--board", "host"])
    assert ended.value.code == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    return line


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("deep.json", b'{"learner":' * 3000, "no model of XGBoost as JSON (RecursionError"),
        ("list.json", b"[1]", "no model of XGBoost as JSON"),
        ("marked.json", b"\xef\xbb\xbf{}", "no model of XGBoost as JSON"),
        ("saved.ubj", b"{L", 'save the model with save_model("model.json")'),
        ("saved.skops", b"PK\x03\x04", "give a fitted estimator saved with joblib.dump()"),
    ],
)
def test_files_that_are_no_models(
    name: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert message in refusal([tmp_path / name], capsys)


def test_a_scale_that_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    joblib.dump(DecisionTreeClassifier().fit(X, Y), tmp_path / "tree")
    assert "of feature 'f0' is too small" in refusal([tmp_path / "tree", "--scale", "f0=1e-300"], capsys)


def test_rows_of_nullable_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame({"f0": pd.array([1, None, -9], "Int64"), "f1": [1, 2, 3]})
    table.to_parquet(tmp_path / "rows.parquet")
    joblib.dump(DecisionTreeClassifier().fit(X[:, :2], Y), tmp_path / "tree")
    named = [tmp_path / "tree", "--rows", tmp_path / "rows.parquet", "--out", tmp_path]
    with pytest.raises(SystemExit) as ended:
        main(["port", *map(str, named), "--board", "host"])
    assert ended.value.code == 0, capsys.readouterr().err
