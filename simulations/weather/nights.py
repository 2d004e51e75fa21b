"""Nights of a station, noon to noon, and which of them stand between drawn days.

A day's lowest temperature is the end of its night: what an evening shows of the morning is only kept when both come
from one real night. So the courses of drawn days change at noon, from one real night to the next, and not at midnight.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import HALF_A_YEAR_DAYS, extraterrestrial_radiation
from edge.agronomy.et0 import MJ_A_DAY

from ..time_grid import STEPS_A_DAY
from .series import Weather

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SCALES = {
    "season": 30.0,
    "t_range": 2.5,
    "rh_mean": 8.0,
    "rh_range": 8.0,
    "rh_shape": 0.05,
    "clearness": 0.1,
    "rain": 0.7,
}
"""How far two days are apart counts as one: days, degC, %, %, two shares, log of mm."""
FALL_SCALE = 2.0
"""The same for how far air falls in a night, degC."""
JOIN_SCALE = 0.15
"""The same for what does not fit at noon and at midnight, in shares of a day's range."""
NEIGHBOURS = 3
LEAST_RAIN_MM = 0.1
NOON = STEPS_A_DAY // 2
"""A day's noon, and a night's midnight."""
DAYTIME = STEPS_A_DAY // 4
"""From this step on a day's highest temperature is looked for: an earlier one is the day before's."""
COLDEST = (STEPS_A_DAY // 4, STEPS_A_DAY - STEPS_A_DAY // 24)
"""Steps after noon between which a night is coldest; others are not drawn."""


def by_day(nights: Floats) -> Floats:
    """Nights (days + 1, steps), noon to noon, as the days between the first noon and the last (days, steps)."""
    return nights.ravel()[NOON:-NOON].reshape(-1, STEPS_A_DAY)


def days_of(station: Weather, name: str) -> Floats:
    """One of its arrays by day (days, steps)."""
    values: Floats = getattr(station, name)[: station.days * STEPS_A_DAY].reshape(station.days, STEPS_A_DAY)
    return values


def nights_of(station: Weather, name: str) -> Floats:
    """The same by night, from the noon of each day but the last (days - 1, steps)."""
    return days_of(station, name).ravel()[NOON:-NOON].reshape(-1, STEPS_A_DAY)


def days_of_year(station: Weather) -> NDArray[np.int64]:
    """Of each of its days, from 1."""
    return (station.first_day_of_year - 1 + np.arange(station.days)) % 365 + 1


class Courses:
    """Courses of a quantity over a station's nights, between what each falls from, its lowest, and what it rises to.
    Humidity is given negative: it is highest by night."""

    def __init__(self, days: Floats) -> None:
        """`days`: (days, steps)."""
        nights = days.ravel()[NOON:-NOON].reshape(-1, STEPS_A_DAY)
        highest = days[:, DAYTIME:].max(axis=1)
        low = nights.min(axis=1)
        self.lowest_at = nights.argmin(axis=1)
        self.fall = highest[:-1] - low
        self.rising = np.arange(STEPS_A_DAY) > self.lowest_at[:, None]
        high = np.where(self.rising, highest[1:, None], highest[:-1, None])
        self.shares = np.clip((nights - low[:, None]) / np.maximum(high - low[:, None], 0.1), 0, 1)
        """0 at the lowest, 1 at the highest of the day before or after, (nights, steps)."""

    def between(self, chosen: NDArray[np.int64], low: Floats, high: Floats) -> Floats:
        """Chosen nights (days + 1, steps) brought to the extremes of days (days,)."""
        evening, morning = _around(len(low))
        top = np.where(self.rising[chosen], high[morning, None], high[evening, None])
        return np.asarray(low[morning, None] + self.shares[chosen] * (top - low[morning, None]))

    def at(self, step: int, low: Floats, high: Floats) -> Floats:
        """What a step of each of the nights would then be, (days + 1, nights)."""
        evening, morning = _around(len(low))
        top = np.where(self.rising[:, step], high[morning, None], high[evening, None])
        return np.asarray(low[morning, None] + self.shares[:, step] * (top - low[morning, None]))


def _around(days: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each night (days + 1,) the day that it begins in and the day that it ends in; at the ends of the year they are
    the same."""
    return np.maximum(np.arange(-1, days), 0), np.minimum(np.arange(days + 1), days - 1)


def choose(
    days: Mapping[str, Floats], station: Weather, latitude: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """The station's night before each day, and after the last (days + 1,)."""
    temperature, humidity = Courses(days_of(station, "temperature")), Courses(-days_of(station, "humidity"))
    distance = _distance(days, station, latitude, temperature, humidity)
    of_each = ((temperature, days["t_min"], days["t_max"]), (humidity, -days["rh_max"], -days["rh_min"]))
    begins, ends = (
        np.stack([courses.at(step, low, high) for courses, low, high in of_each]) for step in (0, STEPS_A_DAY - 1)
    )
    scales = np.stack([JOIN_SCALE * (high - low) for _, low, high in of_each])[:, :, None]
    rains = nights_of(station, "rain").reshape(-1, 2, NOON).sum(axis=2) >= LEAST_RAIN_MM
    wet = np.concatenate([[True], days["rain"] > 0, [True]])
    weights = 1 / np.arange(1, NEIGHBOURS + 1)
    picks = rng.choice(NEIGHBOURS, p=weights / weights.sum(), size=len(distance))
    chosen = np.empty(len(distance), dtype=np.int64)
    rained = True
    for night, cost in enumerate(distance):
        if night:
            last = ends[:, night - 1, chosen[night - 1], None]
            cost = cost + (((begins[:, night] - last) / scales[:, night - 1]) ** 2).sum(axis=0)
        # Half of a dry day is dry; the evening of a wet one is wet unless its morning was.
        fits = (rains[:, 0] | rained if wet[night] else ~rains[:, 0]) & (wet[night + 1] | ~rains[:, 1])
        # Rounded, so that no processor's last bit changes which night is nearer.
        chosen[night] = np.argsort(np.where(fits, np.round(cost, 6), np.inf), kind="stable")[picks[night]]
        rained = bool(rains[chosen[night], 1])
    return chosen


def _distance(
    days: Mapping[str, Floats], station: Weather, latitude: float, temperature: Courses, humidity: Courses
) -> Floats:
    """How little a station's nights and the days around them are like drawn ones, (days + 1, nights)."""
    apart = _days_apart(days, station, latitude)
    evening, morning = _around(len(apart))
    beside = np.stack([apart[evening, :-1], apart[morning, 1:]])
    # Of the first night only the morning is used, of the last the evening.
    beside[0, 0], beside[1, -1] = beside[1, 0], beside[0, -1]
    distance = beside.mean(axis=0)
    low, high = days["t_min"], days["t_max"]
    distance += ((temperature.fall - (high[evening] - low[morning])[:, None]) / FALL_SCALE) ** 2
    for courses, low, high, coldest in (
        # An evening may be colder than the morning before: a day's lowest is that of the night that ends in it.
        (temperature, days["t_min"], days["t_max"], days["t_min"][morning]),
        (humidity, -days["rh_max"], -days["rh_min"], -days["rh_max"][[evening, morning]].min(axis=0)),
    ):
        midnight = courses.at(NOON, low, high)
        fitting = np.clip(midnight, coldest[:, None], np.minimum(high[evening], high[morning])[:, None])
        distance += ((midnight - fitting) / (JOIN_SCALE * (high - low)[evening, None])) ** 2
    distance[:, (temperature.lowest_at < COLDEST[0]) | (temperature.lowest_at > COLDEST[1])] = np.inf
    return np.asarray(distance)


def _days_apart(days: Mapping[str, Floats], station: Weather, latitude: float) -> Floats:
    """How little a station's days are like drawn ones, (days, station's days)."""
    temperature, humidity, rain = (days_of(station, name) for name in ("temperature", "humidity", "rain"))
    own_days = days_of_year(station)
    rh_range = np.maximum(np.ptp(humidity, axis=1), 0.1)
    clear = days_of(station, "radiation").mean(axis=1) * MJ_A_DAY
    station_days = {
        "t_range": np.maximum(np.ptp(temperature, axis=1), 0.1),
        "rh_mean": humidity.mean(axis=1),
        "rh_range": rh_range,
        "rh_shape": (humidity.mean(axis=1) - humidity.min(axis=1)) / rh_range,
        "clearness": clear / extraterrestrial_radiation(station.latitude, own_days),
        "rain": np.log(np.maximum(rain.sum(axis=1), LEAST_RAIN_MM)),
    }
    day_of_year = np.arange(len(days["rain"])) % 365 + 1
    wanted = {
        "t_range": days["t_max"] - days["t_min"],
        "rh_mean": days["rh_mean"],
        "rh_range": days["rh_max"] - days["rh_min"],
        "rh_shape": (days["rh_mean"] - days["rh_min"]) / (days["rh_max"] - days["rh_min"]),
        "clearness": days["radiation"] / extraterrestrial_radiation(latitude, day_of_year),
        "rain": np.log(np.maximum(days["rain"], LEAST_RAIN_MM)),
    }
    # On the other half of the globe it is the other half of the year.
    apart = (day_of_year[:, None] - own_days + (HALF_A_YEAR_DAYS if latitude * station.latitude < 0 else 0)) % 365
    season = np.minimum(apart, 365 - apart)
    distance = (season / SCALES["season"]) ** 2
    for name in wanted:
        distance += ((wanted[name][:, None] - station_days[name]) / SCALES[name]) ** 2
    return np.asarray(distance)
