"""Daily weather from the files of several services: years of it, to fit and to test against."""

import logging
import math
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge.agronomy.crops import extraterrestrial_radiation

from .files import read_table
from .format import INCH, KNMI_SITES, LANGLEY, MPH, Column, Format, Site, fahrenheit
from .table import Table

LOG = logging.getLogger(__name__)
Floats = NDArray[np.float64]

LIMITS = {
    "t_max": (-60.0, 60.0),
    "t_min": (-70.0, 45.0),
    "rh_max": (5.0, 100.5),
    "rh_min": (1.0, 100.5),
    "rh_mean": (2.0, 100.5),
    "wind": (0.0, 50.0),
    "gust": (0.0, 113.0),
    "rain": (0.0, 1000.0),
    "radiation": (0.0, 45.0),
    "pressure": (450.0, 1100.0),
}
"""What a day can have had."""
DARKEST = 0.005
"""A share of the radiation above the air that the darkest day still has."""
ORDERED = (("t_min", "t_max"), ("rh_min", "rh_mean"), ("rh_mean", "rh_max"), ("rh_min", "rh_max"), ("wind", "gust"))
"""The first is never above the second."""


def _said_site(preamble: str, station: str) -> Site | None:
    """pyfao56 writes a number before its meaning, each in a line."""
    said = [
        re.search(rf"(-?[\d.]+)\s+{what}", preamble)
        for what in ("Weather station latitude", "Weather station elevation", "Wind speed measurement height")
    ]
    latitude, elevation, height = (float(found[1]) if found else math.nan for found in said)
    if math.isnan(latitude + elevation + height):
        return None
    return Site(latitude=latitude, elevation_m=elevation, wind_height_m=height)


FORMATS = (
    # Royal Netherlands Meteorological Institute: tenths of a unit, J/cm2; rain of -1 is less than 0.05 mm.
    Format(
        name="KNMI daily",
        time=("YYYYMMDD",),
        time_format="%Y%m%d",
        station="STN",
        sites=KNMI_SITES,
        columns={
            "t_max": Column(name="TX", per=10),
            "t_min": Column(name="TN", per=10),
            "rain": Column(name="RH", per=10, codes={-1: 0}),
        },
        optional={
            "rh_max": Column(name="UX"),
            "rh_min": Column(name="UN"),
            "rh_mean": Column(name="UG"),
            "wind": Column(name="FG", per=10),
            "gust": Column(name="FXX", per=10),
            "radiation": Column(name="Q", per=100),
            "pressure": Column(name="PG", per=10),
        },
    ),
    # California Irrigation Management Information System: US units, langleys.
    Format(
        name="CIMIS daily",
        time=("Unnamed: 0",),
        station="id",
        sites={"6": Site(latitude=38.54, elevation_m=18, utc_offset_h=-8, wind_height_m=2)},
        columns={
            "t_max": fahrenheit("tmax"),
            "t_min": fahrenheit("tmin"),
            "rh_max": Column(name="rhmax"),
            "rh_min": Column(name="rhmin"),
            "rh_mean": Column(name="rhavg"),
            "wind": Column(name="uz", factor=MPH),
            "rain": Column(name="precip", factor=INCH),
            "radiation": Column(name="rs", factor=LANGLEY),
        },
    ),
    # pyfao56: says itself where it was measured.
    Format(
        name="pyfao56 weather",
        time=("Year-DOY",),
        time_format="%Y-%j",
        site_of=_said_site,
        columns={
            "t_max": Column(name="Tmax"),
            "t_min": Column(name="Tmin"),
            "rh_max": Column(name="RHmax"),
            "rh_min": Column(name="RHmin"),
            "wind": Column(name="Wndsp"),
            "rain": Column(name="Rain"),
            "radiation": Column(name="Srad"),
        },
    ),
    # GHCN-Daily in degC and mm.
    Format(
        name="GHCN daily",
        time=("date",),
        columns={"t_max": Column(name="TMAX"), "t_min": Column(name="TMIN"), "rain": Column(name="PRCP")},
    ),
)


@dataclass(frozen=True, kw_only=True)
class DailyWeather:
    """A calendar without gaps, arrays (days,), NaN where nothing (credible) was measured: highest and lowest
    temperature degC, humidity %, the day's mean wind and strongest gust m/s (at `wind_height_m`), rain mm, solar
    radiation MJ/m2, mean pressure hPa."""

    name: str
    first_day: date
    latitude: float
    elevation_m: float
    wind_height_m: float
    t_max: Floats
    t_min: Floats
    rh_max: Floats
    rh_min: Floats
    rh_mean: Floats
    wind: Floats
    gust: Floats
    rain: Floats
    radiation: Floats
    pressure: Floats

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """(days,) of datetime64[D]."""
        return np.datetime64(self.first_day, "D") + np.arange(len(self.t_max))


def read_daily(path: Path, *, site: Site | None = None, station: str | None = None) -> DailyWeather:
    """A file of one of FORMATS, known by its columns; `station` where it has several. `site` where the file does not
    say it and the station is not one we know. What no day can have had is dropped (and logged), days that are missing
    are NaN.

    CooeeError names the file, and the line and column of what cannot be read.
    """
    return daily_from(read_table(path, FORMATS), site, station)


def daily_from(table: Table, site: Site | None, station: str | None) -> DailyWeather:
    """A table of one of FORMATS; see `read_daily`."""
    table, chosen = table.of(station)
    where = table.site(chosen, site)
    days = pd.DatetimeIndex(table.times()).normalize()
    calendar = pd.date_range(days[0], days[-1], freq="D")
    columns: dict[str, Floats] = {
        quantity: np.asarray(table.values(quantity).set_axis(days).reindex(calendar), dtype=float)
        for quantity in table.quantities()
    }
    name = "-".join(filter(None, (table.name.split(".")[0], chosen if table.format.station else "")))
    return DailyWeather(
        name=name,
        first_day=days[0].date(),
        latitude=where.latitude,
        elevation_m=where.elevation_m,
        wind_height_m=where.wind_height_m,
        **_credible(columns, calendar, where, table.name),
    )


def _credible(columns: dict[str, Floats], calendar: pd.DatetimeIndex, site: Site, name: str) -> dict[str, Floats]:
    """Every quantity of LIMITS, NaN where it is outside them, where a lowest is above a highest, or where more
    radiation reaches the ground than the air, or hardly any."""
    values = {quantity: columns.get(quantity, np.full(len(calendar), np.nan)) for quantity in LIMITS}
    bad = {quantity: (values[quantity] < low) | (values[quantity] > high) for quantity, (low, high) in LIMITS.items()}
    ra = extraterrestrial_radiation(site.latitude, calendar.day_of_year.to_numpy(dtype=np.int64))
    bad["radiation"] |= (values["radiation"] > ra) | (values["radiation"] < DARKEST * ra)
    for lower, upper in ORDERED:
        crossed = values[lower] > values[upper]
        bad[lower] |= crossed
        bad[upper] |= crossed
    for quantity, dropped in bad.items():
        if dropped.any():
            LOG.info("%s: %d values of %s cannot have been and are dropped", name, dropped.sum(), quantity)
    return {quantity: np.where(bad[quantity], np.nan, values[quantity]) for quantity in LIMITS}
