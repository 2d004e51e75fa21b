"""Charts as they are handed to the browser: a line a sensor, true time, gaps, and words that have room."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from cloud.clock import DAY_MS, HOUR_MS, MINUTE_MS
from cloud.store import History
from dashboard.chart_forms import time_labels
from dashboard.charts import INKS, PANELS, history_chart
from dashboard.queries import PastTrouble
from edge.farm import Farm

from .farm_data import sample_farm

ZONE = "America/New_York"
AUTUMN = round(datetime(2015, 11, 1, 4, tzinfo=UTC).timestamp() * 1000)
"""Midnight of the day on which 01:00 to 02:00 comes twice."""


@pytest.fixture
def farm() -> Farm:
    return sample_farm()


def steady(t: list[int]) -> History:
    return History(t=t, mean=[0.2] * len(t), low=[0.19] * len(t), high=[0.21] * len(t))


def drawn(farm: Farm, histories: dict[str, History], troubles: list[PastTrouble], since: int, until: int) -> Any:
    """The chart of soil water, each sensor with one channel."""
    sensors = {name: {"soil_moisture_30cm": history} for name, history in histories.items()}
    block = {"soil_moisture_30cm": next(iter(histories.values()))}
    zone = farm.zone_by_id["tomatoes"]
    chart = history_chart(PANELS[0], zone, block, sensors, troubles, [], since, until, ZONE)
    assert chart is not None
    return chart.to_dict()


def rows(spec: Any, column: str) -> list[dict[str, Any]]:
    return [row for data in spec["datasets"].values() for row in data if column in row]


def test_the_hour_that_autumn_repeats_is_drawn_twice(farm: Farm) -> None:
    t = [AUTUMN + quarter * 15 * MINUTE_MS for quarter in range(12)]
    points = rows(drawn(farm, {"tomato-1": steady(t)}, [], AUTUMN, AUTUMN + 3 * HOUR_MS), "mean")
    assert [point["t"] for point in points] == t
    assert [point["when"][-5:] for point in points[4:12]] == ["01:00", "01:15", "01:30", "01:45"] * 2


@pytest.mark.parametrize(("mm", "scale"), [(0.0, {"domain": [0, 1]}), (0.4, {"zero": True})])
def test_a_week_without_rain_is_labelled_by_whole_numbers(farm: Farm, mm: float, scale: dict[str, Any]) -> None:
    rain = next(panel for panel in PANELS if panel.bars)
    t = [AUTUMN, AUTUMN + HOUR_MS]
    fell = {"rain": History(t=t, mean=[0.0, mm], low=[0.0, 0.0], high=[0.0, mm])}
    sensors = {"tomato-weather": fell}
    chart = history_chart(rain, farm.zones[0], fell, sensors, [], [], AUTUMN, AUTUMN + DAY_MS, ZONE)
    assert chart is not None
    assert chart.to_dict()["layer"][-1]["encoding"]["y"]["scale"] == scale


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
    t = [AUTUMN + minutes * MINUTE_MS for minutes in (0, 10, 20, 30, 120, 130)]
    points = rows(drawn(farm, {"tomato-1": steady(t)}, [], AUTUMN, AUTUMN + DAY_MS), "mean")
    assert [point["mean"] is None for point in points] == [False, False, False, False, True, False, False]


def test_each_sensor_and_the_block_are_in_the_legend(farm: Farm) -> None:
    t = [AUTUMN, AUTUMN + HOUR_MS]
    spec = drawn(farm, dict.fromkeys(("tomato-1", "tomato-2"), steady(t)), [], AUTUMN, AUTUMN + DAY_MS)
    (colours,) = {
        tuple(zip(scale["domain"], scale["range"], strict=True))
        for layer in spec["layer"]
        if (scale := layer["encoding"].get("color", {}).get("scale"))
    }
    assert [name for name, _ in colours] == ["tomato-1", "tomato-2", "the whole block"]
    assert len({colour for _, colour in colours}) == 3
    alone = drawn(farm, {"tomato-1": steady(t)}, [], AUTUMN, AUTUMN + DAY_MS)
    assert rows(alone, "low") == [], "a band of one sensor is its line"


def test_words_of_calls_do_not_overprint(farm: Farm) -> None:
    since = AUTUMN - 7 * DAY_MS
    began = [since + timedelta(hours=hours) // timedelta(milliseconds=1) for hours in (1, 5, 80, 150, 160)]
    troubles = [
        PastTrouble(zone="tomatoes", kind="too_dry", began=t, ended=t + HOUR_MS, nodes=("a",), calls=(), judgement=None)
        for t in began
    ]
    words = rows(drawn(farm, {"tomato-1": steady([since, AUTUMN])}, troubles, since, AUTUMN), "word")
    assert [row["word"] for row in words] == ["too dry", "", "too dry", "", ""]


@pytest.mark.parametrize(("dark", "paper"), [(False, "#ffffff"), (True, "#1a1a18")])
def test_words_can_be_read_on_light_and_dark(dark: bool, paper: str) -> None:
    """4.5 to 1 (WCAG 2.2, 1.4.3)."""
    for ink in INKS[dark].values():
        bright, dim = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
