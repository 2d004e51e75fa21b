"""What nodes cost to run, by hand."""

import numpy as np
import pytest

from edge.board.battery import Draw, telemetry_bytes
from edge.farm import parse_farm, sample_farm_text
from edge.scoring import CallSpan
from simulations.nodes.energy_budget import BASELINE, NODE, SENTINEL, EnergyBudget, baseline_energy
from simulations.runs.bulk import run
from simulations.weather.ten_minutes import whately

SAMPLE = parse_farm(sample_farm_text(), source="sample farm")
HOUR_MS = 3_600_000


def test_a_day_of_one_node_by_hand() -> None:
    """144 wakes, 144 frames of 26 bytes and one call of 35 sent three times."""
    day = EnergyBudget(wakes=144, powered_s=86_400)
    day.count(NODE, "telemetry", 26, sent=144, messages=144)
    day.count(SENTINEL, "frost", 35, sent=3)
    draw = Draw()
    assert day.bytes_of(NODE) == 3744
    assert day.bytes_a_node_day(SENTINEL) == 3744 + 105
    assert day.bytes_a_node_day(BASELINE) == 3744
    assert (day.repeats_of(NODE), day.repeats_of(SENTINEL)) == (0, 2)
    by_hand = 24 * draw.sleep_ma + 144 * (draw.wake_mah() + draw.frame_mah(26)) + 3 * draw.frame_mah(35)
    assert day.mah_a_node_day(SENTINEL) == pytest.approx(by_hand)
    assert day.days_of_a_cell(SENTINEL) == pytest.approx(2600 / (by_hand + 2600 * 0.02 / 30))
    assert EnergyBudget().mah_a_node_day(SENTINEL) is None


def test_a_threshold_says_its_call_once_a_day_until_it_clears() -> None:
    end = 100 * HOUR_MS
    spans = [
        CallSpan(zone="z", node="n", kind="wind", raised=0, cleared=cleared * HOUR_MS) for cleared in (5, 24, 25, 100)
    ]
    counted = baseline_energy(spans, end)
    assert counted.messages[BASELINE, "wind"] == (1 + 1) + (1 + 1) + (2 + 1) + 5
    assert counted.bytes_of(BASELINE) == 9 * 39 + 3 * 36
    assert baseline_energy(spans, end, lambda node, t: 3).repeats_of(BASELINE) == 2 * 12


def test_a_season_sends_what_its_readings_say() -> None:
    """Every wake is a frame of the channels that are there; a fault leaves its channel out."""
    outcome = run(SAMPLE, whately().season(7, 1, 3), 1)
    wakes = 3 * 144 * len(SAMPLE.nodes)
    assert outcome.energy.wakes == outcome.energy.messages[NODE, "telemetry"] == wakes
    sizes = np.array(
        [size for (_, kind, size), n in outcome.energy.frames.items() if kind == "telemetry" for _ in range(n)]
    )
    assert sizes.max() == max(telemetry_bytes(len(node.channels)) for node in SAMPLE.nodes)
    full = 144 * 3 * sum(telemetry_bytes(len(node.channels)) for node in SAMPLE.nodes)
    assert 0.98 * full < sizes.sum() < full
    assert outcome.energy.repeats_of(NODE) == 0
