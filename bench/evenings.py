"""What an evening shows of the coming morning's lowest temperature, at measured stations and in generated weather.

A frost can be called ahead as far as the evening shows it. So generated nights must show as much of it as real ones,
and no more.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulations.field.plant_weather import dew_point
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.series import Weather

Floats = NDArray[np.float64]

AN_HOUR = STEPS_A_DAY // 24
HOURS = (20, 22, 24, 26)
"""After the midnight before the evening."""
NIGHT_H, MORNING_H, WARMING_H = 18, 32, 11
"""The night's lowest is looked for from the first to the second, the day's highest from the third."""
COOL_DEGC = 8.0
"""Nights that come below it count."""
SEASON = (91, 304)
"""Days of the year, April to October."""


def evening_rows(weathers: Sequence[Weather], hour: int) -> tuple[Floats, Floats]:
    """Of each cool night what is known at an hour, (nights, 7): temperature, its fall over 3 h and since the day's
    highest, dew point, root of the wind of 3 h, lowest and mean temperature of 24 h; and how far it falls from then
    on, degC (nights,)."""
    known, falls = [], []
    for weather in weathers:
        air, dew = weather.temperature, dew_point(weather.temperature, weather.humidity)
        for day in range(1, weather.days - 1):
            midnight = day * STEPS_A_DAY
            now, until = midnight + hour * AN_HOUR, midnight + MORNING_H * AN_HOUR
            inside = SEASON[0] <= (weather.first_day_of_year - 1 + day) % 365 + 1 <= SEASON[1]
            if not inside or air[midnight + NIGHT_H * AN_HOUR : until].min() >= COOL_DEGC:
                continue
            before = now - 3 * AN_HOUR
            since = air[now - STEPS_A_DAY + 1 : now + 1]
            known.append(
                [
                    air[now],
                    air[before] - air[now],
                    air[midnight + WARMING_H * AN_HOUR : now + 1].max() - air[now],
                    dew[now],
                    np.sqrt(weather.wind[before : now + 1].mean()),
                    since.min(),
                    since.mean(),
                ]
            )
            falls.append(air[now] - air[now + 1 : until].min())
    return np.array(known), np.array(falls)


def evening_shows(weathers: Sequence[Weather], hour: int) -> dict[str, float]:
    """Of cool nights at an hour: their number; mean and spread of the fall to come, and what of it a straight line of
    all that is known leaves open (RMS, degrees of freedom taken off), degC; correlations of the lowest with the
    temperature, and of the fall to come with that of 3 h and with how dry the air is."""
    known, falls = evening_rows(weathers, hour)
    table = np.column_stack([known, np.ones(len(known))])
    off = falls - table @ np.linalg.lstsq(table, falls, rcond=None)[0]

    def correlation(one: Floats, other: Floats) -> float:
        return float(np.corrcoef(one, other)[0, 1])

    return {
        "nights": len(falls),
        "fall": float(falls.mean()),
        "spread": float(falls.std()),
        "open": float(np.sqrt((off**2).sum() / (len(falls) - table.shape[1]))),
        "with_temperature": correlation(known[:, 0], known[:, 0] - falls),
        "with_fall": correlation(known[:, 1], falls),
        "with_dryness": correlation(known[:, 0] - known[:, 3], falls),
    }
