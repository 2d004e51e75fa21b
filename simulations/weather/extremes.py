"""Spells put on a season's weather: heat, drought, frost, gale, humid days. Each gives new weather and leaves the old
as it was."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.et0 import saturation_vapour_pressure

from ..time_grid import STEPS_A_DAY
from .series import Weather

Floats = NDArray[np.float64]
DIGITS = 6
EASE_H = 6.0
"""Hours in which a spell comes and goes."""
CLEAR_NIGHT_H = (17.0, 8.0)
GUST_FACTOR = 1.5


def heat_wave(weather: Weather, day: float, days: float, *, degc: float) -> Weather:
    """Warmer by `degc` at noon and half as much at night; the air holds the water it held."""
    share = _ease(weather, day, days)
    noon = 0.75 + 0.25 * np.cos(2 * np.pi * (_hour(weather) - 15) / 24)
    return _with_temperature(weather, weather.temperature + degc * share * noon)


def drought(weather: Weather, day: float, days: float) -> Weather:
    """No rain for some days."""
    when = np.arange(len(weather.rain)) / STEPS_A_DAY
    return replace(weather, rain=np.where((when >= day) & (when < day + days), 0.0, weather.rain))


def frost_nights(weather: Weather, day: float, days: float, *, degc: float, calm: bool) -> Weather:
    """Nights that fall to `degc` at the station. Of radiation (`calm`): only nights are colder, still and clear. Black:
    dry wind, cold by day too."""
    share = _ease(weather, day, days)
    hour = _hour(weather)
    if calm:
        # Air cools from dusk and is coldest at sunrise.
        since = np.where(hour >= CLEAR_NIGHT_H[0], hour - CLEAR_NIGHT_H[0], hour + 24 - CLEAR_NIGHT_H[0])
        night_h = 24 - CLEAR_NIGHT_H[0] + CLEAR_NIGHT_H[1]
        falling, rising = np.sin(np.pi / 2 * np.clip(since / (night_h - 2), 0, 1)), np.clip((night_h - since) / 2, 0, 1)
        share = share * np.where(since <= night_h, falling * rising, 0.0)
    coldest = degc if calm else degc + 3 * (1 - np.cos(2 * np.pi * (hour - 5) / 24))
    temperature = weather.temperature + share * np.minimum(coldest - weather.temperature, 0)
    chilled = _with_temperature(weather, temperature)
    wind = weather.wind * (1 - share) + share * (0.4 if calm else np.maximum(weather.wind, 5.0))
    gust = weather.gust * (1 - share) + share * (0.9 if calm else np.maximum(weather.gust, 8.0))
    dry = 1.0 if calm else 1 - 0.3 * share
    return replace(
        chilled, wind=_rounded(wind), gust=_rounded(gust), humidity=_rounded(np.clip(chilled.humidity * dry, 5, 100))
    )


def gale(weather: Weather, day: float, days: float, *, gust: float) -> Weather:
    """Wind that rises to a gust (m/s) and falls again, with a trough of pressure."""
    when = np.arange(len(weather.wind)) / STEPS_A_DAY
    rise = np.clip(np.sin(np.pi * np.clip((when - day) / days, 0, 1)), 0, 1)
    # Gusts of the same air differ as much as they did.
    rough = weather.gust / np.maximum(weather.wind, 0.1) / GUST_FACTOR
    stronger = np.maximum(weather.gust, np.minimum(gust * rise * np.clip(rough, 0.75, 1.0), gust))
    return replace(
        weather,
        gust=_rounded(stronger),
        wind=_rounded(np.maximum(weather.wind, gust * rise / GUST_FACTOR)),
        pressure=_rounded(weather.pressure - 18 * rise),
    )


def humid_days(weather: Weather, day: float, days: float, *, degc: float) -> Weather:
    """Mild days around `degc`, never below 10 degC, with wet air from dusk until the morning."""
    share = _ease(weather, day, days)
    hour = _hour(weather)
    mild = np.maximum(degc + 3 * np.sin(2 * np.pi * (hour - 9) / 24), 10.5)
    wet = np.where((hour >= 21) | (hour < 9), 95.0, 78.0)
    return replace(
        weather,
        temperature=_rounded(weather.temperature * (1 - share) + mild * share),
        humidity=_rounded(weather.humidity * (1 - share) + wet * share),
    )


def _hour(weather: Weather) -> Floats:
    return np.asarray((np.arange(len(weather.temperature)) % STEPS_A_DAY) * 24 / STEPS_A_DAY)


def _ease(weather: Weather, day: float, days: float) -> Floats:
    """1 within a spell and 0 outside, eased at both ends."""
    hours = np.arange(len(weather.temperature)) * 24 / STEPS_A_DAY
    inside = np.minimum(hours - 24 * day, 24 * (day + days) - hours) / min(EASE_H, 12 * days)
    return np.asarray(np.clip(inside, 0, 1))


def _with_temperature(weather: Weather, temperature: Floats) -> Weather:
    """Air of another temperature that holds the same water (saturated at most)."""
    held = weather.humidity * saturation_vapour_pressure(weather.temperature) / saturation_vapour_pressure(temperature)
    changed = temperature != weather.temperature
    return replace(
        weather,
        temperature=_rounded(temperature),
        humidity=np.where(changed, _rounded(np.clip(held, 5, 100)), weather.humidity),
    )


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.round(values, DIGITS))
