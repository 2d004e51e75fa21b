"""The micromlgen back end: what it gets right is compiled and compared, what it gets wrong is refused."""

import subprocess
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_wine
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from typer.testing import CliRunner

from cloud.porting import PortError
from cloud.porting.check.host import INCLUDE
from cloud.porting.micromlgen import port_with_micromlgen
from cooee import build_app


def wine() -> tuple[NDArray[Any], NDArray[Any]]:
    x, y = load_wine(return_X_y=True)
    low, high = x.min(axis=0), x.max(axis=0)
    return np.rint((x - low) / (high - low) * 255), y


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(5, random_state=0),
        LogisticRegression(max_iter=5000),
        SVC(kernel="linear", gamma=0.001),
    ],
)
def test_what_it_gets_right(estimator: Any) -> None:
    x, y = wine()
    estimator.fit(x, y)
    ported = port_with_micromlgen(estimator, name="wine", feature_type="uint8")
    found = ported.predict(x)
    assert (found == estimator.predict(x)).mean() >= 0.99
    assert (found == y).mean() > 0.9
    assert "agreement: scikit-learn's class on " in ported.files["wine.cpp"]


def test_tree_agrees_at_its_thresholds() -> None:
    x, y = wine()
    ported = port_with_micromlgen(DecisionTreeClassifier(random_state=0).fit(x, y), name="wine")
    assert "scikit-learn's class on 1024 of 1024 tried rows" in ported.files["wine.h"]


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (LogisticRegression(max_iter=5000), "wrong on every row"),
        (SVC(gamma=0.001), "wrong sign"),
        (GaussianNB(), "sigma_"),
        (ExtraTreesClassifier(2), "it supports: DecisionTreeClassifier"),
    ],
)
def test_known_faults_are_refused(estimator: Any, message: str) -> None:
    x, y = wine()
    with pytest.raises(PortError, match=message):
        port_with_micromlgen(estimator.fit(x, y == 0), name="wine")


def test_unfitted_and_untold_gamma() -> None:
    with pytest.raises(PortError, match="not fitted"):
        port_with_micromlgen(DecisionTreeClassifier(), name="wine")
    with pytest.raises(PortError, match="explicit value for gamma"):
        port_with_micromlgen(SVC().fit(*wine()), name="wine")


def test_command_writes_what_compiles(tmp_path: Path) -> None:
    joblib.dump(DecisionTreeClassifier(random_state=0).fit(*wine()), tmp_path / "vineyard.joblib")
    for backend, suffix, compiler in (("micromlgen", "cpp", "c++"), ("cooee", "c", "cc")):
        out = tmp_path / backend
        done = CliRunner().invoke(
            build_app("port"), ["port", str(tmp_path / "vineyard.joblib"), "--backend", backend, "--out", str(out)]
        )
        assert done.exit_code == 0, done.output
        subprocess.run(
            [compiler, f"-I{INCLUDE}", "-c", out / f"vineyard.{suffix}", "-o", out / "vineyard.o"], check=True
        )
    with pytest.raises(PortError, match="choose from cooee, micromlgen"):
        CliRunner().invoke(
            build_app("port"),
            ["port", str(tmp_path / "vineyard.joblib"), "--backend", "tflite"],
            catch_exceptions=False,
        )
