"""A node that left farm.yaml left its call open for ever; a node that was added, or whose zone was renamed, while
ingest ran, called under the zone `unknown`, where the page did not look and said "fine"."""

import sqlite3
from pathlib import Path

import pytest
import streamlit as st

from bench.transport import farm_text, frame, write_farm_keys
from cloud.clock import Pace
from cloud.farm_view import view_farm
from cloud.store import Store, Stored, open_store
from dashboard import FARM_VARIABLE, STORE_VARIABLE
from dashboard.queries.past import PastTrouble, history, past_troubles
from edge.contract.messages import Call, Message, Reading, Status
from edge.farm import parse_farm
from tests.transport.rig import Rig, wait_until

NOW = 1_433_355_600_000
HOUR = 3_600_000
RENAMED = farm_text(2).replace("block", "north")


def _store(folder: Path, zone: str) -> Store:
    """A farm whose node n2 called two hours ago, stored under `zone`."""
    clock = Status(
        farm="bench", node="gateway", t=NOW, state="online", wake_interval_s=60, gateway=True, simulated=True
    )
    call = Call(
        farm="bench",
        node="n2",
        boot=1,
        seq=1,
        t=NOW - 2 * HOUR,
        sentinel="soil",
        version="0badcafe",
        kind="too_dry",
        confidence=88,
        state="raised",
        raised_t=NOW - 2 * HOUR,
    )
    readings = [
        Reading(farm="bench", node=node, boot=1, seq=2, t=NOW - 1000, values={"soil_moisture_30cm": 0.2})
        for node in ("n1", "n2")
    ]
    messages: list[Message] = [clock, call, *readings]
    store = open_store(f"sqlite={folder / 'cooee.db'}")
    store.append([Stored(zone=zone, message=message) for message in messages])
    return store


@pytest.mark.parametrize("zone", ["block", "unknown", "a-zone-of-old"])
def test_a_call_is_the_trouble_of_the_zone_that_its_node_is_in_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    store = _store(tmp_path, zone)
    (north,) = view_farm(parse_farm(RENAMED, source="farm.yaml"), store, Pace()).zones
    assert north.zone.id == "north"
    assert [trouble.trouble.kind for trouble in north.troubles] == ["too_dry"]
    (past,) = _past(tmp_path, monkeypatch, RENAMED, "north")
    assert (past.zone, past.ended, past.removed) == ("north", None, False)
    assert history("north", "soil_moisture_30cm", NOW - HOUR, NOW, 10).mean == [0.2]
    store.close()


def test_the_call_of_a_node_that_was_taken_out_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = _store(tmp_path, "block")
    (block,) = view_farm(parse_farm(farm_text(1), source="farm.yaml"), store, Pace()).zones
    assert block.troubles == ()
    (past,) = _past(tmp_path, monkeypatch, farm_text(1), None)
    assert (past.zone, past.nodes, past.removed) == ("block", ("n2",), True)
    assert past.ended == NOW - 2 * HOUR
    store.close()


def _past(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, zone: str | None) -> list[PastTrouble]:
    (folder / "farm.yaml").write_text(text)
    monkeypatch.setenv(FARM_VARIABLE, str(folder / "farm.yaml"))
    monkeypatch.setenv(STORE_VARIABLE, f"sqlite={folder / 'cooee.db'}")
    st.cache_data.clear()
    st.cache_resource.clear()
    return past_troubles(zone, NOW - 24 * HOUR, NOW + 1)


def test_running_services_follow_an_edited_farm_file_and_outlive_a_mistake_in_it(tmp_path: Path) -> None:
    with Rig(tmp_path, count=1) as rig:
        rig.send(1).join(120)
        rig.wait_stored()
        rig.farm.write_text("a: mistake")
        wait_until(lambda: "farm.yaml is kept as it was" in rig.log("gateway"), what="the mistake is said")
        rig.farm.write_text(RENAMED)
        for name in ("gateway", "ingest"):
            wait_until(lambda name=name: "2 nodes" in rig.log(name), what="the file is read again")  # type: ignore[misc]
        write_farm_keys(rig.gateway_data, 2)
        rig.nodes.datagram(rig.nodes.now_ms, frame(2, 1, 0, 0))
        wait_until(lambda: ("n2", "north") in _zones(tmp_path), what="the new node's reading")


def _zones(folder: Path) -> set[tuple[str, str]]:
    with sqlite3.connect(f"file:{folder / 'cooee.db'}?mode=ro", uri=True) as db:
        return set(db.execute("SELECT node, zone FROM reading"))
