"""Settings from a command to a node and back: the node's own C, the real intake, a radio that loses and doubles."""

import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.transport import enrolled
from edge.core import SETTINGS, Piece, encode
from edge.settings import block_of, piece_of
from tests.edge.one_node import Field, farm_of


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
    block = block_of(farm_of("1 h"), farm_of("1 h").nodes[0])
    who = enrolled(1)
    for offset in range(0, len(block), 18):
        piece = piece_of(
            SETTINGS, 9, block, offset, address=1, incarnation=who.incarnation, boot=1, seq=2**32 - 99 + offset
        )
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
