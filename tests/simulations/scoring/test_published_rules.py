"""Published rules by hand."""

import numpy as np
import pytest

from simulations.scoring.published_rules import RULES, craddock_pritchard, evening_wet_bulb, hutton_day, smith_day
from simulations.time_grid import STEPS_A_DAY


def air(temperature: float, humidity: float) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Two days of the same air."""
    return {
        "air_temperature": np.full(2 * STEPS_A_DAY, temperature),
        "humidity": np.full(2 * STEPS_A_DAY, humidity),
    }


@pytest.mark.parametrize(
    ("temperature", "humidity", "frost"),
    # Dew points of 0.1 and 5.0 degC: minima of 3.16 + 0.05 - 3.44 = -0.2, and 3.16 + 2.74 - 3.44 = +2.5 degC.
    [(10.0, 50.0, True), (10.0, 71.1, False)],
)
def test_craddock_and_pritchard(temperature: float, humidity: float, frost: bool) -> None:
    called = craddock_pritchard(air(temperature, humidity))
    assert called.any() == frost
    if frost:
        # From 18 h to 9 h of the next morning.
        assert np.flatnonzero(called)[[0, -1]].tolist() == [108, 2 * STEPS_A_DAY - 1]
        assert not called[STEPS_A_DAY + 54 : STEPS_A_DAY + 108].any()


@pytest.mark.parametrize(
    ("temperature", "humidity", "frost"),
    # Stull's wet bulb of 20 degC and 50 % is 13.7 degC; of 5 degC and 50 % it is 1.2 degC.
    [(20.0, 50.0, False), (5.0, 50.0, True)],
)
def test_evening_wet_bulb(temperature: float, humidity: float, frost: bool) -> None:
    assert evening_wet_bulb(air(temperature, humidity)).any() == frost


def test_a_smith_day_asks_for_more_than_a_hutton_day() -> None:
    humid = air(12.0, 80.0)
    humid["humidity"][STEPS_A_DAY : STEPS_A_DAY + 8 * 6] = 95.0
    assert hutton_day(humid).any()
    assert not smith_day(humid).any()


def test_thresholds_are_in_the_units_of_the_core() -> None:
    assert {name: (rule.feature, rule.value) for name, rule in RULES.items()} == {
        "FAO-56 RAW, 30 cm": ("soil_deficit_30cm", 1000),
        "1 degC": ("air_temperature", 100),
        "1 ppm": ("ethylene", 100),
        "twice the day's mean": ("ethylene_ratio_day", 200),
    }
