"""Settings from a command to a node and back: the node's own C, the real intake, a radio that loses and doubles."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.transport import enrolled
from edge.core import PIECE_MAX, POLICY_FIELDS, SETTINGS, Piece, PolicyChange, encode, sentinels
from edge.node.settings import Settings, block_of, crop_of, piece_of
from tests.edge.one_node import Field, LoraField, farm_of


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


def test_settings_with_policies_come_through_a_lossy_lora_link_and_again_after_an_outage(tmp_path: Path) -> None:
    rng = random.Random(20261128)
    farm = farm_of("20 min", policies={"too_dry": {"raise": 50, "repeat": "2 h"}})
    field = LoraField(tmp_path)
    try:
        field.lose = lambda: rng.random() < 0.2
        field.command(7, block=block_of(farm, farm.nodes[0]))
        while field.used[0] == 0:
            field.wake()
        assert field.now_s < 6 * 3600
        assert (field.used, field.node.policy(0, 0, 1).repeat_min) == ((7, 1200, 3), 120)
        field.lose = lambda: True
        for _ in range(5):
            field.wake()
        assert field.used == (0, 600, 0)
        assert field.node.policy(0, 0, 1) == sentinels()[0].policies[0]
        field.lose = lambda: rng.random() < 0.2
        while field.known.version == 7 or field.known.state != "confirmed":
            field.wake()
            assert field.now_s < 3 * 86_400
        policy = field.node.policy(0, 0, 1)
        assert (field.used[:2], policy.raise_percent, policy.repeat_min) == ((8, 1200), 50, 120)
    finally:
        field.close()


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


TOMATOES = (131, 30, 40, 45, 30, 15, 110, 70, 25, 70, 18)


@pytest.mark.parametrize(
    "change",
    [
        {"wake_interval_s": 59},
        {"telemetry_every": 0},
        {"soil": (2300, 2300, 4530, 400)},
        {"soil": (2300, 1100, 2299, 400)},
        {"soil": (2300, 1100, 4530, 1001)},
        {"changes": (PolicyChange(60, 0, 0, 2),)},
        {"changes": (PolicyChange(60, 0, 1, 2), PolicyChange(60, 0, 1, 5))},
        {"changes": (PolicyChange(101, 0, 1, 3),)},
        {"changes": (PolicyChange(256 + 60, 0, 1, 4),)},
        {"points": ((1, ((1000, 4000),)),)},
        {"points": ((1, tuple((mv, 4000) for mv in range(6))),)},
        {"crop": (367, *TOMATOES[1:])},
        {"crop": (*TOMATOES[:8], 70, 25, 18)},
        {"crop": (*TOMATOES[:8], 4, 25, 18)},
        {"crop": (*TOMATOES[:10], 0)},
    ],
)
def test_settings_that_cannot_be_are_refused_once(field: Field, change: dict[str, Any]) -> None:
    sound = Settings.parse(block_of(field.farm, field.farm.nodes[0]))
    assert sound.crop == TOMATOES
    block = replace(sound, **change).dump()
    field.command(7, block=block)
    for _ in range(4):
        field.wake()
    assert field.used == (0, 600, 0)
    assert field.known.state == "refused"
    assert field.pieces() <= 2 * -(-len(block) // PIECE_MAX)
    field.command(8)
    field.wake()
    assert field.used == (8, 1200, 3)


def _any_settings(rng: random.Random) -> Settings:
    """Sound ones, of at most 120 bytes."""
    wilting, capacity, saturation = sorted(rng.sample(range(1, 10_000), 3))
    mv = sorted(rng.sample(range(65_536), rng.randint(2, 5)))
    changes = {
        (rng.choice((0, 3)), rng.choice((1, 2)), field): rng.randrange(65_536 if field < 3 else 101)
        for field in rng.sample(range(5), rng.randint(0, 5))
    }
    roots = sorted(rng.randint(5, 255) for _ in range(2))
    crop = (rng.randint(0, 366), *(rng.randrange(256) for _ in range(7)), *roots, rng.randint(1, 255))
    return Settings(
        wake_interval_s=rng.randint(60, 65_535),
        telemetry_every=rng.randint(1, 3),
        soil=(capacity, wilting, saturation, rng.randint(1, 1000)),
        changes=tuple(PolicyChange(value, *whose) for whose, value in changes.items()),
        points=rng.choice(((), ((1, tuple((x, rng.randint(-32_768, 32_767)) for x in mv)),))),
        crop=rng.choice((None, crop)),
    )


def test_any_sound_settings_are_in_the_node_as_they_were_sent(field: Field) -> None:
    rng = random.Random(20261127)
    program = crop_of(field.node.site(0))
    for version in range(1, 41):
        sent = _any_settings(rng)
        assert Settings.parse(sent.dump()) == sent
        field.command(version, block=sent.dump())
        for _ in range(sent.telemetry_every + 3):  # a node that sends seldom hears seldom
            field.wake()
        used = field.node.settings(0)
        assert (used.version, used.wake_interval_s) == (version, sent.wake_interval_s)
        assert used.telemetry_every == sent.telemetry_every
        assert field.node.site(0).soil() == sent.soil
        assert crop_of(field.node.site(0)) == (sent.crop or program), "without a crop, the program's"
        for class_id, own in enumerate(sentinels()[0].policies, start=1):
            said = {POLICY_FIELDS[c.field]: c.value for c in sent.changes if (c.sentinel, c.class_id) == (0, class_id)}
            wanted = replace(own, **said)
            wanted = replace(wanted, keep_percent=min(wanted.keep_percent, wanted.raise_percent))
            assert field.node.policy(0, 0, class_id) == wanted


def test_the_farm_that_has_changed_reaches_the_node(field: Field) -> None:
    """Crop, soil, calls and wakes; a block that is on its way already is not sent twice."""
    field.wake()
    for _ in range(2):
        field.intake.follow(farm_of())
    assert field.outbox.values() == [], "nothing has changed"
    lettuce = farm_of(crop="lettuce", policies={"too_dry": {"raise": 50, "repeat": "2 h"}})
    field.intake.follow(lettuce)
    field.wake()
    used = field.node.site(0)
    assert (used.stages, used.root_m, used.planted_on) == ((20, 30, 15, 10), (0.15, 0.3), 111)
    dry, wet = field.node.policy(0, 0, 1), field.node.policy(0, 0, 2)
    assert (dry.raise_percent, dry.keep_percent, dry.repeat_min) == (50, 50, 120)
    assert wet == sentinels()[0].policies[1]
    version = field.known.version
    field.command(version + 1, "30 min")
    field.intake.follow(farm_of("30 min"))
    assert (field.known.version, field.known.state) == (version + 1, "waiting")
    field.wake()
    assert field.used[:2] == (version + 1, 1800)
    assert field.node.policy(0, 0, 1) == sentinels()[0].policies[0], "what farm.yaml says no more is as trained"


def test_settings_under_which_nobody_answers_are_given_up_and_sent_once_more(field: Field) -> None:
    field.command(7)
    field.wake()
    field.command(8, "15 min")
    for _ in range(5):
        field.wake()
    assert field.used == (8, 900, 0), "the first never had its three wakes"
    field.command(19, "30 min")
    for version in (19, 20):
        for _ in range(20):  # it has been away, and tries again after a while
            if field.used[0] != version:
                field.wake()
        assert field.used == (version, 1800, 3)
        field.there = False
        for _ in range(5):
            field.wake()
        assert field.used == (8, 900, 0)
        field.there = True
    for _ in range(20):
        field.wake()
    assert (field.known.version, field.known.state, field.known.told) == (20, "refused", 8)
    assert field.used == (8, 900, 0)


def test_settings_with_which_it_resets_three_times_are_given_up_and_sent_once_more(field: Field) -> None:
    field.command(7)
    for version in (7, 8):
        field.wake()
        assert field.used == (version, 1200, 3)
        for resets in range(1, 4):
            field.node.restart(0)
            field.there = resets == 3
            field.wake()
            assert field.used[0] == (version if resets < 3 else 0)
    for _ in range(2):
        field.wake()
    assert (field.known.version, field.known.state, field.used[0]) == (8, "refused", 0)
