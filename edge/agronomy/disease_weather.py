"""How far weather has run towards a plant disease, by published criteria: apple scab (Mills), late blight of potato and
tomato (Hutton), early blight of tomato (TOMCAST)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAF_WET_HUMIDITY = 90.0
"""Leaves are taken for wet from this humidity on (Sentelhas et al. 2008, Agricultural and Forest Meteorology 148)."""
DRY_GAP_H = 8.0
"""Wet spells that a shorter dry one parts are one (Mills and La Plante 1951)."""
MILLS_DEGC = np.arange(5.0, 26.0)
MILLS_HOURS = np.array(
    [
        [37, 26, 21, 18, 15, 14, 12, 11, 10, 10, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 10],
        [48, 34, 27, 23, 20, 19, 17, 16, 14, 13, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 14],
        [73, 51, 40, 34, 30, 28, 26, 24, 22, 21, 20, 19, 18, 18, 18, 18, 18, 18, 18, 19, 21],
    ],
    dtype=float,
)
"""Wet hours to a light, a moderate and a heavy infection of apple scab at each of MILLS_DEGC (Mills table, as in
pyplants 0.1.1)."""
BLIGHT_DEGC, BLIGHT_HUMIDITY = 10.0, 90.0
HUTTON_HOURS, SMITH_HOURS = 6, 11
"""Humid hours of each day: Hutton criterion (James Hutton Institute and AHDB, 2017), Smith period (Smith 1956, Plant
Pathology 5)."""
TOMCAST_DEGC = np.array([13, 18, 21, 26, 30])
TOMCAST_HOURS = np.array([[7, 16, 21, np.inf], [4, 9, 16, 23], [3, 6, 13, 21], [4, 9, 16, 23]])
"""Early blight of tomato: wet hours of a day from which on it counts 1, 2, 3 and 4 severity values, by the mean
temperature while leaves were wet, in whole degrees, from each of TOMCAST_DEGC to the next (Madden, Pennypacker and
MacNab 1978, Phytopathology 68; chart of TOMCAST). Sprays are due at sums of 15 to 20."""
TOMCAST_MORNING_H = 11
"""A severity day ends at 11 h, so that it holds a whole night."""
TOMCAST_DUE = 15
"""The least sum of severity values at which a spray is due."""


@dataclass(frozen=True, kw_only=True)
class Hutton:
    """Humid hours of the last day and of the day before, of HUTTON_HOURS that each needs, and the lowest temperature of
    the last day [degC]."""

    humid_h: int
    humid_h_before: int
    lowest: float

    @property
    def can_be_met(self) -> bool:
        """Whether two such days may be complete within a day: an hour below BLIGHT_DEGC puts that off for two."""
        return self.lowest >= BLIGHT_DEGC


@dataclass(frozen=True, kw_only=True)
class Scab:
    """Hours that leaves have been wet for, their mean temperature [degC], and the hours that a light infection needs at
    it (Mills table; None: there is none so cold or so warm)."""

    wet_h: float
    degc: float
    needed_h: float | None


@dataclass(frozen=True, kw_only=True)
class Severity:
    """TOMCAST's severity values, of TOMCAST_DUE, summed up since a time (UTC ms)."""

    total: int
    since: int


Criterion = Hutton | Scab | Severity


def leaf_wet(humidity: Floats, rain: Floats) -> Bools:
    """Whether leaves are wet."""
    return np.asarray((humidity >= LEAF_WET_HUMIDITY) | (rain > 0))


def hutton(temperature: Floats, humidity: Floats) -> Hutton | None:
    """By the hourly means of two days (48,), NaN where unknown; None with less than half of the last day known."""
    known = ~np.isnan(temperature[-24:])
    if known.sum() < 12:
        return None
    humid = humidity >= BLIGHT_HUMIDITY
    return Hutton(
        humid_h=int(humid[-24:].sum()),
        humid_h_before=int(humid[:-24].sum()),
        lowest=float(temperature[-24:][known].min()),
    )


def scab(temperature: Floats, wet: Bools, step_h: float) -> Scab | None:
    """Of the wet spell at the last step; None when leaves are dry."""
    hours, means = _wet_spells(temperature, wet, step_h)
    if not len(hours) or hours[-1] == 0:
        return None
    needed = float(np.interp(means[-1], MILLS_DEGC, MILLS_HOURS[0])) if _infects(means)[-1] else None
    return Scab(wet_h=float(hours[-1]), degc=float(means[-1]), needed_h=needed)


def mills(temperature: Floats, wet: Bools, step_h: float) -> Ints:
    """Apple scab: infection that the wet spell so far has brought, 0 none, 1 light, 2 moderate, 3 heavy, of each wet
    step."""
    hours, means = _wet_spells(temperature, wet, step_h)
    reached = [hours >= np.interp(means, MILLS_DEGC, needed) - 1e-9 for needed in MILLS_HOURS]
    return np.asarray(np.where(wet & _infects(means), np.sum(reached, axis=0), 0))


def _infects(means: Floats) -> Bools:
    return np.asarray((means >= MILLS_DEGC[0]) & (means <= MILLS_DEGC[-1]))


def _wet_spells(temperature: Floats, wet: Bools, step_h: float) -> tuple[Floats, Floats]:
    """Wet hours of the spell so far and their mean temperature, of each step; none once it was dry for DRY_GAP_H."""
    hours, means = np.zeros(len(wet)), np.zeros(len(wet))
    wet_h = warmth = dry_h = 0.0
    for i, (is_wet, degc) in enumerate(zip(wet.tolist(), temperature.tolist(), strict=True)):
        if is_wet:
            dry_h, wet_h, warmth = 0.0, wet_h + step_h, warmth + degc * step_h
        else:
            dry_h += step_h
            if dry_h >= DRY_GAP_H:
                wet_h = warmth = 0.0
        hours[i], means[i] = wet_h, warmth / wet_h if wet_h else 0.0
    return hours, means


def tomcast(temperature: Floats, wet: Bools, step_s: int) -> Ints:
    """Severity values, 0 to 4, of the 24 hours that end at TOMCAST_MORNING_H on each day, (days,), from steps that
    begin at a midnight; the first day has its morning only."""
    before, a_day = (24 - TOMCAST_MORNING_H) * 3600 // step_s, 86_400 // step_s
    days = len(wet) // a_day

    def shifted(values: Floats) -> Floats:
        return np.asarray(np.concatenate([np.zeros(before), values])[: days * a_day].reshape(days, a_day).sum(axis=1))

    steps = shifted(wet.astype(float))
    mean = np.round(shifted(np.where(wet, temperature, 0.0)) / np.maximum(steps, 1), 6)
    row = np.searchsorted(TOMCAST_DEGC, np.round(mean), side="right") - 1
    known = (row >= 0) & (row < len(TOMCAST_HOURS))
    reached = steps[:, None] * step_s / 3600 >= TOMCAST_HOURS[np.where(known, row, 0)]
    return np.asarray(np.where(known, reached.sum(axis=1), 0))
