"""Fixed thresholds call by the node's own alarm logic, and only where a node could."""

import numpy as np
from numpy.typing import NDArray

from edge.contract.kinds import kinds
from edge.core import feature_names, list_features
from edge.farm import parse_farm, sample_farm_text
from edge.threshold_baseline import Threshold
from simulations.events import Events, Gas
from simulations.runs.bulk import run
from simulations.scoring.threshold_baseline import TUNED_ON, calls_of, thresholds
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.ten_minutes import whately

SAMPLE = parse_farm(sample_farm_text(), source="sample farm")
HOUR_MS = 3_600_000
T = np.arange(200, dtype=np.int64) * 600_000


def computed(node_count: int, feature: str, values: NDArray[np.int16]) -> NDArray[np.int16]:
    table = np.zeros((node_count, len(T), len(list_features())), dtype=np.int16)
    table[:, :, feature_names().index(feature)] = values
    return table


def test_a_threshold_calls_when_it_is_passed_long_enough() -> None:
    gusty = np.where((np.arange(len(T)) >= 50) & (np.arange(len(T)) < 80), 1200, 300).astype(np.int16)
    node = SAMPLE.node_by_id["apple-weather"]
    at_once = Threshold(kind="wind", feature="gust", value=1100, above=True, on_delay_min=0, clear_delay_min=360)
    (call,) = calls_of([at_once], computed(1, "gust", gusty), [node], T)
    assert (call.zone, call.node, call.kind) == ("apples", "apple-weather", "wind")
    assert call.raised == T[50]
    assert 80 <= call.cleared / 600_000 <= 80 + 37, "after it has been calm for six hours"
    late = Threshold(kind="wind", feature="gust", value=1100, above=True, on_delay_min=60, clear_delay_min=360)
    assert calls_of([late], computed(1, "gust", gusty), [node], T)[0].raised in (T[55], T[56], T[57])
    never = Threshold(kind="wind", feature="gust", value=1201, above=True, on_delay_min=0, clear_delay_min=360)
    assert calls_of([never], computed(1, "gust", gusty), [node], T) == []


def test_below_is_below_and_who_cannot_call_does_not() -> None:
    cold = np.where(np.arange(len(T)) > 100, -50, 400).astype(np.int16)
    frost = Threshold(
        kind="frost", feature="air_temperature", value=0, above=False, on_delay_min=0, clear_delay_min=360
    )
    nodes = [SAMPLE.node_by_id["tomato-1"], SAMPLE.node_by_id["tomato-weather"]]
    (call,) = calls_of([frost], computed(2, "air_temperature", cold), nodes, T)
    assert call.node == "tomato-weather", "a soil node does not watch the weather"
    assert call.raised == T[101]
    assert call.cleared == T[-1] + 600_000, "still open at the end"


def test_the_chosen_thresholds_are_complete_and_know_a_flooded_store() -> None:
    assert [one.kind for one in thresholds()] == list(kinds())
    assert {one.feature for one in thresholds()} <= set(feature_names())
    assert len(TUNED_ON) > 1
    gas = Events(gases=(Gas(zone="store", first=5 * STEPS_A_DAY, last=8 * STEPS_A_DAY, ul_h=5e6),))
    out = run(SAMPLE, whately().season(7, 1, 10), 3, events=gas, baseline=True)
    calls = [c for c in out.baseline_calls if c.kind == "ripening"]
    assert calls
    assert min(c.raised for c in calls) >= whately().season(7, 1, 10).start_ms + 5 * 24 * HOUR_MS
    assert run(SAMPLE, whately().season(7, 1, 10), 3, events=gas).baseline_calls == []
