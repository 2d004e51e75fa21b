"""How charts write numbers and times for the reader: the browser draws them with these forms (d3's) and labels.

A chart's time runs as the world's clock does, so that the hour which autumn repeats is there twice; only its labels are
the farm's.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt
from babel.numbers import get_decimal_symbol, get_group_symbol

from cloud.clock import DAY_MS, local
from cloud.language.reader import locale
from cloud.language.times import clock, day, day_of_month

MOST_LABELS = 7
EVERY_HOURS = 4


def forms() -> dict[str, Any]:
    """Signs in numbers."""
    here = locale()
    return {
        "number": {
            "decimal": get_decimal_symbol(here),
            "thousands": get_group_symbol(here),
            "grouping": [3],
            "currency": ["", ""],
        }
    }


def time_axis(field: str, since: int, until: int, timezone: str) -> alt.X:
    """Of a chart over [since, until) whose `field` has UTC ms."""
    labels = time_labels(since, until, timezone)
    return alt.X(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[since, until], nice=False, zero=False),
        axis=alt.Axis(
            values=list(labels), labelExpr=f"{json.dumps(_by_text(labels))}[datum.value]", labelOverlap=True, grid=True
        ),
    )


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


def _by_text(labels: Mapping[int, str]) -> dict[str, str]:
    return {str(t): label for t, label in labels.items()}
