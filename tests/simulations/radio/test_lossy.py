"""Air that loses, repeats and reorders; what reaches the store through it, as real processes."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.transport import enrolled
from edge.farm import load_farm
from simulations.events import NOTHING, BadRadio, Events, Outage, PowerCut
from simulations.field.season import Season, simulate
from simulations.radio.lossy import LossyDirection, RadioChannel, radio_channel_of
from simulations.runs.live import OUTBOX_FRAMES, Traffic, drive
from simulations.time_grid import STEP_S
from simulations.weather.ten_minutes import whately
from tests.transport.rig import Rig, wait_until

ENROLLED = {f"n{address}": enrolled(address) for address in range(1, 5)}

BAD = RadioChannel(seed=7, loss=0.2, duplication=0.1, reordering=0.1)
HOUR = 3600 // STEP_S


def fates(radio: RadioChannel, frames: int = 40_000) -> list[int]:
    direction = LossyDirection(radio, "up")
    return [direction.copies() for _ in range(frames)]


def test_frames_are_lost_and_repeated_as_often_as_asked() -> None:
    copies = np.array(fates(BAD))
    assert np.mean(copies == 0) == pytest.approx(0.2, abs=0.01)
    assert np.mean(copies[copies > 0] == 2) == pytest.approx(0.1, abs=0.01)


def test_bursts_last_as_long_as_gilbert_and_elliott_have_it() -> None:
    """Without loss between them and with all lost in them: share begins / (begins + ends), mean length 1 / ends."""
    radio = RadioChannel(seed=1, burst_loss=1.0, burst_begins=0.02, burst_ends=0.1)
    lost = np.array(fates(radio)) == 0
    bursts = np.count_nonzero(np.diff(lost.astype(int)) == 1)
    assert radio.mean_loss == pytest.approx(1 / 6)
    assert lost.mean() == pytest.approx(1 / 6, abs=0.02)
    assert np.count_nonzero(lost) / bursts == pytest.approx(10, rel=0.1)


def test_the_same_seed_is_the_same_air() -> None:
    assert fates(BAD, 500) == fates(RadioChannel(seed=7, loss=0.2, duplication=0.1, reordering=0.1), 500)
    assert fates(BAD, 500) != fates(RadioChannel(seed=8, loss=0.2, duplication=0.1, reordering=0.1), 500)


def test_the_air_of_a_scenario_is_bad_only_in_its_spells() -> None:
    storm = BadRadio(first=10, last=20, loss=0.3, burst_loss=1.0, bursts_a_day=12, burst_hours=1)
    radio = radio_channel_of(Events(radio=(storm,), outages=(Outage(first=2, last=4),)), start_ms=1000, nodes=6, seed=1)
    assert radio is not None
    assert radio.outages == ((1000 + 2 * 600_000, 1000 + 4 * 600_000),)
    before, during, after = (1000 + step * 600_000 for step in (9, 10, 20))
    assert (radio.at(before).mean_loss, radio.at(after).mean_loss) == (0, 0)
    assert radio.at(during).mean_loss == pytest.approx(0.3 + 0.7 / 3, abs=0.02), "an hour of burst, two without"
    direction = LossyDirection(radio, "up")
    assert {direction.copies(before) for _ in range(2000)} == {1}
    lost = np.mean([direction.copies(during) == 0 for _ in range(60_000)])
    assert lost == pytest.approx(radio.at(during).mean_loss, abs=0.1)
    assert radio_channel_of(NOTHING, start_ms=0, nodes=6, seed=1) is None


def test_what_is_no_chance_is_refused() -> None:
    with pytest.raises(ValueError, match=r"loss is a chance of 0 to 1, found 1.5"):
        RadioChannel(seed=1, loss=1.5)


def sent_through(
    rig: Rig, radio: RadioChannel, days: int, dead: NDArray[np.bool_] | None = None
) -> tuple[Season, Traffic]:
    season = simulate(load_farm(rig.farm), whately().season(5, 1, days), 1)
    return season, drive(
        season,
        rig.port,
        speed=None,
        advanced=lambda _: None,
        channel=radio,
        dead=dead,
        ack_timeout_s=0.2,
        enrolled=ENROLLED,
    )


def telemetry(rig: Rig) -> list[tuple[str, int]]:
    """(node, t) of every row."""
    with sqlite3.connect(f"file:{rig.folder / 'cooee.db'}?mode=ro", uri=True) as db:
        return sorted(db.execute("SELECT node, t FROM reading"))


def test_every_reading_is_stored_exactly_once_through_bad_air(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        season, traffic = sent_through(rig, BAD, days=2)
        wanted = sorted((node.id, t) for node in season.farm.nodes for t in season.t.tolist())
        wait_until(lambda: rig.count() >= len(wanted), what="every reading in the store")
        assert telemetry(rig) == wanted
        assert traffic.dropped == 0
        assert traffic.repeats > 0.2 * len(wanted), "the air lost nothing: the test shows nothing"
        assert rig.refused() == []


@pytest.mark.parametrize(("hours", "lost"), [(4, 0), (20, 20 * HOUR - OUTBOX_FRAMES + 1)])
def test_an_outage_costs_what_the_outbox_cannot_hold(tmp_path: Path, hours: int, lost: int) -> None:
    """One more than the outbox holds: the gateway is back only with the next reading."""
    t = whately().season(5, 1, 2).times_ms()
    first, last = int(t[6 * HOUR]), int(t[(6 + hours) * HOUR])
    with Rig(tmp_path) as rig:
        season, traffic = sent_through(rig, RadioChannel(seed=1, outages=((first, last),)), days=2)
        left = 4 * (len(season.t) - lost)
        wait_until(lambda: rig.count() >= left, what=f"{left} readings in the store")
        stored = telemetry(rig)
        missing = {(node.id, t) for node in season.farm.nodes for t in season.t.tolist()} - set(stored)
        assert len(stored) == len(set(stored)) == left
        assert all(first <= t < last for _, t in missing)
        assert 4 * lost <= traffic.dropped
        waiting = 4 * OUTBOX_FRAMES // 2
        assert traffic.dropped <= 4 * lost + waiting, (
            "beside what is lost, what had come when the outage began without being acknowledged"
        )


def test_the_events_of_a_scenario_come_through_a_radio_too(tmp_path: Path) -> None:
    events = Events(
        radio=(BadRadio(first=20, last=100, loss=0.3, bursts_a_day=20, burst_hours=0.5),),
        cuts=(PowerCut(node="n2", first=50, last=60),),
    )
    with Rig(tmp_path) as rig:
        farm, weather = load_farm(rig.farm), whately().season(5, 1, 1)
        season = simulate(farm, weather, 1, events)
        radio = radio_channel_of(events, weather.start_ms, len(farm.nodes), 1)
        traffic = drive(
            season,
            rig.port,
            speed=None,
            advanced=lambda _: None,
            channel=radio,
            dead=season.dead,
            ack_timeout_s=0.2,
            enrolled=ENROLLED,
        )
        wanted = 4 * 144 - 10 - traffic.dropped
        wait_until(lambda: rig.count() >= wanted, what=f"{wanted} readings in the store")
        assert traffic.repeats > 50
        assert {(node, boot) for node, boot, _, _ in rig.stored()} == {
            ("n1", 1),
            ("n2", 1),
            ("n2", 2),
            ("n3", 1),
            ("n4", 1),
        }
        cut = {int(t) for t in season.t[50:60]}
        assert not any(node == "n2" and t in cut for node, t in telemetry(rig))


def test_a_node_without_power_is_silent_and_boots_anew(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        dead = np.zeros((4, 144), dtype=bool)
        dead[1, 50:60] = True
        season, _ = sent_through(rig, RadioChannel(seed=1), days=1, dead=dead)
        wanted = sorted(
            (node.id, 1 + (row == 1 and step >= 60), int(season.t[step]))
            for row, node in enumerate(season.farm.nodes)
            for step in range(144)
            if not dead[row, step]
        )
        wait_until(lambda: rig.count() >= len(wanted) - OUTBOX_FRAMES, what="readings in the store")
        wait_until(
            lambda: sorted((node, boot, t) for node, boot, _, t in rig.stored())[-1] == wanted[-1],
            what="the last",
        )
        missing = set(wanted) - {(node, boot, t) for node, boot, _, t in rig.stored()}
        assert all(node == "n2" and boot == 1 for node, boot, _ in missing), "only what waited in its outbox is gone"
        assert {boot for node, boot, _, _ in rig.stored() if node == "n2"} == {1, 2}
