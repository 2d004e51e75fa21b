"""Days made into 10-minute weather by the method of fragments: each takes its courses from real nights much like those
around it, the morning from one, the evening from the next (simulations/weather/nights.py).

A real night is one of the same time of year, between days wet or dry as the drawn ones, with a like range of
temperature, humidity, clearness and rain, that begins where the night before ended (after Svanidze 1980, Mathematical
Modelling of Hydrologic Series). The courses are then stretched to the days' own extremes, means and sums, and bent so
that no value jumps at noon or midnight.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.et0 import MJ_A_DAY

from ..time_grid import STEPS_A_DAY
from .nights import LEAST_RAIN_MM, NOON, Courses, by_day, choose, days_of, days_of_year, nights_of
from .series import Weather
from .sunshine import hour_angles, sun

Floats = NDArray[np.float64]

EASE_STEPS = STEPS_A_DAY // 4
"""Steps over which a jump at noon or midnight is spread, on both sides."""
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
    with the courses of a station's nights. A day's lowest temperature is that of the night that ends in it; the evening
    after may be colder. Humidity stays within 100 %, gusts are above the wind, rain falls on wet days alone."""
    chosen = choose(days, station, latitude, rng)
    course = {name: nights_of(station, name)[chosen] for name in ("wind", "gust", "rain", "pressure", "radiation")}
    temperature = Courses(days_of(station, "temperature")).between(chosen, days["t_min"], days["t_max"])
    humidity = Courses(-days_of(station, "humidity")).between(chosen, -days["rh_max"], -days["rh_min"])
    ratio = (course["gust"] + 0.1) / (course["wind"] + 0.1)
    wind, gust = _wind(by_day(_ease(course["wind"] + 0.1)), by_day(ratio), days["wind"], days["gust"])
    rain = by_day(course["rain"])
    besides = course["pressure"] - _line(course["pressure"])
    own_days = days_of_year(station)[np.stack([chosen[:-1] + 1, chosen[1:]], axis=1)]
    made = {
        "temperature": _temperature(temperature, days["t_min"], days["t_max"]),
        "humidity": _humidity(-by_day(_level(humidity)), days),
        "wind": wind,
        "gust": gust,
        "rain": rain * (days["rain"] / np.maximum(rain.sum(axis=1), LEAST_RAIN_MM))[:, None],
        "pressure": _pressure(by_day(besides), days["pressure"]),
        "radiation": _sunlit(by_day(course["radiation"]), own_days, station.latitude, latitude, days["radiation"]),
    }
    return {name: values.ravel() for name, values in made.items()}


def _stretch(course: Floats, low: Floats, high: Floats) -> Floats:
    """Courses (days, steps) brought linearly to their extremes."""
    least, most = course.min(axis=1, keepdims=True), course.max(axis=1, keepdims=True)
    return np.asarray(low[:, None] + (course - least) / np.maximum(most - least, 1e-9) * (high - low)[:, None])


def _join(course: Floats, low: Floats, high: Floats) -> Floats:
    """Courses without jumps at midnight that still reach their extremes and go no further."""
    ends = (course[:-1, -1] + course[1:, 0]) / 2
    ends = np.clip(ends, np.maximum(low[:-1], low[1:]), np.minimum(high[:-1], high[1:]))
    begin, end = _ends(course, ends)
    joined = _bent(course, begin, end)
    for _ in range(PASSES):
        joined = _reach(joined, high, np.maximum(begin, end))
        joined = -_reach(-joined, -low, -np.minimum(begin, end))
    return joined


def _temperature(nights: Floats, low: Floats, high: Floats) -> Floats:
    """Courses (days, steps) whose nights, (days + 1, steps), come to the lowest of the day they end in, and no lower,
    and whose days come to their highest."""
    level = _level(nights)
    day = by_day(level)
    most = np.concatenate([high[:1], np.minimum(high[:-1], high[1:]), high[-1:]])
    day = _bent(day, np.minimum(day[:, 0], most[:-1]), np.minimum(day[:, -1], most[1:]))
    level = np.concatenate([level[0, :NOON], day.ravel(), level[-1, NOON:]]).reshape(-1, STEPS_A_DAY)
    coldest = np.concatenate([low, low[-1:]])
    day = by_day(-_reach(-level, -coldest, -np.minimum(level[:, 0], level[:, -1])))
    return _reach(day, high, np.maximum(day[:, 0], day[:, -1]))


def _level(course: Floats) -> Floats:
    """Courses (nights, steps) that meet half-way at noon."""
    return _bent(course, *_ends(course, (course[:-1, -1] + course[1:, 0]) / 2))


def _ends(course: Floats, ends: Floats) -> tuple[Floats, Floats]:
    """Where rows begin and end that meet at `ends` (rows - 1,)."""
    return np.concatenate([course[:1, 0], ends]), np.concatenate([ends, course[-1:, -1]])


def _bent(course: Floats, begin: Floats, end: Floats) -> Floats:
    """Courses that begin and end so, bent over EASE_STEPS."""
    ramp = np.clip(1 - np.arange(STEPS_A_DAY) / EASE_STEPS, 0, 1)
    return np.asarray(course + (begin - course[:, 0])[:, None] * ramp + (end - course[:, -1])[:, None] * ramp[::-1])


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


def _wind(wind: Floats, ratio: Floats, mean: Floats, highest: Floats) -> tuple[Floats, Floats]:
    """Wind with daily means whose strongest 10 minutes are those that a gust like the day's comes from, and gusts that
    reach it; `ratio`: of the courses' gusts to their wind."""
    part = wind / wind.max(axis=1, keepdims=True)
    peak = np.maximum(highest / PEAK_GUST_FACTOR, 1.05 * mean)
    power = _solve(lambda p: (part ** p[:, None]).mean(axis=1) - mean / peak, 0.05, 4.0, len(mean))
    course = part ** power[:, None]
    course = _ease(course * (mean / course.mean(axis=1))[:, None])
    course *= (mean / course.mean(axis=1))[:, None]
    room = (highest - mean) / 2 / (course.max(axis=1) - mean)
    course = mean[:, None] + (course - mean[:, None]) * np.minimum(room, 1)[:, None]
    excess = course * np.maximum(ratio - 1, 0.02)
    factor = ((highest[:, None] - course) / excess).min(axis=1)
    return course, np.asarray(course + np.maximum(factor, 0)[:, None] * excess)


def _ease(course: Floats) -> Floats:
    """Wind whose level, by the hours before and after the end of each row, passes from one row's into the next's."""
    ends = np.log(course[:, [*range(6), *range(-6, 0)]].reshape(-1, 2, 6).mean(axis=2))
    jump = np.concatenate([[0], ends[1:, 0] - ends[:-1, 1], [0]]) / 2
    ramp = np.clip(1 - np.arange(STEPS_A_DAY) / EASE_STEPS, 0, 1)
    return np.asarray(course * np.exp(-jump[:-1, None] * ramp + jump[1:, None] * ramp[::-1]))


def _sunlit(course: Floats, own_day: NDArray[np.int64], own_latitude: float, latitude: float, total: Floats) -> Floats:
    """Courses of radiation stretched from sunrise and sunset where they were measured to those of the place, with sums
    in MJ/m2."""
    angle = hour_angles()
    day = np.arange(len(course)) % 365 + 1
    sunset, most = sun(latitude, day, angle)
    own_sunset = np.stack([sun(own_latitude, half, angle)[0] for half in own_day.T], axis=1)
    at = angle * np.repeat(own_sunset / sunset[:, None], STEPS_A_DAY // 2, axis=1)
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
    whole = line + course - _line(course)
    return np.asarray(whole + ((mean - whole.mean(axis=1)) / bow.mean())[:, None] * bow)


def _line(course: Floats) -> Floats:
    """From the begin of each course to its end."""
    return np.asarray(course[:, :1] + (course[:, -1:] - course[:, :1]) * np.linspace(0, 1, STEPS_A_DAY))
