"""Nothing is lost and nothing counts twice when processes are killed while readings flow (docs/SECURITY.md)."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.influxd.server import VERSIONS
from tests.transport.rig import Rig

STEPS, PACE_S = 900, 0.002


def _flow_and_kill(rig: Rig, victims: list[str], *, between_s: float = 0.7, steps: int = STEPS) -> None:
    sender = rig.send(steps, pace_s=PACE_S)
    for victim in victims:
        time.sleep(between_s)
        assert sender.is_alive(), "all was sent before the kill: the test shows nothing"
        rig.kill(victim)
        rig.start(victim)
    sender.join(120)
    assert not sender.is_alive()
    rig.wait_stored()
    assert rig.refused() == []


@pytest.mark.parametrize("victim", ["ingest", "gateway", "broker"])
def test_every_reading_is_stored_once_with_its_time_when_one_process_is_killed(tmp_path: Path, victim: str) -> None:
    with Rig(tmp_path) as rig:
        _flow_and_kill(rig, [victim, victim])
        assert rig.stored() == rig.expected()


def test_every_reading_is_stored_once_when_all_are_killed_again_and_again(tmp_path: Path) -> None:
    order = random.Random(7).sample(["ingest", "gateway", "broker"] * 2, 6)
    with Rig(tmp_path) as rig:
        _flow_and_kill(rig, order, between_s=0.4, steps=2200)
        assert rig.stored() == rig.expected()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_reading_is_stored_once_in_influxdb_when_ingest_is_killed(
    tmp_path: Path, influx: Callable[[str], str], version: str
) -> None:
    with Rig(tmp_path, store=influx(version)) as rig:
        _flow_and_kill(rig, ["ingest"], steps=500)
        assert rig.count() == rig.nodes.sequence * len(rig.nodes.addresses)
