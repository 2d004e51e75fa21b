"""What had gone to quarantine could not come back: a reading refused for a wrong clock was lost when the clock was set,
and a frame of a node that farm.yaml did not know yet was lost when it did."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.transport import farm_text, frame, write_farm_keys
from edge.mqtt.client import new_client
from edge.service.quarantine_cli import app
from tests.cloud.ingest.test_ingest import reading
from tests.transport.rig import Rig, wait_until


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, count=2)
    rig.start("broker")
    yield rig
    rig.__exit__()


def cooee_quarantine(rig: Rig, *arguments: str) -> str:
    run = CliRunner().invoke(app, [*arguments, "--data", str(rig.folder)])
    assert run.exit_code == 0, run.output
    return run.output


def _publish(rig: Rig, *payloads: object) -> None:
    client = new_client("stranger")
    client.connect("127.0.0.1", rig.broker.port)
    client.loop_start()
    for payload in payloads:
        client.publish("cooee/bench/n1/telemetry", json.dumps(payload), qos=1).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def test_entries_are_listed_shown_tried_again_and_dropped(rig: Rig) -> None:
    rig.start("ingest")
    _publish(rig, reading(0, colour="red"), reading(1, t=1_430_438_400_000), "rubbish")
    wait_until(lambda: set(rig.refused()) == {"payload", "ancient"}, what="three entries")
    listed = cooee_quarantine(rig, "list")
    assert "unknown field 'colour'" in listed
    assert "1 x ancient" in listed
    assert "2 x payload" in listed
    name = next(line.split()[0] for line in listed.splitlines() if "colour" in line)
    assert '"colour": "red"' in cooee_quarantine(rig, "show", name)
    assert "2 to be tried again" in cooee_quarantine(rig, "retry", "--kind", "payload")
    time.sleep(2)
    wait_until(lambda: "unknown field 'colour'" in cooee_quarantine(rig, "list"), what="that it was refused again")
    assert "1 dropped" in cooee_quarantine(rig, "drop", name)
    assert "2 dropped" in cooee_quarantine(rig, "drop", "--kind", "payload") + cooee_quarantine(
        rig, "drop", "--kind", "ancient"
    ).replace("1 dropped", "2 dropped")
    assert "nothing is kept" in cooee_quarantine(rig, "list")


def test_a_reading_refused_for_the_clock_is_stored_when_the_clock_is_set(rig: Rig) -> None:
    """Ingest first knows only the time of day; then its simulated gateway speaks."""
    rig.start("ingest")
    t = 1_430_438_400_000
    _publish(rig, reading(0, t=t))
    wait_until(lambda: rig.refused() == ["ancient"], what="the refusal")
    rig.start("gateway")
    rig.nodes.datagram(t, b"")
    wait_until(lambda: rig.log("ingest") != "" and _clock_is_known(rig), what="the gateway's status")
    cooee_quarantine(rig, "retry", "--kind", "ancient")
    wait_until(lambda: rig.count() == 1, what="the reading")
    wait_until(lambda: "nothing is kept" in cooee_quarantine(rig, "list"), what="an empty quarantine")


def _clock_is_known(rig: Rig) -> bool:
    with sqlite3.connect(f"file:{rig.folder / 'cooee.db'}?mode=ro", uri=True) as db:
        return db.execute("SELECT 1 FROM node WHERE simulated AND t > 1000000000000").fetchone() is not None


def test_a_frame_of_a_node_that_was_not_known_yet_is_taken_when_it_is(rig: Rig) -> None:
    rig.start("ingest")
    rig.start("gateway")
    rig.nodes.now_ms += 600_000
    rig.nodes.datagram(rig.nodes.now_ms, frame(3, 1, 0, 60))
    wait_until(lambda: "unknown address" in cooee_quarantine(rig, "list"), what="the refusal")
    rig.children["gateway"].stop()
    rig.farm.write_text(farm_text(3))
    write_farm_keys(rig.folder, 3)
    rig.start("gateway")
    cooee_quarantine(rig, "retry", "--kind", "unknown address")
    wait_until(lambda: rig.stored() == [("n3", 1, 0, rig.nodes.now_ms - 60_000)], what="the reading")
    assert "nothing is kept" in cooee_quarantine(rig, "list")
