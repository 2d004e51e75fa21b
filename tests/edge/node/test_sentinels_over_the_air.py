"""A sentinel's image from its message to a node and back: the node's own C, the real intake, a radio that loses."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.core import SENTINEL, Image, sentinels
from edge.gateway.outbox_readers import read_nodes
from tests.edge.one_node import Field
from tests.sentinel_images import REFUSED, soil_image, spoilt

BUILT_IN = next(sentinel.version for sentinel in sentinels() if sentinel.name == "soil")
NEW, NEWER = 0x1001, 0x1002


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    field = Field(tmp_path)
    field.reading |= {"soil_moisture_10cm": 2500, "soil_moisture_30cm": 2500, "soil_temperature": 2000}
    yield field
    field.close()


def test_a_node_judges_by_the_image_it_was_sent(field: Field, tmp_path: Path) -> None:
    for _ in range(3):
        field.wake()
    assert (field.runs, field.calls()) == (BUILT_IN, [])
    field.image(7, soil_image(NEW))
    for _ in range(3):
        field.wake()
    assert (field.runs, field.known.state, field.known.kind) == (NEW, "confirmed", SENTINEL)
    assert field.calls() == [(f"{NEW:08x}", "raised")]
    assert read_nodes(tmp_path / "outbox.db")["n1"].sentinels == f"{NEW:08x}"
    before = field.pieces()
    field.image(7, soil_image(NEWER))
    field.wake()
    assert (field.pieces(), field.runs) == (before, NEW), "not newer"
    for _ in range(3):
        field.wake()
    field.node.restart(0)
    field.wake()
    assert field.runs == NEW, "it outlives a restart"
    field.command(3)
    field.image(8, soil_image(NEWER))
    for _ in range(3):
        field.wake()
    assert (field.runs, field.used[0]) == (NEWER, 3), "settings and an image, one after the other"


@pytest.mark.parametrize("seed", range(2))
def test_pieces_lost_and_doubled_and_power_cut_come_in_the_end(field: Field, seed: int) -> None:
    rng = random.Random(seed)
    field.lose, field.double = lambda: rng.random() < 0.3, lambda: rng.random() < 0.3
    field.image(7, soil_image(NEW))
    for _ in range(60):
        field.wake()
        if rng.random() < 0.1:
            field.node.restart(0)
    assert field.known.state in ("confirmed", "refused")
    assert field.runs == (NEW if field.known.state == "confirmed" else BUILT_IN)


def test_a_node_that_loses_power_goes_on_where_it_was(field: Field) -> None:
    field.wake()
    field.image(7, soil_image(NEW))
    sent = 0

    def lose() -> bool:
        nonlocal sent
        sent += 1
        return sent > 6

    field.lose = lose
    field.wake()
    field.node.restart(0)
    field.lose = lambda: False
    before = field.offsets()
    field.wake()
    assert field.runs == NEW
    assert {0, 18} < set(before)
    assert 18 not in field.offsets()[len(before) :], "not all of it again"


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_node_cannot_run_is_refused_once_and_the_old_one_runs_on(field: Field, what: str) -> None:
    change, why = REFUSED[what]
    field.image(7, spoilt(soil_image(NEW), change))
    for _ in range(4):
        field.wake()
    assert field.runs == BUILT_IN
    assert field.known.state == "refused"
    assert why in field.known.why
    assert field.pieces() <= 12
    field.image(8, soil_image(NEWER))
    field.wake()
    assert field.runs == NEWER


def test_an_image_without_room_is_refused_at_its_first_bytes(field: Field) -> None:
    def lengthen(body: bytearray) -> None:
        body += bytes(3000)

    field.image(7, spoilt(soil_image(NEW), lengthen))
    field.wake()
    assert (field.known.state, set(field.offsets())) == ("refused", {0})
    assert "no room for so long an image" in field.known.why


def test_a_message_that_is_none_changes_nothing(field: Field) -> None:
    data = soil_image(NEW)
    field.image(7, data[:-1] + bytes([data[-1] ^ 1]))
    for payload in (b"", b"[]", b'{"v":1,"node":"n2","images":{}}', b'{"v":1,"node":"n1","images":{"moon":{}}}'):
        field.intake.sentinel("n1", payload)
    field.wake()
    assert field.outbox.values() == []


def test_a_sentinel_that_resets_the_node_or_leaves_it_silent_is_given_up(field: Field) -> None:
    field.image(7, soil_image(NEW))
    field.wake()
    for _ in range(4):
        field.wake()
    field.image(8, soil_image(NEWER))
    field.wake()
    for resets in range(1, 4):
        field.node.restart(0)
        field.there = resets == 3
        field.wake()
        assert field.runs == (NEWER if resets < 3 else NEW)
    field.wake()
    assert (field.known.state, field.known.why) == ("refused", "")
    field.image(9, soil_image(NEWER))
    field.wake()
    assert field.runs == NEWER
    field.there = False
    for _ in range(5):
        field.wake()
    assert field.runs == NEW


def test_a_node_gives_up_what_it_was_sent_when_asked(field: Field) -> None:
    field.image(6, b"")
    field.wake()
    assert field.outbox.values() == []
    field.image(7, soil_image(NEW))
    for _ in range(5):
        field.wake()
    field.image(8, soil_image(NEWER))
    field.wake()
    field.image(9, b"")
    field.wake()
    assert (field.runs, field.known.state, field.known.data) == (NEW, "confirmed", b"")
    field.image(9, b"")
    field.image(8, soil_image(NEWER))
    field.wake()
    assert field.runs == NEW, "what was retained from before changes nothing"
    field.image(10, soil_image(NEWER))
    field.wake()
    assert field.runs == NEWER


def test_images_of_the_tests_are_sound() -> None:
    image = Image.read(soil_image(NEW))
    image.check()
    assert (image.id, image.version, image.features) == (0, NEW, ("soil_temperature",))
