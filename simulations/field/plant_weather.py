"""What weather means to plants, each with its source: dew point, wet bulb, warmth, chill, weather for late blight.
Criteria of diseases: edge/agronomy/disease_weather.py."""

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.disease_weather import BLIGHT_DEGC, BLIGHT_HUMIDITY
from edge.agronomy.et0 import saturation_vapour_pressure

from ..time_grid import STEP_S, STEPS_A_DAY
from .soil import trailing_sum

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UTAH_BELOW = np.array([1.5, 2.5, 9.2, 12.5, 16.0, 18.1])
UTAH_UNITS = np.array([0.0, 0.5, 1.0, 0.5, 0.0, -0.5, -1.0])
"""Chill units an hour below each temperature and above the last (Richardson, Seeley and Walker 1974, HortScience 9)."""

PORTION_E0, PORTION_E1, PORTION_A0, PORTION_A1 = 4153.5, 12888.8, 139_500.0, 2.567e18
PORTION_SLOPE, PORTION_MELTS_K = 1.6, 277.0
"""Dynamic model of chill: energies over the gas constant (K) and rates (an hour) at which a precursor forms and falls
apart, and the slope and temperature at which it is fixed (Fishman, Erez and Couvillon 1987, Journal of Theoretical
Biology 124 and 126; Erez et al. 1990)."""
BASE_DEGF = {
    "bean": 50,
    "beetroot": 40,
    "broccoli": 40,
    "carrot": 38,
    "cucumber": 55,
    "eggplant": 60,
    "lettuce": 40,
    "melon": 50,
    "onion": 35,
    "pea": 40,
    "potato": 40,
    "squash": 45,
    "strawberry": 39,
    "sweet_pepper": 50,
    "sweet_potato": 60,
    "tomato": 51,
    "maize": 50,
    "wheat": 32,
    "apple": 43,
    "table_grape": 50,
    "wine_grape": 50,
}
"""Below it a crop does not grow: vegetables and strawberry, Knott's Handbook (Maynard and Hochmuth 2007); maize and
wheat, McMaster and Wilhelm 1997; apple, UMass Extension; grapes, Amerine and Winkler 1944."""


def dew_point(temperature: Floats, humidity: Floats) -> Floats:
    """degC, from degC and % (FAO-56 annex 3, eq. 3-11)."""
    log_ea = np.log(saturation_vapour_pressure(temperature) * np.maximum(humidity, 1.0) / 100)
    return np.asarray((116.91 + 237.3 * log_ea) / (16.78 - log_ea))


def wet_bulb(temperature: Floats, humidity: Floats) -> Floats:
    """degC, from degC and % at sea level (Stull 2011, Journal of Applied Meteorology and Climatology 50, eq. 1)."""
    t, rh = temperature, humidity
    return np.asarray(
        t * np.arctan(0.151977 * np.sqrt(rh + 8.313659))
        + np.arctan(t + rh)
        - np.arctan(rh - 1.676331)
        + 0.00391838 * rh**1.5 * np.arctan(0.023101 * rh)
        - 4.686035
    )


def growing_degree_days(t_max: Floats, t_min: Floats, base: float) -> Floats:
    """degC days above a base, of each day (McMaster and Wilhelm 1997, Agricultural and Forest Meteorology 87, method
    1)."""
    return np.asarray(np.maximum((t_max + t_min) / 2 - base, 0.0))


def chill_units(temperature: Floats, step_h: float) -> Floats:
    """Utah chill units of each step."""
    return np.asarray(UTAH_UNITS[np.searchsorted(UTAH_BELOW, np.round(temperature, 6), side="right")] * step_h)


def chill_portions(temperature: Floats) -> Floats:
    """Chill portions that each hour adds, from hourly degC: cold makes a precursor that warmth undoes, until there is
    enough for a portion, which stays (Dynamic model)."""
    kelvin = temperature + 273.0
    formed = PORTION_A0 / PORTION_A1 * np.exp((PORTION_E1 - PORTION_E0) / kelvin)
    kept = np.exp(-PORTION_A1 * np.exp(-PORTION_E1 / kelvin))
    fixed = 1 / (1 + np.exp(-PORTION_SLOPE * PORTION_MELTS_K * (kelvin - PORTION_MELTS_K) / kelvin))
    portions, precursor = np.zeros(len(temperature)), 0.0
    for hour, (most, keep, share) in enumerate(zip(formed.tolist(), kept.tolist(), fixed.tolist(), strict=True)):
        precursor = most - (most - precursor) * keep
        if precursor >= 1:
            portions[hour] = share * precursor
            precursor -= portions[hour]
    return portions


def humid_day(temperature: Floats, humidity: Floats, hours: int) -> Bools:
    """One of the two days that blight_weather asks for, over the last 24 h, of each 10-minute step."""
    enough = trailing_sum(humidity >= BLIGHT_HUMIDITY, STEPS_A_DAY) >= hours * 3600 // STEP_S
    mild = trailing_sum(temperature < BLIGHT_DEGC, STEPS_A_DAY) == 0
    mild[:STEPS_A_DAY] = False
    return np.asarray(mild & enough)


def blight_weather(temperature: Floats, humidity: Floats, hours: int) -> Bools:
    """Potato and tomato blight: two days of at least 10 degC with `hours` at 90 % each, here over the last 48 h instead
    of calendar days; of each 10-minute step."""
    enough = trailing_sum(humidity >= BLIGHT_HUMIDITY, STEPS_A_DAY) >= hours * 3600 // STEP_S
    enough_before = np.concatenate([np.zeros(STEPS_A_DAY, dtype=bool), enough[:-STEPS_A_DAY]])
    mild = trailing_sum(temperature < BLIGHT_DEGC, 2 * STEPS_A_DAY) == 0
    mild[: 2 * STEPS_A_DAY] = False
    return np.asarray(mild & enough & enough_before)
