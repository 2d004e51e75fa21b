"""Probes that read what could be true and still seem wrong: the one judgement, for page and simulated field.

What no probe can read (out of range, silent for an hour, the same for days) a node finds itself and flags. Here a probe
is held against its own past and against the other probes of its zone, on a common grid of STEP_H hours:

- `fell`: a soil probe fell within a step or two by far more than it does when soil drains and roots drink, and no other
  probe of the zone fell then; or so it did beside those of its depth: soil came off it, it was moved, or its supply
  sags.
- `still`: it stands still for 8 times as long as it ever did in the two weeks before, in which it moved often. So a
  coarse probe may stand still for long, and a fine one may not.
- `apart`: in a week it went its own way by more than roots can take, while two others or more went together; or a gas
  cell moved and no other of its store did, for they share the air.
- `exchanged`: of a node's two soil probes the lower moves by day and the upper rests, each as the other does on the
  nodes beside it: their plugs were mixed up.
- `leapt`: a gas cell changed within a step by far more than ever, and no other of its store did: its input floats.
"""

from collections.abc import Mapping, Sequence
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
Doubt = Literal["fell", "still", "apart", "exchanged", "leapt"]

STEP_H = 2
"""Hours of a step: hourly rollups are there for as long (cloud/store/rollups.py)."""
LEARNT, HELD = 14 * 24 // STEP_H, 7 * 24 // STEP_H
"""Steps of a probe's own past that it is held against, and for which a fall is remembered."""
STEPS = 2 * LEARNT
"""Steps of the past after which a judgement does not change by more."""
SOIL, UPPER, LOWER = "soil_moisture_", "soil_moisture_10cm", "soil_moisture_30cm"
FALL, TIMES_USUAL_FALL = 0.01, 8.0
"""m3/m3 beyond what the steps around it fell; and so many times the largest of the probe's past."""
FALL_BESIDE, TIMES_USUAL_BESIDE, OWN_PART = 0.008, 5.0, 0.5
"""The same of how it stands to the others of its depth; by such a part of it the probe itself must have fallen."""
AROUND, SHARED = 2, 1 / 3
"""A fall is the soil's when another probe of the zone fell by such a share of it, within so many steps."""
STILL, TIMES_USUAL_STILL, FEWEST_MOVES = 6, 8, 10
"""Steps without a move, times the longest spell before it; and moves in the two weeks before."""
RIGHTLY_STILL = frozenset({"rain", "battery"})
APART, TOGETHER = 0.08, 0.5
"""m3/m3 of a week that one dry emitter does not explain, for a crop would have called for water long before; the others
agree within such a share of it."""
PARTS = {"ethylene": 0.12}
"""What a gas cell must have moved by, in its unit, to be doubted for moving alone."""
PARTED_DAYS = 6, 10
"""Since both: two days that its neighbour, or it, was broken are forgotten when they are over."""
MOVES, DEEPER_IS_STILLER, OFTEN, RATHER = 0.008, 3.0, 12 // STEP_H, 4
"""m3/m3 that one of a node's two probes changes in a day, and so many times what the other does; steps of two weeks at
which it is the wrong one, and so many times those at which it is the right one."""
LEAP = {"ethylene": 2.0}
"""Least leap of a channel, in its unit."""
TIMES_USUAL_LEAP, LEAP_HELD = 5.0, 24 // STEP_H
"""Times the largest change of a step in the probe's past; steps for which it is remembered, for a truck may have stood
there."""


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

    def judge(why: Doubt, of: Sequence[Probe], seem: Bools) -> None:
        for probe, where in zip(of, seem, strict=True):
            found[probe][why] = where

    def means(of: Sequence[Probe]) -> Floats:
        return np.stack([probes[probe].mean for probe in of])

    soil = [probe for probe in probes if probe[1].startswith(SOIL)]
    if soil:
        judge("fell", soil, _fell(means(soil), [name for _, name in soil]))
    for name in dict.fromkeys(name for _, name in soil):
        alike = [probe for probe in soil if probe[1] == name]
        judge("apart", alike, _apart(means(alike)))
    upper = [probe for probe in soil if probe[1] == UPPER and (probe[0], LOWER) in probes]
    if len(upper) > 1:
        lower = [(node, LOWER) for node, _ in upper]
        exchanged = _exchanged(means(upper), means(lower))
        judge("exchanged", upper, exchanged)
        judge("exchanged", lower, exchanged)
    for name, least in LEAP.items():
        cells = [probe for probe in probes if probe[1] == name]
        if len(cells) > 1:
            still = np.stack([found[probe]["still"] for probe in cells])
            judge("leapt", cells, _leapt(means(cells), least))
            judge("apart", cells, _parted(np.where(still, np.nan, means(cells)), PARTS[name]))
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


def _fell(means: Floats, names: Sequence[str]) -> Bools:
    """Soil probes of a zone (probes, steps), and their channels."""
    fell, fall = _falls(means)
    alone = (fall > np.maximum(FALL, TIMES_USUAL_FALL * _usual_fall(fall))) & (_of_others(fall) < SHARED * fall)
    for row, name in enumerate(names):
        alike = [other for other, its in enumerate(names) if its == name and other != row]
        if alike:
            beside = _falls(means[row] - _mean(means[alike], axis=0)[None])[1]
            far = beside > np.maximum(FALL_BESIDE, TIMES_USUAL_BESIDE * _usual_fall(beside))
            alone[row] |= (far & (fell[row] > OWN_PART * beside))[0]
    return np.asarray(_highest(alone.astype(float), HELD, lag=AROUND) > 0)


def _falls(means: Floats) -> tuple[Floats, Floats]:
    """How far each step's neighbours, three on either side, are apart; and beyond their slope, 0 for a rise. Both 0
    where one of them is missing."""
    fell = np.zeros((2, *means.shape))
    if means.shape[1] >= 7:
        at = sliding_window_view(means, 7, axis=1)
        before, after = at[..., :3], at[..., 4:]
        slope = np.minimum(np.minimum(before[..., 2] - before[..., 0], after[..., 2] - after[..., 0]) / 2, 0)
        whole = np.median(before, axis=-1) - np.median(after, axis=-1)
        fell[..., 3:-3] = np.nan_to_num([whole, np.maximum(whole + 4 * slope, 0)])
    return fell[0], fell[1]


def _usual_fall(fall: Floats) -> Floats:
    return _highest(fall, LEARNT, lag=2 * AROUND + 2)


def _of_others(changes: Floats) -> Floats:
    """The largest change of the other probes (probes, steps), around each step."""
    nearby = sliding_window_view(np.pad(changes, ((0, 0), (AROUND, AROUND))), 2 * AROUND + 1, axis=1).max(axis=-1)
    return np.stack([np.delete(nearby, row, axis=0).max(axis=0, initial=0.0) for row in range(len(changes))])


def _mean(values: Floats, axis: int) -> Floats:
    """Of what is known; NaN where nothing is."""
    known = (~np.isnan(values)).sum(axis=axis)
    return np.asarray(np.where(known > 0, np.nansum(values, axis=axis) / np.maximum(known, 1), np.nan))


def _exchanged(upper: Floats, lower: Floats) -> Bools:
    """The two probes of each node (nodes, steps)."""
    day, half = 24 // STEP_H, 12 // STEP_H
    exchanged = np.zeros(upper.shape, dtype=bool)
    if upper.shape[1] < day + half:
        return exchanged
    both = _mean(sliding_window_view(np.stack([upper, lower]), half, axis=2), axis=-1)
    change = np.zeros((2, *upper.shape))
    change[..., day + half - 1 :] = np.nan_to_num(both[..., day:] - both[..., :-day])
    for row in range(len(upper)):
        here, there = change[:, row], np.delete(change, row, axis=1).mean(axis=1)
        rightly, wrongly = (
            (np.abs(moves) > np.maximum(MOVES, DEEPER_IS_STILLER * np.abs(rests)))
            & (np.maximum(np.abs(moves - there[0]), np.abs(rests - there[1])) < np.abs(moves) / 2)
            for moves, rests in (here, here[::-1])
        )
        exchanged[row] = (_lately(wrongly) >= OFTEN) & (_lately(wrongly) > RATHER * _lately(rightly))
    return exchanged


def _lately(flags: Bools) -> NDArray[np.int64]:
    """How many of the last LEARNT steps are flagged."""
    total = np.cumsum(flags)
    return np.asarray(total - np.concatenate([np.zeros(min(LEARNT, len(total)), int), total[:-LEARNT]]))


def _leapt(means: Floats, least: float) -> Bools:
    """Probes of one channel in a zone (probes, steps)."""
    change = np.nan_to_num(np.abs(np.diff(means, axis=1, prepend=means[:, :1])))
    leapt = change > np.maximum(least, TIMES_USUAL_LEAP * _highest(change, LEARNT, lag=1))
    return np.asarray(_highest((leapt & (_of_others(change) < SHARED * change)).astype(float), LEAP_HELD, lag=0) > 0)


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
    enough = _lately(moved)[began] >= FEWEST_MOVES
    return np.asarray((run >= np.maximum(STILL, TIMES_USUAL_STILL * longest)) & enough & known)


def _apart(means: Floats) -> Bools:
    """Probes of one channel in a zone (probes, steps)."""
    apart = np.zeros(means.shape, dtype=bool)
    if len(means) < 3:
        return apart
    change = _change(means, of=24 // STEP_H, days=7)
    for row, own in enumerate(change):
        others = np.delete(change, row, axis=0)
        known = (~np.isnan(others)).sum(axis=0)
        ordered = np.sort(others, axis=0)
        middle = np.take_along_axis(ordered, np.maximum(known - 1, 0)[None] // 2, axis=0)[0]
        highest = np.take_along_axis(ordered, np.maximum(known - 1, 0)[None], axis=0)[0]
        together = (known >= 2) & (highest - ordered[0] < TOGETHER * APART)
        apart[row] = together & (np.abs(own - middle) > APART)
    return apart


def _parted(means: Floats, least: float) -> Bools:
    """Cells of one gas in a store (probes, steps): those that moved one way while no other moved so, or farther."""
    parted = np.ones(means.shape, dtype=bool)
    changes = [_change(means, of=12 // STEP_H, days=days) for days in PARTED_DAYS]
    for change in changes:
        for row, own in enumerate(change):
            others = np.delete(change, row, axis=0)
            that_way = np.nan_to_num(np.sign(own) * others, nan=-np.inf).max(axis=0)
            farthest = np.nan_to_num(np.abs(others)).max(axis=0)
            far = np.abs(own)
            parted[row] &= (far > least) & (that_way < SHARED * far) & (farthest < far) & (that_way > -np.inf)
    return np.asarray(parted & (changes[0] * changes[1] > 0))


def _change(means: Floats, *, of: int, days: int) -> Floats:
    """By how much means of some steps changed in some days (probes, steps), NaN where half of their steps lack."""
    back, change = days * 24 // STEP_H, np.full(means.shape, np.nan)
    if means.shape[1] >= back + of:
        spans = sliding_window_view(means, of, axis=1)
        known = (~np.isnan(spans)).sum(axis=-1) >= of // 2
        mean = np.where(known, _mean(spans, axis=-1), np.nan)
        change[:, back + of - 1 :] = mean[:, back:] - mean[:, :-back]
    return change


def _highest(values: Floats, steps: int, *, lag: int) -> Floats:
    """The highest of `steps` values (probes, steps) up to `lag` steps ago; nought before the first."""
    padded = np.pad(values, ((0, 0), (steps + lag - 1, 0)))
    return np.asarray(sliding_window_view(padded, steps, axis=1).max(axis=-1)[:, : values.shape[1]])
