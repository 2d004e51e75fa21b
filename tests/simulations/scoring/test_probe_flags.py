"""What nodes say of their own probes, scored by hand and on a season."""

from collections import Counter

import numpy as np
import pytest

from edge.contract.channels import channel_names
from edge.farm import parse_farm, sample_farm_text
from simulations.events import Events, ProbeFault
from simulations.runs.bulk import run
from simulations.scoring.probe_flags import FaultSpell, either, flag_spells, kind_cards, probe_cards
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.ten_minutes import whately

SAMPLE = parse_farm(sample_farm_text(), source="sample farm")
HOUR = 3_600_000


def test_flags_are_scored_against_faults_by_hand() -> None:
    """One fault is found after 2 h, one is not; one flag is false, one begins before its fault."""
    faults = [
        FaultSpell(node=node, channel=channel, kind=kind, start=start * HOUR, end=end * HOUR)
        for node, channel, kind, start, end in (
            ("a", "wind", "stuck", 0, 10),
            ("a", "wind", "drift", 50, 60),
            ("b", "wind", "drift", 0, 9),
            ("b", "gust", "stuck", 9, 12),
        )
    ]
    flags = [
        ("a", "wind", 2 * HOUR, 12 * HOUR),
        ("a", "wind", 60 * HOUR, 61 * HOUR),
        ("b", "gust", 8 * HOUR, 10 * HOUR),
    ]
    hours = Counter({"wind": 730.485, "gust": 730.485})
    cards = probe_cards(faults, flags, hours)
    wind = cards["wind"]
    assert (wind.faults, wind.found, wind.flags, wind.false_flags) == (3, 1, 2, 1)
    assert wind.recall == pytest.approx(1 / 3)
    assert wind.hours_to_flag == 2
    assert wind.false_per_node_month == pytest.approx(1)
    assert (cards["gust"].delays_h, cards["gust"].false_flags) == ((0.0,), 0)
    assert (cards["all"].faults, cards["all"].found, cards["all"].false_flags) == (4, 2, 1)
    kinds = kind_cards(faults, flags)
    assert (kinds["stuck"].recall, kinds["drift"].recall, kinds["jump"].recall) == (1, 0, None)
    assert kinds["stuck"].hours_to_flag == 1
    assert cards.keys() == {"wind", "gust", "all"}


def test_flags_less_than_six_hours_apart_are_one() -> None:
    bit = 1 << channel_names().index("wind")
    masks = np.zeros((2, 200), dtype=np.uint16)
    masks[1, [10, 11, 12, 40, 120]] = bit
    t = np.arange(200) * HOUR // 6
    node = SAMPLE.nodes[1].id
    at = [int(x) for x in t]
    assert flag_spells(masks, SAMPLE.nodes[:2], t) == [(node, "wind", at[10], at[41]), (node, "wind", at[120], at[121])]


@pytest.mark.parametrize(("shape", "hours"), [("implausible", 0), ("dropout", 1), ("stuck", 12)])
def test_a_node_flags_what_it_can_see(shape: str, hours: float) -> None:
    """Out of range at once; a probe that is silent after an hour; air that stands still after half a day."""
    fault = ProbeFault(
        node="apple-weather",
        channel="air_temperature",
        shape=shape,  # type: ignore[arg-type]
        first=2 * STEPS_A_DAY,
        last=5 * STEPS_A_DAY,
    )
    out = run(SAMPLE, whately().season(7, 1, 8), 1, events=Events(probes=(fault,)))
    card = probe_cards(out.faults, out.flags, out.channel_hours)["air_temperature"]
    assert card.found >= 1
    delay = min(card.delays_h, key=lambda h: abs(h - hours))
    assert delay == pytest.approx(hours, abs=0.35)
    assert card.false_flags == 0


def test_a_slow_drift_is_beyond_a_node() -> None:
    fault = ProbeFault(
        node="store-1", channel="ethylene", shape="drift", size=0.1, first=2 * STEPS_A_DAY, last=8 * STEPS_A_DAY
    )
    out = run(SAMPLE, whately().season(7, 1, 8), 1, events=Events(probes=(fault,)))
    card = probe_cards(out.faults, out.flags, out.channel_hours)["ethylene"]
    assert card.found < card.faults


def test_what_the_page_doubts_is_found_beside_the_nodes_own_flags() -> None:
    """A probe that soil comes off reads what soil could have: no node flags it, the page does within two days."""
    fault = ProbeFault(
        node="tomato-1",
        channel="soil_moisture_10cm",
        shape="jump",
        size=-0.05,
        first=20 * STEPS_A_DAY + STEPS_A_DAY // 2,
        last=30 * STEPS_A_DAY,
    )
    out = run(SAMPLE, whately().season(6, 1, 35), 1, events=Events(probes=(fault,)))
    its = [spell for spell in out.faults if (spell.node, spell.kind) == ("tomato-1", "jump")]
    alone, both = (
        probe_cards(its, flags, out.channel_hours)["soil_moisture_10cm"]
        for flags in (out.flags, either(out.flags, out.doubts))
    )
    assert (alone.found_soon, both.found_soon) == (0, 1)
    assert probe_cards(out.faults, out.doubts, out.channel_hours)["all"].false_flags == 0


def test_flags_that_overlap_are_one() -> None:
    assert either([("a", "wind", 0, 4), ("b", "wind", 1, 2)], [("a", "wind", 3, 9), ("a", "wind", 10, 11)]) == [
        ("a", "wind", 0, 9),
        ("a", "wind", 10, 11),
        ("b", "wind", 1, 2),
    ]
