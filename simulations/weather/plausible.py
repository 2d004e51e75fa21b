"""Whether a file's columns are what they are taken for: units, clock, rain of a line. CooeeError asks what else they
may be."""

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.agronomy.crops import extraterrestrial_radiation
from edge.agronomy.et0 import MJ_A_DAY
from edge.contract.errors import CooeeError

from .format import Site
from .table import Table

Floats = NDArray[np.float64]
LOG = logging.getLogger(__name__)

FEW_DAYS = 3
"""With fewer, radiation tells nothing of clock and unit."""
OFF_NOON_H = 2.5
"""The sun's noon is no further from 12 h of standard time, but in the west of China."""
CLEAREST, CLEAREST_OF_DAYS = 0.3, 30
"""Of so many days one at least is this clear: share of the radiation outside the air."""
FEW_STEPS = 48
"""With fewer a reading may well stand still."""
HUMIDEST, TOO_HUMID = 105.0, 0.05
"""A sound probe in fog says no more than this %; a share of values above it that is no accident."""
WETTEST_DAY_MM, WETTEST_DAYS_MM = 1000.0, 150.0
"""No farm has such a day, nor ten days or more of such a mean."""
WITHOUT_SUN_DEGC, DEGC_A_MJ = 20.0, 0.65
"""No place is warmer for days than this line of radiation outside the air (MJ/m2/d): England's mildest December days
have 13 degC at 7, Jeddah's January 24 at 25, Death Valley's July 42 at 41."""
NOTHING_MM = (99.9, 99.99, 999.9)
"""What is written for no rain measured."""
STILL, STILL_STEPS = 0.6, 24
"""Of steps with more than the least rain, the share that repeats the step before where a longer sum or a rate is
written again and again, and how many there must be."""
WET_DAYS_MM = 20.0
"""Whole numbers with a mean a day above this are asked about."""


def check_units(table: Table, values: dict[str, Floats], grid: pd.DatetimeIndex, site: Site) -> None:
    """Raises CooeeError where the values of a column are like those of another unit, or of a probe that is broken;
    warns of one that never moves."""
    sun = extraterrestrial_radiation(site.latitude, grid.day_of_year.to_numpy(dtype=np.int64)).mean()
    warmest = WITHOUT_SUN_DEGC + DEGC_A_MJ * float(sun) if grid[-1] - grid[0] >= pd.Timedelta(days=FEW_DAYS) else np.inf
    for quantity, found in values.items():
        known = found[~np.isnan(found)]
        _check_probe(table, quantity, known)
        if len(known) and (unit := _other_unit(quantity, known, site, warmest)):
            low, high = np.quantile(known, (0.01, 0.99))
            raise CooeeError(
                f"{table.name}: {table.quantities()[quantity].name} lies between {low:.4g} and {high:.4g}: is this "
                f"{unit}? {OURS[quantity]} is needed"
            )
    if "radiation" in values:
        _check_radiation(table, values["radiation"], grid, site)


def _check_probe(table: Table, quantity: str, known: Floats) -> None:
    """Warns of a reading that never moves, rain's aside; CooeeError for humidity that cannot be."""
    column = table.quantities()[quantity].name
    if quantity != "rain" and len(known) > FEW_STEPS and (known == known[0]).all():
        LOG.warning("%s: %s is %.4g on every line: is its probe broken, or not there?", table.name, column, known[0])
    if quantity == "humidity" and len(known) and np.median(known) <= HUMIDEST:
        over = int((known > HUMIDEST).sum())
        if over > TOO_HUMID * len(known):
            raise CooeeError(
                f"{table.name}: {column} is above {HUMIDEST:g} % on {over} of {len(known)} lines: is its probe out of "
                f"calibration?"
            )


OURS = {
    "temperature": "degC",
    "humidity": "% (0 to 100)",
    "wind": "m/s",
    "gust": "m/s",
    "pressure": "hPa",
    "rain": "mm since the line before",
    "radiation": "W/m2",
}


def _other_unit(quantity: str, known: Floats, site: Site, warmest: float) -> str | None:
    middle, high = np.quantile(known, (0.5, 0.99))
    match quantity:
        case "temperature":
            return "K" if middle > 200 else "degF" if high > 55 or middle > warmest else None
        case "humidity":
            return "a share (0 to 1)" if 0.05 < high <= 1.5 else "tenths of %" if middle > HUMIDEST else None
        case "wind":
            return "km/h or mph" if high > 30 else None
        case "gust":
            return "km/h or mph" if high > 55 else None
        case "pressure":
            return _other_pressure(middle, site)
    return None


def _other_pressure(middle: float, site: Site) -> str | None:
    if middle > 20_000:
        return "Pa"
    if 20 < middle < 35:
        return "inHg"
    if 50 < middle < 115:
        return "kPa"
    return "mmHg" if 500 < middle < 820 and site.elevation_m < 1000 else None


def _check_radiation(table: Table, radiation: Floats, grid: pd.DatetimeIndex, site: Site) -> None:
    column = table.quantities()["radiation"].name
    steps = round(86_400 / (grid[1] - grid[0]).total_seconds())
    by_day = radiation.reshape(-1, steps)
    outside = extraterrestrial_radiation(site.latitude, grid[::steps].day_of_year.to_numpy(dtype=np.int64))
    tells = ~np.isnan(by_day).any(axis=1) & (outside > 0)
    if tells.sum() < FEW_DAYS:
        return
    share = by_day.mean(axis=1)[tells] * MJ_A_DAY / outside[tells]
    if (share > 1).mean() > 0.2:
        raise CooeeError(
            f"{table.name}: {column} is above that outside the air on {(share > 1).sum()} of {len(share)} days: is "
            f"this another unit? {OURS['radiation']} is needed"
        )
    if share.max() < (CLEAREST if len(share) >= CLEAREST_OF_DAYS else 0.05):
        raise CooeeError(
            f"{table.name}: {column} is never above {share.max():.1%} of that outside the air: is this kW/m2, MJ/m2, "
            f"J/cm2 or langleys? {OURS['radiation']} is needed"
        )


def check_clock(table: Table, radiation: Floats | None, grid: pd.DatetimeIndex) -> None:
    """Raises CooeeError where the sun is highest far from noon of standard time."""
    step = grid[1] - grid[0]
    if radiation is None:
        return
    hours = np.asarray(grid.hour + grid.minute / 60 + step.total_seconds() / 7200)
    known = np.nan_to_num(radiation)
    if known.sum() <= 0 or len(grid) * step < pd.Timedelta(days=FEW_DAYS):
        return
    # The mean direction on the clock's face, so that a noon near midnight is found too.
    angle = np.angle((known * np.exp(2j * np.pi * hours / 24)).sum())
    noon = round(float(angle / (2 * np.pi) * 24), 1) % 24
    if abs(noon - 12) > OFF_NOON_H:
        raise CooeeError(
            f"{table.name}: by its radiation the sun is highest at {noon:.1f} h: are its times of another zone? Say "
            f"utc_offset_h, or write the zone behind each time, as in 2015-06-30 14:50-05:00"
        )


def check_rain(table: Table, rain: Floats, grid: pd.DatetimeIndex) -> None:
    """Raises CooeeError for rain that is a running total, or more than can fall."""
    column = table.quantities()["rain"].name
    nothing = np.isin(rain, NOTHING_MM)
    if nothing.any():
        raise CooeeError(
            f"{table.name}: {column} is {rain[nothing][0]:g} on {nothing.sum()} lines: does it stand for no value? "
            f"Leave it empty there"
        )
    days = len(grid) * (grid[1] - grid[0]) / pd.Timedelta(days=1)
    known = np.nan_to_num(rain)
    steps = np.diff(known)
    wet = known > 0
    again = int((wet[1:] & (steps == 0)).sum())
    rises, falls = int((steps > 0).sum()), int((steps < 0).sum())
    # Rain of a line rises as often as it falls. A total falls only to begin anew, each hour, day or month.
    if again > 0.3 * wet.sum() and rises >= max(5, 2 * falls):
        raise CooeeError(
            f"{table.name}: {column} rises and stands still, and falls only to begin anew: is this a running total? "
            f"{OURS['rain']} is needed"
        )
    more = wet[1:] & (known[1:] > known[wet].min(initial=np.inf))
    if more.sum() >= STILL_STEPS and (steps[more] == 0).mean() > STILL:
        raise CooeeError(
            f"{table.name}: {column} repeats itself from line to line: is this a rate, or the sum of a longer time? "
            f"{OURS['rain']} is needed"
        )
    by_day = known.reshape(round(days), -1).sum(axis=1)
    if by_day.max(initial=0) > WETTEST_DAY_MM or (days >= 10 and by_day.mean() > WETTEST_DAYS_MM):
        raise CooeeError(
            f"{table.name}: {column} adds up to {known.sum():,.0f} mm in {days:.0f} days: is this a running total, or "
            f"a rate? {OURS['rain']} is needed"
        )
    if days >= 10 and by_day.mean() > WET_DAYS_MM and (known == np.round(known)).all():
        raise CooeeError(
            f"{table.name}: {column} is in whole numbers and adds up to {known.sum():,.0f} mm in {days:.0f} days: are "
            f"these tenths of a mm? {OURS['rain']} is needed"
        )
