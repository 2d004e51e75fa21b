"""Gaps in a series of readings, and what a failing probe wrote into it: found and mended."""

import numpy as np
from numpy.typing import NDArray

from edge.spells import runs_of_true

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LONGEST_GAP_D = 7
SAME_HOUR_D = 14
"""Days on either side whose readings of the same time of day mend a long gap."""
FAILURE_S, BETWEEN_FAILURES_S, MARGIN_S = 1800, 86_400, 1800
"""A probe that reads what cannot be for so long has failed; what it reads between two failures so near, and just before
and after, is wrong too, though it may look likely."""


def failing(impossible: Flags, step_s: int) -> Flags:
    """Readings that cannot be, and those of a probe that is failing around them."""
    begins, ends = runs_of_true(impossible).T
    failures = ends - begins >= max(FAILURE_S // step_s, 2)
    begins, ends = begins[failures], ends[failures]
    bad = impossible.copy()
    for begin, end, last in zip(begins, ends, [-np.inf, *ends], strict=False):
        first = last if begin - last <= BETWEEN_FAILURES_S // step_s else begin - MARGIN_S // step_s
        bad[max(int(first), 0) : end + MARGIN_S // step_s] = True
    return bad


def longest(bad: Flags) -> tuple[int, int]:
    """Length of the longest gap and where it begins."""
    at = np.arange(len(bad))
    since = at - np.maximum.accumulate(np.where(bad, -1, at))
    last = int(since.argmax())
    return int(since[last]), last - int(since[last]) + 1


def mend_by_same_hour(values: Floats, *, step_s: int, straight_s: int) -> Floats:
    """Values with gaps (NaN) longer than `straight_s`, up to LONGEST_GAP_D, filled by the mean of the days around at
    the same time of day (mean diurnal variation; Falge et al. 2001, Agricultural and Forest Meteorology 107, 43-69),
    where there are such days."""
    values, days = (
        values.copy(),
        np.array([day for day in range(-SAME_HOUR_D, SAME_HOUR_D + 1) if day]) * (86_400 // step_s),
    )
    measured = values.copy()
    length, begin = longest(np.isnan(values))
    while straight_s < length * step_s <= LONGEST_GAP_D * 86_400:
        gap = np.arange(begin, begin + length)
        around = gap[:, None] + days
        inside = (around >= 0) & (around < len(values))
        there = np.where(inside, measured[np.where(inside, around, 0)], np.nan)
        known = (~np.isnan(there)).sum(axis=1)
        if not known.all():
            break
        values[gap] = np.nansum(there, axis=1) / known
        length, begin = longest(np.isnan(values))
    return values
