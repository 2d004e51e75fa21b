"""A second ingest of a farm with another data folder took half of its readings, each receipted, into another store."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.service.processes import Child
from tests.transport.rig import Rig, wait_until


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path) as rig:
        yield rig


def _second(rig: Rig, *options: str) -> Child:
    folder = rig.folder / "second"
    folder.mkdir(exist_ok=True)
    on_farm = ("--farm", str(rig.farm), "--mqtt", rig.broker.address, "--data", str(folder))
    child = Child.cooee("ingest", *on_farm, *options, log=folder / "ingest.log")
    rig.children["second"] = child
    return child


def test_a_second_store_is_refused_and_the_first_loses_nothing(rig: Rig) -> None:
    sender = rig.send(400, pace_s=0.005)
    second = _second(rig)
    wait_until(lambda: second.process.poll() is not None, what="the refusal")
    assert second.process.returncode == 2
    (line,) = second.output().strip().splitlines()
    assert f"another ingest keeps farm bench in sqlite={rig.folder / 'cooee.db'}" in line
    assert "--take-over" in line
    sender.join(120)
    rig.wait_stored()
    assert rig.stored() == rig.expected()
    assert "lost the broker" not in rig.log("ingest")


def test_who_takes_over_ends_the_first(rig: Rig) -> None:
    second = _second(rig, "--take-over")
    first = rig.children["ingest"]
    wait_until(lambda: first.process.poll() is not None, what="the first one's end")
    assert first.process.returncode == 2
    assert "another ingest keeps farm bench" in rig.log("ingest")
    assert "Traceback" not in rig.log("ingest")
    time.sleep(1)
    assert second.process.poll() is None


@pytest.mark.parametrize("gently", [False, True])
def test_a_store_that_is_no_longer_kept_stands_in_nobodys_way(rig: Rig, gently: bool) -> None:
    if gently:
        rig.children["ingest"].stop()
    else:
        rig.kill("ingest")
    _second(rig).wait_ready()


def test_the_same_store_may_come_back_after_broker_and_ingest_were_killed(rig: Rig) -> None:
    for name in ("ingest", "broker"):
        rig.kill(name)
    for name in ("broker", "ingest"):
        rig.start(name)
    rig.send(20).join(120)
    rig.wait_stored()
    assert rig.stored() == rig.expected()
