"""Published rules that somebody could follow instead of a sentinel, each once, with its source.

Those on one feature are thresholds through a node's alarm logic (edge/threshold_baseline.py). Those on the weather say
at which steps they call.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.disease_weather import HUTTON_HOURS, SMITH_HOURS
from edge.threshold_baseline import Threshold

from ..field.plant_weather import dew_point, humid_day, wet_bulb
from ..time_grid import STEP_S, STEPS_A_DAY

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Air = Mapping[str, Floats]
"""Channels of the air in steps of 10 minutes from a midnight of local standard time on, NaN where nothing was
measured."""

RULES = {
    # FAO-56 eq. 83: stress begins when the readily available water (p TAW) is gone; by one probe and the texture's own
    # field capacity and wilting point.
    "FAO-56 RAW, 30 cm": Threshold(
        kind="too_dry",
        feature="soil_deficit_30cm",
        value=1000,
        above=True,
        on_delay_min=0,
        clear_delay_min=1440,
    ),
    # The usual alarm of a frost thermometer (Snyder and de Melo-Abreu 2005, FAO Environment and Natural Resources 10).
    "1 degC": Threshold(
        kind="frost", feature="air_temperature", value=100, above=False, on_delay_min=0, clear_delay_min=360
    ),
    # From about 1 ppm on ethylene has its whole effect on most produce (Burg and Burg 1967, Plant Physiology 42).
    "1 ppm": Threshold(kind="ripening", feature="ethylene", value=100, above=True, on_delay_min=0, clear_delay_min=360),
    # Ethylene that makes ethylene: the autocatalytic rise (McMurchie, McGlasson and Eaks 1972, Nature 237), taken for
    # twice the mean of the day; the factor is assumed.
    "twice the day's mean": Threshold(
        kind="ripening", feature="ethylene_ratio_day", value=200, above=True, on_delay_min=0, clear_delay_min=360
    ),
}
"""Fixed thresholds, by the name under which they are shown."""

EVENING_H, NOON_H, MORNING_H = 18, 12, 9
"""Local standard time at which the rules for the night are asked, and at which their night ends."""
KAMMERMANN_DEGC = 4.0
"""The night's minimum lies so much below the wet bulb of the evening (Kammermann's rule; Geiger, The Climate near the
Ground)."""
CALM_AND_CLEAR_DEGC = -2.2
"""Craddock and Pritchard's K for calm, clear nights, the ones that bring frost: no node has a forecast of clouds."""


def evening_wet_bulb(air: Air) -> Bools:
    """Frost tonight, by Kammermann's rule."""
    return _tonight(wet_bulb(air["air_temperature"], air["humidity"]) - KAMMERMANN_DEGC, asked_h=EVENING_H)


def craddock_pritchard(air: Air) -> Bools:
    """Frost tonight, by the noon's temperature and dew point (Craddock and Pritchard 1951, Meteorological Research
    Paper 624: Tmin = 0.316 T + 0.548 Td - 1.24 + K)."""
    temperature = air["air_temperature"]
    dew = dew_point(temperature, air["humidity"])
    return _tonight(0.316 * temperature + 0.548 * dew - 1.24 + CALM_AND_CLEAR_DEGC, asked_h=NOON_H)


def hutton_day(air: Air) -> Bools:
    """The first of the two days of the Hutton criterion (James Hutton Institute and AHDB, 2017)."""
    return humid_day(air["air_temperature"], air["humidity"], HUTTON_HOURS)


def smith_day(air: Air) -> Bools:
    """The first of the two days of a Smith period (Smith 1956, Plant Pathology 5)."""
    return humid_day(air["air_temperature"], air["humidity"], SMITH_HOURS)


WEATHER_RULES: dict[str, dict[str, Callable[[Air], Bools]]] = {
    "frost": {"wet bulb at 18 h": evening_wet_bulb, "Craddock-Pritchard": craddock_pritchard},
    "disease": {"one Hutton day": hutton_day, "one Smith day": smith_day},
}
"""Rules on the weather, by kind and the name under which they are shown."""


def _tonight(expected: Floats, *, asked_h: int) -> Bools:
    """From EVENING_H of each day until MORNING_H of the next, where the minimum that is expected at `asked_h` is below
    0 degC. At noon a call would be too early to answer a frost before dawn (`early_h` of kinds.toml)."""
    asked, evening, morning = (hour * 3600 // STEP_S for hour in (asked_h, EVENING_H, MORNING_H))
    frost = expected.reshape(-1, STEPS_A_DAY)[:, asked] < 0
    nights = np.zeros((len(frost) + 1, STEPS_A_DAY), dtype=bool)
    nights[:-1, evening:] |= frost[:, None]
    nights[1:, :morning] |= frost[:, None]
    return nights[:-1].ravel()
