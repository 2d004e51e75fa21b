"""Weather that never was, like a station's: whole days are drawn anew from a real year, each as the follower of a day
like today.

Nearest-neighbour resampling (Rajagopalan and Lall 1999, Water Resources Research 35(10)): among the days of the same
time of year, find those most like the day just drawn in temperature, dew point, wind, rain, radiation and pressure;
take what followed one of them, nearer ones more often. Rain spells, seasons and the ties between quantities, down to 10
minutes, are thus the station's own. A slow shift of temperature and a factor on rain and wind make values that the year
did not have.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..rng import stream
from ..time_grid import STEPS_A_DAY
from .series import ARRAYS, Weather

Floats = NDArray[np.float64]

WINDOW_DAYS = 15
"""A day may be drawn for a time of year this far from its own."""
NEIGHBOURS = 5
"""About the root of the number of candidates, as Rajagopalan and Lall advise."""
SHIFT_DEGC, SHIFT_MEMORY = 1.0, 0.8
RAIN_SPREAD, WIND_SPREAD = 0.3, 0.08
EASE_STEPS = STEPS_A_DAY // 4
"""Steps over which a jump at midnight is spread, on both sides."""
JUMPS = ("temperature", "humidity", "pressure")
DIGITS = 4


def generate(station: Weather, seed: int) -> Weather:
    """As many days of weather like `station`'s, from its first day of the year on; the same seed gives the same
    weather. ValueError for a station with less than a year."""
    if station.days < 365:
        raise ValueError(f"weather {station.name}: a year is needed to draw from, and it has {station.days} days")
    rng = stream(seed, f"weather like {station.name}")
    drawn = _draw_days(_describe(station), rng)
    arrays = {
        name: getattr(station, name)[: station.days * STEPS_A_DAY].reshape(station.days, STEPS_A_DAY)[drawn].ravel()
        for name in ARRAYS
    }
    for name in JUMPS:
        arrays[name] = _join(arrays[name])
    shift = _slow(rng, station.days)
    arrays["temperature"] = arrays["temperature"] + shift
    rain, wind = (
        np.repeat(np.exp(spread * rng.normal(size=station.days) - spread**2 / 2), STEPS_A_DAY)
        for spread in (RAIN_SPREAD, WIND_SPREAD)
    )
    arrays |= {
        "rain": arrays["rain"] * rain,
        "wind": arrays["wind"] * wind,
        "gust": arrays["gust"] * wind,
        "humidity": np.clip(arrays["humidity"], 1, 100),
    }
    return replace(
        station,
        name=f"like-{station.name}-{seed}",
        **{name: np.round(values, DIGITS) for name, values in arrays.items()},
    )


def _describe(station: Weather) -> Floats:
    """What a day is like, standardised, array (days, quantities)."""

    def days(values: Floats) -> Floats:
        return values[: station.days * STEPS_A_DAY].reshape(station.days, STEPS_A_DAY)

    temperature = days(station.temperature)
    # Dew point, near enough to tell days apart: 5 % of humidity is a degree.
    dew = (temperature - (100 - days(station.humidity)) / 5).mean(axis=1)
    quantities = np.stack(
        [
            temperature.mean(axis=1),
            dew,
            days(station.wind).mean(axis=1),
            np.log1p(days(station.rain).sum(axis=1)),
            days(station.radiation).mean(axis=1),
            days(station.pressure).mean(axis=1),
        ],
        axis=1,
    )
    standard: Floats = (quantities - quantities.mean(axis=0)) / np.maximum(quantities.std(axis=0), 1e-9)
    # Rounded, so that no processor's last bit changes which day is nearer.
    return standard.round(6)


def _draw_days(described: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which real day stands on each day."""
    days = len(described)
    weights = 1 / np.arange(1, NEIGHBOURS + 1)
    drawn = np.empty(days, dtype=np.int64)
    drawn[0] = rng.integers(-WINDOW_DAYS, WINDOW_DAYS + 1) % days
    for day in range(1, days):
        # A neighbour's follower must be there: the last day of the file has none.
        candidates = (day - 1 + np.arange(-WINDOW_DAYS, WINDOW_DAYS + 1)) % days
        candidates = candidates[(candidates != days - 1)]
        distance = np.round(((described[candidates] - described[drawn[day - 1]]) ** 2).sum(axis=1), 6)
        nearest = candidates[np.argsort(distance, kind="stable")[:NEIGHBOURS]]
        drawn[day] = nearest[rng.choice(NEIGHBOURS, p=weights / weights.sum())] + 1
    return drawn


def _join(values: Floats) -> Floats:
    """Spreads the jump between two days over the hours around midnight."""
    by_day = values.reshape(-1, STEPS_A_DAY).copy()
    jump = (by_day[1:, 0] - by_day[:-1, -1]) / 2
    ease = (np.arange(1, EASE_STEPS + 1) / EASE_STEPS)[None]
    by_day[:-1, -EASE_STEPS:] += jump[:, None] * ease
    by_day[1:, :EASE_STEPS] -= jump[:, None] * ease[:, ::-1]
    return by_day.ravel()


def _slow(rng: np.random.Generator, days: int) -> Floats:
    """A shift that follows itself from day to day, in 10-minute steps."""
    shift = np.empty(days + 1)
    shift[0] = SHIFT_DEGC * rng.normal()
    for day, noise in enumerate(rng.normal(size=days), 1):
        shift[day] = SHIFT_MEMORY * shift[day - 1] + SHIFT_DEGC * np.sqrt(1 - SHIFT_MEMORY**2) * noise
    return np.interp(np.arange(days * STEPS_A_DAY) / STEPS_A_DAY, np.arange(days + 1), shift)
