"""Of a name that stood twice in farm.yaml the last was taken and the first forgotten, `nodes` too; a date that is none
was a traceback, a position that is no number, a planting on 30 February and a block called as the gateway is were
taken; messages told of Python's types and limits."""

import json
from pathlib import Path

import pytest

from cloud.notify.people import PeopleError, load_people
from edge.contract.errors import CooeeError, FarmError
from edge.farm import parse_farm
from edge.farm.map import MapError, read_geojson
from edge.farm.text import sample_farm_text
from edge.farm.yaml_text import plain_values
from simulations.scenarios.scenario_file import parse

SAMPLE = sample_farm_text()
FIRST = "sensors: [soil_probe], link"
NUMBER = "9" * 5000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("elevation_m: 250", "elevation_m: 250\nlatitude: 10", "'latitude' is there twice, first in line 8"),
        ("zones:\n", "nodes: []\nzones:\n", "'nodes' is there twice, first in line 22"),
        ("address: 1,", "address: 1, address: 9,", "'address' is there twice, first in line 73"),
        ("address: 1,", f"address: {NUMBER},", "'9{40}' can be no number or date; a text stands in quotes"),
        ("05-10 ", "2026-02-30 ", "'2026-02-30' can be no number or date"),
        ("05-10 ", "2026-05-10 ", "zones.0..planted: write month and day, as in 04-15, of a day"),
        ("05-10 ", "02-30 ", "write month and day, as in 04-15, of a day"),
        ("latitude: 42.448", "latitude: yes", "latitude: a number is needed"),
        ("flow_mm_h: 4", "flow_mm_h: yes", "flow_mm_h: a number is needed"),
        ("[20, 30]", "[.nan, 30]", "position.0.: a number is needed"),
        ("[20, 30]", "[1.0e+300, 30]", r"position.0.: must be at most 1e\+06"),
        ("[80, 10]", "[.inf, 10]", "outline.1..0.: a number is needed"),
        ("10 min}", f"{NUMBER} min}}", "wake_interval: write a whole number and a unit"),
        ("# keep: {readings_days: 400", "keep: {readings_days: 3", "keep.readings_days: write a whole number of days"),
        ("# map: farm.geojson", r'map: "a\0b"', "map: a path has no letter"),
        ("Tomato block", r'"a\eb"', "name: write letters in one line"),
        ("Tomato block", '"  "', "name: write letters in one line"),
        ("id: store\n", "id: gateway\n", "zones: the gateway and a zone are both called 'gateway'"),
    ],
)  # fmt: skip
def test_what_was_taken_or_not_said_plainly(old: str, new: str, message: str) -> None:
    text = SAMPLE.replace(old, new, 1)
    assert text != SAMPLE
    with pytest.raises(FarmError, match=rf"^farm.yaml: line \d+: .*{message}"):
        parse_farm(text, source="farm.yaml")


def test_what_a_merge_brings_may_be_said_anew() -> None:
    node = "  - {id: tomato-2, address: 2,"
    text = SAMPLE.replace("- {id: tomato-1,", "- &first {id: tomato-1,").replace(
        node, "  - {<<: *first, id: tomato-2, address: 2,"
    )
    assert parse_farm(text, source="farm.yaml") == parse_farm(SAMPLE, source="farm.yaml")
    assert plain_values("a: &a {x: 1}\nb: {<<: *a, x: 2}\nc: {<<: *a, y: 3}\nd: *a") == {
        "a": {"x": 1},
        "b": {"x": 2},
        "c": {"x": 1, "y": 3},
        "d": {"x": 1},
    }


def test_a_scenario_is_read_alike() -> None:
    with pytest.raises(CooeeError, match=r"^mine: line 3: 'days' is there twice, first in line 2$"):
        parse("title: x\ndays: 3\ndays: 4", "mine")
    with pytest.raises(CooeeError, match="mine: start: write month and day, as in 04-15, of a day"):
        parse("title: x\nstart: 02-29", "mine")


@pytest.mark.parametrize("text", [f"x = {NUMBER}", "x = " + "[" * 3000])
def test_people_with_numbers_beyond_all_and_brackets_without_end(text: str, tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(PeopleError, match=r"not TOML: .*: put every text in quotes"):
        load_people(path, parse_farm(SAMPLE, source="farm.yaml"))


def test_a_map_with_numbers_beyond_all(tmp_path: Path) -> None:
    shape = {"type": "Polygon", "coordinates": [[[10**400, 1], [2, 3], [4, 5]]]}
    path = tmp_path / "farm.geojson"
    path.write_text(json.dumps({"features": [{"properties": {"name": "apples"}, "geometry": shape}]}))
    with pytest.raises(MapError, match="Apple block: its coordinates are not lists of"):
        read_geojson(path, parse_farm(SAMPLE, source="farm.yaml"))
