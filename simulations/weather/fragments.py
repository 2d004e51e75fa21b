"""Days made into 10-minute weather by the method of fragments: each day takes its course from a real day much like it.

The real day is one of the same time of year, wet or dry as the day is, with a like range of temperature, humidity,
clearness and rain, that begins where the day before ended (after Svanidze 1980, Mathematical Modelling of Hydrologic
Series). The course is then stretched to the day's own extremes, means and sums, and bent so that no value jumps at
midnight.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import extraterrestrial_radiation
from edge.agronomy.et0 import MJ_A_DAY

from ..time_grid import STEPS_A_DAY
from .series import ARRAYS, Weather
from .sunshine import hour_angles, sun

Floats = NDArray[np.float64]

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
START_SCALE = 0.15
"""The same for where a day begins within its range, after where the day before ended within its own."""
NEIGHBOURS = 3
EASE_STEPS = STEPS_A_DAY // 4
"""Steps over which a jump at midnight is spread, on both sides."""
LEAST_RAIN_MM = 0.1
PEAK_STEPS = STEPS_A_DAY // 8
"""A highest or lowest value that a bent course no longer reaches is put back within so many steps."""
PEAK_GUST_FACTOR = 1.75
"""A day's gust over its strongest 10 minutes. At De Bilt it is twice the strongest hour (median of 1980-2019, FXX and
FHX of KNMI)."""
POWERS = (0.3, 3.5)
"""How far the course of humidity is bent at most to bring its mean about."""
PASSES = 4


def by_step(
    days: Mapping[str, Floats], station: Weather, latitude: float, rng: np.random.Generator
) -> dict[str, Floats]:
    """10-minute arrays, as `Weather` names them, of days from 1 January on (`climate.generate_days`, arrays (days,))
    with the courses of a station's days. Humidity stays within 100 %, gusts are above the wind, rain falls on wet days
    alone."""
    chosen = _choose(days, station, latitude, rng)
    course = {name: _days(station, name)[chosen] for name in ARRAYS}
    wind, gust = _wind(course["wind"], course["gust"], days["wind"], days["gust"])
    rain = course["rain"] * (days["rain"] / np.maximum(course["rain"].sum(axis=1), LEAST_RAIN_MM))[:, None]
    made = {
        "temperature": _join(
            _stretch(course["temperature"], days["t_min"], days["t_max"]), days["t_min"], days["t_max"]
        ),
        "humidity": _humidity(course["humidity"], days),
        "wind": wind,
        "gust": gust,
        "rain": rain,
        "pressure": _pressure(course["pressure"], days["pressure"]),
        "radiation": _sunlit(
            course["radiation"], _days_of_year(station)[chosen], station.latitude, latitude, days["radiation"]
        ),
    }
    return {name: values.ravel() for name, values in made.items()}


def _days(station: Weather, name: str) -> Floats:
    values: Floats = getattr(station, name)[: station.days * STEPS_A_DAY].reshape(station.days, STEPS_A_DAY)
    return values


def _days_of_year(station: Weather) -> NDArray[np.int64]:
    return (station.first_day_of_year - 1 + np.arange(station.days)) % 365 + 1


def _choose(
    days: Mapping[str, Floats], station: Weather, latitude: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """The station's day for each day."""
    temperature, humidity = _days(station, "temperature"), _days(station, "humidity")
    t_range, rh_range = (np.maximum(np.ptp(v, axis=1), 0.1) for v in (temperature, humidity))
    own_days = _days_of_year(station)
    own_rain = _days(station, "rain").sum(axis=1)
    clear = _days(station, "radiation").mean(axis=1) * MJ_A_DAY / extraterrestrial_radiation(station.latitude, own_days)
    station_days = {
        "t_range": t_range,
        "rh_mean": humidity.mean(axis=1),
        "rh_range": rh_range,
        "rh_shape": (humidity.mean(axis=1) - humidity.min(axis=1)) / rh_range,
        "clearness": clear,
        "rain": np.log(np.maximum(own_rain, LEAST_RAIN_MM)),
    }
    count = len(days["rain"])
    day_of_year = np.arange(count) % 365 + 1
    wanted = {
        "t_range": days["t_max"] - days["t_min"],
        "rh_mean": days["rh_mean"],
        "rh_range": days["rh_max"] - days["rh_min"],
        "rh_shape": (days["rh_mean"] - days["rh_min"]) / (days["rh_max"] - days["rh_min"]),
        "clearness": days["radiation"] / extraterrestrial_radiation(latitude, day_of_year),
        "rain": np.log(np.maximum(days["rain"], LEAST_RAIN_MM)),
    }
    # On the other half of the globe it is the other half of the year.
    apart = (day_of_year[:, None] - own_days + (182 if latitude * station.latitude < 0 else 0)) % 365
    season = np.minimum(apart, 365 - apart)
    distance = (season / SCALES["season"]) ** 2
    for name in wanted:
        distance += ((wanted[name][:, None] - station_days[name]) / SCALES[name]) ** 2
    distance[(days["rain"] > 0)[:, None] != (own_rain >= LEAST_RAIN_MM)] = np.inf
    # Where a real day begins and ends within its range, and the days' own ranges, of temperature and humidity.
    begins, ends = (
        np.stack([(v[:, at] - v.min(axis=1)) / r for v, r in ((temperature, t_range), (humidity, rh_range))])
        for at in (0, -1)
    )
    low = np.stack([days["t_min"], days["rh_min"]])[:, :, None]
    spread = np.stack([wanted["t_range"], wanted["rh_range"]])[:, :, None]
    weights = 1 / np.arange(1, NEIGHBOURS + 1)
    picks = rng.choice(NEIGHBOURS, p=weights / weights.sum(), size=count)
    chosen = np.empty(count, dtype=np.int64)
    for day in range(count):
        cost = distance[day]
        if day:
            end = low[:, day - 1] + ends[:, chosen[day - 1], None] * spread[:, day - 1]
            jump = (low[:, day] + begins * spread[:, day] - end) / spread[:, day]
            cost = cost + ((jump / START_SCALE) ** 2).sum(axis=0)
        # Rounded, so that no processor's last bit changes which day is nearer.
        chosen[day] = np.argsort(np.round(cost, 6), kind="stable")[picks[day]]
    return chosen


def _stretch(course: Floats, low: Floats, high: Floats) -> Floats:
    """Courses (days, steps) brought linearly to their extremes."""
    least, most = course.min(axis=1, keepdims=True), course.max(axis=1, keepdims=True)
    return np.asarray(low[:, None] + (course - least) / np.maximum(most - least, 1e-9) * (high - low)[:, None])


def _join(course: Floats, low: Floats, high: Floats) -> Floats:
    """Courses without jumps at midnight that still reach their extremes and go no further."""
    ends = (course[:-1, -1] + course[1:, 0]) / 2
    ends = np.clip(ends, np.maximum(low[:-1], low[1:]), np.minimum(high[:-1], high[1:]))
    begin, end = np.concatenate([course[:1, 0], ends]), np.concatenate([ends, course[-1:, -1]])
    ramp = np.clip(1 - np.arange(STEPS_A_DAY) / EASE_STEPS, 0, 1)
    joined = course + (begin - course[:, 0])[:, None] * ramp + (end - course[:, -1])[:, None] * ramp[::-1]
    for _ in range(PASSES):
        joined = _reach(joined, high, np.maximum(begin, end))
        joined = -_reach(-joined, -low, -np.minimum(begin, end))
    return joined


def _reach(course: Floats, high: Floats, ends: Floats) -> Floats:
    """Courses whose highest value is `high`: what lies above the ends of the day is stretched, and where that is not
    enough a peak is put on."""
    over = np.maximum(course - ends[:, None], 0)
    room, most = np.maximum(high - ends, 0), over.max(axis=1)
    stretched = np.minimum(course, ends[:, None]) + over * np.minimum(room / np.maximum(most, 1e-9), 3)[:, None]
    inner = stretched[:, PEAK_STEPS:-PEAK_STEPS]
    away = np.abs(np.arange(STEPS_A_DAY) - PEAK_STEPS - inner.argmax(axis=1)[:, None]) / PEAK_STEPS
    missing = np.where(stretched.max(axis=1) < high - 1e-6, high - inner.max(axis=1), 0)
    return np.asarray(np.minimum(stretched + missing[:, None] * np.clip(1 - away, 0, 1), high[:, None]))


def _humidity(course: Floats, days: Mapping[str, Floats]) -> Floats:
    low, high, mean = days["rh_min"], days["rh_max"], days["rh_mean"]
    joined, aim = course, mean
    # Joining moves the mean, so that another is aimed at.
    for _ in range(PASSES):
        joined = _join(_with_mean(course, low, high, aim), low, high)
        aim = aim + mean - joined.mean(axis=1)
    return joined


def _with_mean(course: Floats, low: Floats, high: Floats, mean: Floats) -> Floats:
    """Courses with given extremes and, by a power of where they are between them, means."""
    part: Floats = _stretch(course, np.zeros_like(low), np.ones_like(high))
    wanted = (mean - low) / (high - low)
    power = _solve(lambda p: (part ** p[:, None]).mean(axis=1) - wanted, *POWERS, len(low))
    return np.asarray(_stretch(part ** power[:, None], low, high))


def _solve(falling: Callable[[Floats], Floats], low: float, high: float, count: int) -> Floats:
    """Where functions that fall are zero, by halving."""
    a, b = np.full(count, low), np.full(count, high)
    for _ in range(30):
        middle = (a + b) / 2
        above = falling(middle) > 0
        a, b = np.where(above, middle, a), np.where(above, b, middle)
    return np.asarray((a + b) / 2)


def _wind(wind: Floats, gust: Floats, mean: Floats, highest: Floats) -> tuple[Floats, Floats]:
    """Wind with daily means whose strongest 10 minutes are those that a gust like the day's comes from, and gusts that
    reach it."""
    part = (wind + 0.1) / (wind + 0.1).max(axis=1, keepdims=True)
    ratio = (gust + 0.1) / (wind + 0.1)
    peak = np.maximum(highest / PEAK_GUST_FACTOR, 1.05 * mean)
    power = _solve(lambda p: (part ** p[:, None]).mean(axis=1) - mean / peak, 0.05, 4.0, len(mean))
    course = part ** power[:, None]
    course = _ease(course * (mean / course.mean(axis=1))[:, None])
    course *= (mean / course.mean(axis=1))[:, None]
    excess = course * np.maximum(ratio - 1, 0.02)
    factor = ((highest[:, None] - course) / excess).min(axis=1)
    return course, np.asarray(course + np.maximum(factor, 0)[:, None] * excess)


def _ease(course: Floats) -> Floats:
    """Wind whose level, by the hours before and after midnight, passes from one day's into the next's."""
    ends = np.log(course[:, [*range(6), *range(-6, 0)]].reshape(-1, 2, 6).mean(axis=2))
    jump = np.concatenate([[0], ends[1:, 0] - ends[:-1, 1], [0]]) / 2
    ramp = np.clip(1 - np.arange(STEPS_A_DAY) / EASE_STEPS, 0, 1)
    return np.asarray(course * np.exp(-jump[:-1, None] * ramp + jump[1:, None] * ramp[::-1]))


def _sunlit(course: Floats, own_day: NDArray[np.int64], own_latitude: float, latitude: float, total: Floats) -> Floats:
    """Courses of radiation stretched from sunrise and sunset where they were measured to those of the place, with sums
    in MJ/m2."""
    angle = hour_angles()
    day = np.arange(len(course)) % 365 + 1
    (sunset, most), (own_sunset, _) = sun(latitude, day, angle), sun(own_latitude, own_day, angle)
    at = angle * (own_sunset / sunset)[:, None]
    there = np.stack([np.interp(x, angle, y, left=0, right=0) for x, y in zip(at, course, strict=True)])
    # A trace wherever the sun is up, for the day of a course that has none.
    there = np.where(most > 0, np.maximum(there, 1.0), 0)
    mean = total / MJ_A_DAY
    for _ in range(PASSES):
        there = np.minimum(there * (mean / there.mean(axis=1))[:, None], most)
    return np.asarray(there * (mean / there.mean(axis=1))[:, None])


def _pressure(course: Floats, mean: Floats) -> Floats:
    """Through the days' means runs a parabola a day, which meets the next at midnight; on it rides what the real day
    does besides."""
    at = np.linspace(0, 1, STEPS_A_DAY)
    bow = at * (1 - at)
    ends = np.concatenate([mean[:1], (mean[:-1] + mean[1:]) / 2, mean[-1:]])
    line = ends[:-1, None] + np.diff(ends)[:, None] * at
    besides = course - (course[:, :1] + (course[:, -1:] - course[:, :1]) * at)
    whole = line + besides
    return np.asarray(whole + ((mean - whole.mean(axis=1)) / bow.mean())[:, None] * bow)
