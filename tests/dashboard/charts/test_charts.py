"""Charts as they are handed to the browser: a line a sensor, true time, gaps, and words that have room."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.advice.levels import LEVELS
from cloud.clock import DAY_MS, HOUR_MS, MINUTE_MS
from cloud.store import History
from dashboard.cards.style import STYLE
from dashboard.charts.history_chart import history_chart
from dashboard.charts.lines import DASHES
from dashboard.charts.panels import PANELS
from dashboard.charts.scales import time_labels, value_labels
from dashboard.queries.past import PastTrouble
from edge.farm import Farm

from ..farm_data import sample_farm

ZONE = "America/New_York"
AUTUMN = round(datetime(2015, 11, 1, 4, tzinfo=UTC).timestamp() * 1000)
"""Midnight of the day on which 01:00 to 02:00 comes twice."""


@pytest.fixture
def farm() -> Farm:
    return sample_farm()


def steady(t: list[int]) -> History:
    return History(t=t, mean=[0.2] * len(t), low=[0.19] * len(t), high=[0.21] * len(t))


def drawn(farm: Farm, histories: dict[str, History], troubles: list[PastTrouble], since: int, until: int) -> str:
    """The chart of soil water, each sensor with one channel."""
    sensors = {name: {"soil_moisture_30cm": history} for name, history in histories.items()}
    block = {"soil_moisture_30cm": next(iter(histories.values()))}
    zone = farm.zone_by_id["tomatoes"]
    chart = history_chart(PANELS[0], zone, block, sensors, troubles, [], since, until, ZONE)
    assert chart is not None
    return unescape(unquote(chart))


def read(chart: str) -> Any:
    """What a touch reads."""
    found = re.search(r'data-read="(.*?\})"', chart)
    assert found
    return json.loads(found[1])


def lines(chart: str) -> list[str]:
    """Ends and turns of the lines of sensors."""
    return re.findall(r"<path d='([^']*)' stroke='#\w+' stroke-dasharray='(?:none|6 5|1 6)'/>", chart)


def test_the_hour_that_autumn_repeats_is_drawn_twice(farm: Farm) -> None:
    t = [AUTUMN + quarter * 15 * MINUTE_MS for quarter in range(12)]
    found = read(drawn(farm, {"tomato-1": steady(t)}, [], AUTUMN, AUTUMN + 3 * HOUR_MS))
    assert found["x"] == [round(1000 * number / 12) for number in range(12)]
    assert [when[-5:] for when in found["when"][4:12]] == ["01:00", "01:15", "01:30", "01:45"] * 2
    assert found["series"] == [["tomato-1", "#2f86d6", ["20.0"] * 12]]


@pytest.mark.parametrize(("mm", "labels"), [(0.0, "0.0 0.2 0.4 0.6 0.8 1.0"), (0.4, "0.0 0.1 0.2 0.3 0.4")])
def test_a_week_without_rain_is_labelled_by_round_numbers(farm: Farm, mm: float, labels: str) -> None:
    rain = next(panel for panel in PANELS if panel.bars)
    t = [AUTUMN, AUTUMN + HOUR_MS]
    fell = {"rain": History(t=t, mean=[0.0, mm], low=[0.0, 0.0], high=[0.0, mm])}
    sensors = {"tomato-weather": fell}
    chart = history_chart(rain, farm.zones[0], fell, sensors, [], [], AUTUMN, AUTUMN + DAY_MS, ZONE)
    assert chart is not None
    assert re.findall(r'class="cooee-y"[^>]*><small>([^<]*)', chart) == labels.split()
    assert len(re.findall("%3Crect", chart)) == (mm > 0)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6).map(lambda span: round(span, 3)))
def test_values_lie_between_round_labels(low: float, span: float) -> None:
    labels, digits = value_labels(low, low + span)
    steps = {round(after - before, 9) for before, after in pairwise(labels)}
    assert labels[0] <= low + 1e-6 * (1 + abs(low) + span)
    assert labels[-1] >= low + span - 1e-6 * (1 + abs(low) + span)
    assert 2 <= len(labels) <= 10
    assert max(steps) - min(steps) <= 1e-9 * max(map(abs, labels)) + 1e-9
    assert len({f"{label:.{digits}f}" for label in labels}) == len(labels)


def test_values_lie_where_their_labels_say(farm: Farm) -> None:
    """20 % of the soil beside its own label, at the time of its own label."""
    midnight = AUTUMN - 3 * DAY_MS
    chart = drawn(farm, {"tomato-1": steady([midnight, AUTUMN])}, [], AUTUMN - 7 * DAY_MS, AUTUMN)
    top = {text: float(at) for at, text in re.findall(r'class="cooee-y" style="top:([\d.]+)%"><small>(\d+)<', chart)}
    left = re.findall(r'class="cooee-x" style="left:([\d.]+)%"', chart)
    assert lines(chart)[-1] == f"M{10 * float(left[4]):.0f} {10 * top['20']:.0f} 1000 {10 * top['20']:.0f}"


def test_days_of_23_and_25_hours_begin_at_midnight() -> None:
    for begin, hours in ((AUTUMN - 2 * DAY_MS, 25), (datetime(2015, 3, 6, 5, tzinfo=UTC).timestamp() * 1000, 23)):
        labels = list(time_labels(round(begin), round(begin) + 4 * DAY_MS, ZONE))
        gaps = [(after - before) // HOUR_MS for before, after in pairwise(labels)]
        assert gaps[:3] == [24, 24, hours]


@pytest.mark.parametrize("days", [1, 2, 7, 30, 180])
def test_a_span_has_labels_that_fit(days: int) -> None:
    labels = time_labels(AUTUMN - days * DAY_MS, AUTUMN, ZONE)
    assert 4 <= len(labels) <= 8
    assert len(set(labels)) == len(labels)


def test_a_line_is_broken_where_readings_lack(farm: Farm) -> None:
    t = [AUTUMN + minutes * MINUTE_MS for minutes in (0, 10, 20, 30, 120, 130, 200)]
    (line,) = lines(drawn(farm, {"tomato-1": steady(t)}, [], AUTUMN, AUTUMN + DAY_MS))
    assert [len(run.split()) for run in line.split("M")] == [0, 8, 4, 2]
    assert line.endswith("h0"), "a point alone is seen"


def test_each_sensor_and_the_block_are_in_the_legend(farm: Farm) -> None:
    t = [AUTUMN, AUTUMN + HOUR_MS]
    both = drawn(farm, dict.fromkeys(("tomato-1", "tomato-2"), steady(t)), [], AUTUMN, AUTUMN + DAY_MS)
    entries = re.findall(r'<li><i style="background:(#\w+)"></i>(?:<bdi>)?([^<]*)', both)
    assert [name for _, name in entries] == ["tomato-1", "tomato-2", "the whole block"]
    assert len({colour for colour, _ in entries}) == 3
    assert {colour for colour, _ in entries} == set(re.findall("(?:stroke|fill)='(#808893|#2f86d6|#d9822b)'", both))
    alone = drawn(farm, {"tomato-1": steady(t)}, [], AUTUMN, AUTUMN + DAY_MS)
    assert "<polygon" in both
    assert "<polygon" not in alone, "a band of one sensor is its line"


def test_each_depth_has_dashes_of_its_own(farm: Farm) -> None:
    some = steady([AUTUMN, AUTUMN + HOUR_MS])
    sensors = {"tomato-1": dict.fromkeys(PANELS[0].channels, some)}
    chart = history_chart(PANELS[0], farm.zones[0], {}, sensors, [], [], AUTUMN, AUTUMN + DAY_MS, ZONE)
    assert chart is not None
    assert [name for name, *_ in read(unescape(chart))["series"]] == [
        f"tomato-1, {depth}\N{NO-BREAK SPACE}cm deep" for depth in (10, 30, 60)
    ]
    assert all(f"stroke-dasharray='{dash}'" in chart for dash in DASHES)


def test_words_of_calls_do_not_overprint(farm: Farm) -> None:
    since = AUTUMN - 7 * DAY_MS
    began = [since + timedelta(hours=hours) // timedelta(milliseconds=1) for hours in (1, 5, 80, 150, 160)]
    troubles = [
        PastTrouble(zone="tomatoes", kind="too_dry", began=t, ended=t + HOUR_MS, nodes=("a",), calls=(), judgement=None)
        for t in began
    ]
    chart = drawn(farm, {"tomato-1": steady([since, AUTUMN])}, troubles, since, AUTUMN)
    words = [
        float(at) if side == "left" else 100 - float(at)
        for side, at in re.findall(r'class="cooee-called" style="(left|right):([\d.]+)%">too dry<', chart)
    ]
    assert words == pytest.approx([100 / 168, 8000 / 168], abs=0.1)
    marks = read(chart)["marks"]
    assert [(left, right) for left, right, _ in marks] == [
        (round(1000 * (t - since) / (AUTUMN - since)), round(1000 * (t + HOUR_MS - since) / (AUTUMN - since)))
        for t in began
    ]
    assert marks[0][2] == "too dry (a; 25 October 2015, 01:00)"


@pytest.mark.parametrize(("dark", "paper"), [(False, "#ffffff"), (True, "#1a1a18")])
def test_words_can_be_read_on_light_and_dark(dark: bool, paper: str) -> None:
    """4.5 to 1 (WCAG 2.2, 1.4.3)."""
    inks = (
        dict(re.findall(r"--(\w+)-ink: (#\w+)", STYLE)) if dark else {n: LEVELS[n].colour for n in ("fine", "urgent")}
    )
    assert set(inks) == {"fine", "urgent"}
    for ink in inks.values():
        bright, dim = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
