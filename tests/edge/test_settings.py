"""Settings from a command to a node and back: the node's own C, the real intake, a radio that loses and doubles."""

import contextlib
import random
import socket
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml

from bench.transport import START_MS, enrolled, farm_text, write_farm_keys
from edge.commission import node_config
from edge.contract.channels import MISSING, channel_names
from edge.core import Nodes, Piece, encode, read_head
from edge.farm import Farm, parse_farm
from edge.intake import Intake
from edge.keys import Keys
from edge.links.radio import TIME, SimulatedRadio
from edge.outbox import Outbox, WantedSettings
from edge.quarantine import Quarantine
from edge.settings import Command, block_of, piece_of

POINTS = [[mv, 0.4 - mv / 20_000] for mv in (1000, 1500, 2000, 2500, 3000)]


def _farm(wake: str = "10 min") -> Farm:
    farm = yaml.safe_load(farm_text(1))
    calibration = {"soil_moisture_10cm": POINTS}
    farm["nodes"][0] |= {"sensors": ["soil_probe"], "wake_interval": wake, "calibration": calibration}
    return parse_farm(yaml.safe_dump(farm), source="farm.yaml")


class Field:
    """One node, a gateway, and the air between them."""

    def __init__(self, folder: Path) -> None:
        write_farm_keys(folder, 1)
        self.radio = SimulatedRadio()
        self.outbox = Outbox(folder / "outbox.db")
        self.quarantine = Quarantine(folder / "quarantine.db")
        self.farm = _farm()
        self.intake = Intake(self.farm, Keys(folder), self.radio, self.outbox, self.quarantine)
        self.node = Nodes(
            [
                replace(
                    node_config(self.farm, self.farm.nodes[0], date(2026, 5, 1), enrolled=enrolled(1)),
                    resend_after_s=60,
                )
            ]
        )
        self.now_s = 0
        self.sent_down: list[bytes] = []
        self.lose: Callable[[], bool] = lambda: False
        self.double: Callable[[], bool] = lambda: False
        self.there = True

    def command(self, version: int, wake: str = "20 min", block: bytes | None = None) -> None:
        farm = _farm(wake)
        command = Command(version=version, block=block_of(farm, farm.nodes[0]) if block is None else block)
        self.intake.command("n1", command.dump("n1"))

    def wake(self) -> None:
        """A wake, and as much talk as there is."""
        self.now_s += self.node.settings(0).wake_interval_s
        row = np.full((1, len(channel_names())), MISSING, dtype=np.int16)
        row[0, channel_names().index("battery")] = 3300 + self.now_s // 600 % 7
        self.node.wake(self.now_s, row)
        for _ in range(40):
            up = [frame for _, frame in self.node.transmit(self.now_s)]
            if not self.there or not sum(self._exchange(frame) for frame in up):
                return

    def _exchange(self, frame: bytes) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.sendto(TIME.pack(START_MS + 1000 * self.now_s) + frame, ("127.0.0.1", self.radio.port))
            self.intake.take(self.radio.receive(10, 2))
            sock.setblocking(False)
            answers = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    answers.append(sock.recv(256))
        heard = False
        for answer in answers:
            self.sent_down.append(answer)
            for _ in range(2 if self.double() else 1):
                heard = (not self.lose() and self.node.receive(answer)) or heard
        return heard

    @property
    def known(self) -> WantedSettings:
        return self.outbox.settings()["n1"]

    @property
    def used(self) -> tuple[int, int, int]:
        """Version, wake interval, acknowledged wakes until they are proved."""
        found = self.node.settings(0)
        return found.version, found.wake_interval_s, found.trial

    def pieces(self) -> int:
        return sum(read_head(frame).type == 12 for frame in self.sent_down)

    def close(self) -> None:
        self.radio.close()
        self.outbox.close()
        self.quarantine.close()


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    field = Field(tmp_path)
    yield field
    field.close()


def test_a_node_takes_its_settings_at_its_next_wake_and_says_so(field: Field) -> None:
    field.wake()
    assert field.used == (0, 600, 0)
    field.command(7)
    assert field.known.state == "waiting"
    field.wake()
    assert field.used == (7, 1200, 3)
    assert (field.known.state, field.known.told) == ("confirmed", 7)
    for _ in range(4):
        field.wake()
    assert field.used == (7, 1200, 0)
    before = field.pieces()
    field.command(7, "30 min")
    field.wake()
    assert (field.pieces(), field.used[:2]) == (before, (7, 1200)), "not newer"
    field.command(8, "30 min")
    field.wake()
    assert field.used == (8, 1800, 3)
    field.node.restart(0)
    field.wake()
    assert field.used[:2] == (8, 1800), "they outlive a restart"


@pytest.mark.parametrize("seed", range(6))
def test_pieces_lost_and_doubled_come_in_the_end(field: Field, seed: int) -> None:
    rng = random.Random(seed)
    field.lose, field.double = lambda: rng.random() < 0.3, lambda: rng.random() < 0.3
    field.command(7)
    for _ in range(40):
        field.wake()
        if rng.random() < 0.1:
            field.node.restart(0)
    assert field.used[:2] in ((7, 1200), (0, 600))
    assert field.known.state in ("confirmed", "refused")
    assert (field.used[0] == 7) == (field.known.state == "confirmed")


def test_a_forged_piece_changes_nothing(field: Field) -> None:
    field.wake()
    block = block_of(_farm("1 h"), _farm("1 h").nodes[0])
    who = enrolled(1)
    for offset in range(0, len(block), 18):
        piece = piece_of(9, block, offset, address=1, incarnation=who.incarnation, boot=1, seq=2**32 - 99 + offset)
        assert isinstance(piece, Piece)
        assert not field.node.receive(encode(piece, bytes(16)))
    field.wake()
    assert field.used == (0, 600, 0)


@pytest.mark.parametrize(("at", "value"), [(0, 2), (1, 10), (3, 0), (12, 1), (13, 9)])
def test_settings_that_cannot_be_are_refused_once(field: Field, at: int, value: int) -> None:
    body = bytearray(block_of(field.farm, field.farm.nodes[0])[:-4])
    body[at] = value
    if at == 1:
        body[2] = 0
    field.command(7, block=bytes(body) + zlib.crc32(body).to_bytes(4, "little"))
    for _ in range(4):
        field.wake()
    assert field.used == (0, 600, 0)
    assert field.known.state == "refused"
    assert field.pieces() <= 6
    field.command(8)
    field.wake()
    assert field.used == (8, 1200, 3)


def test_settings_under_which_nobody_answers_are_given_up(field: Field) -> None:
    field.command(7)
    field.wake()
    field.command(8, "15 min")
    for _ in range(5):
        field.wake()
    assert field.used == (8, 900, 0), "the first never had its three wakes"
    field.command(9, "30 min")
    field.wake()
    assert field.used == (9, 1800, 3)
    field.there = False
    for _ in range(5):
        field.wake()
    assert field.used == (8, 900, 0)
    field.there = True
    for _ in range(12):
        field.wake()
    assert (field.known.version, field.known.state, field.known.told) == (9, "refused", 8)
    assert field.used == (8, 900, 0)


def test_settings_with_which_it_resets_three_times_are_given_up(field: Field) -> None:
    field.command(7)
    field.wake()
    assert field.used == (7, 1200, 3)
    for resets in range(1, 4):
        field.node.restart(0)
        field.there = resets == 3
        field.wake()
        assert field.used[0] == (7 if resets < 3 else 0)
    field.wake()
    assert field.known.state == "refused"
