"""What a station measured, brought to whole days in steps of 10 minutes without a gap."""

import logging
import math
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.contract.errors import CooeeError

from ..time_grid import STEP_S
from . import gaps
from .plausible import HUMIDEST
from .table import Table

Floats = NDArray[np.float64]
LOG = logging.getLogger(__name__)
Kind = TypeVar("Kind", bound=np.generic)

LIMITS = {
    "temperature": (-45.0, 55.0),
    "humidity": (1.0, 100.5),
    "wind": (0.0, 60.0),
    "pressure": (450.0, 1100.0),
    "rain": (0.0, 120.0),
    "radiation": (0.0, 1500.0),
    "gust": (0.0, 113.0),
}
"""What a station can have measured."""
BESIDE = {"humidity": (100.0, HUMIDEST, 100.0), "radiation": (-20.0, 0.0, 0.0)}
"""What a sound probe says from here to there beyond what there is, and what it means: in fog, and a pyranometer whose
dome is colder than it by night."""
MOST_WRONG = 0.4
"""A probe of whose values more than this cannot have been is not believed for the others."""
LONGEST_EDGE_H = 6
"""A first or last day that lacks no more than this is a day."""
LONGEST_DRY_H = 30
"""Rain that was not measured for no longer (a day and the edge of another) is taken for none: nothing near would tell
how much fell."""
STEPS_S = tuple(60 * minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60))
UNSTEADY, OFF_STEP = 0.02, 0.1
"""Shares of a step: how much longer or shorter it may be between lines, and how far a line may lie from it."""


def as_meant(quantity: str, values: Floats) -> Floats:
    if quantity not in BESIDE:
        return values
    low, high, meant = BESIDE[quantity]
    return np.where((values >= low) & (values <= high), meant, values)


def check_believable(table: Table, impossible: dict[str, NDArray[np.bool_]]) -> None:
    """CooeeError where too many of a probe's values cannot have been."""
    for quantity, flags in impossible.items():
        if flags.mean() > MOST_WRONG:
            low, high = LIMITS[quantity]
            raise CooeeError(
                f"{table.name}: {flags.sum()} of {len(flags)} values of {table.quantities()[quantity].name} are not "
                f"within {low:g} to {high:g}: the others are not to be believed either"
            )


def without_dead_lines(table: Table, values: dict[str, Floats]) -> None:
    """Makes NaN of lines of 0 degC and 0 %: no air is so, but a logger that lost its probes writes it."""
    dead = (values["temperature"] == 0) & (values["humidity"] == 0)
    if dead.any():
        LOG.info("%s: %d lines have 0 degC and 0 %% and are left out", table.name, dead.sum())
        for quantity, found in values.items():
            values[quantity] = np.where(dead, np.nan, found)


def in_steps(table: Table, local: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, int, int]:
    """Times of lines brought to steps from midnight on, the length of a step in s, and how much later than these steps
    the lines were written, s: all of them are 7 minutes before the hour, or half an hour after it where the zone is so.
    CooeeError for lines off their step."""
    if len(local) < 2:
        raise CooeeError(f"{table.name}: holds one line; a day at least is needed")
    passed = (local - local[0].normalize()).total_seconds().to_numpy()
    written = float(np.median(np.diff(passed)))
    near = [step for step in STEPS_S if abs(step - written) <= UNSTEADY * step]
    if not near:
        raise CooeeError(
            f"{table.name}: has a line every {written / 60:g} minutes; write one every "
            f"{', '.join(str(s // 60) for s in STEPS_S)}"
        )
    step = near[0]
    late = (passed - passed[0] + step / 2) % step - step / 2
    usual = float(np.median(late)) + passed[0] % step
    usual = (usual + step / 2) % step - step / 2
    at = np.round((passed - usual) / step)
    off = (np.abs(passed - usual - at * step) > OFF_STEP * step) | (np.diff(at, prepend=-1) == 0)
    if off.any():
        raise CooeeError(
            f"{table.name}: line {table.line(int(off.argmax()))}: times must lie on steps of {step / 60:g} minutes "
            f"from midnight on"
        )
    return local[0].normalize() + pd.to_timedelta(at * step, unit="s"), step, round(usual)


def grid_of(table: Table, local: pd.DatetimeIndex, step: int, days: int | None) -> pd.DatetimeIndex:
    """Times of whole days in the step of the lines, from the first day to the last that is there but for
    LONGEST_EDGE_H."""
    passed = (local - local[0].normalize()).total_seconds().to_numpy()
    jumps = np.diff(passed) > gaps.LONGEST_GAP_D * 86_400 + step
    if jumps.any():
        row = int(jumps.argmax()) + 1
        raise CooeeError(
            f"{table.name}: line {table.line(row)}: comes {(passed[row] - passed[row - 1]) / 86_400:.1f} days after "
            f"the line before; "
            f"{gaps.LONGEST_GAP_D} at most can be mended; cut the file before it, or begin it there"
        )
    edge = pd.Timedelta(hours=LONGEST_EDGE_H)
    first, last = (local[0] - edge).ceil("D"), (local[-1] + pd.Timedelta(seconds=step) + edge).floor("D")
    last = last if days is None else first + pd.Timedelta(days=days)
    if first >= last:
        raise CooeeError(
            f"{table.name}: holds no whole day, from {local[0]:%Y-%m-%d %H:%M} to {local[-1]:%Y-%m-%d %H:%M}"
        )
    return pd.date_range(first, last, freq=f"{step}s", inclusive="left")


def mended(table: Table, quantity: str, values: Floats, grid: pd.DatetimeIndex) -> Floats:
    """Values on `grid`, NaN where they are bad, in steps of 10 minutes without a gap. CooeeError where one is too long
    to mend."""
    step_s = int((grid[1] - grid[0]).total_seconds())
    bad = np.isnan(values)
    if quantity == "gust" and table.format.gusts_when_strong:
        return _to_10_minutes(quantity, np.where(bad, 0.0, values), step_s)
    column, longest_s = table.quantities()[quantity].name, table.format.straight_h * 3600
    if quantity == "rain":
        longest_s = LONGEST_DRY_H * 3600
    else:
        values = gaps.mend_by_same_hour(values, step_s=step_s, straight_s=longest_s)
    length, begin = gaps.longest(np.isnan(values))
    if length * step_s > longest_s:
        low, high = LIMITS[quantity]
        raise CooeeError(
            f"{table.name}: {column} is missing or not within {low:g} to {high:g} for {length * step_s / 3600:g} h "
            f"from "
            f"{grid[begin]:%Y-%m-%d %H:%M} on, too long to mend; cut the file before them, or begin it after"
        )
    guessed = int((bad & ~np.isnan(values)).sum())
    if guessed:
        LOG.info(
            "%s: %g h of %s are taken from the same hours of the days around",
            table.name,
            guessed * step_s / 3600,
            column,
        )
    return _to_10_minutes(quantity, values, step_s)


def _to_10_minutes(quantity: str, values: Floats, step_s: int) -> Floats:
    """From steps of another length; NaN is none (rain) or lies between its neighbours."""
    at, known = np.arange(len(values)), ~np.isnan(values)
    parts, together = _parts(step_s)
    match quantity:
        case "rain":
            steps = np.repeat(np.where(known, values, 0.0) / parts, parts)
        case "gust":
            steps = np.repeat(np.interp(at, at[known], values[known]), parts)
        case _:
            steps = np.interp(np.arange(len(values) * parts) / parts, at[known], values[known])
    if together > 1:
        fine = steps.reshape(-1, together)
        steps = (
            fine.sum(axis=1) if quantity == "rain" else fine.max(axis=1) if quantity == "gust" else fine.mean(axis=1)
        )
    return np.asarray(np.clip(steps, 1.0, 100.0) if quantity == "humidity" else steps)


def _parts(step_s: int) -> tuple[int, int]:
    """Into how many parts a step is cut, and how many of those make 10 minutes."""
    part_s = math.gcd(step_s, STEP_S)
    return step_s // part_s, STEP_S // part_s


def measured_to_10_minutes(measured: NDArray[np.bool_], step_s: int) -> NDArray[np.bool_]:
    """From steps of another length: what is measured all the time."""
    parts, together = _parts(step_s)
    return np.asarray(np.repeat(measured, parts).reshape(-1, together).all(axis=1))


def later(values: NDArray[Kind], late_s: int) -> NDArray[Kind]:
    """10-minute steps moved by what lines were written later than their steps; what is before the first is as it."""
    at = np.arange(len(values)) - round(late_s / STEP_S)
    return np.asarray(values[np.clip(at, 0, len(values) - 1)])
