"""Times as the reader writes them, in the time zone that farm.yaml names; UTC (and said so) without one."""

from datetime import date, time, timedelta
from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta

from ..clock import DAY_MS, HOUR_MS, MINUTE_MS, local
from .reader import REMEMBERED, locale
from .speech import say

TimeUnit = Literal["day", "hour", "minute"]


def at(t: int, timezone: str, *, now: int | None = None) -> str:
    """ "3 June 2015, 14:20"; with `now` shorter: "14:20" today, "Tue 14:20" within six days of it."""
    moment = local(t, timezone)
    clock = _time(locale(), moment.hour, moment.minute) + (" UTC" if timezone == "UTC" else "")
    if now is not None:
        days = (local(now, timezone).date() - moment.date()).days
        if days == 0:
            return clock
        if 0 < abs(days) < 7:
            return f"{_date(locale(), moment.date(), 'EEE')} {clock}"
    return f"{_date(locale(), moment.date(), 'long')}, {clock}"


def day(date: date) -> str:
    """ "Wed 3 June"."""
    return _date(locale(), date, locale().datetime_skeletons["MMMEd"].pattern)


def day_of_month(date: date) -> str:
    """ "3 June"."""
    return _date(locale(), date, locale().datetime_skeletons["MMMd"].pattern)


def clock(time: time) -> str:
    """ "14:20"."""
    return _time(locale(), time.hour, time.minute)


def weekday(t: int, timezone: str) -> str:
    """ "Friday"."""
    return _date(locale(), local(t, timezone).date(), "EEEE")


def ago(t: int, now: int) -> str:
    """ "just now", "25 minutes ago", "6 hours ago", "3 days ago"."""
    if now - t < MINUTE_MS:
        return say("just now")
    return _span(locale(), *_rounded(now - t), ago=True)


def lasting(span_ms: int) -> str:
    """ "25 minutes", "6 hours", "3 days"."""
    return _span(locale(), *_rounded(span_ms))


def run_time(hours: float) -> str:
    """How long a pump runs, to five minutes: "6 hours 30 minutes"."""
    whole, minutes = divmod(max(5, 5 * round(12 * hours)), 60)
    parts: tuple[tuple[TimeUnit, int], ...] = (("hour", whole), ("minute", minutes))
    return " ".join(_span(locale(), unit, number) for unit, number in parts if number)


@lru_cache(maxsize=REMEMBERED)
def _span(here: Locale, unit: TimeUnit, number: int, *, ago: bool = False) -> str:
    span = timedelta(**{f"{unit}s": -number if ago else number})
    return format_timedelta(span, unit, number, add_direction=ago, locale=here)


@lru_cache(maxsize=REMEMBERED)
def _time(here: Locale, hour: int, minute: int) -> str:
    return format_time(time(hour, minute), "short", locale=here)


@lru_cache(maxsize=REMEMBERED)
def _date(here: Locale, day: date, form: str) -> str:
    return format_date(day, form, locale=here)


def _rounded(span_ms: int) -> tuple[TimeUnit, int]:
    if span_ms < HOUR_MS:
        return "minute", max(1, span_ms // MINUTE_MS)
    if span_ms < 2 * DAY_MS:
        return "hour", span_ms // HOUR_MS
    return "day", span_ms // DAY_MS
