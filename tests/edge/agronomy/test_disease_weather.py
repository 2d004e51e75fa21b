"""How far weather has run towards a disease, by published values. Mills' table and TOMCAST's chart as such:
tests/simulations/field/test_plant_weather.py."""

import numpy as np
import pytest

from edge.agronomy.disease_weather import HUTTON_HOURS, MILLS_DEGC, hutton, mills, scab


@pytest.mark.parametrize(
    ("lowest", "humid_h", "met"), [(10.0, 6, True), (9.9, 6, False), (14.0, 5, True), (14.0, 0, True)]
)
def test_hutton_counts_the_humid_hours_of_two_days(lowest: float, humid_h: int, met: bool) -> None:
    """Colder than 10 degC it cannot be met, however humid it was."""
    temperature, humidity = np.full(48, 16.0), np.full(48, 80.0)
    temperature[30] = lowest
    humidity[10 : 10 + HUTTON_HOURS] = 90.0
    humidity[26 : 26 + humid_h] = 95.0
    found = hutton(temperature, humidity)
    assert found is not None
    assert (found.humid_h, found.humid_h_before, found.lowest) == (humid_h, 6, lowest)
    assert found.can_be_met == met


def test_a_cold_hour_of_the_day_before_is_over() -> None:
    temperature = np.full(48, 16.0)
    temperature[20] = 4.0
    found = hutton(temperature, np.full(48, 95.0))
    assert found is not None
    assert found.can_be_met


def test_hutton_says_nothing_of_a_day_it_does_not_know() -> None:
    assert hutton(np.full(48, np.nan), np.full(48, 95.0)) is None


@pytest.mark.parametrize(("degc", "needed"), [(5.0, 37), (10.0, 14), (15.0, 9), (24.0, 9)])
def test_a_light_scab_infection_takes_mills_hours(degc: float, needed: int) -> None:
    """Of seven wet hours, and by the table as soon as it is reached."""
    temperature, wet = np.full(60, degc), np.zeros(60, dtype=bool)
    wet[-7:] = True
    found = scab(temperature, wet, 1.0)
    assert found is not None
    assert found.wet_h == 7
    assert found.degc == pytest.approx(degc)
    assert found.needed_h == pytest.approx(needed)
    level = mills(np.full(needed, degc), np.ones(needed, dtype=bool), 1.0)
    assert (level[-2], level[-1]) == (0, 1)


def test_scab_needs_wet_leaves_and_mild_air() -> None:
    cold = scab(np.full(10, MILLS_DEGC[0] - 1), np.ones(10, dtype=bool), 1.0)
    assert cold is not None
    assert cold.needed_h is None
    assert scab(np.full(10, 15.0), np.zeros(10, dtype=bool), 1.0) is None
    dried = np.array([True] * 10 + [False] * 8)
    assert scab(np.full(18, 15.0), dried, 1.0) is None, "eight dry hours end a wet spell"
