"""A publisher at QoS 0 made ingest acknowledge message 0, a protocol error: disconnected, it stored 9 of 40."""

import json
import sqlite3
from pathlib import Path

from tests.cloud.ingest.test_ingest import reading
from tests.transport.rig import Rig, wait_until


def test_readings_at_qos_0_are_stored_among_others_and_ingest_stays_connected(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    try:
        rig.start("broker")
        rig.start("ingest")
        with rig.stranger() as client:
            for seq in range(40):
                client.publish("cooee/bench/n1/telemetry", json.dumps(reading(seq)), qos=seq % 2)
            wait_until(lambda: rig.count() == 40, what="40 readings")
        assert "lost the broker" not in rig.log("ingest")
    finally:
        rig.__exit__()


def test_readings_at_qos_0_wait_for_the_store_and_outlive_the_broker(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    try:
        rig.start("broker")
        rig.start("ingest")
        lock = sqlite3.connect(tmp_path / "cooee.db", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        with rig.stranger() as client:
            for seq in range(20):
                client.publish("cooee/bench/n1/telemetry", json.dumps(reading(seq)), qos=0)
            wait_until(lambda: "cannot store" in rig.log("ingest"), what="the store is locked")
        rig.kill("broker")
        rig.start("broker")
        lock.execute("ROLLBACK")
        lock.close()
        wait_until(lambda: rig.count() == 20, what="20 readings")
    finally:
        rig.__exit__()
