"""What weather means to plants and their diseases, each with its source: dew point, wet bulb, wet leaves, warmth,
chill, apple scab, late and early blight."""

import numpy as np
from numpy.typing import NDArray

from edge.et0 import saturation_vapour_pressure

from ..time_grid import STEP_S, STEPS_A_DAY
from .soil import trailing_sum

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAF_WET_HUMIDITY = 90.0
"""Leaves are taken for wet from this humidity on (Sentelhas et al. 2008, Agricultural and Forest Meteorology 148)."""
DRY_GAP_H = 8.0
"""Wet spells that a shorter dry one parts are one (Mills and La Plante 1951)."""
MILLS_DEGC = np.arange(5.0, 26.0)
MILLS_HOURS = np.array(
    [
        [37, 26, 21, 18, 15, 14, 12, 11, 10, 10, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 10],
        [48, 34, 27, 23, 20, 19, 17, 16, 14, 13, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 14],
        [73, 51, 40, 34, 30, 28, 26, 24, 22, 21, 20, 19, 18, 18, 18, 18, 18, 18, 18, 19, 21],
    ],
    dtype=float,
)
"""Wet hours to a light, a moderate and a heavy infection of apple scab at each of MILLS_DEGC (Mills table, as in
pyplants 0.1.1)."""
BLIGHT_DEGC, BLIGHT_HUMIDITY = 10.0, 90.0
HUTTON_HOURS, SMITH_HOURS = 6, 11
"""Humid hours of each day: Hutton criterion (James Hutton Institute and AHDB, 2017), Smith period (Smith 1956, Plant
Pathology 5)."""
TOMCAST_DEGC = np.array([13, 18, 21, 26, 30])
TOMCAST_HOURS = np.array([[7, 16, 21, np.inf], [4, 9, 16, 23], [3, 6, 13, 21], [4, 9, 16, 23]])
"""Early blight of tomato: wet hours of a day from which on it counts 1, 2, 3 and 4 severity values, by the mean
temperature while leaves were wet, in whole degrees, from each of TOMCAST_DEGC to the next (Madden, Pennypacker and
MacNab 1978, Phytopathology 68; chart of TOMCAST). Sprays are due at sums of 15 to 20."""
TOMCAST_MORNING_H = 11
"""A severity day ends at 11 h, so that it holds a whole night."""
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


def leaf_wet(humidity: Floats, rain: Floats) -> Bools:
    """Whether leaves are wet."""
    return np.asarray((humidity >= LEAF_WET_HUMIDITY) | (rain > 0))


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


def tomcast(temperature: Floats, wet: Bools) -> Ints:
    """Severity values, 0 to 4, of the 24 hours that end at TOMCAST_MORNING_H on each day, (days,), from steps that
    begin at a midnight; the first day has its morning only."""
    before = (24 - TOMCAST_MORNING_H) * 3600 // STEP_S
    days = len(wet) // STEPS_A_DAY

    def shifted(values: Floats) -> Floats:
        return np.asarray(
            np.concatenate([np.zeros(before), values])[: days * STEPS_A_DAY].reshape(days, STEPS_A_DAY).sum(axis=1)
        )

    steps = shifted(wet.astype(float))
    mean = np.round(shifted(np.where(wet, temperature, 0.0)) / np.maximum(steps, 1), 6)
    row = np.searchsorted(TOMCAST_DEGC, np.round(mean), side="right") - 1
    known = (row >= 0) & (row < len(TOMCAST_HOURS))
    reached = steps[:, None] * STEP_S / 3600 >= TOMCAST_HOURS[np.where(known, row, 0)]
    return np.asarray(np.where(known, reached.sum(axis=1), 0))


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


def mills(temperature: Floats, wet: Bools, step_h: float) -> Ints:
    """Apple scab: infection that the wet spell so far has brought, 0 none, 1 light, 2 moderate, 3 heavy, of each
    step."""
    level = np.zeros(len(wet), dtype=np.int64)
    wet_h = warmth = dry_h = 0.0
    for i, (is_wet, degc) in enumerate(zip(wet.tolist(), temperature.tolist(), strict=True)):
        if not is_wet:
            dry_h += step_h
            if dry_h >= DRY_GAP_H:
                wet_h = warmth = 0.0
            continue
        dry_h, wet_h, warmth = 0.0, wet_h + step_h, warmth + degc * step_h
        mean = warmth / wet_h
        if MILLS_DEGC[0] <= mean <= MILLS_DEGC[-1]:
            needed = [np.interp(mean, MILLS_DEGC, hours) for hours in MILLS_HOURS]
            level[i] = sum(wet_h >= hours - 1e-9 for hours in needed)
    return level
