"""`cooee calibrate` on an emulated Uno, over its cable and through gateway and broker: whoever sits at the terminal
answers its questions and puts the probe into other soil."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bench.transport import farm_text, write_farm_keys
from edge.broker import Broker
from edge.core import SETTINGS
from edge.farm import load_farm
from edge.gateway.outbox_readers import read_values
from edge.node.settings import in_words
from edge.service.processes import Child
from tests.firmware.uno import WHO
from tests.transport.rig import wait_until

DRY_MV, WET_MV, IN_THE_AIR_MV = 2480, 1310, 4200
TOLERANCE_MV = 8
"""3 mV of the board, and a step of the rough line is 0.8 mV."""


class Board:
    """An emulated Uno that lives until it is stopped; `set` changes what its parts measure."""

    def __init__(self, emulator: Path, program: Path, said: Path) -> None:
        words = [str(word) for word in (emulator, "-k", WHO.key.hex(), "-p", program)]
        with said.open("w") as file:
            self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=file, text=True)
        wait_until(lambda: "pty /dev/" in said.read_text(), what="a pseudo-terminal")
        self.device = said.read_text().partition("pty ")[2].split()[0]

    def set(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


class Terminal:
    """A command with somebody in front of it."""

    def __init__(self, *words: object) -> None:
        command = [sys.executable, "-m", "cooee", *(str(word) for word in words)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.text = ""

    def answer(self, question: str, answer: str) -> None:
        """Waits for a question, and answers it."""
        assert self._process.stdin
        seen = len(self.text)
        self._read_until(lambda: question in self.text[seen:] and self.text.endswith(": "), question)
        self._process.stdin.write(answer.encode() + b"\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """Waits until it ends."""
        self._read_until(lambda: False, "its end")
        return self._process.wait(60)

    def _read_until(self, done: object, what: str) -> None:
        assert self._process.stdout
        assert callable(done)
        deadline = time.monotonic() + 180
        while not done():
            ready, _, _ = select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {what} in: {self.text}"
            came = os.read(self._process.stdout.fileno(), 4096)
            if not came:
                assert what == "its end", self.text
                return
            self.text += came.decode()

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def board(emulator: Path, uno: Path, tmp_path: Path) -> Iterator[Board]:
    """A board whose soil probe at 10 cm lies in the air yet."""
    farm = yaml.safe_load(farm_text(1))
    farm["nodes"][0] |= {"sensors": ["soil_probe"], "wake_interval": "10 min"}
    (tmp_path / "farm.yaml").write_text("# Ours.\n" + yaml.safe_dump(farm))
    write_farm_keys(tmp_path, 1)
    board = Board(emulator, uno, tmp_path / "said")
    yield board
    board.stop()


def _calibrate(board: Board, folder: Path, *words: object) -> Terminal:
    options = ("--channel", "soil_moisture_10cm", "--farm", folder / "farm.yaml", "--data", folder)
    terminal = Terminal("calibrate", "n1", *options, *words)
    try:
        board.set(f"a0.mv {DRY_MV}")
        terminal.answer("Next point", "dry")
        terminal.answer("where plants wilt", "0.09")
        board.set(f"a0.mv {WET_MV}")
        terminal.answer("Next point", "air")
        terminal.answer("write one of dry, capacity, sample, end", "sample")
        terminal.answer("grams wet", "125")
        terminal.answer("grams after", "100")
        terminal.answer("dry grams a cm3", "1.24")
        terminal.answer("Next point", "end")
        assert terminal.end() == 0, terminal.text
    finally:
        terminal.stop()
    return terminal


def _check(folder: Path, terminal: Terminal) -> None:
    assert "Not in the air and not in a glass of water" in terminal.text
    assert "rough straight line" in terminal.text
    farm = load_farm(folder / "farm.yaml")
    assert (folder / "farm.yaml").read_text().startswith("# Ours.\n")
    (wet_mv, wet), (dry_mv, dry) = farm.nodes[0].calibration["soil_moisture_10cm"]
    assert wet == pytest.approx(0.31)
    assert dry == pytest.approx(0.09)
    assert wet_mv == pytest.approx(WET_MV, abs=TOLERANCE_MV)
    assert dry_mv == pytest.approx(DRY_MV, abs=TOLERANCE_MV)
    used = read_values(folder / "outbox.db", "n1")[SETTINGS]
    assert used.state == "confirmed"
    assert "wake 600 s" in in_words(used.data)
    assert f"{wet_mv} mV = 0.31, {dry_mv} mV = 0.09" in in_words(used.data)


def test_over_the_cable(board: Board, tmp_path: Path) -> None:
    board.set("")
    _check(tmp_path, _calibrate(board, tmp_path, "--port", board.device))


def test_through_the_gateway(board: Board, tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.start()
    options = ["--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path), "--mqtt", broker.address]
    gateway = Child.cooee("gateway", *options, "--link", f"serial={board.device}", log=tmp_path / "gateway.log")
    try:
        gateway.wait_ready()
        board.set("")
        _check(tmp_path, _calibrate(board, tmp_path, "--mqtt", broker.address))
    finally:
        gateway.stop()
        broker.stop()


def test_a_probe_beyond_its_points_gets_a_rough_line_and_a_cut_one_is_said(board: Board, tmp_path: Path) -> None:
    """And farm.yaml stays, and the node goes back to it."""
    farm = tmp_path / "farm.yaml"
    data = yaml.safe_load(farm.read_text())
    data["nodes"][0]["calibration"] = {"soil_moisture_10cm": [[1310, 0.31], [2480, 0.09]]}
    farm.write_text(before := yaml.safe_dump(data))
    board.set(f"\na0.mv {IN_THE_AIR_MV}")
    terminal = Terminal("calibrate", "n1", "--channel", "soil_moisture_10cm", "--farm", farm, "--data", tmp_path,
                        "--port", board.device)  # fmt: skip
    try:
        terminal.answer("Next point", "dry")
        terminal.answer("where plants wilt", "0.02")
        assert "faulty, or beyond its points" in terminal.text
        assert "rough straight line" in terminal.text
        board.set("a0.line 1")
        terminal.answer("Next point", "capacity")
        assert terminal.end() == 2
    finally:
        terminal.stop()
    assert "is faulty with a line on which every voltage would do: check its wires" in terminal.text
    assert farm.read_text() == before
    left = read_values(tmp_path / "outbox.db", "n1")[SETTINGS]
    assert "wake 600 s" in in_words(left.data)
    assert "1310 mV = 0.31, 2480 mV = 0.09" in in_words(left.data)


def test_two_known_points_are_sent_without_a_question(board: Board, tmp_path: Path) -> None:
    board.set("")
    words = ("--channel", "soil_moisture_30cm", "--point", "2500=0.1", "--point", "1300=0.3", "--port", board.device)
    terminal = Terminal("calibrate", "n1", "--farm", tmp_path / "farm.yaml", "--data", tmp_path, *words)
    assert terminal.end() == 0, terminal.text
    assert "Next point" not in terminal.text
    assert load_farm(tmp_path / "farm.yaml").nodes[0].calibration == {"soil_moisture_30cm": ((1300, 0.3), (2500, 0.1))}
    assert read_values(tmp_path / "outbox.db", "n1")[SETTINGS].state == "confirmed"
