"""Workers of ingest share a farm's readings; one that dies loses nothing, and none comes to another's store."""

import json
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bench.transport import START_MS, farm_text
from cloud.ingest.farm_keeper import AnotherKeeper, Keeper
from edge.broker import Broker
from edge.farm import load_farm
from edge.mqtt.client import new_client, parse_server
from edge.service.processes import Child
from tests.transport.rig import Rig, wait_until


def _publish(rig: Rig, boot: int, count: int, clock_ms: int) -> None:
    """Readings of a node that publishes by itself and asks for no receipt: nobody sends them a second time."""
    client = new_client("wifi-node")
    client.connect("127.0.0.1", rig.broker.port)
    client.loop_start()
    for seq in range(count):
        body = {"v": 1, "node": "n1", "boot": boot, "seq": seq, "t": clock_ms + boot * 1000 + seq, "battery": 3.6}
        published = client.publish("cooee/bench/n1/telemetry", json.dumps(body), qos=1)
    published.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def test_each_reading_goes_to_one_worker_and_waits_for_it_while_it_stands_still(tmp_path: Path) -> None:
    with Rig(tmp_path, workers=2) as rig:
        stopped = rig.worker_pids()[1]
        os.kill(stopped, signal.SIGSTOP)
        _publish(rig, 1, 100, time.time_ns() // 1_000_000)
        wait_until(lambda: rig.count() > 20, what="the first worker's share")
        time.sleep(0.5)
        assert 20 < rig.count() < 80, "one worker had it all: they share nothing"
        os.kill(stopped, signal.SIGCONT)
        wait_until(lambda: rig.count() == 100, what="the second worker's share")


def test_nothing_is_lost_when_workers_are_killed(tmp_path: Path) -> None:
    """Neither what the gateway would send again, nor what nobody would."""
    chance = random.Random(11)
    with Rig(tmp_path, workers=2) as rig:
        sender = rig.send(900, pace_s=0.002)
        wait_until(lambda: any(status.gateway and status.t for status in rig.statuses()), what="the clock")
        for boot in range(5, 10):
            _publish(rig, boot, 100, START_MS)
            victim = chance.choice(rig.worker_pids())
            os.kill(victim, signal.SIGKILL)
            wait_until(
                lambda victim=victim: len(set(rig.worker_pids()) - {victim}) == 2,  # type: ignore[misc]
                what="the dead worker's successor",
            )
        sender.join(120)
        expected = len(rig.expected()) + 500
        wait_until(lambda: rig.count() >= expected, within_s=60, what=f"{expected} readings in the store")
        rows = rig.stored()
        assert [row for row in rows if row[1] == 1] == rig.expected()
        assert [(row[1], row[2]) for row in rows if row[1] > 1] == [(b, s) for b in range(5, 10) for s in range(100)]
        assert rig.refused() == []


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    with Rig(tmp_path, workers=2) as rig:
        workers = rig.worker_pids()
        assert len(workers) == 2
        rig.kill("ingest")
        wait_until(lambda: not any(map(psutil.pid_exists, workers)), what="the workers' end")
        rig.start("ingest")
        rig.send(20).join(120)
        rig.wait_stored()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def claimed(broker: Broker) -> Iterator[Callable[[str, str, str], None]]:
    """Claims the farm for a worker elsewhere: its name, its store, its host."""
    client = new_client("another")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    topics: list[str] = []

    def claim(worker: str, store: str, host: str) -> None:
        topics.append(f"cooee/bench/{worker}/keeper")
        payload = json.dumps({"v": 1, "store": store, "host": host})
        client.publish(topics[-1], payload, qos=1, retain=True).wait_for_publish(60)

    yield claim
    for topic in topics:
        client.publish(topic, b"", qos=1, retain=True).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


HERE = socket.gethostname()
INFLUX = "influx=http://10.0.0.5:8086/farms/field"
LOCAL = "influx=http://127.0.0.1:8086/farms/field"


@pytest.mark.parametrize(
    ("worker", "store", "host", "own", "refused"),
    [
        ("ingest", "sqlite=/data/cooee.db", HERE, "sqlite=/data/cooee.db", None),
        ("ingest-2", "sqlite=/data/cooee.db", HERE, "sqlite=/data/cooee.db", None),
        ("ingest-2", "sqlite=/other.db", HERE, "sqlite=/data/cooee.db", "another ingest keeps farm bench in"),
        ("east", "sqlite=/data/cooee.db", "elsewhere", "sqlite=/data/cooee.db", "another ingest keeps farm bench in"),
        ("east", LOCAL, "elsewhere", LOCAL, "another ingest keeps farm bench in"),
        ("east", INFLUX, "elsewhere", INFLUX, None),
        ("ingest", INFLUX, "elsewhere", INFLUX, "elsewhere has a worker called ingest already"),
    ],
)
def test_workers_of_one_store_join_and_others_are_refused(
    broker: Broker,
    claimed: Callable[[str, str, str], None],
    tmp_path: Path,
    worker: str,
    store: str,
    host: str,
    own: str,
    refused: str | None,
) -> None:
    (tmp_path / "farm.yaml").write_text(farm_text(1))
    claimed(worker, store, host)
    keeper = Keeper(load_farm(tmp_path / "farm.yaml"), own)
    if refused is None:
        keeper.ask(parse_server(broker.address))
    else:
        with pytest.raises(AnotherKeeper, match=refused):
            keeper.ask(parse_server(broker.address))


def test_what_waits_for_a_machine_that_is_gone_for_good_goes_to_those_that_live(tmp_path: Path) -> None:
    """Readings that nobody sends again; the dead worker is killed again, as its own heir, in the middle."""
    with Rig(tmp_path, options={"ingest": ("--gone-for", "0.05")}) as rig:
        clock_ms = time.time_ns() // 1_000_000
        east = Child.cooee(
            "ingest",
            *("--farm", str(rig.farm), "--mqtt", rig.broker.address, "--data", str(tmp_path / "east")),
            *("--store", rig.store_url, "--name", "east", "--gone-for", "60"),
            log=tmp_path / "east.log",
        )
        east.wait_ready()
        os.kill(east.process.pid, signal.SIGSTOP)
        _publish(rig, 1, 3000, clock_ms)
        wait_until(lambda: rig.count() >= 1000, what="the living worker's share")
        assert rig.count() < 3000
        east.process.kill()
        east.process.wait()
        wait_until(lambda: rig.worker_pids() != [], what="an heir")
        os.kill(rig.worker_pids()[0], signal.SIGKILL)
        _publish(rig, 2, 200, clock_ms)
        wait_until(lambda: rig.count() == 3200, what="all readings in the store")
        wait_until(lambda: rig.worker_pids() == [], what="the heir's end")
        assert rig.log("ingest").count("east is gone: taking over what waits for it") == 2
        assert "what waits for east was not taken over (-9)" in rig.log("ingest")
        # Nothing new is held for the dead one any more, and nobody takes its place again.
        _publish(rig, 3, 100, clock_ms)
        wait_until(lambda: rig.count() == 3300, what="the readings after the end of its session")
        rows = rig.stored()
        assert [(row[1], row[2]) for row in rows] == [
            (b, s) for b, n in ((1, 3000), (2, 200), (3, 100)) for s in range(n)
        ]
        assert rig.refused() == []


def test_nobody_is_heir_of_a_worker_that_lives(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        options = ("--farm", str(rig.farm), "--mqtt", rig.broker.address, "--data", str(tmp_path))
        heir = Child.cooee("ingest", *options, "--heir-of", "ingest", log=tmp_path / "heir.log")
        assert heir.process.wait(60) == 2
        assert "ingest is at work on" in (tmp_path / "heir.log").read_text()
