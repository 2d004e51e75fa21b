"""The committed sentinels, trained anew on all seasons: the same bytes, and in the node core the same verdicts. Minutes
of processor time, so `make sentinels` runs it and `make test` does not."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from cloud.training import firmware
from cloud.training.candidates import Candidate, complete_rows, knowing_otherwise, train
from cloud.training.cli import simulated
from cloud.training.datasets import DataSet
from cloud.training.recipes import RECIPES, Recipe
from cloud.training.report import report
from edge import core
from edge.pieces import Engine, threads

ROOT = Path(__file__).resolve().parents[3]
SENTINELS = ROOT / "firmware" / "sentinels"
NAMES = [recipe.name for recipe in RECIPES]


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    """As the simulated field writes it for `cooee train`."""
    return DataSet(simulated(tmp_path_factory.mktemp("data")))


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A sentinel that was trained now, and its features in every complete row of every season."""

    candidate: Candidate
    rows: np.ndarray


@pytest.fixture(scope="module")
def trained(data_set: DataSet) -> dict[str, Trained]:
    """Every sentinel. The seasons of one are let go before those of the next: a gigabyte each."""
    with threads(2) as engine:
        return {recipe.name: _trained(recipe, data_set, engine) for recipe in RECIPES}


def _trained(recipe: Recipe, data_set: DataSet, engine: Engine) -> Trained:
    seasons = list(data_set.seasons(recipe.features))
    return Trained(
        candidate=train(recipe, seasons, engine, knowing_otherwise(recipe, data_set)),
        rows=np.concatenate([s.columns(recipe.features)[complete_rows(s, recipe)] for s in seasons]),
    )


def test_the_committed_sentinels_reproduce(trained: dict[str, Trained], data_set: DataSet, tmp_path: Path) -> None:
    assert json.loads((SENTINELS / "sentinels.json").read_text())["data"] == data_set.hash
    candidates = [t.candidate for t in trained.values()]
    firmware.write(candidates, data_set, tmp_path)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(path.name for path in SENTINELS.iterdir() if path.is_file())
    different = [name for name in written if (tmp_path / name).read_text() != (SENTINELS / name).read_text()]
    assert different == [], "run `cooee train` and commit what it writes"
    assert report(candidates, data_set) == (ROOT / "docs" / "TRAINING.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_port_decides_as_scikit_learn_on_every_row_of_every_season(name: str, trained: dict[str, Trained]) -> None:
    """The very C that is in the node core, on every row and on rows with a feature exactly on a threshold or one beside
    it."""
    estimator, rows = trained[name].candidate.estimator, trained[name].rows
    for tried in (rows, _on_thresholds(estimator, rows)):
        verdicts = core.classify(name, tried)
        probabilities = estimator.predict_proba(tried)
        assert (verdicts["class"] == probabilities.argmax(axis=1)).all()
        assert np.abs(verdicts["confidence"].astype(int) - np.rint(100 * probabilities.max(axis=1))).max() <= 1


def _on_thresholds(estimator: DecisionTreeClassifier, rows: np.ndarray) -> np.ndarray:
    made = []
    some = rows[:: max(1, len(rows) // 50)]
    for feature, threshold in zip(estimator.tree_.feature, estimator.tree_.threshold, strict=True):
        for value in (int(np.floor(threshold)), int(np.floor(threshold)) + 1) if feature >= 0 else ():
            moved = some.copy()
            moved[:, feature] = np.clip(value, -32767, 32767)
            made.append(moved)
    return np.concatenate(made)
