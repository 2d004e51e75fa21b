"""Ingest against a real broker: what is stored, quarantined, receipted, and what is not."""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench.influxd.server import VERSIONS
from bench.transport import farm_text
from cloud.ingest.farm_keeper import Keeper
from cloud.ingest.ingest import Ingest
from cloud.store.sqlite import SqliteStore
from edge.broker import Broker
from edge.farm.file import FarmFile
from edge.mqtt.client import new_client, parse_server
from edge.service.processes import Child
from edge.service.quarantine import Quarantine, read_tallies
from tests.transport.rig import wait_until

RECEIPTS = "cooee/bench/gateway/receipt"
LAST = ["n1", 1, 999_999]
DAY_MS = 86_400_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def reading(seq: int, /, **changes: Any) -> dict[str, Any]:
    return {"v": 1, "node": "n1", "boot": 1, "seq": seq, "t": now_ms() + seq, "battery": 3.6} | changes


class Way:
    """A broker, ingest in a thread of this process, and a client that publishes and hears receipts."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        (folder / "farm.yaml").write_text(farm_text(2))
        self.database = folder / "cooee.db"
        self.store = SqliteStore(str(self.database))
        self.quarantine_file = folder / "quarantine.db"
        self.receipts: dict[str, list[list[Any]]] = {}
        self._broker = broker
        self._folder = folder
        self._stop = threading.Event()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        assert ready.wait(60)
        self.client = new_client("stranger")
        self.client.on_message = lambda _c, _d, m: self.receipts.setdefault(m.topic, []).extend(
            json.loads(m.payload)["receipts"]
        )
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe("cooee/+/+/receipt", qos=1)
        self.client.loop_start()

    def _run(self, ready: threading.Event) -> None:
        quarantine = Quarantine(self.quarantine_file)
        farm = FarmFile(self._folder / "farm.yaml")
        keeper = Keeper(farm.farm, "one of several")
        ingest = Ingest(farm, self.store, quarantine, parse_server(self._broker.address), keeper)
        ingest.run(self._stop.is_set, on_ready=ready.set)
        quarantine.close()

    def publish(
        self,
        body: Any,
        *,
        topic: str = "cooee/bench/n1/telemetry",
        reply_to: str | None = RECEIPTS,
        now: str | None = None,
    ) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        if now is not None:
            properties.UserProperty = ("now", now)
        if reply_to:
            properties.ResponseTopic = reply_to
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.client.publish(topic, payload, qos=1, properties=properties).wait_for_publish(60)

    def tallies(self) -> dict[str, int]:
        return {tally.kind: tally.count for tally in read_tallies(self.quarantine_file)}

    def expect(self, tallies: dict[str, int]) -> None:
        """Waits for these counts: quarantine is written after the receipts of what is good."""
        wait_until(lambda: self.tallies() == tallies, what=f"{tallies} in quarantine")

    def receipted(self, topic: str = RECEIPTS) -> list[list[Any]]:
        return sorted(self.receipts.get(topic, []))

    def settle(self) -> None:
        """Waits until everything published before is stored or quarantined: a last good reading has its receipt."""
        self.publish(reading(999_999))
        wait_until(lambda: LAST in self.receipted(), what="the last receipt")

    def close(self) -> None:
        self._stop.set()
        self._thread.join(120)
        self.client.disconnect()
        self.client.loop_stop()
        self.store.close()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def way(tmp_path: Path, broker: Broker) -> Iterator[Way]:
    way = Way(tmp_path, broker)
    yield way
    way.close()


def test_a_reading_is_stored_with_its_zone_and_receipted(way: Way) -> None:
    way.publish(reading(0))
    way.publish(reading(0) | {"node": "stray"}, topic="cooee/bench/stray/telemetry")
    wait_until(lambda: len(way.receipted()) == 2, what="two receipts")
    assert way.receipted() == [["n1", 1, 0], ["stray", 1, 0]]
    assert [(zone, r.node, r.values) for zone, r in way.store.latest("bench")] == [
        ("block", "n1", {"battery": 3.6}),
        ("unknown", "stray", {"battery": 3.6}),
    ]


def test_the_same_reading_again_is_receipted_again_and_stored_once(way: Way) -> None:
    row = reading(1)
    for _ in range(3):
        way.publish(row)
    wait_until(lambda: len(way.receipted()) == 3, what="three receipts")
    assert way.store.counts("bench")["reading"] == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe",
        b"",
        b"null",
        b"[]",
        b"{",
        b"[" * 60_000,
        b'{"v":1}',
        json.dumps(reading(5, battery="3.6")).encode(),
        json.dumps(reading(5, t="yesterday")).encode(),
        json.dumps(reading(5, seq=-1)).encode(),
        json.dumps(reading(5, boot=True)).encode(),
        json.dumps(reading(5, seq=1.5)).encode(),
        json.dumps(reading(5, battery=[1])).encode(),
        json.dumps(reading(5, battery=float("nan"))).encode(),
        json.dumps(reading(5, battery=10**400)).encode(),
        json.dumps(reading(5, node="n2")).encode(),
        json.dumps(reading(5, v=2)).encode(),
        json.dumps(reading(5, faults="battery")).encode(),
        json.dumps(reading(5, colour=1)).encode(),
    ],
    ids=range(19),
)
def test_what_cannot_be_read_is_kept_in_quarantine_and_ingest_goes_on(way: Way, payload: bytes) -> None:
    way.publish(payload)
    way.settle()
    way.expect({"payload": 1})
    with sqlite3.connect(way.quarantine_file) as db:
        ((topic, reason, content),) = db.execute("SELECT source, reason, content FROM entry")
    assert topic == "cooee/bench/n1/telemetry"
    assert reason
    assert content == payload[:4096]


def test_a_huge_message_does_not_reach_ingest_and_harms_nothing(way: Way) -> None:
    way.publish(reading(0, colour="x" * 500_000))
    way.settle()
    assert way.receipted() == [LAST]
    way.expect({})


def test_times_ahead_and_far_behind_go_to_quarantine_without_a_receipt(way: Way) -> None:
    way.publish(reading(0, t=now_ms() + 2 * 3_600_000))
    way.publish(reading(1, t=now_ms() - 401 * DAY_MS))
    way.publish(reading(2, t=now_ms() + 1_800_000))
    way.publish(reading(3, t=now_ms() - 399 * DAY_MS))
    way.settle()
    assert way.receipted() == [["n1", 1, 2], ["n1", 1, 3], LAST]
    way.expect({"future": 1, "ancient": 1})
    assert way.store.counts("bench")["reading"] == 3


def test_a_simulated_farm_has_the_time_of_its_gateway_alone(way: Way) -> None:
    t = 1_430_438_400_000
    status = {"v": 1, "t": t, "state": "online", "wake_interval_s": 1, "gateway": True, "simulated": True}
    way.publish(status | {"node": "n2", "t": t + 50 * DAY_MS}, topic="cooee/bench/n2/status")
    way.publish(status | {"node": "gateway"}, topic="cooee/bench/gateway/status")
    way.publish(reading(0, t=t + 1000))
    way.publish(reading(1, t=t + 2 * 3_600_000))
    way.publish(status | {"node": "gateway", "t": t + 3_600_000}, topic="cooee/bench/gateway/status")
    way.publish(reading(2, t=t + 2 * 3_600_000 - 1))
    wait_until(lambda: len(way.receipted()) == 2, what="two receipts")
    way.expect({"ancient": 1, "future": 1})
    assert way.store.counts("bench")["reading"] == 2


def test_the_time_that_comes_with_a_message_vouches_for_that_message_alone(way: Way) -> None:
    t = 1_430_438_400_000
    way.publish(reading(0, t=t), now=str(t))
    way.publish(reading(1, t=t + 50 * DAY_MS), now=str(t + 50 * DAY_MS))
    way.publish(reading(2, t=t + 50 * DAY_MS))
    way.publish(reading(3, t=t), now="-1")
    way.publish(reading(4, t=t), now="soon")
    way.settle()
    assert way.receipted() == [["n1", 1, 0], ["n1", 1, 1], LAST]
    assert way.store.counts("bench")["reading"] == 3
    way.expect({"ancient": 3})


def test_on_a_farm_that_is_not_simulated_no_message_brings_its_own_time(way: Way) -> None:
    status = {
        "v": 1,
        "node": "gateway",
        "t": now_ms(),
        "state": "online",
        "wake_interval_s": 60,
        "gateway": True,
        "simulated": False,
    }
    way.publish(status, topic="cooee/bench/gateway/status")
    way.publish(reading(0, t=now_ms() + 10 * DAY_MS), now=str(now_ms() + 10 * DAY_MS))
    way.settle()
    assert way.receipted() == [LAST]
    way.expect({"future": 1})


def test_an_identity_with_another_body_is_quarantined_and_receipted(way: Way) -> None:
    first = reading(0)
    other, swapped = first | {"battery": 3.1}, first | {"inc": "0000abcd", "t": first["t"] + 1}
    for body in (first, first, other, swapped, other):
        way.publish(body)
    way.expect({"identity used twice": 2})
    wait_until(lambda: way.store.counts("bench")["reading"] == 2, what="both boards' readings")
    way.settle()
    assert sorted({tuple(i) for i in way.receipted()})[:2] == [("n1", 1, 0), ("n1", 1, 0, "0000abcd")]


def test_receipts_go_to_the_farms_own_gateway_only(way: Way) -> None:
    for seq, reply_to in enumerate(
        [
            "cooee/other/gateway/receipt",
            "cooee/bench/n1/receipt",
            "cooee/bench/gateway/status",
            "cooee/bench/n1/command",
            "anything",
        ]
    ):
        way.publish(reading(seq), reply_to=reply_to)
    way.settle()
    assert way.receipts == {RECEIPTS: [LAST]}
    assert way.store.counts("bench")["reading"] == 6


def test_nothing_is_acknowledged_while_the_store_is_locked_and_all_is_stored_after(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(way.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for seq in range(5):
        way.publish(reading(seq))
    wait_until(lambda: "cannot store, keeping messages back" in caplog.text, what="the store is locked")
    assert way.receipted() == []
    other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: len(way.receipted()) == 5, what="five receipts")
    assert way.store.counts("bench")["reading"] == 5
    way.expect({})


def test_a_row_that_the_store_refuses_does_not_take_its_batch_along(tmp_path: Path, broker: Broker) -> None:
    with sqlite3.connect(tmp_path / "cooee.db") as db:
        SqliteStore(str(tmp_path / "cooee.db")).close()
        db.execute(
            "CREATE TRIGGER picky BEFORE INSERT ON reading WHEN NEW.seq IN (3, 17) "
            "BEGIN SELECT RAISE(ABORT, 'unlucky'); END"
        )
    way = Way(tmp_path, broker)
    try:
        for seq in range(20):
            way.publish(reading(seq))
        wait_until(lambda: len(way.receipted()) == 20, what="twenty receipts")
        assert way.store.counts("bench")["reading"] == 18
        way.expect({"refused by the store": 2})
    finally:
        way.close()


def test_ingest_keeps_its_store_in_bounds_while_nothing_waits(way: Way) -> None:
    way.publish(reading(1))
    way.settle()
    with closing(sqlite3.connect(way.database)) as db:
        rolled = "SELECT total(count) FROM rollup"
        wait_until(lambda: db.execute(rolled).fetchone()[0] == 4, what="two readings in rollups of two spans")


def test_sigterm_writes_what_is_held_and_ends_with_0(tmp_path: Path, broker: Broker) -> None:
    (tmp_path / "farm.yaml").write_text(farm_text(1))
    options = ["--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path), "--mqtt", broker.address]
    ingest = Child.cooee("ingest", *options, log=tmp_path / "ingest.log")
    ingest.wait_ready()
    client = new_client("sender")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for seq in range(50):
        client.publish("cooee/bench/n1/telemetry", json.dumps(reading(seq)), qos=1).wait_for_publish(60)
    ingest.stop()
    client.loop_stop()
    assert ingest.process.returncode == 0
    ingest = Child.cooee("ingest", *options, log=tmp_path / "again.log")
    ingest.wait_ready()
    ingest.stop()
    with sqlite3.connect(tmp_path / "cooee.db") as db:
        assert db.execute("SELECT count(*) FROM reading").fetchone() == (50,)


def _ingest_says(tmp_path: Path, *options: str) -> str:
    """The one line of `cooee ingest` that ends with code 2."""
    (tmp_path / "farm.yaml").write_text(farm_text(1))
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "cooee",
            "ingest",
            "--farm",
            str(tmp_path / "farm.yaml"),
            "--data",
            str(tmp_path),
            *options,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_influxdb_token_is_one_clear_line(tmp_path: Path, influx: Callable[[str], str], version: str) -> None:
    address = influx(version).partition("@")[2]
    assert "refuses the token" in _ingest_says(tmp_path, "--store", f"influx=http://wrong:wrong@{address}")


def test_a_wrong_address_is_one_clear_line(tmp_path: Path) -> None:
    assert "write HOST:PORT, as in 127.0.0.1:1883" in _ingest_says(tmp_path, "--mqtt", "nowhere")


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "choose another with --data" in _ingest_says(tmp_path, "--data", str(tmp_path / "file" / "data"))
