"""Of 270 more models these ended in a line that misled or was not needed, or left a compiler running."""

import subprocess
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import AdaBoostClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Perceptron, RidgeClassifier, SGDClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import PortError, port
from cloud.porting.check import host
from cloud.porting.check.row_file import read_rows
from cloud.porting.cli import name_of
from cooee import main
from edge.contract.errors import CooeeError
from tests.transport.rig import wait_until

X = np.random.default_rng(0).integers(-300, 300, (300, 4))
Y = np.digitize(X[:, 0] + 0.7 * X[:, 1], [-120, 120])


@pytest.mark.parametrize(
    ("classifier", "classes", "sure"),
    [
        (LinearDiscriminantAnalysis(), 3, True),
        (RidgeClassifier(), 2, False),
        (RidgeClassifier(), 3, False),
        (Perceptron(random_state=0), 2, False),
        (SGDClassifier(loss="log_loss", random_state=0), 3, False),
    ],
)
def test_linear_classifiers(classifier: Any, classes: int, sure: bool) -> None:
    fitted = make_pipeline(StandardScaler(), classifier).fit(X, np.minimum(Y, classes - 1))
    ported = port(fitted, name="m", rows=X)
    assert (ported.agreement or 0) > 0.98
    assert ported.has_confidence == sure
    if sure:
        assert np.abs(ported.confidence(X) - 100 * fitted.predict_proba(X).max(axis=1)).max() < 2


def test_what_is_frozen_is_read_through() -> None:
    frozen = make_pipeline(FrozenEstimator(StandardScaler().fit(X)), DecisionTreeClassifier(max_depth=4)).fit(X, Y)
    np.testing.assert_array_equal(port(FrozenEstimator(frozen), name="m").predict(X), frozen.predict(X))


def test_names_that_lightgbm_made_up_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    joblib.dump(LGBMClassifier(n_estimators=2, max_depth=2, verbose=-1).fit(X, Y), tmp_path / "model")
    pd.DataFrame(X, columns=list("wxyz")).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "port",
                *map(str, (tmp_path / "model", "--rows", tmp_path / "rows.csv", "--out", tmp_path, "--board", "host")),
            ]
        )
    assert ended.value.code == 0, capsys.readouterr().err
    assert "agreement 100.00 % on 300 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: AdaBoostClassifier(n_estimators=2).fit(X, Y),
            "all of its estimators_ decide together, so",
        ),
        (lambda: MultiOutputClassifier(GaussianNB()).fit(X, np.c_[Y, Y]), "give one of its estimators_, of one"),
        (lambda: SelfTrainingClassifier(GaussianNB()).fit(X, np.where(Y == 2, -1, Y)), "give its estimator_;"),
        (lambda: RidgeClassifier().fit(X, np.c_[Y > 0, Y > 1]), "RidgeClassifier of several labels a row cannot"),
    ],
)
def test_refused(make: Any, message: str) -> None:
    with pytest.raises(PortError, match=message):
        port(make(), name="m")


def test_a_model_named_as_a_header_of_c() -> None:
    """Written as string.h it would be what <string.h> finds."""
    assert name_of(Path("string.joblib")) == "model_string"
    with pytest.raises(PortError, match="no keyword or header of C"):
        port(DecisionTreeClassifier().fit(X, Y), name="string")


def test_rows_of_which_a_column_is_yes_or_no_and_rows_with_semicolons(tmp_path: Path) -> None:
    tree = DecisionTreeClassifier().fit(X[:, :2], Y)
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\nTrue,3\nFalse,-4\n")
    assert read_rows(rows, tree, None)[0].tolist() == [[1, 3], [0, -4]]
    rows.write_text("a;b\n1;3\n")
    with pytest.raises(CooeeError, match="has ';' between its columns: save it with commas"):
        read_rows(rows, tree, None)


def test_a_compiler_that_is_given_up_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "COMPILE_TIMEOUT_S", 2)
    running = tmp_path / "running"
    with pytest.raises(PortError, match="has not finished after 2 s"):
        host.compile_c(["sh", "-c", f"sleep 600 & echo $! > {running}; wait"])
    wait_until(lambda: state_of(int(running.read_text())) in ("", "Z"), what="the compiler's end")


def state_of(process: int) -> str:
    """R, S ..., Z of one that has ended and is not yet waited for, nothing where there is none."""
    return subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout[:1]
