"""Forecasts from a past that is made: a block that dries at a known pace."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.block.forecast import Outlook, dry_in, dry_in_words
from cloud.block.water import MOISTURES, block_water, root_depth_m
from cloud.block.weather_service import ComingDay
from cloud.clock import DAY_MS
from edge.agronomy.crops import crop, soil
from edge.farm import parse_farm, sample_farm_text

FARM = parse_farm(sample_farm_text(), source="farm.yaml")
ZONE = FARM.zone_by_id["tomatoes"]
ZONE_TIME = "America/New_York"
NOW = round(datetime(2015, 6, 21, 22, 10, tzinfo=ZoneInfo(ZONE_TIME)).timestamp() * 1000)
TEXTURE = soil(ZONE.soil or "")
SPAN = TEXTURE.field_capacity - TEXTURE.wilting_point


def moisture(lost: float) -> float:
    return TEXTURE.field_capacity - lost * SPAN


def forecast(
    lost: float, a_day: float, days: int = 10, watered: tuple[int, ...] = (), coming: Sequence[ComingDay] = ()
) -> Outlook | None:
    """Of a block that has lost such a share of its water, so much of it on each day; some days brought water."""
    course = [lost]
    for day in range(1, days):
        course.insert(0, course[0] - (-0.05 if day in watered else a_day))
    t = [NOW - (days - day) * DAY_MS for day in range(days)]
    water = block_water(ZONE, {"a": dict.fromkeys(MOISTURES, moisture(lost))}, NOW)
    assert water is not None
    return dry_in(
        ZONE,
        water,
        t,
        {name: [moisture(of) for of in course] for name in MOISTURES},
        FARM.latitude,
        NOW,
        coming,
        ZONE_TIME,
    )


@pytest.mark.parametrize("watered", [(), (4,), (3, 6)])
def test_days_until_dry_are_those_at_the_pace_of_dry_days(watered: tuple[int, ...]) -> None:
    found = forecast(0.2, 0.05, watered=watered)
    assert found is not None
    assert found.value == pytest.approx((0.4 - 0.2) / 0.05, rel=0.03)
    assert found.least < found.value < found.most


def test_nothing_is_forecast_of_a_dry_block_or_of_few_days_or_far_ahead() -> None:
    assert forecast(0.45, 0.05) is None
    assert forecast(0.2, 0.05, days=4) is None
    assert forecast(0.1, 0.01) is None


def told(*rains: float | None, et0: float | None = None) -> list[ComingDay]:
    """Coming days from today on."""
    first = datetime.fromtimestamp(NOW / 1000, ZoneInfo(ZONE_TIME)).date()
    return [
        ComingDay(day=first + timedelta(days=number), rain_mm=rain, et0_mm=et0) for number, rain in enumerate(rains)
    ]


def test_a_forecast_of_rain_puts_off_dryness_and_et0_sets_the_pace() -> None:
    capacity = 1000 * SPAN * root_depth_m(ZONE, NOW)
    left, pace = 0.2 * capacity, 0.05 * capacity
    dry = forecast(0.2, 0.05, coming=told(0.0, 0.0, 0.0))
    rain = forecast(0.2, 0.05, coming=told(0.0, pace, 0.0))
    flood = forecast(0.2, 0.05, coming=told(0.0, 500.0, 0.0))
    assert dry
    assert rain
    assert flood
    assert dry.value == pytest.approx(4.0, rel=0.03)
    assert rain.value == pytest.approx(5.0, rel=0.03)
    assert flood.value == pytest.approx(part_of_today() + 0.4 / 0.05, rel=0.03), "no more than the soil holds"
    kcb = crop("tomato").basal_coefficient(crop("tomato").days_after_planting(date(2015, 6, 22), ZONE.planted))
    thirsty = forecast(0.2, 0.05, days=3, coming=told(*[None] * 9, et0=left / kcb / 3))
    assert thirsty
    assert thirsty.value == pytest.approx(3.0, rel=0.05), "without days of its own behind it"
    assert forecast(0.2, 0.05, days=3, coming=told(*[None] * 2, et0=1.0)) is None, "it lasts longer than the forecast"


def test_a_block_dries_no_slower_by_a_service_than_by_its_own_pace() -> None:
    own = forecast(0.2, 0.05)
    told_little = forecast(0.2, 0.05, coming=told(*[None] * 9, et0=0.1))
    assert own is not None
    assert told_little is not None
    assert told_little.value == pytest.approx(own.value)


def part_of_today() -> float:
    return 110 / 1440


def test_a_forecast_in_words() -> None:
    assert dry_in_words(Outlook(value=3.2, least=1.6, most=4.9)) == "dry in about 3 days (2 to 5)"
    assert dry_in_words(Outlook(value=0.4, least=0.0, most=2.2)) == "dry in about 1 day (0 to 2)"
