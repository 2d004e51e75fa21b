"""Rows of a user's own: agreement and accuracy are measured on them through the compiled C."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from cloud.porting import PortError, port
from cloud.porting.check.row_file import read_rows
from edge.contract.errors import CooeeError


def wine() -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    data = load_wine(as_frame=True)
    x = ((data.data - data.data.min()) / (data.data.max() - data.data.min()) * 255).round().astype(int)
    return x, pd.Series(data.target_names[data.target], name="kind")


def test_agreement_and_the_change_of_accuracy_are_measured() -> None:
    x, y = wine()
    forest = RandomForestClassifier(5, max_depth=2, random_state=0).fit(x.to_numpy(), y)
    found = port(forest, name="wine", votes="hard", rows=x.to_numpy(), labels=y)
    said, true = forest.predict(x.to_numpy()), y.to_numpy()
    c = found.predict(x.to_numpy())
    assert found.agreement == (c == said).mean() < 1
    assert found.accuracy_change == (c == true).mean() - (said == true).mean()
    exact = port(forest, name="wine", rows=x.to_numpy(), labels=y)
    assert (exact.agreement, exact.accuracy_change) == (1, 0)
    assert port(forest, name="wine").agreement is None


def test_without_rows_no_agreement_is_stated() -> None:
    x, y = wine()
    ported = port(LogisticRegression(max_iter=9000).fit(x, y), name="wine", feature_type="uint8")
    assert ported.agreement is ported.accuracy_change is None
    assert "agreement: not known" in ported.files["wine.h"]
    assert "%" not in ported.files["wine.h"]


def test_rows_on_which_classes_are_not_the_models() -> None:
    x, y = wine()
    model = LogisticRegression(max_iter=9000).fit(x, y)
    with pytest.raises(PortError, match="label 'dew' is no class of the estimator"):
        port(model, name="wine", rows=x.to_numpy(), labels=["dew"] * len(x))
    with pytest.raises(PortError, match=r"labels have shape \(3,\); for 178 rows they need \(178,\)"):
        port(model, name="wine", rows=x.to_numpy(), labels=y[:3])
    with pytest.raises(PortError, match="labels are those of rows"):
        port(model, name="wine", labels=y)


@pytest.mark.parametrize("kind", ["csv", "parquet", "npy"])
def test_a_file_of_rows(tmp_path: Path, kind: str) -> None:
    x, y = wine()
    path = tmp_path / f"rows.{kind}"
    shuffled = x[x.columns[::-1]].assign(kind=y)
    label, fitted = "kind", LogisticRegression(max_iter=9000).fit(x, y)
    if kind == "npy":
        codes = y.astype("category").cat.codes
        np.save(path, np.c_[x, codes])
        label, fitted = "13", LogisticRegression(max_iter=9000).fit(x.to_numpy(), codes)
    elif kind == "csv":
        shuffled.to_csv(path, index=False)
    else:
        shuffled.to_parquet(path)
    rows, labels = read_rows(path, fitted, label)
    np.testing.assert_array_equal(rows, x)
    assert labels is not None
    assert (fitted.predict(x.set_axis(getattr(fitted, "feature_names_in_", range(13)), axis=1)) == labels).mean() > 0.95
    if kind != "npy":
        assert read_rows(path, fitted, None)[1] is None


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        ("a,b\n1,2\n", None, "has 2 columns of features; the model needs 1: name the label's with --label"),
        ("a,b\n1,2\n", "c", "no column 'c'; it has a, b"),
        ("a,b\n1,7\n", "b", r"holds '7', which is no class of the model \(0, 1\)"),
        ("a\nx\n", None, "column 'a' of .* holds no numbers"),
        ("a\n", None, "holds no rows"),
        ("", None, "cannot be read"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, label: str | None, message: str) -> None:
    (tmp_path / "rows.csv").write_text(text)
    model = LogisticRegression().fit([[0], [1]], [0, 1])
    with pytest.raises(CooeeError, match=message):
        read_rows(tmp_path / "rows.csv", model, label)
    with pytest.raises(CooeeError, match="of no known kind"):
        read_rows(tmp_path / "rows.txt", model, label)
