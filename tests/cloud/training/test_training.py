"""The sentinels in the firmware: reproducible, ported exactly, and never shown the weather they are scored on."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import cooee
from cloud.training.datasets import MISSING_FEATURE, DataSet, SeasonData
from cloud.training.recipes import RECIPES
from cloud.training.students import complete_rows, labels
from edge import core
from edge.contract.errors import CooeeError
from simulations.dataset import PLANS
from simulations.weather import whately

ROOT = Path(__file__).resolve().parents[3]
SENTINELS = ROOT / "firmware" / "sentinels"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The training seasons, as the simulated field writes them."""
    path = tmp_path_factory.mktemp("data") / "seasons.npz"
    subprocess.run([sys.executable, "-m", "simulations.dataset", str(path)], check=True, cwd=ROOT)
    return path


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sentinels trained now."""
    folder = tmp_path_factory.mktemp("trained")
    result = CliRunner().invoke(cooee.build_app("train"), ["train", "--data", str(data), "--out", str(folder), "--report",
                                                           str(folder / "TRAINING.md")])
    assert result.exit_code == 0, result.output
    return folder


def test_the_committed_sentinels_reproduce(trained: Path) -> None:
    written = sorted(path.name for path in trained.iterdir() if path.name != "TRAINING.md")
    assert written == sorted(path.name for path in SENTINELS.iterdir() if path.is_file())
    different = [name for name in written if (trained / name).read_text() != (SENTINELS / name).read_text()]
    assert different == [], "run `cooee train` and commit what it writes"
    assert (trained / "TRAINING.md").read_text() == (ROOT / "docs" / "TRAINING.md").read_text()


def test_no_season_of_training_is_under_the_weather_of_the_demo() -> None:
    seasons = json.loads((SENTINELS / "sentinels.json").read_text())["seasons"]
    assert seasons == [plan.name for plan in PLANS]
    place, year = whately().name.split("-")
    assert all(place not in name and year not in name for name in seasons)
    assert {p.airport for p in PLANS if p.split == "train"}.isdisjoint({p.airport for p in PLANS if p.split == "validate"})


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_the_port_decides_as_scikit_learn_on_every_row_of_every_season(recipe: object, data: Path) -> None:
    """Every row of training and validation seasons, by the very C that is in the node core, against the same tree grown again."""
    from cloud.training.recipes import Recipe
    from cloud.training.students import train

    assert isinstance(recipe, Recipe)
    data_set = DataSet(data)
    seasons = list(data_set.seasons(recipe.name))
    estimator = train(recipe, seasons, data_set.kinds).estimator
    rows = np.concatenate([s.columns(recipe.features)[complete_rows(s, recipe)] for s in seasons])
    thresholds = _on_thresholds(estimator, rows)
    for tried in (rows, thresholds):
        verdicts = core.classify(recipe.name, tried)
        assert (verdicts["class"] == estimator.predict(tried)).all()
        sure = np.rint(100 * estimator.predict_proba(tried).max(axis=1))
        assert np.abs(verdicts["confidence"].astype(int) - sure).max() <= 1


def _on_thresholds(estimator: object, rows: np.ndarray) -> np.ndarray:
    """Rows with one feature moved exactly onto a threshold, and one beside it."""
    made = []
    for tree in [e.tree_ for e in getattr(estimator, "estimators_", [estimator])]:
        for feature, threshold in zip(tree.feature, tree.threshold, strict=True):
            for value in (int(np.floor(threshold)), int(np.floor(threshold)) + 1) if feature >= 0 else ():
                moved = rows[:: max(1, len(rows) // 50)].copy()
                moved[:, feature] = np.clip(value, -32767, 32767)
                made.append(moved)
    return np.concatenate(made)


def _season(truth: list[int]) -> SeasonData:
    happens = np.array(truth, dtype=bool)[None, None, :]
    features = np.zeros((1, len(truth), len(core.feature_names())), dtype=np.int16)
    return SeasonData(name="s", split="train", zones=("z",), features=features, truth=happens, step_s=3600)


def test_a_label_is_true_during_the_trouble_and_the_hours_before() -> None:
    assert _season([0, 0, 0, 0, 1, 1, 0, 0]).ahead(0, 2).astype(int).tolist() == [[0, 0, 1, 1, 1, 1, 0, 0]]
    assert _season([0, 0, 0]).ahead(0, 24).sum() == 0


def test_where_two_troubles_meet_the_first_of_the_recipe_is_the_class() -> None:
    recipe = RECIPES[0]
    season = _season([0, 1, 0])
    both = SeasonData(name="s", split="train", zones=("z",), features=season.features,
                      truth=np.repeat(season.truth, 2, axis=1), step_s=3600)
    assert labels(both, recipe, [k.name for k in recipe.kinds]).max() == 1


def test_rows_with_a_missing_feature_are_left_out() -> None:
    season = _season([0, 0])
    season.features[0, 1, core.feature_names().index(RECIPES[1].features[0])] = MISSING_FEATURE
    assert complete_rows(season, RECIPES[1]).tolist() == [[True, False]]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_file_that_is_no_data_set_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "seasons.npz"
    path.write_bytes(content)
    with pytest.raises(CooeeError, match="cannot be read"):
        DataSet(path)
