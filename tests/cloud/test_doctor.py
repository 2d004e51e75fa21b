"""`cooee doctor`: what runs is ok, what is broken is named with how to mend it, and the exit code says which."""

import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import cooee
from cloud.notify.database import Database
from cloud.store import Stored, open_store
from edge.broker import Broker
from edge.contract.messages import Reading, Status
from edge.farm import parse_farm, sample_farm_text
from edge.gateway.outbox import Outbox
from edge.gateway.outbox_schema import NodeState
from edge.service.processes import Child
from edge.service.quarantine import Refused, open_quarantine

NOW = 1_700_000_000_000


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(cooee.build_app("doctor"), ["doctor", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder of a simulated farm whose nodes were all just heard."""
    farm = parse_farm(sample_farm_text(), source="sample")
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    store = open_store(f"sqlite={tmp_path / 'cooee.db'}")
    store.append(
        [
            Stored(zone=n.zone, message=Reading(farm=farm.id, node=n.id, boot=1, seq=1, t=NOW, values={"battery": 3.7}))
            for n in farm.nodes
        ]
    )
    store.append(
        [
            Stored(
                zone="unknown",
                message=Status(
                    farm=farm.id,
                    node=farm.gateway,
                    t=NOW,
                    state="online",
                    wake_interval_s=1,
                    gateway=True,
                    simulated=True,
                ),
            )
        ]
    )
    store.close()
    return tmp_path


def run(folder: Path, mqtt: str) -> Result:
    return doctor("--farm", str(folder / "farm.yaml"), "--data", str(folder), "--mqtt", mqtt)


def test_a_farm_that_runs_is_ok(folder: Path) -> None:
    with Broker(folder / "broker") as broker:
        assert "no ingest of farm" in run(folder, broker.address).output
        options = ("--farm", str(folder / "farm.yaml"), "--data", str(folder), "--mqtt", broker.address)
        ingest = Child.cooee("ingest", *options, log=folder / "ingest.log")
        ingest.wait_ready()
        result = run(folder, broker.address)
        ingest.stop()
    assert result.exit_code == 0, result.output
    assert "WRONG" not in result.output
    assert "all nodes have been heard: 12" in result.output
    assert "12 readings" in result.output
    assert "watch for frost, disease weather and strong wind: apple-weather, tomato-weather" in result.output
    assert "cannot watch" not in result.output


def test_every_fault_is_named_and_hides_no_other(folder: Path) -> None:
    quarantine = open_quarantine(folder, "quarantine.db")
    quarantine.add([Refused(source="cooee/x", kind="payload", reason="not JSON", content=b"{")])
    quarantine.close()
    store = open_store(f"sqlite={folder / 'cooee.db'}")
    hours = 3_600_000
    store.append(
        [
            Stored(
                zone="tomatoes",
                message=Reading(
                    farm="whately",
                    node="tomato-1",
                    boot=1,
                    seq=2,
                    t=NOW + 9 * hours,
                    values={"battery": 3.7},
                    faults=("soil_moisture_10cm",),
                    why_faulty={"soil_moisture_10cm": "open"},
                ),
            ),
            Stored(
                zone="unknown",
                message=Status(
                    farm="whately",
                    node="gateway",
                    t=NOW + 9 * hours,
                    state="offline",
                    wake_interval_s=1,
                    gateway=True,
                    simulated=True,
                ),
            ),
        ]
    )
    store.close()
    with (folder / "farm.yaml").open("a") as file:
        file.write("map: nowhere.geojson\n")
    result = run(folder, "127.0.0.1:9")
    assert result.exit_code == 1
    for words in (
        "nowhere.geojson: cannot be read",
        "broker mqtt://127.0.0.1:9: no broker there",
        "quarantined, payload: 1",
        "tomato-1: faulty probe, soil_moisture_10cm (open)",
        "tomato-2 is dead: last heard 9.0 h ago",
        "the gateway gateway of a simulated farm is offline",
    ):
        assert any(words in line and line.startswith("WRONG") for line in result.output.splitlines()), words


def test_a_node_on_another_link_than_farm_yaml_says_is_named(folder: Path) -> None:
    outbox = Outbox(folder / "outbox.db")
    state: dict[str, Any] = {"boot": 1, "seen_t": NOW, "wake_interval_s": 600, "state": "sleeping", "state_t": NOW}
    with outbox.transaction():
        outbox.save_nodes(
            NodeState(node=node, link=link, channels=channels, **state)
            for node, link, channels in (
                ("tomato-1", "serial", "soil_moisture_10cm,soil_moisture_30cm,soil_temperature,battery"),
                ("tomato-2", "udp", "soil_moisture_10cm,soil_moisture_30cm,rain,battery"),
            )
        )
    outbox.close()
    output = run(folder, "nonsense").output
    assert "WRONG  tomato-1 comes over serial, farm.yaml says link: udp" in output
    assert "tomato-2 comes over" not in output
    assert (
        "WRONG  tomato-2 measures rain and does not measure soil_temperature, otherwise than farm.yaml says" in output
    )
    assert "tomato-1 measures" not in output


def test_who_cannot_be_notified_is_named(folder: Path) -> None:
    assert "note   nobody is notified: see docs/NOTIFY.md" in run(folder, "nonsense").output
    database = Database(folder)
    database.beat(time.time_ns() // 1_000_000)
    assert "ok     notifications go out" in run(folder, "nonsense").output
    database.beat(NOW)
    database.close()
    assert "WRONG  Notifications have stopped since" in run(folder, "nonsense").output


def test_a_broken_farm_and_a_missing_store_are_named(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text("id: x\n")
    result = run(tmp_path, "nonsense")
    assert result.exit_code == 1
    assert "farm.yaml: line 1: name: is missing" in result.output
    assert "write HOST:PORT" in result.output


def test_nodes_that_no_gateway_can_hear_share_a_line(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    open_store(f"sqlite={tmp_path / 'cooee.db'}").close()
    output = run(tmp_path, "nonsense").output
    (line,) = [line for line in output.splitlines() if "never" in line]
    assert line.startswith("WRONG  never heard, for want of a key: tomato-1, tomato-2, ")
    assert line.endswith("and 6 more: cooee enrol NODE, then build and flash it")
    assert "WRONG  no word from the gateway yet: start it with `cooee gateway`; of link: udp, the simulated" in output
    assert "0 readings, 0 calls, 0 states of nodes, 0 judgements, 0 records" in output
    (tmp_path / "farm.yaml").write_text(sample_farm_text().replace("link: udp", "link: direct"))
    output = run(tmp_path, "nonsense").output
    assert "not enrolled" not in output
    assert "WRONG  store-3 has never been heard: is it switched on, is its address 23?" in output
    assert "start it with `cooee gateway`\n" in output
