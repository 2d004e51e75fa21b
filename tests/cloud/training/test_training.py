"""How the sentinels in the firmware were trained: reproducibly, ported exactly, scored as they will run, and never
shown the weather they are scored on. A few seasons stand for all here; all_seasons.py has them."""

import itertools
import json
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import limits, limits_soil
from cloud.training.candidates import complete_rows, labels
from cloud.training.datasets import MISSING_FEATURE, SITE, SPLITS, DataSet, SeasonData
from cloud.training.evaluation import Verdicts, calls
from cloud.training.recipes import RECIPES, Recipe
from edge import core
from edge.contract.channels import channel_names
from edge.contract.errors import CooeeError
from edge.pieces import cluster
from simulations.runs import dataset
from simulations.runs.dataset import PLANS
from simulations.weather.ten_minutes import whately
from tests.called import cooee
from tests.cloud.training import few_seasons
from tests.firmware.toolchain import AVR, INCLUDES, WARNINGS, need, run

ROOT = Path(__file__).resolve().parents[3]
SENTINELS = ROOT / "firmware" / "sentinels"
MOST_FLASH_BYTES = 1024
NAMES = [recipe.name for recipe in RECIPES]
SENTINEL = {sentinel.name: sentinel for sentinel in core.sentinels()}


@pytest.fixture(scope="module")
def data_folder(
    tmp_path_factory: pytest.TempPathFactory, uncounted: Callable[[], AbstractContextManager[None]]
) -> Path:
    """A few of the training seasons, as the simulated field writes them."""
    path = tmp_path_factory.mktemp("data")
    with uncounted():
        few_seasons.record(path)
    return path


@pytest.mark.usefixtures("lone_worker")
def test_a_cluster_makes_the_same_seasons(data_folder: Path, tmp_path: Path) -> None:
    plan = few_seasons.PLANS[0]
    with cluster("local") as engine:
        dataset.write(tmp_path, engine, (plan,))
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    assert {name.parts[:2] for name in made} == {(plan.split, plan.name)}
    assert made == {name: (data_folder / name).read_bytes() for name in made}


@pytest.fixture(scope="module")
def data_set(data_folder: Path) -> DataSet:
    return DataSet(data_folder)


def test_limits_of_dry_soil_are_judged_by_the_true_water(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of `cooee bench limits too_dry`: in a dry block all the easy water is gone by the truth, and not always by
    the filter."""
    monkeypatch.setitem(limits.TRIED, "too_dry", ((4,), (0.25,)))
    tried = {name: (recipe, seasons) for name, recipe, seasons in limits_soil.trials("too_dry", data_folder)}
    assert len(tried) == 9
    gone = {}
    for name in ("a tree of its own, 36 h ahead", "the true water, 36 h ahead"):
        recipe, seasons = tried[name]
        dry = [season.truth[:, season.kinds.index("too_dry")] & complete_rows(season, recipe) for season in seasons]
        depletion = [season.columns(("water_depletion",))[..., 0] for season in seasons]
        gone[name] = np.mean(np.concatenate([own[where] for own, where in zip(depletion, dry, strict=True)]) >= 1000)
    own, true = gone.values()
    assert own < true == 1.0
    recipe, seasons = tried["the true water, 36 h ahead"]
    troubles = sum(len(season.watched("too_dry").episodes()) for season in seasons if season.split == "validation")
    parts = limits.splits("too_dry", seasons)["validation"]
    of, _, found = next(limits.judged("too_dry", recipe, parts, ())).split()[:3]
    assert int(of) == troubles
    assert troubles - 1 <= int(found) <= troubles, "one short spell may be missed"


@pytest.mark.parametrize("name", few_seasons.FILES)
def test_sentinels_of_a_few_seasons_come_out_as_before(name: str, trained: Path) -> None:
    """Seasons, features, trees, policies and figures. A change of any of them wants the committed sentinels trained
    anew; all_seasons.py does that, and takes too long for here."""
    assert (trained / name).read_text() == (few_seasons.FOLDER / name).read_text(), (
        "run `cooee train` and `python -m tests.cloud.training.few_seasons`, and commit what they write"
    )


@pytest.fixture(scope="module")
def trained(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cooee train` writes for these."""
    path = tmp_path_factory.mktemp("trained")
    few_seasons.train(data_folder, path)
    return path


def test_no_season_of_training_is_under_the_weather_of_the_demo() -> None:
    committed = json.loads((SENTINELS / "sentinels.json").read_text())
    assert committed["seasons"] == {split: sorted(p.name for p in PLANS if p.split == split) for split in SPLITS}
    place, year = whately().name.split("-")
    for split in ("train", "validation"):
        for name in committed["seasons"][split]:
            assert not {place, "orchard", year} & set(name.replace("+", "-").split("-"))


def test_no_weather_year_and_no_seed_is_in_two_splits() -> None:
    """And twelve test years at least, each in one season."""
    years = {split: [p.year for p in PLANS if p.split == split] for split in SPLITS}
    for one, other in itertools.combinations(SPLITS, 2):
        assert set(years[one]).isdisjoint(years[other])
    assert len(set(years["test"])) == len(years["test"]) >= 12
    assert len({p.seed for p in PLANS}) == len(PLANS)


@pytest.mark.parametrize("name", NAMES)
def test_a_sentinel_says_what_scikit_learn_said(name: str) -> None:
    """The very C that is in the node core, on its golden rows, which lie on thresholds and beside them; all_seasons.py
    has every row of every season."""
    text = (SENTINELS / f"{name}_golden.h").read_text().replace("(-32767 - 1)", "-32768")
    arrays = re.findall(r"COOEE_FLASH = \{(.*?)\};", text, re.S)
    rows, classes, confidences = (np.array(re.findall(r"-?\d+", numbers), dtype=np.int16) for numbers in arrays)
    verdicts = core.classify(name, rows.reshape(len(classes), -1))
    assert len(set(classes)) == len(SENTINEL[name].classes)
    assert (verdicts["class"] == classes).all()
    assert np.abs(verdicts["confidence"] - confidences).max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_scored_is_what_a_node_does(name: str, data_set: DataSet) -> None:
    """Calls of whole nodes, wake by wake, against calls from features, tree and alarm apart, over one season."""
    sentinel, recipe = SENTINEL[name], next(recipe for recipe in RECIPES if recipe.name == name)
    recorded = next(run for run in data_set.runs if run.split == "test")
    season = next(s for s in data_set.seasons(recipe.features) if s.split == "test")
    ((step_s, of_run),) = recorded.nodes.items()
    rows = [row for row, node in enumerate(of_run) if set(sentinel.channels) <= set(node["channels"])]
    nodes = core.Nodes(
        [
            core.NodeConfig(
                address=1 + i,
                boot=1,
                wake_interval_s=step_s,
                channels=channel_names()[: core.NODE_CHANNELS],
                sentinels=(name,),
                site=core.Site(**{part: of_run[row][part] for part in SITE}),
            )
            for i, row in enumerate(rows)
        ]
    )
    readings, heard = recorded.readings[step_s][rows], recorded.heard[step_s][rows]
    _, events = nodes.run(np.ascontiguousarray(readings), 0, step_s, heard=np.ascontiguousarray(heard))
    verdicts = _verdicts(season, recipe)
    for class_id, (kind, policy) in enumerate(zip(sentinel.classes[1:], sentinel.policies, strict=True), 1):
        expected = {(int(c.node), c.raised) for c in calls(verdicts, kind=kind, class_id=class_id, policy=policy)}
        raised = events[(events["class"] == class_id) & (events["state"] == 0)]
        assert {(int(e["node"]), int(e["step"]) * step_s * 1000) for e in raised} == expected


def _verdicts(season: SeasonData, recipe: Recipe) -> Verdicts:
    usable = complete_rows(season, recipe)
    classes, confidences = np.full(usable.shape, core.UNKNOWN, np.uint8), np.zeros(usable.shape, np.uint8)
    said = core.classify(recipe.name, season.columns(recipe.features)[usable])
    classes[usable], confidences[usable] = said["class"], said["confidence"]
    return Verdicts(season=season, classes=classes, confidences=confidences)


@pytest.mark.parametrize("name", NAMES)
def test_a_sentinel_costs_little_flash(name: str, tmp_path: Path) -> None:
    need("avr-gcc")
    compiled = tmp_path / f"{name}.o"
    run(*AVR, *WARNINGS, *INCLUDES, "-c", SENTINELS / f"{name}.c", "-o", compiled)
    text, data, bss = map(int, run("avr-size", compiled).splitlines()[1].split()[:3])
    assert text + data <= MOST_FLASH_BYTES
    assert data + bss == 0


def _season(truth: list[int]) -> SeasonData:
    kinds = tuple(k.name for k in RECIPES[0].targets)
    happens = np.zeros((1, len(kinds), len(truth)), dtype=bool)
    happens[0, 0] = truth
    features = np.zeros((1, len(truth), len(core.feature_names())), dtype=np.int16)
    return SeasonData(
        name="s",
        split="train",
        kinds=kinds,
        zones=("z",),
        irrigated=(False,),
        features=features,
        truth=happens,
        nearly=happens,
        step_s=3600,
    )


def test_a_label_is_true_during_the_trouble_and_the_hours_before() -> None:
    assert _season([0, 0, 0, 0, 1, 1, 0, 0]).within_horizon("too_dry", 2).astype(int).tolist() == [
        [0, 0, 1, 1, 1, 1, 0, 0]
    ]
    assert _season([0, 0, 0]).within_horizon("too_dry", 24).sum() == 0


def test_where_two_troubles_meet_the_first_of_the_recipe_is_the_class() -> None:
    season = _season([0, 1, 0])
    assert labels(replace(season, truth=season.truth[:, [0, 0]]), RECIPES[0]).max() == 1
    assert labels(replace(season, truth=season.truth[:, [1, 0]]), RECIPES[0]).max() == 2


def test_what_is_close_is_taught_where_the_recipe_says_so() -> None:
    season = replace(_season([0, 0, 0, 0]), kinds=("frost", "disease"))
    season = replace(season, nearly=np.array([[[0, 1, 0, 0], [0, 0, 1, 0]]], dtype=bool))
    weather = next(recipe for recipe in RECIPES if "frost" in recipe.classes)
    assert labels(season, weather).tolist() == [[0, weather.classes.index("frost"), 0, 0]]


def test_rows_with_a_missing_feature_are_left_out() -> None:
    season = _season([0, 0])
    season.features[0, 1, core.feature_names().index(RECIPES[1].features[0])] = MISSING_FEATURE
    assert complete_rows(season, RECIPES[1]).tolist() == [[True, False]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, uncounted: Callable[[], AbstractContextManager[None]]) -> Path:
    """A data set as a user makes one: a run of `cooee simulate` each to train, to validate and to test on."""
    path = tmp_path_factory.mktemp("recorded")
    short = ("simulate", "--days", 12, "--nodes", 14, "--no-baseline", "--jobs", 1)
    for split, seed in (("train", 1), ("validation", 2), ("test", 3)):
        with uncounted():
            done = cooee(*short, "--seed", seed, "--out", path / split / "season")
        assert done.returncode == 0, done.stderr
    return path


def test_runs_that_a_user_recorded_are_a_data_set(recorded: Path) -> None:
    data_set = DataSet(recorded)
    assert data_set.names == dict.fromkeys(("train", "validation", "test"), ("season",))
    for season in data_set.seasons(RECIPES[0].features):
        assert season.features.shape[:2] == (len(season.zones), 12 * 144)
        assert (season.columns(("soil_deficit_30cm",)) != MISSING_FEATURE).any()
    warm = next(data_set.seasons(("soil_temperature",)))
    assert len(warm.zones) > 0, "nodes are taken for their channels, though no sentinel has such a feature"
    first, second, _ = data_set.runs
    assert not np.array_equal(first.readings[600], second.readings[600])
    assert DataSet(recorded).hash == data_set.hash


def test_what_is_no_run_is_refused_in_one_line(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=r"has no runs in train/; record some with `cooee simulate --out"):
        DataSet(tmp_path / "nowhere")
    recorded = shutil.copytree(recorded, tmp_path / "damaged")
    readings = next((recorded / "train" / "season" / "readings").iterdir())
    table = pq.read_table(readings)
    of_floats = table.set_column(2, table.column_names[2], table.column(2).cast(pa.float32()))
    pq.write_table(of_floats, readings)
    with pytest.raises(CooeeError, match=r"train/season: cannot be read \(\w+ is float, .* an earlier version\)"):
        DataSet(recorded)
    pq.write_table(table, readings)
    (recorded / "validation").rename(recorded / "choose")
    with pytest.raises(CooeeError, match=r"no runs in validation/ \(earlier versions called it choose/\)"):
        DataSet(recorded)
    (recorded / "choose").rename(recorded / "validation")
    truth = next((recorded / "validation" / "season" / "truth").iterdir())
    truth.write_bytes(b"no Parquet")
    with pytest.raises(CooeeError, match=r"validation/season: cannot be read \(.*\); `cooee simulate --out"):
        DataSet(recorded)
    truth.unlink()
    with pytest.raises(CooeeError, match="cannot be read"):
        DataSet(recorded)
