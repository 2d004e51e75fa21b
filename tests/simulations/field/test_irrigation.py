"""Controllers: what each gives and when, and what becomes of the field."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge.farm import Zone
from simulations.field.irrigation import EVERY_DAYS, MOST_MM, TIMER_MM_A_DAY, probed_mm, timed_mm, wanted_mm
from simulations.field.soil import SoilWater, simulate_soil
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import whately

DAYS = 10


def test_a_timer_gives_the_same_every_so_often_from_planting_on() -> None:
    days = np.arange(-3, 9)
    given = np.concatenate([timed_mm(np.array([day]), np.array([4])) for day in days])
    np.testing.assert_array_equal(days[given > 0], [0, 4, 8])
    assert given.max() == 4 * TIMER_MM_A_DAY


def test_a_probe_waters_at_the_share_that_depletion_does() -> None:
    taw, p = np.full(3, 100.0), np.full(3, 0.5)
    np.testing.assert_allclose(probed_mm(np.array([0.27, 0.28, 0.9]), taw, p), [0, 28, MOST_MM])
    np.testing.assert_allclose(
        probed_mm(np.array([0.27, 0.28, 0.9]), taw, p), wanted_mm(np.array([27.0, 28.0, 90.0]), p * taw)
    )


@pytest.fixture(scope="module")
def rainless() -> Weather:
    weather = whately().season(6, 1, DAYS)
    return replace(weather, rain=np.zeros_like(weather.rain))


def field(weather: Weather, seed: int, **fields: Any) -> SoilWater:
    zone = Zone(id="block", name="Block", crop="tomato", soil="loam", area_ha=1, planted="05-10", **fields)
    return simulate_soil([zone], weather, np.arange(len(weather.rain)) * 24 / STEPS_A_DAY % 24, seed)


def watered(soil: SoilWater) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Days, before any valve fails, on which the top soil got wetter in the morning."""
    top = soil.at_10[0].reshape(DAYS, STEPS_A_DAY)
    return np.asarray(top[:, 60] > top[:, 28] + 0.01)


@pytest.mark.parametrize(("method", "every"), EVERY_DAYS.items())
def test_a_timer_waters_by_the_calendar(rainless: Weather, method: str, every: int) -> None:
    on = np.flatnonzero(watered(field(rainless, 1, irrigation=method, irrigation_control="schedule")))
    since_planting = 22
    np.testing.assert_array_equal(on, [d for d in range(10) if (d + since_planting) % every == 0])


def test_a_timer_wastes_water_in_a_wet_month_and_a_probe_does_not() -> None:
    wet = whately().season(6, 1, 10)
    wet = replace(wet, rain=np.full_like(wet.rain, 8 / STEPS_A_DAY))

    def wetness(control: str) -> float:
        return float(field(wet, 1, irrigation="drip", irrigation_control=control).at_30.mean())

    assert wetness("schedule") > wetness("probe") == wetness("depletion")


def test_every_probe_has_an_offset_of_its_own_that_shifts_when_it_waters(rainless: Weather) -> None:
    kept = [field(rainless, seed, irrigation="drip", irrigation_control="probe").depletion.mean() for seed in range(4)]
    reckoned = [field(rainless, seed, irrigation="drip").depletion.mean() for seed in range(4)]
    assert len({round(k, 3) for k in kept}) > 1
    assert len({round(k, 3) for k in reckoned}) == 1
    again = field(rainless, 3, irrigation="drip", irrigation_control="probe").depletion.mean()
    assert again == kept[3]
