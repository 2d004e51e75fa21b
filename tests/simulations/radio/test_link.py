"""What bad air, outages and power cuts do to the calls of nodes in bulk."""

import numpy as np
import pytest

from edge.core import Ack, Nodes, decode, encode
from edge.farm import parse_farm, sample_farm_text
from edge.node.commission import node_config
from edge.scoring import CallSpan
from simulations.events import NOTHING, BadRadio, Events, Outage, PowerCut, WeakCell
from simulations.field.season import Field
from simulations.nodes.energy_budget import NODE, SENTINEL
from simulations.radio.link import OUTBOX_FRAMES, link_of, powered_spans
from simulations.runs.bulk import run
from simulations.scenarios.replicate import replicate
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.ten_minutes import whately

DAYS = 12
SAMPLE = parse_farm(sample_farm_text(), source="sample farm")
WEATHER = whately().season(7, 1, DAYS)
STEP_MS = 600_000
ALL = DAYS * STEPS_A_DAY


def by_node(calls: list[CallSpan]) -> list[tuple[str, str, int]]:
    return sorted((c.node, c.kind, c.raised) for c in calls)


def test_a_frame_waits_for_the_gateway_and_is_sent_at_every_wake_until_then() -> None:
    link = link_of(Events(outages=(Outage(first=3, last=6),)), 1, 1, [(0, 8)], 8, 1)
    assert link is not None
    assert link.heard.tolist() == [0, 1, 2, 6, 6, 6, 6, 7]
    assert link.sendings.tolist() == [1, 1, 1, 4, 3, 2, 1, 1]
    assert link_of(NOTHING, 1, 1, [(0, 8)], 8, 1) is None


def test_what_a_node_keeps_is_gone_with_its_power() -> None:
    link = link_of(Events(outages=(Outage(first=3, last=6),)), 1, 1, [(0, 5), (7, 8)], 8, 1)
    assert link is not None
    assert link.heard[[2, 3, 4, 7]].tolist() == [2, 8, 8, 7]
    assert link.sendings[[2, 3, 4, 7]].tolist() == [1, 2, 1, 1]


def test_telemetry_waits_as_long_as_the_outbox_holds_it() -> None:
    link = link_of(Events(outages=(Outage(first=0, last=12),)), 1, 1, [(0, 20)], 20, 1)
    assert link is not None
    assert int(link.telemetry_lost().sum()) == 12 - OUTBOX_FRAMES + 1, (
        "one more, as in the drive: the next reading comes first"
    )
    assert int(link.telemetry_sendings().max()) == OUTBOX_FRAMES


def test_nodes_that_wake_seldom_hear_late() -> None:
    link = link_of(Events(outages=(Outage(first=2, last=7),)), 1, 1, [(0, 4)], 4, 3)
    assert link is not None
    assert link.heard.tolist() == [0, 3, 3, 3], "wakes at steps 0, 3, 6, 9"


def test_a_power_cut_between_two_wakes_is_a_boot_all_the_same() -> None:
    dead = np.zeros(12, dtype=bool)
    dead[4:5] = True
    assert powered_spans(dead, 12, 3) == [(0, 2), (2, 4)]
    assert powered_spans(None, 12, 5) == [(0, 3)]
    assert powered_spans(np.ones(12, dtype=bool), 12, 1) == []


@pytest.mark.parametrize(
    ("radio", "share"),
    [
        (BadRadio(first=0, last=40_000, loss=0.2), 0.2),
        (BadRadio(first=0, last=40_000, burst_loss=1.0, bursts_a_day=4, burst_hours=2), 0.25),
    ],
)
def test_as_many_are_lost_as_asked(radio: BadRadio, share: float) -> None:
    """Bursts: 2 h in 8 (6 h between them)."""
    link = link_of(Events(radio=(radio,)), 3, 1, [(0, 40_000)], 40_000, 1)
    assert link is not None
    late = np.mean(link.heard > np.arange(40_000))
    assert late == pytest.approx(share, abs=0.03)


def test_a_call_through_bad_air_is_the_same_call_heard_later() -> None:
    farm, _ = replicate(SAMPLE, NOTHING, 48)
    good, bad = (
        run(farm, WEATHER, 3),
        run(farm, WEATHER, 3, events=Events(radio=(BadRadio(first=0, last=ALL, loss=0.5),))),
    )
    assert len(bad.calls) > 10
    late = [b[2] - g[2] for g, b in zip(by_node(good.calls), by_node(bad.calls), strict=True)]
    assert min(late) >= 0
    assert 0 < max(late) < 20 * STEP_MS
    assert bad.energy.messages == good.energy.messages
    # Up and down must both get through: four sendings a frame.
    assert bad.energy.repeats_of(SENTINEL) / sum(
        n for (who, _), n in bad.energy.messages.items() if who == SENTINEL
    ) == pytest.approx(3, rel=0.5)
    assert bad.energy.repeats_of(NODE) / bad.energy.wakes == pytest.approx(3 * (1 - 0.75**OUTBOX_FRAMES), rel=0.1)
    assert (bad.energy.mah_a_node_day(SENTINEL) or 0) > 1.5 * (good.energy.mah_a_node_day(SENTINEL) or 0)


def test_a_node_without_power_reads_nothing_and_begins_anew() -> None:
    cut = slice(5 * STEPS_A_DAY, 5 * STEPS_A_DAY + 50)
    events = Events(cuts=(PowerCut(node="tomato-1", first=cut.start, last=cut.stop),))
    node = SAMPLE.node_by_id["tomato-1"]
    (dark, _), (lit, _) = Field(SAMPLE, WEATHER, 3, events).sense([node]), Field(SAMPLE, WEATHER, 3).sense([node])
    assert (dark[0, cut] == -32768).all()
    np.testing.assert_array_equal(np.delete(dark, cut, axis=1), np.delete(lit, cut, axis=1))
    out = run(SAMPLE, WEATHER, 3, events=events)
    start = WEATHER.start_ms + cut.start * STEP_MS
    assert out.powerless == [("tomato-1", start, start + 50 * STEP_MS)]
    assert out.energy.powered_s == (ALL * 12 - 50) * 600
    assert out.energy.messages[NODE, "telemetry"] == ALL * 12 - 50
    assert out.energy.messages[NODE, "hello"] == 13
    others = [c for c in run(SAMPLE, WEATHER, 3).calls if c.node != "tomato-1"]
    assert by_node([c for c in out.calls if c.node != "tomato-1"]) == by_node(others)


def test_lives_in_bulk_are_those_of_a_node_that_is_restarted() -> None:
    """Against the core woken step by step: the same bytes on the air."""
    cut = (3 * STEPS_A_DAY, 3 * STEPS_A_DAY + 30)
    events = Events(cuts=(PowerCut(node="apple-weather", first=cut[0], last=cut[1]),))
    node = SAMPLE.node_by_id["apple-weather"]
    field = Field(SAMPLE, WEATHER, 3, events)
    readings, _ = field.sense([node])
    core = Nodes([node_config(SAMPLE, node, field.first_day)])
    size = 0
    for step in range(ALL):
        if step == cut[1]:
            core.restart(0)
        if cut[0] <= step < cut[1]:
            continue
        now_s = int(field.t[step] // 1000)
        core.wake(now_s, readings[:, step])
        for _, data in core.transmit(now_s):
            size += len(data)
            frame = decode(data)
            down = frame.sequence + 1
            core.receive(
                encode(Ack(address=frame.address, boot=frame.boot, sequence=down, sequences=(frame.sequence,)))
            )
    out = run(SAMPLE.model_copy(update={"nodes": (node,)}), WEATHER, 3, events=events)
    assert out.energy.messages[SENTINEL, "wind"] + out.energy.messages[SENTINEL, "disease"] > 0
    assert out.energy.bytes_of(NODE) + out.energy.bytes_of(SENTINEL) == size


def test_weak_cells_and_cuts_come_with_every_copy_of_a_farm() -> None:
    events = Events(
        cuts=(PowerCut(node="apple-1", first=1, last=2),),
        cells=(WeakCell(node="apple-2", first=1, last=2, charge=0.1),),
        radio=(BadRadio(first=1, last=2),),
    )
    _, copied = replicate(SAMPLE, events, 24)
    assert [e.node for e in copied.cuts] == ["apple-1", "apple-1-2"]
    assert [(e.node, e.charge) for e in copied.cells] == [("apple-2", 0.1), ("apple-2-2", 0.1)]
    assert copied.radio == events.radio
