"""Forecasts from a past that is made: a block that dries at a known pace, nights that cool by a known law."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cloud.block_water import MOISTURES, block_water
from cloud.clock import DAY_MS, HOUR_MS
from cloud.forecast import Outlook, dry_in, dry_in_words, lowest_tonight, tonight_in_words
from edge.agronomy import soil
from edge.farm import parse_farm, sample_farm_text

FARM = parse_farm(sample_farm_text(), source="farm.yaml")
ZONE = FARM.zone_by_id["tomatoes"]
ZONE_TIME = "America/New_York"
NOW = round(datetime(2015, 6, 21, 22, 10, tzinfo=ZoneInfo(ZONE_TIME)).timestamp() * 1000)
TEXTURE = soil(ZONE.soil or "")
SPAN = TEXTURE.field_capacity - TEXTURE.wilting_point


def moisture(lost: float) -> float:
    return TEXTURE.field_capacity - lost * SPAN


def forecast(lost: float, a_day: float, days: int = 10, watered: tuple[int, ...] = ()) -> Outlook | None:
    """Of a block that has lost such a share of its water, so much of it on each day; some days brought water."""
    course = [lost]
    for day in range(1, days):
        course.insert(0, course[0] - (-0.05 if day in watered else a_day))
    t = [NOW - (days - day) * DAY_MS for day in range(days)]
    water = block_water(ZONE, {"a": dict.fromkeys(MOISTURES, moisture(lost))}, NOW)
    assert water is not None
    return dry_in(ZONE, water, t, {name: [moisture(of) for of in course] for name in MOISTURES}, FARM.latitude, NOW)


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


def night(back: int, moist: float, falls: float) -> dict[int, tuple[float, float]]:
    """Hours from 20:00 to 8:00 of a night: air from 10 degC down by `falls` at 5:00, then up."""
    evening = NOW // HOUR_MS * HOUR_MS - 2 * HOUR_MS - back * DAY_MS
    return {
        evening + h * HOUR_MS: (10 - falls * min(h, 9) / 9 + max(0, h - 9), moist if h == 0 else 95.0)
        for h in range(13)
    }


def test_the_lowest_of_the_night_follows_the_evening_and_its_dryness() -> None:
    past: dict[int, tuple[float, float]] = {}
    for back in range(1, 25):
        moist = 50.0 + 7 * back % 40
        past |= night(back, moist, 2 + 0.1 * (100 - moist))
    tonight = {t: values for t, values in night(0, 60.0, 99.0).items() if t <= NOW - HOUR_MS}
    hours = sorted((past | tonight).items())

    def asked(now: int, known: list[tuple[int, tuple[float, float]]]) -> Outlook | None:
        t, air, humidity = [at for at, _ in known], [of[0] for _, of in known], [of[1] for _, of in known]
        return lowest_tonight(t, air, humidity, ZONE_TIME, now)

    found = asked(NOW, hours)
    assert found is not None
    assert found.value == pytest.approx(10 - (2 + 0.1 * 40), abs=0.01)
    assert asked(NOW, hours[-9 * 13 :]) is None, "few nights"
    assert asked(NOW + 12 * HOUR_MS, hours) is None, "by day"
    assert asked(NOW, sorted(past.items())) is None, "without the evening"


def test_forecasts_in_words() -> None:
    assert dry_in_words(Outlook(value=3.2, least=1.6, most=4.9)) == "dry in about 3 days (2 to 5)"
    assert dry_in_words(Outlook(value=0.4, least=0.0, most=2.2)) == "dry in about 1 day (0 to 2)"
    said = tonight_in_words(Outlook(value=1.6, least=-0.4, most=3.7)).replace("\N{NO-BREAK SPACE}", " ")
    assert said == "tonight down to about 2°C (0°C to 4°C)"
