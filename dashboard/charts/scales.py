"""Axes of a chart: which values and times are labelled. Time runs as the world's clock does, so that the hour which
autumn repeats is there twice; only its labels are the farm's.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

from cloud.clock import DAY_MS, local
from cloud.language.times import clock, day, day_of_month

MOST_LABELS = 7
EVERY_HOURS = 4
FEWEST_STEPS = 3


def round_below(most: float) -> float:
    """The largest of 1, 2 and 5, and these times a power of ten, that is not more."""
    most *= 1 + 1e-9
    power: float = 10.0 ** floor(log10(most))
    return max(power * times for times in (1, 2, 5) if power * times <= most)


def value_labels(low: float, high: float) -> tuple[list[float], int]:
    """Round values from at or below `low` to at or above `high`, and their digits behind the point."""
    high = high if high > low else low + 1
    step = round_below((high - low) / FEWEST_STEPS)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    digits = max(0, -floor(log10(step)))
    return [round(step * number, digits) + 0.0 for number in range(first, max(last, first + 1) + 1)], digits


def time_labels(since: int, until: int, timezone: str) -> dict[int, str]:
    """Midnights of the farm between two times, or whole hours of a short while: UTC ms -> label."""
    days = (until - since) / DAY_MS
    if days <= 2:
        hours = range(0, 24, EVERY_HOURS if days <= 1 else 2 * EVERY_HOURS)
        return {t: clock(local(t, timezone).time()) for t in _times(since, until, timezone, 1, hours)}
    write = day if days <= MOST_LABELS + 1 else day_of_month
    every = ceil(days / MOST_LABELS)
    return {t: write(local(t, timezone).date()) for t in _times(since, until, timezone, every, range(1))}


def _times(since: int, until: int, timezone: str, every_days: int, hours: range) -> Iterator[int]:
    date, zone = local(since, timezone).date(), ZoneInfo(timezone)
    while (midnight := datetime.combine(date, time(), zone)).timestamp() * 1000 < until:
        for hour in hours:
            t = round(datetime.combine(midnight.date(), time(hour), zone).timestamp() * 1000)
            if since <= t < until:
                yield t
        date += timedelta(days=every_days)
