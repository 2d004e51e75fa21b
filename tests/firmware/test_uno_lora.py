"""An emulated Uno with an emulated LoRa modem: through a lossy air to the gateway, and with a modem that is no use."""

import itertools
import os
import subprocess
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO

import pytest

from bench.transport import acknowledged, farm_text, write_farm_keys
from edge.board.header import header_of
from edge.board.toolchains import TOOLCHAINS, compile_node
from edge.core import SETTINGS, Hello, decode
from edge.farm import parse_farm
from edge.gateway.outbox import Outbox
from edge.gateway.outbox_readers import read_values
from edge.node.settings import in_words
from edge.service.processes import Child
from tests.firmware.uno import WHO, Said, emulate
from tests.lora_modem import Air, Modem
from tests.transport.rig import wait_until

SET_UP = ["AT+BAND=868500000", "AT+ADDRESS=1", "AT+NETWORKID=7", "AT+PARAMETER=7,7,1,12", "AT+CRFOP=13"]

WAKE_S = 600
HOUR_S = 3600.0
LOSS = 0.2
CLEAR, POWER_LOST, CALM, END = (WAKE_S * wakes for wakes in (1.5, 9, 18, 28))
"""The air loses nothing before CLEAR and after CALM."""
PAUSE_S = 1200
"""A duty limit of six of the longest frames an hour, less than the node has to say. `cooee build` would refuse it;
settings over the air do not."""
OUTBOX_FRAMES = 20
"""With the ring's 15, enough for all that waits."""
DEAF_TRIES = 6
"""Two more than a node gives settings that it tries."""

FARM = (
    farm_text(1).replace("link: udp", "link: lora").replace("- soil_probe\n", "- rain_gauge\n")
    + "lora: {spreading_factor: 7, network: 7, duty_percent: 100}\n"
)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cooee build` makes of a node over LoRa, with a duty limit of its own: its clock flies."""
    folder, farm = tmp_path_factory.mktemp("lora"), parse_farm(FARM, source="farm.yaml")
    header = header_of(farm, farm.nodes[0], OUTBOX_FRAMES, WHO, date(2026, 5, 1))
    pause = f"NODE_LORA_PAUSE_S {farm.lora.pause_s}\n"
    assert pause in header
    (folder / "node.h").write_text(header.replace(pause, f"NODE_LORA_PAUSE_S {PAUSE_S}\n"))
    compile_node(TOOLCHAINS["uno"], folder / "node.h", folder / "node.elf")
    return folder / "node.elf"


def _begin(emulator: Path, board: Path, air: Air, end_s: float) -> tuple[subprocess.Popen[str], IO[str], Modem]:
    """A running board, what it says, and its modem, which talks beside its answers."""
    words = [str(word) for word in (emulator, "-k", WHO.key.hex(), "-p", "-u", end_s, board)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    device = next(line for line in process.stdout if line.startswith("pty ")).split()[1]
    end = os.open(device, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(end)
    modem = Modem(end, air, noise=0.1)
    process.stdin.write("\n")
    process.stdin.flush()
    return process, process.stdout, modem


def _live(emulator: Path, board: Path, air: Air) -> tuple[Said, Modem]:
    """Runs a board whose modem once loses its power."""
    process, said, modem = _begin(emulator, board, air, END)
    lines, power_cuts = [], [POWER_LOST]
    for line in said:
        lines.append(line)
        if line.startswith("modem "):
            second = float(line.split()[1])
            air.loss = LOSS if CLEAR < second < CALM else 0.0
            if power_cuts and second > power_cuts[0]:
                power_cuts.pop()
                modem.lose_power()
    assert process.wait() == 0
    modem.close()
    return Said("".join(lines)), modem


@contextmanager
def _gateway(folder: Path, air: Air) -> Iterator[Modem]:
    """The real gateway at a modem of its own, without a broker."""
    ours = Modem.at(folder / "modem", air)
    (folder / "farm.yaml").write_text(FARM)
    write_farm_keys(folder, 1)
    options = ["--farm", str(folder / "farm.yaml"), "--data", str(folder), "--mqtt", "127.0.0.1:9"]
    gateway = Child.cooee("gateway", *options, "--link", f"lora={folder}/modem", log=folder / "gateway.log")
    try:
        gateway.wait_ready()
        wait_until(lambda: len(ours.commands) == len(SET_UP) + 1, what="a modem that is set up")
        yield ours
    finally:
        gateway.stop()
        ours.close()


def test_every_reading_comes_once_through_a_lossy_air_within_the_duty_limit(
    emulator: Path, board: Path, tmp_path: Path
) -> None:
    air = Air(0.0, pace=0.2)
    with _gateway(tmp_path, air) as ours:
        said, modem = _live(emulator, board, air)
        came = {decode(data, WHO.key).sequence for _, data in modem.heard}
        wait_until(lambda: came <= _acknowledged(ours), what="an answer to every frame")
    outbox = Outbox(tmp_path / "outbox.db")
    kept = sorted((message.identity.boot, message.identity.seq) for message in outbox.waiting(0, 1000))
    outbox.close()
    sent = [frame.sequence for _, frame in said.decoded]
    assert kept == [(1, sequence) for sequence in range(1, max(came) + 1)]
    assert len(kept) >= 6
    assert len(sent) > len(set(sent)), "the air lost nothing, and so nothing was sent again"
    assert modem.commands[:6] == ["AT+MODE=0", *SET_UP]
    assert modem.commands[-1] == "AT+MODE=1"
    assert said.number("stack") <= TOOLCHAINS["uno"].stack
    _check_pace([t for t, _ in said.frames])


def _acknowledged(gateways: Modem) -> set[int]:
    return {sequence for _, data in list(gateways.sent) for _, _, sequence in acknowledged(data)}


def _check_pace(sent: list[float]) -> None:
    """No hour has more than the limit, and what it allows is used. Of two frames in one wake the second waits for the
    answer to the first, and until the gateway is silent."""
    assert max(sum(t <= at < t + HOUR_S for at in sent) for t in sent) <= 2 * HOUR_S / PAUSE_S
    assert len(sent) >= HOUR_S / PAUSE_S + (END / PAUSE_S) / 2
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent) if later - earlier < WAKE_S / 2]
    assert all(gap > 0.3 for gap in gaps)


class Deafening(Air):
    """A lossy air in which a node is not heard, nor hears, for a while after it has said that it wakes every `bad_s`
    seconds with settings that it had not before. `used`: wake intervals that the node has used, as its hellos say."""

    def __init__(self, bad_s: int) -> None:
        super().__init__(LOSS)
        self.used: list[int] = []
        self._bad_s = bad_s
        self._bad: set[int] = set()
        self._deaf = 0

    def carry(self, sender: Modem, address: int, data: bytes) -> bool:
        if sender.address == 1:
            self._deaf = max(0, self._deaf - 1)
            if isinstance(frame := decode(data, WHO.key), Hello):
                self._hear(frame)
        self.loss = 1.0 if self._deaf else LOSS
        return super().carry(sender, address, data)

    def _hear(self, hello: Hello) -> None:
        if hello.wake_interval_s == self._bad_s and hello.settings_version not in self._bad:
            self._bad.add(hello.settings_version)
            self._deaf = DEAF_TRIES
        self.used += [hello.wake_interval_s] if [hello.wake_interval_s] != self.used[-1:] else []


def test_settings_come_through_a_lossy_air_and_bad_ones_are_given_up(
    emulator: Path, board: Path, tmp_path: Path
) -> None:
    """farm.yaml is changed beside the gateway that runs: the node has more to say than its duty limit allows, and is to
    wake less often. With its second settings nobody hears it any more."""
    air, farm = Deafening(45 * 60), tmp_path / "farm.yaml"
    outbox = tmp_path / "outbox.db"
    with _gateway(tmp_path, air):
        farm.write_text(FARM.replace("10 min", "40 min"))
        wait_until(lambda: SETTINGS in read_values(outbox, "n1"), what="settings that are wanted")
        process, said, modem = _begin(emulator, board, air, 200 * HOUR_S)
        try:
            for _ in said:
                now = read_values(outbox, "n1")[SETTINGS]
                if now.state == "confirmed" and "40 min" in farm.read_text():
                    farm.write_text(FARM.replace("10 min", "45 min"))
                if now.state == "refused" and air.used[-1] == 40 * 60:
                    break
        finally:
            process.kill()
            process.communicate()
            modem.close()
    assert air.used[:3] == [600, 2400, 2700]
    assert air.used[-1] == 2400, "it has gone back to what worked"
    assert "wake 2700 s" in in_words(now.data)
    assert now.state == "refused"
    assert len(modem.heard) < len(modem.sent), "the air lost nothing"


def test_without_a_modem_it_lives_on_and_flashes(emulator: Path, board: Path) -> None:
    said = emulate(emulator, board, "-u", 3 * WAKE_S + 60)
    assert {command for _, command in said.commands} == {"AT+MODE=0"}
    wakes = [list(tries) for _, tries in itertools.groupby((t for t, _ in said.commands), lambda t: round(t / WAKE_S))]
    assert [len(tries) for tries in wakes] == [6] * 4
    assert all(tries[-1] - tries[0] < 1 for tries in wakes)
    assert said.number("light") == 4 * 6
