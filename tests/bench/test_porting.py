"""`cooee bench porting`: a few random models under sanitizers, and that it notices what is wrong."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from bench.porting import Tried, random_problem, report
from bench.sanitized import classify_sanitized
from cloud.porting import PortError, port
from cooee import main


def test_random_models_are_ported_exactly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "porting.json"
    with pytest.raises(SystemExit) as ended:
        main(["bench", "porting", "--examples", "9", "--json", str(path)])
    assert ended.value.code == 0, capsys.readouterr().out
    found = json.loads(path.read_text())
    assert found["failures"] == []
    for kind in ("exact", "boosted"):
        assert found["kinds"][kind]["rows"] > 500
        assert found["kinds"][kind]["wrong"] == 0
        assert found["kinds"][kind]["points"] <= 1
    rounded = found["kinds"]["rounded"]
    assert rounded["wrong"] < 0.02 * rounded["rows"]


def test_the_same_seed_is_the_same_problem() -> None:
    first, second = random_problem(8), random_problem(8)
    np.testing.assert_array_equal(first.rows, second.rows)
    np.testing.assert_array_equal(first.estimator.predict(first.rows), second.estimator.predict(first.rows))


def test_wrong_rows_and_crashes_are_failures() -> None:
    right = Tried(seed=1, kind="exact", model="DecisionTreeClassifier", feature_type="int16", mode="table", rows=9)
    rounded = replace(right, kind="rounded", wrong=1, points=4)
    assert report([right, rounded])["failures"] == []
    for broken in (
        replace(right, wrong=1),
        replace(right, points=2),
        replace(right, failed="overflow"),
        replace(rounded, failed="overflow"),
    ):
        assert [f["seed"] for f in report([right, broken])["failures"]] == [1]


def test_sanitizers_find_a_look_beyond_the_row() -> None:
    ported = port(DecisionTreeClassifier().fit([[0], [5]], [0, 1]), name="tree", confidence=False)
    rows = np.array([[0], [5]], dtype=np.int16)
    np.testing.assert_array_equal(classify_sanitized(ported, rows)[0], [0, 1])
    source = ported.files["tree.c"].replace("features[TREE_FEATURE_F0]", "features[1]")
    with pytest.raises(PortError, match="heap-buffer-overflow"):
        classify_sanitized(replace(ported, files={**ported.files, "tree.c": source}), rows)
