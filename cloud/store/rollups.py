"""What a rollup is, for both stores, and when the past is drawn from rollups.

A rollup is mean, lowest value, highest value and number of a channel's readings from one node (and the zone that they
were stored under) in an hour or a day of UTC. Readings go when they are old; rollups stay, hourly ones for long and
daily ones for ever. Calls and judgements stay for ever as well: they are few, and they are what was decided.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from edge.farm import Keep

from ..clock import DAY_MS, HOUR_MS

log = logging.getLogger("cooee.store")

SPANS = {"hourly": HOUR_MS, "daily": DAY_MS}
"""Length of a rollup [ms] by its name."""
READINGS = 0
"""Stands for the readings themselves where a span is asked for."""
COARSER = 2
"""The past is drawn from rollups once a point on the chart is this many of them wide."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollup:
    """Readings of a channel with t <= their time < t + span, UTC ms; mean, low and high in the channel's unit."""

    zone: str
    node: str
    channel: str
    span: int
    t: int
    mean: float
    low: float
    high: float
    count: int


def span_for(width: int, since: int, kept_since: Mapping[int, int]) -> int:
    """What to draw points `width` ms wide from `since` on from: READINGS, or the longest span that is fine enough; a
    longer one where the shorter are gone. `kept_since`: span -> time from which it is still there."""
    fine = max((span for span in SPANS.values() if width >= COARSER * span), default=READINGS)
    there = (span for span in (READINGS, *SPANS.values()) if span >= fine and kept_since.get(span, 0) <= since)
    return next(there, max(SPANS.values()))


def horizons(keep: Keep, now: int) -> dict[int, int]:
    """Time [UTC ms, a whole hour] before which readings, and hourly rollups, go; nothing for what stays."""
    days = {READINGS: keep.readings_days, HOUR_MS: keep.hourly_days}
    return {span: (now - DAY_MS * kept) // HOUR_MS * HOUR_MS for span, kept in days.items() if kept != "all"}


class TooOld:
    """Counts readings that came when the store no longer keeps their time, and says so."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, readings: int) -> None:
        """These were dropped."""
        self.count += readings
        log.warning("%d readings are older than the store keeps any: dropped (%d since start)", readings, self.count)
