"""Power cut at random cycles of an emulated Uno, with the gateway's own intake and outbox at the other end of its line.

A few cuts here; `make soak` takes 200, or as many as COOEE_POWER_CUTS says.
"""

import os
import random
import sqlite3
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bench.transport import START_MS, farm_text, write_farm_keys
from edge.contract.messages import Reading
from edge.contract.payloads import parse
from edge.contract.topics import parse_topic, topic
from edge.core import Ack, Hello, Telemetry, decode, decode_plain
from edge.farm import parse_farm
from edge.gateway import refused_frames
from edge.gateway.intake import Intake
from edge.gateway.outbox import Outbox
from edge.links import Heard, ReplyAddress
from edge.links.serial_line import SerialLine
from edge.links.several import SeveralLinks
from edge.node.keys import Keys
from edge.service.quarantine import Quarantine
from tests.firmware.uno import CYCLES_PER_S, WHO, build_node

CUTS = int(os.environ.get("COOEE_POWER_CUTS", "8"))
WAKE_S = 600
LONGEST_S = 4 * WAKE_S
KEPT_FROM, SLOT, SLOTS, PLAIN_MAX = 4 + 4 + 16 + 254, 49, 15, 40
"""Where the ring begins in the EEPROM, behind boots, incarnation, key and settings (store.c, ring.c)."""
ANSWERED = 0.7
Identity = tuple[int, int]
"""(boot, sequence)"""


class TimedLine(SerialLine):
    """A board's line, whose frames were received when the emulator says they were sent: its sleep takes no time here.
    `told` is what it said, `acknowledged` what it was told is kept."""

    def __init__(self, device: str, said: Iterator[str], start_ms: int) -> None:
        super().__init__(device)
        self._said, self._start_ms = said, start_ms
        self.told: dict[Identity, Telemetry | Hello] = {}
        self.acknowledged: set[Identity] = set()
        self.last_s = 0.0

    def receive(self) -> list[Heard]:
        return [replace(heard, received_ms=self._sent_ms(heard.frame)) for heard in super().receive()]

    def _sent_ms(self, frame: bytes) -> int:
        line = next(line for line in self._said if line.endswith(f" {frame.hex()}\n"))
        decoded = decode(frame, WHO.key)
        assert isinstance(decoded, Telemetry | Hello)
        self.told[decoded.boot, decoded.sequence] = decoded
        self.last_s = float(line.split()[1])
        return self._start_ms + round(1000 * self.last_s)

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        answer = decode(frame, WHO.key)
        if isinstance(answer, Ack):
            self.acknowledged |= {(answer.boot, sequence) for sequence in answer.sequences}
        super().send(frame, reply_to)


class Field:
    """A board that loses its power, and a gateway that does not always answer. `starts`: when each boot began, UTC ms;
    `told`, `acknowledged`: of all lives; `written`: readings that a life left in the EEPROM; `heard`: boots of which
    the gateway took a frame while they ran."""

    def __init__(self, emulator: Path, folder: Path, seed: int) -> None:
        write_farm_keys(folder, 1)
        self._emulator, self._folder = emulator, folder
        parts = "-DNODE_SENSORS=SENSOR_SOIL_10CM|SENSOR_BATTERY"
        self._node = build_node(folder, parts, "-DNODE_SENTINELS=0", "-DNODE_SENTINEL_COUNT=0", "-DNODE_ALARMS=1")
        self._outbox = Outbox(folder / "outbox.db")
        self._quarantine = Quarantine(folder / "quarantine.db")
        self._farm = parse_farm(farm_text(1), source="farm.yaml")
        self._chance = random.Random(seed)
        self._now_ms = START_MS
        self.boots: list[int] = []
        self.starts: dict[int, int] = {}
        self.told: dict[Identity, Telemetry | Hello] = {}
        self.acknowledged: set[Identity] = set()
        self.written: set[Identity] = set()
        self.heard: set[int] = set()

    def cut(self) -> None:
        """A life that ends at a random cycle: of all there are, or of the few seconds around a wake."""
        awake = self._chance.randrange(4) * WAKE_S + self._chance.uniform(0, 3)
        self.live(round(self._chance.choice((awake, self._chance.uniform(0, LONGEST_S))) * CYCLES_PER_S))

    def live(self, cycles: int, answered: float = ANSWERED) -> None:
        """A life of so many cycles, and a pause without power."""
        words = (self._emulator, "-k", WHO.key.hex(), "-p", "-e", self._folder / "eeprom", "-c", cycles, self._node)
        board = subprocess.Popen([str(w) for w in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert board.stdout
        assert board.stdin
        said = iter(board.stdout.readline, "")
        device = next(line for line in said if line.startswith("pty ")).split()[1]
        line = TimedLine(device, said, self._now_ms)
        link = SeveralLinks([line])
        intake = Intake(self._farm, Keys(self._folder), link, self._outbox, self._quarantine)
        link.receive(1, 0)
        board.stdin.write("\n")
        board.stdin.flush()
        while board.poll() is None:
            came = link.receive(10, 0.02)
            if came and self._chance.random() < answered:
                intake.take(came)
                intake.write_refused()
                self.heard |= self.present_boots(came)
        intake.write_refused()
        link.close()
        board.communicate()
        self._remember(line)
        self.written |= self._in_eeprom()
        self._now_ms += round(1000 * (cycles / CYCLES_PER_S + self._chance.uniform(1, 3600)))

    @staticmethod
    def present_boots(came: list[Heard]) -> set[int]:
        """Boots of frames that tell the gateway what their boot's clock shows."""
        return {frame.boot for heard in came if (frame := decode(heard.frame, WHO.key)).time == "now"}

    def _in_eeprom(self) -> set[Identity]:
        """Readings in whole slots of the EEPROM that were not acknowledged."""
        cells = (self._folder / "eeprom").read_bytes()[KEPT_FROM:]
        found = set()
        for slot in (cells[SLOT * i : SLOT * (i + 1)] for i in range(SLOTS)):
            kept, check, done = slot[: 5 + PLAIN_MAX], slot[-4:-2], slot[-2:]
            if (~zlib.crc32(kept) & 0xFFFF).to_bytes(2, "little") == check != done:
                frame = decode_plain(kept[5 : 5 + kept[4]], 0)
                assert isinstance(frame, Telemetry)
                found.add((frame.boot, frame.sequence))
        return found

    def _remember(self, line: TimedLine) -> None:
        boots = {boot for boot, _ in line.told if (boot, 0) in line.told}
        assert len(boots) <= 1
        self.boots += boots
        self.starts |= dict.fromkeys(boots, self._now_ms)
        self.told |= line.told
        self.acknowledged |= line.acknowledged

    def kept(self) -> list[Reading]:
        """Readings in the gateway's outbox."""
        where = parse_topic(topic(self._farm.id, "n1", "telemetry"))
        assert where
        with closing(sqlite3.connect(self._folder / "outbox.db")) as db:
            rows = db.execute("SELECT payload FROM message WHERE kind = 'telemetry'").fetchall()
        readings = [parse(where, payload) for (payload,) in rows]
        assert all(isinstance(reading, Reading) for reading in readings)
        return [reading for reading in readings if isinstance(reading, Reading)]

    def undated(self) -> int:
        """Frames that the gateway has set aside because nothing tells their time."""
        tallies = {tally.kind: tally.count for tally in self._quarantine.tallies()}
        assert tallies.keys() <= {"time"}
        return tallies.get("time", 0)

    def close(self) -> None:
        self._outbox.close()
        self._quarantine.close()


@pytest.mark.timeout(600 + 60 * CUTS)
def test_power_cuts_lose_double_and_misdate_nothing(
    emulator: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused_frames, "WRITTEN_EVERY_S", 0.0)  # a life is too short for once a second
    field = Field(emulator, tmp_path, seed=20261127)
    for _ in range(CUTS):
        field.cut()
    field.live(round(2.5 * WAKE_S * CYCLES_PER_S), answered=1)
    readings = {key: frame for key, frame in field.told.items() if isinstance(frame, Telemetry)}
    kept = field.kept()
    assert field.boots == sorted(set(field.boots)), "a boot came twice"
    found = {(reading.boot, reading.seq): reading for reading in kept}
    assert len(found) == len(kept), "doubled"
    assert found.keys() <= readings.keys(), "never said"
    lost = (field.written | field.acknowledged & readings.keys()) - found.keys()
    assert {boot for boot, _ in lost}.isdisjoint(field.heard), "written or acknowledged, and lost"
    assert field.undated() >= len(lost), "of boots that were never heard, and kept aside"
    worst = 0.0
    for (boot, sequence), reading in found.items():
        assert reading.values == readings[boot, sequence].values
        measured_s = (sequence - 1) * WAKE_S
        off_s = abs((reading.t - field.starts[boot]) / 1000 - measured_s)
        assert off_s <= 2 + 0.01 * measured_s, (boot, sequence)
        worst = max(worst, off_s)
    assert {sequence for boot, sequence in found if boot == field.boots[-1]} == {1, 2, 3}
    field.close()
    with capsys.disabled():
        print(
            f"\n{CUTS} power cuts, {len(field.boots)} starts heard, {len(readings)} readings said, "
            f"{len(field.acknowledged & readings.keys())} acknowledged, {len(field.written)} came through a cut in the "
            f"EEPROM, all kept once, times within {worst:.1f} s; {len(lost)} were of boots that were never heard, and "
            f"{len(readings.keys() - found.keys() - lost)} went before they were written"
        )
