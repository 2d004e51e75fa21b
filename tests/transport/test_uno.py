"""An emulated Uno on a pseudo-terminal, the real gateway at its other end, mosquitto, ingest and the store."""

import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bench.transport import farm_text, write_farm_keys
from edge.broker import Broker
from edge.service.processes import Child
from tests.firmware.uno import WHO, Said, build_node
from tests.transport.rig import wait_until

SENSORS = ["soil_probe", "sht3x", "anemometer", "rain_gauge", "barometer"]
WAKES = 20
SCRIPT = """0 wind.hz 8
0 rain.hz 0.01
2000 sht31.temperature -12.34
4000 a0.mv 2400
4000 a1.mv 2400
6000 sht31.absent 1
"""


class Uno:
    """The emulated board. `device` is its serial port; `run` lets it live, and returns what it said."""

    def __init__(self, folder: Path, emulator: Path) -> None:
        (folder / "script").write_text(SCRIPT)
        command = [emulator, "-k", WHO.key.hex(), "-p", "-u", 600 * WAKES - 300]
        command += ["-s", folder / "script", build_node(folder)]
        self._process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        lines = iter(self._process.stdout.readline, "")
        self.device = next(line for line in lines if line.startswith("pty ")).split()[1]

    def run(self) -> Said:
        return Said(self._process.communicate("\n", timeout=120)[0])

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def uno(tmp_path: Path, emulator: Path) -> Iterator[Uno]:
    """An Uno whose gateway, broker and ingest run."""
    farm = yaml.safe_load(farm_text(1))
    farm["nodes"][0]["sensors"] = SENSORS
    (tmp_path / "farm.yaml").write_text(yaml.safe_dump(farm))
    write_farm_keys(tmp_path, 1)
    board = Uno(tmp_path, emulator)
    broker = Broker(tmp_path / "broker")
    broker.start()
    options = ["--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path), "--mqtt", broker.address]
    services = [
        Child.cooee("ingest", *options, "--store", f"sqlite={tmp_path / 'cooee.db'}", log=tmp_path / "ingest.log"),
        Child.cooee("gateway", *options, "--link", f"serial={board.device}", log=tmp_path / "gateway.log"),
    ]
    for service in services:
        service.wait_ready()
    yield board
    board.stop()
    for service in services:
        service.check()
        service.stop()
    broker.stop()


def _rows(database: Path, table: str) -> list[dict[str, object]]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f'SELECT * FROM "{table}" ORDER BY boot, seq')]


def test_every_reading_of_the_board_is_in_the_store_once(uno: Uno, tmp_path: Path) -> None:
    said = uno.run()
    readings = {(frame.boot, frame.sequence): frame for _, frame in said.readings}
    assert len(readings) == WAKES
    database = tmp_path / "cooee.db"
    wait_until(lambda: len(_rows(database, "reading")) >= WAKES, what="all readings in the store")
    rows = _rows(database, "reading")
    assert Counter((row["boot"], row["seq"]) for row in rows) == Counter(readings.keys())
    for row in rows:
        frame = readings[int(str(row["boot"])), int(str(row["seq"]))]
        assert {name: row[name] for name in frame.values} == pytest.approx(frame.values)
        assert {fault.partition(":")[0] for fault in str(row["faults"] or "").split(",") if fault} == set(frame.faults)
    assert {str(row["class"]) for row in _rows(database, "call")} == {frame.kind for _, frame in said.calls}
    assert said.calls
    # What was acknowledged is not sent again; a machine that stalls for a second may cost a frame or two.
    assert len(said.frames) <= len({frame.sequence for _, frame in said.decoded}) + 3
