"""The Grafana dashboard: each of its queries asked of a real InfluxDB 2.7, as Grafana would ask it."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from influxdb_client.client.influxdb_client import InfluxDBClient
from typer.testing import CliRunner

import cooee
from bench.influxd.server import DATABASE, TOKEN
from cloud.store import Stored, open_store
from cloud.storekeeping.grafana import UNITS
from cloud.storekeeping.influx_setup import set_up
from edge.contract.channels import channels
from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds
from edge.contract.messages import Call, Reading
from edge.farm import Keep
from tests.dashboard.farm_data import call, sample_farm, stored, write_farm_file

STEP = 600_000
STEPS = 12
BEGAN = (time.time_ns() // 1_000_000 - 86_400_000) // STEP * STEP
FARM = sample_farm()
MEASURED = [each for each in channels() if any(each.name in node.channels for node in FARM.nodes)]
CHOSEN = ("tomato-1", "tomato-weather", "store-1")


def _value(node: int, channel: int, step: int) -> float:
    return round(10 + 3 * node + 0.1 * channel + 0.01 * step, 2)


def _readings() -> list[Reading]:
    places = {each.name: each.id for each in channels()}
    return [
        Reading(
            farm=FARM.id,
            node=node.id,
            boot=1,
            seq=step,
            t=BEGAN + step * STEP + 1000 * at,
            values={name: _value(at, places[name], step) for name in node.channels},
        )
        for at, node in enumerate(FARM.nodes)
        for step in range(STEPS)
    ]


def _calls() -> list[Call]:
    later = BEGAN + 3 * STEP
    return [
        call(FARM, "tomato-weather", "weather", "frost", BEGAN + STEP),
        call(FARM, "tomato-1", "soil", "too_dry", BEGAN + STEP),
        call(FARM, "tomato-1", "soil", "too_dry", BEGAN + STEP, t=later, state="cleared"),
        call(FARM, "apple-1", "soil", "too_dry", BEGAN + 2 * STEP),  # not chosen
    ]


class Grafana:
    """What it makes of the files that were written for it."""

    def __init__(self, folder: Path) -> None:
        (source,) = yaml.safe_load((folder / "provisioning/datasources/cooee.yaml").read_text())["datasources"]
        (provider,) = yaml.safe_load((folder / "provisioning/dashboards/cooee.yaml").read_text())["providers"]
        found = re.fullmatch(r"\$__file\{(.+)\}", source["secureJsonData"]["token"])
        assert found
        assert (source["type"], source["jsonData"]["version"], provider["type"]) == ("influxdb", "Flux", "file")
        self.uid = source["uid"]
        self.dashboard = json.loads((Path(provider["options"]["path"]) / "cooee.json").read_text())
        token = Path(found[1]).read_text().strip()
        self._client = InfluxDBClient(source["url"], token, org=source["jsonData"]["organization"])

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query over the time of the test, for the chosen nodes."""
        start, stop = (datetime.fromtimestamp(t / 1000, UTC).isoformat() for t in (BEGAN, BEGAN + STEPS * STEP))
        head = f"option v = {{timeRangeStart: {start}, timeRangeStop: {stop}, windowPeriod: 10m}}\n"
        head = head.replace("+00:00", "Z")
        nodes = "({})".format("|".join(re.escape(node) for node in CHOSEN).replace("\\-", "-"))
        tables = self._client.query_api().query(head + query.replace("${node:regex}", nodes))
        return [record.values for table in tables for record in table.records]


@pytest.fixture(scope="module")
def grafana(influx: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Grafana:
    folder = tmp_path_factory.mktemp("grafana")
    url = influx("2.7.12").removesuffix(DATABASE) + "dashboard"
    data = folder / "data"
    data.mkdir(0o700)
    list(set_up(url, Keep(), data))
    store = open_store(url)
    store.append(stored(FARM, *_readings(), *_calls()))
    elsewhere = Reading(farm="other", node="tomato-1", boot=1, seq=1, t=BEGAN, values={"battery": 1.0})
    store.append([Stored(zone="tomatoes", message=elsewhere)])
    store.close()
    options = ["--farm", str(write_farm_file(folder)), "--data", str(data), "--folder", str(folder / "out")]
    done = CliRunner().invoke(cooee.build_app("store"), ["store", "grafana", url, *options])
    assert done.exit_code == 0, done.output
    assert all(TOKEN not in path.read_text() for path in (folder / "out").rglob("*.*"))
    return Grafana(folder / "out")


def _panels(grafana: Grafana) -> dict[str, Any]:
    return {panel["title"]: panel for panel in grafana.dashboard["panels"]}


@pytest.mark.parametrize("channel", MEASURED, ids=lambda channel: channel.name)
def test_each_chart_shows_what_was_stored(grafana: Grafana, channel: Any) -> None:
    panel = _panels(grafana)[channel.label]
    assert panel["fieldConfig"]["defaults"]["unit"] == UNITS[channel.unit]
    found: dict[str, list[float]] = {}
    for row in grafana.ask(panel["targets"][0]["query"]):
        found.setdefault(row["node"], []).append(row["_value"])
    assert found == {
        node.id: pytest.approx([_value(at, channel.id, step) for step in range(STEPS)])
        for at, node in enumerate(FARM.nodes)
        if node.id in CHOSEN and channel.name in node.channels
    }
    assert found


def test_every_unit_is_one_of_grafana_s() -> None:
    assert {each.unit for each in channels()} == set(UNITS)


def test_open_calls_are_listed_and_each_raise_is_a_mark(grafana: Grafana) -> None:
    rows = grafana.ask(_panels(grafana)["Open calls"]["targets"][0]["query"])
    raised = datetime.fromtimestamp((BEGAN + STEP) / 1000, UTC)
    assert [(row["node"], row["call"], row["raised"]) for row in rows] == [("tomato-weather", "frost", raised)]
    marks = {mark["name"]: mark for mark in grafana.dashboard["annotations"]["list"]}
    assert {name: mark["iconColor"] for name, mark in marks.items()} == {k.words: k.colour for k in kinds().values()}
    said = {name: [row["text"] for row in grafana.ask(mark["query"])] for name, mark in marks.items()}
    assert {name: texts for name, texts in said.items() if texts} == {
        "frost": ["tomato-weather: frost"],
        "too dry": ["tomato-1: too dry"],
    }


def test_the_dashboard_is_one_that_grafana_takes(grafana: Grafana) -> None:
    """Panels have ids of their own, overlap nowhere, and ask the source that is provisioned."""
    panels = grafana.dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert {panel["datasource"]["uid"] for panel in panels} == {grafana.uid}
    (choice,) = grafana.dashboard["templating"]["list"]
    assert [option.split(" : ")[1] for option in choice["query"].split(", ")] == [node.id for node in FARM.nodes]


def test_sqlite_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(cooee.build_app("store"), ["store", "grafana", "sqlite=x", "--folder", str(tmp_path)])
    assert isinstance(done.exception, CooeeError)
    assert "influx=" in str(done.exception)
