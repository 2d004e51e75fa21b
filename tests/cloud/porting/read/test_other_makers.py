"""XGBoost, LightGBM and isolation forests: what the C decides is what their makers' own libraries decide."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray
from sklearn.datasets import load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cloud.porting import PortError, port
from cloud.porting.cli import load_model
from cloud.porting.read.lightgbm_text import read_lightgbm
from cloud.porting.read.tree_scores import TreeScores
from cloud.porting.read.xgboost_json import read_xgboost
from tests.cloud.porting.exactness import check

X, Y = load_digits(return_X_y=True)
XGBOOST: dict[str, Any] = {"n_estimators": 5, "max_depth": 3, "n_jobs": 1}
LIGHTGBM: dict[str, Any] = {"n_estimators": 5, "num_leaves": 7, "verbose": -1, "n_jobs": 1}


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize(
    "made",
    [
        xgboost.XGBClassifier(**XGBOOST),
        xgboost.XGBClassifier(**XGBOOST, booster="dart", rate_drop=0.5),
        xgboost.XGBClassifier(**XGBOOST, num_parallel_tree=3, subsample=0.5),
        lightgbm.LGBMClassifier(**LIGHTGBM),
        lightgbm.LGBMClassifier(**LIGHTGBM, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5),
    ],
    ids=["xgboost", "dart", "parallel", "lightgbm", "random-forest"],
)
def test_every_row_is_decided_as_by_the_maker(made: Any, classes: int) -> None:
    some = classes > Y
    rows, labels = X[some], Y[some]
    if isinstance(made, lightgbm.LGBMClassifier):  # XGBoost takes no names
        labels = np.array([f"c{y}" for y in range(10)])[labels]
    fitted = made.fit(rows, labels)
    check(fitted, port(fitted, name="model"), rows)


@pytest.mark.parametrize("feature_type", ["int16", "float32"])
def test_missing_values_go_where_the_maker_sends_them(feature_type: str) -> None:
    rows = X.copy()
    rows[::3, 20] = rows[::4, 36] = np.nan
    for made in (xgboost.XGBClassifier(**XGBOOST), lightgbm.LGBMClassifier(**LIGHTGBM)):
        fitted = made.fit(rows, Y)
        check(fitted, port(fitted, name="model", feature_type=feature_type, rows=rows), rows)


def test_features_with_fractions_and_of_any_size_in_float32() -> None:
    """XGBoost compares with <, as float32; LightGBM with <=, as double."""
    x, y = load_wine(return_X_y=True)
    single = x.astype(np.float32)
    for made in (xgboost.XGBClassifier(**XGBOOST), lightgbm.LGBMClassifier(**LIGHTGBM)):
        fitted = made.fit(single, y)
        check(fitted, port(fitted, name="model", feature_type="float32"), single)
        piped = make_pipeline(StandardScaler(), made).fit(single, y)
        assert port(piped, name="model", feature_type="float32", rows=single).agreement == 1


def test_training_that_stopped_early_counts_up_to_its_best_round() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    fitted = xgboost.XGBClassifier(n_estimators=30, max_depth=3, early_stopping_rounds=2, n_jobs=1)
    fitted.fit(X[:300], labels, eval_set=[(X[300:600], rng.integers(0, 2, 300))], verbose=False)
    read = read_xgboost(bytes(fitted.get_booster().save_raw("json")))
    assert len(read.trees) == fitted.best_iteration + 1 < len(fitted.get_booster().get_dump())
    assert (read.predict(X) == np.asarray(fitted.predict(X))).all()


def test_a_file_is_ported_without_the_library(tmp_path: Path) -> None:
    by_xgboost = xgboost.XGBClassifier(**XGBOOST).fit(X, Y)
    by_xgboost.save_model(tmp_path / "x.json")
    by_lightgbm = lightgbm.LGBMClassifier(**LIGHTGBM).fit(X, Y)
    by_lightgbm.booster_.save_model(tmp_path / "l.txt")
    for name, fitted in (("x.json", by_xgboost), ("l.txt", by_lightgbm)):
        read = load_model(tmp_path / name)
        assert isinstance(read, TreeScores)
        np.testing.assert_array_equal(port(read, name="model").predict(X), fitted.predict(X))


@pytest.mark.parametrize("settings", [{}, {"contamination": 0.1}, {"max_features": 0.5, "max_samples": 64}])
def test_anomalies_are_scikit_learns(settings: dict[str, Any]) -> None:
    fitted = IsolationForest(n_estimators=15, random_state=0, **settings).fit(X)
    ported = port(fitted, name="odd", rows=X)
    assert ported.agreement == 1
    assert not ported.has_confidence
    assert ported.predict(X).tolist() == fitted.predict(X).tolist()
    assert 0 < (fitted.predict(X) == -1).mean() < 1, "the test shows nothing"


def saved(**settings: Any) -> dict[str, Any]:
    fitted = xgboost.XGBClassifier(**XGBOOST | settings).fit(X[Y < 2], Y[Y < 2])
    found: dict[str, Any] = json.loads(bytes(fitted.get_booster().save_raw("json")))
    return found


def text(**settings: Any) -> str:
    fitted = lightgbm.LGBMClassifier(**LIGHTGBM | settings).fit(categories(), Y, categorical_feature=[0])
    found: str = fitted.booster_.model_to_string()
    return found


def categories() -> NDArray[Any]:
    return np.column_stack([Y % 3, X])


def test_what_cannot_be_ported_is_said_in_a_line() -> None:
    damaged = saved()
    damaged["learner"]["gradient_booster"]["model"]["trees"][0]["left_children"][0] = 0
    elsewhere = saved()
    elsewhere["learner"]["gradient_booster"]["model"]["trees"][0]["split_indices"][0] = 99
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: read_xgboost("{}"), "no model of XGBoost as JSON"),
        (lambda: read_xgboost("[1, 2"), "no model of XGBoost as JSON"),
        (lambda: read_xgboost(json.dumps(damaged)), "runs in a circle"),
        (lambda: read_xgboost(json.dumps(elsewhere)), "asks feature 99 of 64"),
        (lambda: read_xgboost(json.dumps(saved(booster="gblinear"))), "booster gblinear cannot be ported"),
        (lambda: read_xgboost(json.dumps(saved(objective="binary:hinge"))), "objective binary:hinge cannot"),
        (lambda: read_lightgbm("tree\nversion=v4\n"), "no model of LightGBM as text"),
        (lambda: read_lightgbm(text()), "categorical features cannot be ported"),
        (lambda: port(xgboost.XGBClassifier(), name="m"), "XGBClassifier is not fitted"),
        (lambda: port(lightgbm.LGBMRegressor(**LIGHTGBM).fit(X, Y), name="m"), "objective regression cannot be ported"),
    ]
    for call, words in cases:
        with pytest.raises(PortError, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_cut_file_never_ports_as_something_else(tmp_path: Path) -> None:
    whole = lightgbm.LGBMClassifier(**LIGHTGBM).fit(X, Y).booster_.model_to_string()
    for end in range(100, whole.index("end of trees"), 1500):
        (tmp_path / "cut.txt").write_text(whole[:end])
        with pytest.raises(PortError):
            load_model(tmp_path / "cut.txt")
