"""`cooee simulate` as a user runs it: the list, the data set, the same bytes however many processes."""

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge.board.battery import Cell
from edge.core import feature_names, features, sentinels
from edge.farm import parse_farm, sample_farm_text
from edge.node.commission import site_of
from simulations.field.season import simulate
from simulations.runs import bulk
from simulations.scenarios.scenario import names
from simulations.weather.ten_minutes import whately
from tests.called import cooee


def test_the_list_has_a_header_and_a_line_a_scenario() -> None:
    done = cooee("simulate", "--list")
    assert done.returncode == 0
    header, *lines = done.stdout.splitlines()
    assert header.split()[0] == "name"
    assert [line.split()[0] for line in lines if not line.startswith("   ")] == names()
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_what_it_prints_fits_80_columns_and_says_late_and_ahead() -> None:
    done = cooee("simulate", "--scenario", "gale", "--days", 12, "--seeds", 2)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert re.search(r"^ +disease +\d+\.\d( ±\d+\.\d)? h ahead", done.stdout, re.MULTILINE)
    assert re.search(r"^ +disease +\d+ +\d+ +\d+", done.stdout, re.MULTILINE)


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulate") / "one"
    done = cooee("simulate", "--scenario", "season", "--days", 20, "--seed", 5, "--jobs", 1, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "20 days of whately-2015 weather" in done.stdout
    return out


def test_readings_and_truth_are_those_of_the_field(data_set: Path) -> None:
    farm = parse_farm(sample_farm_text(), source="sample farm")
    season = simulate(farm, whately().season(4, 15, 20), 5)
    readings = pd.read_parquet(data_set / "readings")
    node = readings[readings["node"] == "tomato-weather"]
    raw = season.readings[[n.id for n in farm.nodes].index("tomato-weather")]
    assert node["t"].iloc[1] - node["t"].iloc[0] == pd.Timedelta("10min")
    np.testing.assert_array_equal(node["air_temperature"].fillna(-32768), raw[:, 4])
    assert node["ethylene"].isna().all(), "it has no such sensor"
    truth = pd.read_parquet(data_set / "truth")
    apples = truth[truth["zone"] == "apples"]
    np.testing.assert_array_equal(apples["frost"], season.truth["frost"][1])
    np.testing.assert_allclose(apples["depletion_mm"], season.depletion[1], atol=1e-4)
    assert (np.diff(apples["degree_days"]) >= 0).all()
    assert 40 < apples["degree_days"].iloc[-1] < 150, "apples, from leaf-out on 15 April"
    assert (apples[["runoff_mm_a_day", "buds_killed"]] == 0).all(axis=None)
    assert truth[truth["zone"] == "store"]["degree_days"].isna().all()


def test_a_column_says_its_unit_and_scale(data_set: Path) -> None:
    for part, name, unit, scale in (("readings", "air_temperature", "degC", 0.01), ("features", "gust", "m/s", 0.01)):
        column = pq.read_table(data_set / part).schema.field(name)
        assert column.type == pa.int16()
        assert column.metadata[b"unit"].decode() == unit
        assert float(column.metadata[b"scale"]) == scale


def test_nodes_are_recorded_with_their_soil_and_their_clocks(data_set: Path) -> None:
    farm = parse_farm(sample_farm_text(), source="sample farm")
    nodes = pd.read_parquet(data_set / "nodes").set_index("node")
    assert set(nodes.index) == {node.id for node in farm.nodes}
    apples = site_of(farm.zone_by_id["apples"], date(2015, 4, 15))
    assert nodes.loc["apple-1", "field_capacity"] == pytest.approx(apples.field_capacity)
    assert nodes.loc["apple-1", "planted_days"] == 0, "leaf-out is on 15 April"
    assert list(nodes["sentinels"]["store-1"]) == ["ethylene"]
    ahead = nodes["clock_ahead_s"]
    assert ahead.nunique() == len(farm.nodes)
    assert ahead.abs().max() < 20 * 86_400 * 1e-6 * (50 + 0.034 * 45**2), "a poor crystal at -20 degC all the time"


def test_features_are_the_cores(data_set: Path) -> None:
    farm = parse_farm(sample_farm_text(), source="sample farm")
    table = pd.read_parquet(data_set / "features")
    assert set(sentinels()[0].features) <= set(table.columns)
    season = simulate(farm, whately().season(4, 15, 20), 5)
    row = [n.id for n in farm.nodes].index("store-1")
    own = features(
        season.readings[row : row + 1], step_s=600, sites=[site_of(farm.zone_by_id["store"], season.first_day)]
    )[0]
    column = feature_names().index("ethylene_3h")
    np.testing.assert_array_equal(
        table[table["node"] == "store-1"]["ethylene_3h"].fillna(-32768).astype(int), own[:, column]
    )


def test_weather_and_days_are_those_of_the_season(data_set: Path) -> None:
    season = whately().season(4, 15, 20)
    weather, days = pd.read_parquet(data_set / "weather.parquet"), pd.read_parquet(data_set / "days.parquet")
    np.testing.assert_allclose(weather["temperature"], season.temperature, atol=1e-4)
    assert (weather["wet_bulb"] <= weather["temperature"] + 1.0).all()
    assert (weather["dew_point"] <= weather["temperature"] + 0.15).all()
    assert len(days) == 20
    assert days["et0_mm"].between(0.2, 9).all()
    assert 1 < days["chill_portions"].sum() < 20
    assert set(days["early_blight_severity"]) <= {0, 1, 2, 3, 4}


def test_score_and_report_say_the_same_as_the_events(data_set: Path) -> None:
    score = json.loads((data_set / "score.json").read_text())
    calls, troubles = pd.read_parquet(data_set / "calls.parquet"), pd.read_parquet(data_set / "troubles.parquet")
    assert {k: v["calls"] for k, v in score["kinds"].items() if v["calls"]} == calls["kind"].value_counts().to_dict()
    assert {k: v["troubles"] for k, v in score["kinds"].items() if v["troubles"]} == troubles[
        "kind"
    ].value_counts().to_dict()
    air = score["energy_budget"]["sentinel"]
    assert air["days_of_a_cell"]["mean"] == pytest.approx(
        2600 / (air["mah_a_node_day"]["mean"] + 24 * Cell().leak_ma())
    )
    assert score["energy_budget"]["baseline"].keys() == air.keys()
    assert score["probe_faulty"]["all"]["faults"] == len(pd.read_parquet(data_set / "faults.parquet"))
    page = (data_set / "report.html").read_text()
    assert f"draws {air['mah_a_node_day']['mean']:.2f} mAh" in page
    assert "Tomato block" in page
    assert "http" not in page, "it loads nothing from anywhere"
    assert "| air_temperature | degC | 0.01 |" in (data_set / "README.md").read_text()


def test_what_kept_nodes_silent_is_in_the_data_set_and_the_report(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: T\nstart: 07-01\ndays: 6\nevents:\n"
        "  - {kind: radio, loss: 0.5, day: 1, days: 1}\n  - {kind: gateway, day: 3, days: 0.5}\n"
        "  - {kind: power, node: apple-1, day: 4, days: 1}\n"
    )
    done = cooee("simulate", "--scenario", tmp_path / "mine.yaml", "--no-features", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    failures = pd.read_parquet(tmp_path / "run" / "failures.parquet")
    assert failures["what"].tolist() == ["power", "radio", "gateway"]
    assert failures["node"].fillna("").tolist() == ["apple-1", "", ""]
    assert (failures["end"] - failures["start"]).dt.total_seconds().tolist() == [86_400, 86_400, 43_200]
    heard = json.loads((tmp_path / "run" / "score.json").read_text())["heard"]
    assert heard["sent_again"] > 12 * 144
    assert heard["lost_readings"] >= 12 * (72 - 8), "of half a day an outbox holds eight"
    assert (
        f"frames sent again: {heard['sent_again']:,}; never heard: {heard['lost_readings']:,} readings" in done.stdout
    )
    page = (tmp_path / "run" / "report.html").read_text()
    assert page.count("no power at apple-1") == 1, "in the lane of its zone"
    assert page.count("<title>bad air") == page.count("<title>no gateway") == 3
    assert "baseline: found" in page
    readings = pd.read_parquet(tmp_path / "run" / "readings")
    dark = readings[
        (readings["node"] == "apple-1") & (readings["t"] >= failures["start"][0]) & (readings["t"] < failures["end"][0])
    ]
    assert len(dark) == 144
    assert dark.drop(columns=["node", "t"]).isna().all(axis=None)


@pytest.mark.usefixtures("lone_worker")
def test_same_seed_same_bytes_whatever_does_the_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "NODES_A_PIECE", 64)
    runs = {}
    for name, seed, engine in (
        ("one", 2, ("--jobs", 1)),
        ("two", 2, ("--jobs", 2)),
        ("cluster", 2, ("--cluster", "local")),
        ("other", 3, ("--jobs", 1)),
    ):
        done = cooee(
            "simulate",
            "--scenario",
            "valve-stuck-open",
            "--days",
            3,
            "--nodes",
            130,
            "--seed",
            seed,
            *engine,
            "--no-features",
            "--out",
            tmp_path / name,
        )
        assert done.returncode == 0, done.stderr
        runs[name] = {
            p.relative_to(tmp_path / name): p.read_bytes()
            for p in sorted((tmp_path / name).rglob("*.*"))
            if p.is_file()
        }
    assert len([p for p in runs["one"] if p.parts[0] == "readings"]) > 1, "more than one piece"
    assert runs["one"] == runs["two"] == runs["cluster"]
    assert runs["one"].keys() == runs["other"].keys()
    assert runs["one"] != runs["other"]


def test_seeds_give_confidence_intervals() -> None:
    done = cooee("simulate", "--scenario", "radiation-frost", "--seeds", 3)
    assert done.returncode == 0, done.stderr
    found, _ = (line for line in done.stdout.splitlines() if line.split()[:1] == ["frost"])
    _, when = (line for line in done.stdout.splitlines() if line.split()[:1] == ["too_dry"])
    assert re.search(r"\d ±\d+\.\d h ahead", done.stdout)
    assert re.search(r"\d ±\d+\.\d\d ", when), "of false calls a month"
    assert found.split()[1:4] == ["18", "18", "18"], "troubles, found, calls: of all seeds together"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scenario", "nothing"), "there is no such file, and the names are"),
        (("--nodes", 70_000), "1 to 65534 are allowed"),
        (("--days", 400), "has 365 days"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[object, ...], message: str) -> None:
    done = cooee("simulate", *arguments)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert message in line


def test_a_folder_in_use_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = cooee("simulate", "--out", tmp_path)
    assert done.returncode == 2
    assert "is not empty; name another folder with --out" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
