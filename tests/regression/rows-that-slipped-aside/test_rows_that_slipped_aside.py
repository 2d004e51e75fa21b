"""Rows of a CSV with a cell more than there are names slipped aside by one column, without a word; a pipeline that
begins with "passthrough", groups of few rows and numbers next to nothing were tracebacks."""

import re
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from cloud.porting import port
from cloud.porting.check.row_file import read_rows
from cloud.porting.read.other_makers import as_classifier
from cloud.search.rows import read
from cooee import main
from edge.contract.errors import CooeeError

X = np.random.default_rng(0).integers(-300, 300, (60, 3))
Y = (X[:, 0] > 0).astype(int)
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
NAMED = DecisionTreeClassifier(max_depth=2)


@pytest.mark.parametrize("row", ["1,2,3,0,7", "1,2,3,0,"])
def test_a_cell_too_many_is_said(row: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,c,y\n" + f"{row}\n" * 3)
    message = re.escape(f"{rows} has more cells in a row than column names: name every column")
    with pytest.raises(CooeeError, match=message):
        read(rows, "y", None)
    with pytest.raises(CooeeError, match=message):
        read_rows(rows, NAMED, "y")


@pytest.mark.parametrize(
    "pipeline",
    [
        Pipeline([("none", "passthrough"), ("tree", NAMED)]),
        Pipeline([("none", None), ("nothing", "passthrough"), ("scale", StandardScaler()), ("tree", NAMED)]),
        make_pipeline(make_pipeline("passthrough", StandardScaler()), "passthrough", NAMED),
    ],
)
def test_a_pipeline_that_begins_with_nothing(pipeline: Any, tmp_path: Path) -> None:
    """Its features have their names, by which a file's columns are found."""
    fitted = pipeline.fit(FRAME, Y)
    ported = port(fitted, name="m", rows=X)
    assert ported.names.features == ("a", "b", "c")
    np.testing.assert_array_equal(ported.predict(X), fitted.predict(FRAME))
    FRAME[["c", "a", "b"]].to_csv(tmp_path / "rows.csv", index=False)
    np.testing.assert_array_equal(read_rows(tmp_path / "rows.csv", as_classifier(fitted), None)[0], X)


def test_its_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    joblib.dump(make_pipeline("passthrough", NAMED).fit(FRAME, Y), tmp_path / "model")
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(SystemExit) as ended:
        main(
            ["image", "pack", str(tmp_path / "model"), "-o", str(tmp_path / "i"), "--rows", str(tmp_path / "rows.csv")]
        )
    assert ended.value.code == 0, capsys.readouterr().err


def test_groups_of_few_rows_and_numbers_next_to_nothing(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2, 3, 4], "tiny": [5e-324, 0, 0, 0], "y": [0, 0, 1, 1], "g": [0, 1, 2, 3]}).to_csv(
        tmp_path / "rows.csv", index=False
    )
    rows = read(tmp_path / "rows.csv", "y", "g")
    assert rows.scales == (1.0, 10_000.0)
    folds = rows.folds(5, seed=0)
    assert len(folds) == 2
    assert all(len(np.unique(rows.y[fit])) == 2 for fit, _ in folds)
