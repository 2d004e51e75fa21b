from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from edge.agronomy.crops import extraterrestrial_radiation
from edge.agronomy.et0 import INLAND, MJ_A_DAY, radiation_from_temperature
from simulations.rng import stream
from simulations.time_grid import STEPS_A_DAY
from simulations.weather import sunshine
from simulations.weather.daily import DailyWeather
from simulations.weather.formats import AIRPORTS
from simulations.weather.series import Weather, daily
from simulations.weather.ten_minutes import new_york, whately

DAYS = 3000


def by_day(weather: Weather) -> tuple[np.ndarray, np.ndarray]:
    """Radiation in truth, and by Hargreaves' formula as a gateway has it, MJ/m2/d."""
    t = weather.temperature.reshape(-1, STEPS_A_DAY)
    ra = extraterrestrial_radiation(weather.latitude, weather.first_day_of_year + np.arange(len(t)))
    true = weather.radiation.reshape(-1, STEPS_A_DAY).mean(axis=1) * MJ_A_DAY
    return true, radiation_from_temperature(t.max(axis=1), t.min(axis=1), ra, INLAND)


def off(weather: Weather) -> float:
    true, said = by_day(weather)
    return float(np.sqrt(np.mean((said - true) ** 2)))


@pytest.mark.parametrize("airport", AIRPORTS)
def test_hargreaves_errs_at_the_airports_as_where_radiation_was_measured(airport: str) -> None:
    """A field whose truth is the formula of its nodes would flatter them."""
    assert off(new_york(airport)) == pytest.approx(off(whately()), rel=0.15)
    true, said = by_day(new_york(airport))
    assert abs((said - true).mean()) < 2, "and no more than a place without a pyranometer is off for good"


def test_days_are_as_bright_and_as_different_as_at_a_station_that_the_law_never_saw() -> None:
    measured, rng = whately(), stream(1, "sunshine")
    made = replace(
        measured,
        radiation=sunshine.drawn(
            measured.temperature, measured.humidity, measured.rain, measured.latitude, measured.first_day_of_year, rng
        ),
    )
    (true, _), (drawn, _) = by_day(measured), by_day(made)
    assert drawn.mean() == pytest.approx(true.mean(), rel=0.1)
    assert drawn.std() == pytest.approx(true.std(), rel=0.1)
    assert daily(made).et0.mean() == pytest.approx(daily(measured).et0.mean(), rel=0.08)
    assert np.corrcoef(true, drawn)[0, 1] > 0.7
    assert not made.radiation.reshape(-1, STEPS_A_DAY)[:, :12].any(), "the sun does not shine at midnight"
    assert made.radiation.max() < 1100


def test_a_record_drawn_by_the_law_gives_the_law_back() -> None:
    rng = stream(2, "record")
    t_min, t_range, rh_min = rng.uniform(0, 15, DAYS), rng.uniform(3, 18, DAYS), rng.uniform(10, 95, DAYS)
    rain = np.where(rng.random(DAYS) < 0.4, rng.exponential(6, DAYS) + 0.1, 0.0)
    share = sunshine.clearness(t_min + t_range, t_min, rh_min, rain, rng)
    day = (np.datetime64("2001-01-01") + np.arange(DAYS)).astype(object)
    ra = extraterrestrial_radiation(45.0, np.array([d.timetuple().tm_yday for d in day]))
    nothing = np.full(DAYS, np.nan)
    record = DailyWeather(
        name="drawn",
        first_day=date(2001, 1, 1),
        latitude=45.0,
        elevation_m=0,
        wind_height_m=2,
        t_max=t_min + t_range,
        t_min=t_min,
        rh_max=nothing,
        rh_min=rh_min,
        rh_mean=nothing,
        wind=nothing,
        gust=nothing,
        rain=rain,
        radiation=share * ra,
        pressure=nothing,
    )
    line, spread, memory = sunshine.fitted([record])
    assert line == pytest.approx(sunshine.LINE, abs=0.15)
    assert (spread, memory) == pytest.approx((sunshine.SPREAD, sunshine.MEMORY), abs=0.05)
