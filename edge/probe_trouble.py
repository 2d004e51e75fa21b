"""Probes that read what could be true and still seem wrong: the one judgement, for page and simulated field.

What no probe can read (out of range, silent for an hour, the same for days) a node finds itself and flags. Here a probe
is held against its own past and against the other probes of its zone, on a common grid of STEP_H hours:

- `fell`: a soil probe fell within a step or two by far more than it does when soil drains and roots drink, and no other
  probe of the zone fell then: soil came off it, it was moved, or its supply sags.
- `still`: it stands still for 8 times as long as it ever did in the two weeks before, in which it moved often. So a
  coarse probe may stand still for long, and a fine one may not.
- `apart`: in a week it went its own way by more than roots can take, while two others or more went together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .contract.channels import MISSING, Channel, channel
from .spells import runs_of_true

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Probe = tuple[str, str]
"""Node and channel."""
Doubt = Literal["fell", "still", "apart"]

STEP_H = 2
"""Hours of a step: hourly rollups are there for as long (cloud/store/rollups.py)."""
LEARNT, HELD = 14 * 24 // STEP_H, 7 * 24 // STEP_H
"""Steps of a probe's own past that it is held against, and for which a fall is remembered."""
STEPS = 2 * LEARNT
"""Steps of the past after which a judgement does not change by more."""
SOIL = "soil_moisture_"
FALL, TIMES_USUAL_FALL = 0.01, 5.0
"""m3/m3 beyond what the steps around it fell; and so many times the largest of the probe's past."""
AROUND, SHARED = 2, 1 / 3
"""A fall is the soil's when another probe of the zone fell by such a share of it, within so many steps."""
STILL, TIMES_USUAL_STILL, FEWEST_MOVES = 6, 8, 10
"""Steps without a move, times the longest spell before it; and moves in the two weeks before."""
RIGHTLY_STILL = frozenset({"rain", "battery"})
APART, TOGETHER = 0.08, 0.5
"""m3/m3 of a week that one dry emitter does not explain, for a crop would have called for water long before; the others
agree within such a share of it."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """What a probe read: lowest, highest and mean value of each step, in the channel's unit, NaN where there was none;
    arrays (steps,)."""

    low: Floats
    high: Floats
    mean: Floats


@dataclass(frozen=True, kw_only=True)
class Doubted:
    """Why a probe seems wrong now, and since when (UTC ms)."""

    why: Doubt
    since: int


def past_of(raw: NDArray[np.int16], step_s: int, of: Channel) -> Past:
    """Raw values (readings,) of one channel, `step_s` seconds apart, on the grid; what is out of range is none."""
    a_step = max(1, STEP_H * 3600 // step_s)
    values = raw[: len(raw) // a_step * a_step].reshape(-1, a_step) * of.scale
    there = (raw[: values.size].reshape(values.shape) != MISSING) & (values >= of.low) & (values <= of.high)
    count = there.sum(axis=1)
    low = np.where(there, values, np.inf).min(axis=1)
    high = np.where(there, values, -np.inf).max(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    empty = count == 0
    low[empty] = high[empty] = np.nan
    return Past(low=low, high=high, mean=np.where(empty, np.nan, total / np.maximum(count, 1)))


def doubts(probes: Mapping[Probe, Past]) -> dict[Probe, dict[Doubt, Bools]]:
    """Of the probes of one zone, on one grid: at which steps (steps,) they seem wrong, and why. A step's judgement
    rests on that step and those before it."""
    found: dict[Probe, dict[Doubt, Bools]] = {
        probe: {"still": _still(past, channel(probe[1]))}
        for probe, past in probes.items()
        if probe[1] not in RIGHTLY_STILL
    }
    soil = [probe for probe in probes if probe[1].startswith(SOIL)]
    if soil:
        means = np.stack([probes[probe].mean for probe in soil])
        for probe, fell in zip(soil, _fell(means), strict=True):
            found[probe]["fell"] = fell
        for name in dict.fromkeys(name for _, name in soil):
            alike = [row for row, (_, other) in enumerate(soil) if other == name]
            for row, apart in zip(alike, _apart(means[alike]), strict=True):
                found[soil[row]]["apart"] = apart
    return found


def doubted_now(probes: Mapping[Probe, Past], begins: int) -> dict[Probe, Doubted]:
    """Of the probes of one zone, those that seem wrong at the last step; `begins`: time of the first step, UTC ms."""
    found = {}
    for probe, reasons in doubts(probes).items():
        for why, flags in reasons.items():
            if flags.any() and flags[-1]:
                since = int(runs_of_true(flags)[-1][0])
                found[probe] = Doubted(why=why, since=begins + since * STEP_H * 3_600_000)
    return found


def _fell(means: Floats) -> Bools:
    """Soil probes of a zone (probes, steps)."""
    fall = _falls(means)
    usual = _highest(fall, LEARNT, lag=2 * AROUND + 2)
    padded = np.pad(fall, ((0, 0), (AROUND, AROUND)))
    nearby = sliding_window_view(padded, 2 * AROUND + 1, axis=1).max(axis=-1)
    others = np.stack([np.delete(nearby, row, axis=0).max(axis=0, initial=0.0) for row in range(len(means))])
    fell = (fall > np.maximum(FALL, TIMES_USUAL_FALL * usual)) & (others < SHARED * fall)
    return np.asarray(_highest(fell.astype(float), HELD, lag=AROUND) > 0)


def _falls(means: Floats) -> Floats:
    """How far each step's neighbours are apart beyond the slope on either side, three steps each; 0 for a rise, or
    where one of them is missing."""
    falls = np.zeros(means.shape)
    if means.shape[1] < 7:
        return falls
    at = sliding_window_view(means, 7, axis=1)
    before, after = at[..., :3], at[..., 4:]
    slope = np.minimum(np.minimum(before[..., 2] - before[..., 0], after[..., 2] - after[..., 0]) / 2, 0)
    fall = np.median(before, axis=-1) - np.median(after, axis=-1) + 4 * slope
    falls[:, 3:-3] = np.nan_to_num(np.maximum(fall, 0))
    return falls


def _still(past: Past, of: Channel) -> Bools:
    """One probe. At the ends of its range a value may rightly stand: 100 % of humidity, no wind."""
    known = ~np.isnan(past.low)
    places = np.arange(len(known))
    before = np.concatenate([[-1], np.maximum.accumulate(np.where(known, places, -1))[:-1]])
    last = np.where(before >= 0, past.high[before], np.nan)
    same = known & (past.low == past.high) & (past.low == last) & (past.low > of.low) & (past.high < of.high)
    moved = known & ~same
    began = np.maximum.accumulate(np.where(moved, places, 0))
    total = np.cumsum(same)
    run = total - total[began]
    ended = np.where(moved, np.concatenate([[0], run[:-1]]), 0)
    longest = _highest(ended[None].astype(float), LEARNT, lag=0)[0][began]
    moves = np.cumsum(moved)
    lately = moves - np.concatenate([np.zeros(min(LEARNT, len(moves)), int), moves[:-LEARNT]])
    return np.asarray((run >= np.maximum(STILL, TIMES_USUAL_STILL * longest)) & (lately[began] >= FEWEST_MOVES) & known)


def _apart(means: Floats) -> Bools:
    """Probes of one channel in a zone (probes, steps): changes of daily means over a week."""
    week, day = 7 * 24 // STEP_H, 24 // STEP_H
    apart = np.zeros(means.shape, dtype=bool)
    if len(means) < 3 or means.shape[1] < week + day:
        return apart
    days = sliding_window_view(means, day, axis=1)
    enough = (~np.isnan(days)).sum(axis=-1) >= day // 2
    daily = np.where(enough, np.nansum(days, axis=-1) / np.maximum((~np.isnan(days)).sum(axis=-1), 1), np.nan)
    change = daily[:, week:] - daily[:, :-week]
    for row, own in enumerate(change):
        others = np.delete(change, row, axis=0)
        known = (~np.isnan(others)).sum(axis=0)
        ordered = np.sort(others, axis=0)
        middle = np.take_along_axis(ordered, np.maximum(known - 1, 0)[None] // 2, axis=0)[0]
        highest = np.take_along_axis(ordered, np.maximum(known - 1, 0)[None], axis=0)[0]
        together = (known >= 2) & (highest - ordered[0] < TOGETHER * APART)
        apart[row, week + day - 1 :] = together & (np.abs(own - middle) > APART)
    return apart


def _highest(values: Floats, steps: int, *, lag: int) -> Floats:
    """The highest of `steps` values (probes, steps) up to `lag` steps ago; nought before the first."""
    padded = np.pad(values, ((0, 0), (steps + lag - 1, 0)))
    return np.asarray(sliding_window_view(padded, steps, axis=1).max(axis=-1)[:, : values.shape[1]])
