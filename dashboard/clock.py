"""Times as a farmer reads them: in the time zone that farm.yaml names, UTC (and said so) without one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def local(t: int, timezone: str) -> datetime:
    """UTC ms as a time in the farm's zone."""
    return datetime.fromtimestamp(t / 1000, ZoneInfo(timezone))


def wall_ms(t: int, timezone: str) -> int:
    """The farm's wall-clock time as if it were UTC, in ms: charts draw it without knowing the zone."""
    offset = local(t, timezone).utcoffset() or timedelta(0)
    return t + round(offset.total_seconds() * 1000)


def at(t: int, timezone: str, *, now: int | None = None) -> str:
    """ "3 June 2015, 14:20"; with `now` shorter: "14:20" today, "Tue 14:20" within the last six days."""
    moment = local(t, timezone)
    suffix = " UTC" if timezone == "UTC" else ""
    if now is not None:
        days = (local(now, timezone).date() - moment.date()).days
        if days == 0:
            return f"{moment:%H:%M}{suffix}"
        if 0 < days < 7:
            return f"{moment:%a %H:%M}{suffix}"
    return f"{moment.day} {moment:%B %Y, %H:%M}{suffix}"


def ago(t: int, now: int) -> str:
    """ "just now", "25 min ago", "6 h ago", "3 days ago"."""
    return "just now" if now - t < MINUTE_MS else f"{lasting(now - t)} ago"


def lasting(span_ms: int) -> str:
    """ "25 min", "6 h", "3 days"."""
    if span_ms < HOUR_MS:
        return f"{max(1, span_ms // MINUTE_MS)} min"
    if span_ms < 2 * DAY_MS:
        return f"{span_ms // HOUR_MS} h"
    return f"{span_ms // DAY_MS} days"
