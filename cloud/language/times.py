"""Times as the reader writes them, in the time zone that farm.yaml names; UTC (and said so) without one."""

from datetime import timedelta
from typing import Literal

from babel.dates import format_date, format_datetime, format_time, format_timedelta

from cloud.clock import DAY_MS, HOUR_MS, MINUTE_MS, local

from .reader import locale
from .speech import say

TimeUnit = Literal["day", "hour", "minute"]


def at(t: int, timezone: str, *, now: int | None = None) -> str:
    """ "3 June 2015, 14:20"; with `now` shorter: "14:20" today, "Tue 14:20" within six days of it."""
    moment = local(t, timezone)
    time = format_time(moment.time(), "short", locale=locale()) + (" UTC" if timezone == "UTC" else "")
    if now is not None:
        days = (local(now, timezone).date() - moment.date()).days
        if days == 0:
            return time
        if 0 < abs(days) < 7:
            return f"{format_datetime(moment, 'EEE', locale=locale())} {time}"
    return f"{format_date(moment, 'long', locale=locale())}, {time}"


def weekday(t: int, timezone: str) -> str:
    """ "Friday"."""
    return str(format_datetime(local(t, timezone), "EEEE", locale=locale()))


def ago(t: int, now: int) -> str:
    """ "just now", "25 minutes ago", "6 hours ago", "3 days ago"."""
    if now - t < MINUTE_MS:
        return say("just now")
    unit, number = _rounded(now - t)
    return str(format_timedelta(timedelta(**{f"{unit}s": -number}), unit, number, True, locale=locale()))


def lasting(span_ms: int) -> str:
    """ "25 minutes", "6 hours", "3 days"."""
    unit, number = _rounded(span_ms)
    return _span(unit, number)


def run_time(hours: float) -> str:
    """How long a pump runs, to five minutes: "6 hours 30 minutes"."""
    whole, minutes = divmod(max(5, 5 * round(12 * hours)), 60)
    parts = [_span("hour", whole)] * (whole > 0) + [_span("minute", minutes)] * (minutes > 0)
    return " ".join(parts)


def _span(unit: TimeUnit, number: int) -> str:
    return str(format_timedelta(timedelta(**{f"{unit}s": number}), unit, number, locale=locale()))


def _rounded(span_ms: int) -> tuple[TimeUnit, int]:
    if span_ms < HOUR_MS:
        return "minute", max(1, span_ms // MINUTE_MS)
    if span_ms < 2 * DAY_MS:
        return "hour", span_ms // HOUR_MS
    return "day", span_ms // DAY_MS
