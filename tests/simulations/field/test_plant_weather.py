"""What weather means to plants, against published numbers."""

import numpy as np
import pytest

from edge.agronomy.disease_weather import HUTTON_HOURS, SMITH_HOURS, leaf_wet, mills, tomcast
from simulations.field.plant_weather import (
    blight_weather,
    chill_portions,
    chill_units,
    dew_point,
    growing_degree_days,
    wet_bulb,
)
from simulations.time_grid import STEP_S, STEPS_A_DAY

HOURS = np.ones(100)


def test_dew_point_undoes_fao56_saturation() -> None:
    """e(24.5 degC) is 3.075 kPa (example 3); table 2.3 has 1.913 kPa at 16.8 degC, and example 4 finds air of 1.91
    kPa."""
    assert dew_point(np.array([24.5]), np.array([100 * 1.91 / 3.075]))[0] == pytest.approx(16.8, abs=0.05)
    assert dew_point(np.array([12.0]), np.array([100.0]))[0] == pytest.approx(12.0, abs=0.02)


def test_wet_bulb_of_stulls_example() -> None:
    """20 degC and 50 %: 13.7 degC."""
    assert wet_bulb(np.array([20.0]), np.array([50.0]))[0] == pytest.approx(13.7, abs=0.01)
    saturated = wet_bulb(np.array([0.0, 10.0, 30.0]), np.array([99.0] * 3))
    np.testing.assert_allclose(saturated, [0, 10, 30], atol=0.3)


def test_leaves_are_wet_in_humid_air_and_rain() -> None:
    np.testing.assert_array_equal(
        leaf_wet(np.array([89.9, 90.0, 50.0]), np.array([0.0, 0.0, 0.2])), [False, True, True]
    )


def test_growing_degree_days_by_hand() -> None:
    np.testing.assert_allclose(
        growing_degree_days(np.array([25.0, 12.0, 8.0]), np.array([11.0, 6.0, -4.0]), 10.0), [8.0, 0.0, 0.0]
    )


@pytest.mark.parametrize(
    ("degc", "units"),
    [
        (-3, 0),
        (1.4, 0),
        (1.5, 0.5),
        (2.4, 0.5),
        (2.5, 1),
        (6, 1),
        (9.1, 1),
        (9.2, 0.5),
        (12.4, 0.5),
        (12.5, 0),
        (15.9, 0),
        (16, -0.5),
        (18, -0.5),
        (19.5, -1),
    ],
)
def test_utah_chill_units(degc: float, units: float) -> None:
    assert chill_units(np.array([degc]), 1.0)[0] == units
    assert chill_units(np.full(6, degc), 1 / 6).sum() == pytest.approx(units)


@pytest.mark.parametrize(("degc", "light", "moderate", "heavy"), [(5, 37, 48, 73), (10, 14, 19, 28), (20, 9, 12, 18)])
def test_mills_table(degc: float, light: int, moderate: int, heavy: int) -> None:
    level = mills(degc * HOURS, HOURS > 0, 1.0)
    assert [int(np.argmax(level >= k)) + 1 for k in (1, 2, 3)] == [light, moderate, heavy]


def test_mills_joins_wet_spells_over_short_dry_ones_only() -> None:
    for gap, infected in ((7, True), (8, False)):
        wet = np.concatenate([np.ones(5), np.zeros(gap), np.ones(5)]) > 0
        assert (mills(np.full(len(wet), 20.0), wet, 1.0).max() > 0) == infected
    assert mills(30 * HOURS, HOURS > 0, 1.0).max() == 0, "too hot"


@pytest.mark.parametrize(
    ("hours", "hutton", "smith"), [(5, False, False), (6, True, False), (10, True, False), (11, True, True)]
)
def test_smith_periods_need_eleven_humid_hours_and_huttons_six(hours: int, hutton: bool, smith: bool) -> None:
    day = np.full(STEPS_A_DAY, 60.0)
    day[: hours * STEPS_A_DAY // 24] = 90.0
    humidity = np.tile(day, 4)
    for needed, met in ((HUTTON_HOURS, hutton), (SMITH_HOURS, smith)):
        assert blight_weather(np.full(len(humidity), 10.0), humidity, needed).any() == met
        assert not blight_weather(np.full(len(humidity), 9.9), humidity, needed).any()


@pytest.mark.parametrize(
    ("degc", "most"),
    [
        ((13, 17), (6, 15, 20, 24)),
        ((18, 20), (3, 8, 15, 22, 24)),
        ((21, 25), (2, 5, 12, 20, 24)),
        ((26, 29), (3, 8, 15, 22, 24)),
        ((9, 12), (24,)),
        ((30, 33), (24,)),
    ],
)
def test_the_chart_of_tomcast(degc: tuple[int, int], most: tuple[int, ...]) -> None:
    """Greatest wet hours of 0, 1, 2, ... severity values (chart of TOMCAST, from Madden et al. 1978)."""
    for temperature in degc:
        for hours in range(25):
            wet = np.zeros(2 * STEPS_A_DAY, dtype=bool)
            wet[11 * 6 : 11 * 6 + hours * 6] = True
            warm = np.where(wet, float(temperature), 40.0)
            assert tomcast(warm, wet, STEP_S)[1] == sum(hours > limit for limit in most), (temperature, hours)


def test_a_severity_day_holds_a_whole_night() -> None:
    wet = np.zeros(3 * STEPS_A_DAY, dtype=bool)
    wet[20 * 6 : 32 * 6] = True
    np.testing.assert_array_equal(tomcast(np.full(len(wet), 22.0), wet, STEP_S), [0, 2, 0])
    assert tomcast(np.full(len(wet), 22.0), np.zeros_like(wet), STEP_S).sum() == 0


def test_chill_portions_of_steady_cold_and_of_warm_spells() -> None:
    """The optimum is at 6 to 8 degC with 28 hours a portion, and nothing is gained in frost or from 14 degC on (Fishman
    et al. 1987)."""
    steady = {degc: chill_portions(np.full(1000, float(degc))).sum() for degc in (-4, 2, 6, 8, 10, 12, 14)}
    assert max(steady, key=lambda degc: steady[degc]) in (6, 8)
    assert steady[14] == 0
    assert steady[-4] < 0.01 * steady[6]
    hours = np.flatnonzero(chill_portions(np.full(200, 6.0)))
    assert set(np.diff(hours)) == {28}
    night_and_day = np.tile(np.repeat([6.0, 24.0], [16, 8]), 40)
    assert chill_portions(night_and_day).sum() == 0, "eight hours of 24 degC undo sixteen of 6 degC"
    fixed = np.concatenate([np.full(120, 6.0), np.full(300, 24.0)])
    assert chill_portions(fixed).sum() == chill_portions(fixed[:120]).sum() > 3, "a portion stays"
