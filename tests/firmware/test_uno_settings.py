"""Settings over the air to an emulated Uno, from the gateway's own intake at the other end of its serial line."""

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from bench.transport import farm_text, write_farm_keys
from edge.board.toolchains import TOOLCHAINS
from edge.core import Hello, decode
from edge.farm import Farm, parse_farm
from edge.gateway.intake import Intake
from edge.gateway.outbox import Outbox
from edge.links.serial_line import SerialLine
from edge.links.several import SeveralLinks
from edge.node.keys import Keys
from edge.node.settings import Command, block_of
from edge.service.quarantine import Quarantine
from tests.firmware.uno import CYCLES_PER_S, HERE, WHO, Said, build_node

WET = [[1300, 0.45], [2100, 0.05]]
"""Calibration that gives 0.25 m3/m3 at the 1700 mV of the emulated probes."""


class Desk:
    """A gateway's intake; `live` runs a board with it, until it ends or `answers` is false of what it said so far."""

    def __init__(self, emulator: Path, folder: Path) -> None:
        write_farm_keys(folder, 1)
        self._emulator, self._folder = emulator, folder
        self.outbox = Outbox(folder / "outbox.db")
        self._quarantine = Quarantine(folder / "quarantine.db")
        self.farm = self._farm("10 min")

    @staticmethod
    def _farm(wake: str) -> Farm:
        farm = yaml.safe_load(farm_text(1))
        calibration = {"soil_moisture_10cm": WET}
        policies = {"too_dry": {"repeat": "12 h"}, "waterlogged": {"raise": 90}}
        farm["nodes"][0] |= {
            "sensors": ["soil_probe"], "wake_interval": wake, "calibration": calibration, "policies": policies
        }  # fmt: skip
        return parse_farm(yaml.safe_dump(farm), source="farm.yaml")

    def command(self, version: int, wake: str) -> bytes:
        farm = self._farm(wake)
        return Command(version=version, block=block_of(farm, farm.nodes[0])).dump("n1")

    def live(self, node: Path, *options: object, heard: Callable[[int, Intake], bool]) -> Said:
        """`heard` is told the frames heard so far, before they are answered; false leaves them without an answer."""
        words = [str(word) for word in (self._emulator, "-k", WHO.key.hex(), "-p", *options, node)]
        board = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert board.stdout
        assert board.stdin
        lines = iter(board.stdout.readline, "")
        device = next(line for line in lines if line.startswith("pty ")).split()[1]
        link = SeveralLinks([SerialLine(device)])
        intake = Intake(self.farm, Keys(self._folder), link, self.outbox, self._quarantine)
        link.receive(1, 0)
        board.stdin.write("\n")
        board.stdin.flush()
        frames = 0
        while board.poll() is None:
            came = link.receive(10, 0.02)
            frames += len(came)
            if came and heard(frames, intake):
                intake.take(came)
        link.close()
        return Said(board.stdout.read())

    def close(self) -> None:
        self.outbox.close()
        self._quarantine.close()


@pytest.fixture
def desk(emulator: Path, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(emulator, tmp_path)
    yield desk
    desk.close()


def _versions(said: Said) -> list[int]:
    """Settings in use, as hellos say it, each once."""
    told = {frame.sequence + 1000 * frame.boot: frame.settings_version for _, frame in said.hellos}
    return [told[key] for key in sorted(told)]


def test_a_sleeping_board_takes_settings_at_its_next_wake(desk: Desk, uno: Path) -> None:
    def heard(frames: int, intake: Intake) -> bool:
        if frames >= 4:  # a hello and three readings: it is about to sleep
            intake.command("n1", desk.command(7, "20 min"))
        return True

    said = desk.live(uno, "-u", 4 * 3600, heard=heard)
    assert _versions(said) == [0, 7]
    times = {frame.sequence: t for t, frame in said.readings}
    gaps = [round((b - a) / 600) for a, b in zip(times.values(), list(times.values())[1:], strict=False)]
    assert gaps[:2] == [1, 1]
    assert set(gaps[4:]) == {2}
    moisture = [frame.values["soil_moisture_10cm"] for _, frame in said.readings]
    assert moisture[0] == pytest.approx(0.22, abs=0.0012)
    assert moisture[-1] == pytest.approx(0.25, abs=0.002)
    assert said.readings[-1][1].values["soil_moisture_30cm"] == pytest.approx(0.22, abs=0.0012), "as the program has it"
    assert desk.outbox.values()[0].state == "confirmed"
    assert said.number("stack") <= TOOLCHAINS["uno"].stack


def test_a_board_that_nobody_hears_any_more_goes_back_to_what_worked(desk: Desk, uno: Path) -> None:
    deaf = 0

    def heard(frames: int, intake: Intake) -> bool:
        nonlocal deaf
        intake.command("n1", desk.command(7, "20 min"))
        deaf += desk.outbox.values()[0].state == "confirmed"
        return not 0 < deaf <= 8  # batches of frames, of which nobody hears the next eight

    said = desk.live(uno, "-u", 9 * 3600, heard=heard)
    assert _versions(said) == [0, 7, 0, 8], "sent once more when it is heard again"
    assert desk.outbox.values()[0].state == "confirmed"
    assert desk.outbox.values()[0].told == 8


def test_a_board_that_hangs_with_its_new_settings_goes_back_after_three_resets(desk: Desk, tmp_path: Path) -> None:
    node = build_node(tmp_path, sensors=HERE / "avr/nodes/hangs_when_set.c")

    def heard(frames: int, intake: Intake) -> bool:
        intake.command("n1", desk.command(7, "20 min"))
        return True

    said = desk.live(node, "-u", 5 * 3600, heard=heard)
    told = {(frame.boot, frame.settings_version, frame.reset) for _, frame in said.hellos}
    assert told == {(1, 0, "power"), (1, 7, "power"), (4, 0, "watchdog")}
    assert desk.outbox.values()[0].state == "refused"


def test_power_cut_while_settings_arrive_leaves_the_old_ones_or_the_new(desk: Desk, uno: Path, tmp_path: Path) -> None:
    rng = random.Random(20261127)
    for version in range(1, 7):
        desk.live(
            uno,
            "-e",
            tmp_path / "eeprom",
            "-c",
            rng.randrange(2, 60) * CYCLES_PER_S // 10,
            heard=_commanding(desk, version),
        )
    said = desk.live(uno, "-e", tmp_path / "eeprom", "-u", 3000, heard=_commanding(desk, 9))
    assert _versions(said)[-1] == 9
    hellos = [decode(data, WHO.key) for _, data in said.frames]
    assert all(h.wake_interval_s == (1200 if h.settings_version else 600) for h in hellos if isinstance(h, Hello))


def _commanding(desk: Desk, version: int) -> Callable[[int, Intake], bool]:
    def heard(frames: int, intake: Intake) -> bool:
        intake.command("n1", desk.command(version, "20 min"))
        return True

    return heard
