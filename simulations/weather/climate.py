"""Days that never were at a station known for many years: a stochastic weather generator after Richardson (1981, Water
Resources Research 17(1)).

Rain comes and stays away by a Markov chain of second order; its amount and the other quantities of a day are normal
scores of their distribution on wet and on dry days, which turns with the seasons, and follow each other by a
multivariate autoregression with all correlations of a day with itself and the two before (Matalas 1967, Water Resources
Research 3(4); of second order, because pressure forgets faster than a first order lets it). Two things are added to
what is usual. The chain is driven by a normal variable of the same autoregression, so that falling pressure comes
before rain. And a slow part runs under everything, because a generator without one makes months that are too much alike
(Wilks and Wilby 1999, Progress in Physical Geography 23(3)). `simulations/weather/climate_fit.py` fits a climate to a
station's record.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import extraterrestrial_radiation
from edge.contract.errors import CooeeError
from edge.edited_file import why_unreadable

from ..rng import stream
from .climate_statistics import SEASONS
from .fragments import by_step
from .series import Weather
from .ten_minutes import whately

Floats = NDArray[np.float64]

VARIABLES = ("rain", "t_min", "t_range", "rh_mean", "rh_drop", "rh_rise", "wind", "gust_over", "clearness", "pressure")
"""What of a day is drawn: log of rain in mm (on wet days), lowest temperature and its range; mean humidity, its fall to
the lowest and, as a share of what is left to HUMIDEST, rise to the highest; mean wind, gust above it, radiation as a
share of that above the air, pressure."""
DAYS = 365
HARMONICS = 2
SCORES = np.linspace(-2.4, 2.4, 13)
"""Normal scores whose quantiles are known; beyond them and between, values lie on straight lines."""
HUMIDEST = 100.5
"""A humidity of 100 is anything up to it."""
SPIN_UP_DAYS = 60
RAIN_STEP_MM = 0.1
"""Rain is measured in these; a day with one is wet."""
SEASON_NAMES = ("winter", "spring", "summer", "autumn")
ALL_DAYS = np.arange(1, DAYS + 1)
YEAR = 2023
"""Which the generated year calls itself: it has 365 days."""
DIGITS = 4
CLIMATES = ("de-bilt", "davis", "maricopa")
"""Climates that come with the program."""
NUMBERS = ("latitude", "elevation_m", "utc_offset_h", "wind_height_m", "memory")


@dataclass(frozen=True, kw_only=True)
class Climate:
    """A station's climate. With k = 1 + len(VARIABLES) components, the first of which drives the rain's chain:

    occurrence (4, 5): harmonics of the score below which a day is wet, by 2 * (wet yesterday) + (wet the day before);
    quantiles (variables, 2, scores, 5): harmonics of the quantiles on dry and on wet days; step (4, k, 2k), noise, slow
    (4, k, k): by season from winter on, what remains of the scores of yesterday and the day before, and the roots of
    the covariances of what is new and of the slow part; memory: the slow part's correlation from day to day.

    `station`: statistics of the record it was fitted to (simulations/weather/climate_statistics.py)."""

    name: str
    source: str
    latitude: float
    elevation_m: float
    utc_offset_h: float
    wind_height_m: float
    memory: float
    occurrence: Floats
    quantiles: Floats
    step: Floats
    noise: Floats
    slow: Floats
    station: dict[str, Floats]


def harmonics(day: Floats | NDArray[np.int64]) -> Floats:
    """Basis (days, 5) of the seasons at days of the year from 1."""
    angle = 2 * np.pi * (np.asarray(day) - 0.5) / DAYS
    return np.stack(
        [np.ones_like(angle), *(f(n * angle) for n in range(1, HARMONICS + 1) for f in (np.cos, np.sin))], axis=-1
    )


def generate(climate: Climate, seed: int) -> Weather:
    """A year of 10-minute weather, another for every seed; the courses within its days are those of days at Whately."""
    rng = stream(seed, f"climate {climate.name}")
    days = {name: values[0] for name, values in generate_days(climate, 1, rng).items()}
    arrays = by_step(days, whately(), climate.latitude, rng)
    midnight = datetime(YEAR, 1, 1, tzinfo=UTC).timestamp() - 3600 * climate.utc_offset_h
    return Weather(
        name=f"climate-{climate.name}-{seed}",
        start_ms=round(1000 * midnight),
        utc_offset_h=climate.utc_offset_h,
        latitude=climate.latitude,
        elevation_m=climate.elevation_m,
        wind_height_m=climate.wind_height_m,
        **{name: np.round(values, DIGITS) for name, values in arrays.items()},
    )


def bundled(name: str) -> Climate:
    """One of CLIMATES."""
    return _parse(
        files("simulations").joinpath("data", f"climate_{name.replace('-', '_')}.toml").read_text(encoding="utf-8"),
        name,
    )


def read_climate(path: Path) -> Climate:
    """A climate from its file (TOML, as `write_climate` makes it). CooeeError says what is wrong with it."""
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(f"{path}: cannot be read ({why_unreadable(error)})") from None


def _parse(text: str, source: str) -> Climate:
    size = len(VARIABLES) + 1
    try:
        table = tomllib.loads(text)
        quantiles = np.array([[table["quantiles"][v][w] for w in ("dry", "wet")] for v in VARIABLES], dtype=float)
        arrays = {
            "occurrence": np.array(table["occurrence"], dtype=float),
            "quantiles": quantiles,
            **{
                name: np.array([table[season][name] for season in SEASON_NAMES], dtype=float)
                for name in ("step", "noise", "slow")
            },
        }
        fields: dict[str, Any] = (
            {name: str(table[name]) for name in ("name", "source")}
            | {name: float(table[name]) for name in NUMBERS}
            | arrays
        )
        climate = Climate(
            **fields, station={name: np.array(values, dtype=float) for name, values in table["station"].items()}
        )
    except (tomllib.TOMLDecodeError, ValueError, TypeError) as error:
        raise CooeeError(f"{source}: is not a climate ({error}); simulations.weather.climate_fit writes one") from None
    except KeyError as error:
        raise CooeeError(
            f"{source}: {error.args[0]} is missing; simulations.weather.climate_fit writes a climate anew"
        ) from None
    shapes = {
        "occurrence": (4, 5),
        "quantiles": (len(VARIABLES), 2, len(SCORES), 5),
        "slow": (4, size, size),
        "step": (4, size, 2 * size),
        "noise": (4, size, size),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise CooeeError(
                f"{source}: {name} must be {' x '.join(map(str, shape))} numbers, found "
                f"{' x '.join(map(str, arrays[name].shape))}"
            )
        if not np.isfinite(arrays[name]).all():
            raise CooeeError(f"{source}: {name} must be finite numbers")
    return climate


def write_climate(climate: Climate, path: Path, command: str) -> None:
    """Writes a climate to be read again, numbers to 4 digits after the point and 6 in all; `command` is said to have
    made it. CooeeError when it cannot be written."""
    lines = [
        f"# A climate for simulations/weather/climate.py, made by `{command}`.",
        "",
        *(f"{name} = {json.dumps(getattr(climate, name), ensure_ascii=False)}" for name in ("name", "source")),
        *(f"{name} = {getattr(climate, name):g}" for name in NUMBERS),
        f"occurrence = {_numbers(climate.occurrence)}",
        "",
    ]
    for season, name in enumerate(SEASON_NAMES):
        lines += [
            f"[{name}]",
            *(f"{part} = {_numbers(getattr(climate, part)[season])}" for part in ("step", "noise", "slow")),
            "",
        ]
    for variable, (dry, wet) in zip(VARIABLES, climate.quantiles, strict=True):
        lines += [f"[quantiles.{variable}]", f"dry = {_numbers(dry)}", f"wet = {_numbers(wet)}", ""]
    lines += ["[station]", *(f"{name} = {_numbers(values)}" for name, values in climate.station.items()), ""]
    try:
        path.write_text("\n".join(lines), encoding="utf-8")
    except OSError as error:
        raise CooeeError(f"{path}: cannot be written ({error.strerror})") from None


def _numbers(values: Floats) -> str:
    if values.ndim == 1:
        return "[" + ", ".join(f"{round(v, DIGITS):g}" for v in values) + "]"
    return "[\n" + "".join(f"  {_numbers(row)},\n" for row in values) + "]"


def normal_scores(climate: Climate, years: int, rng: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
    """Scores (years, 365, k) and which days are wet (years, 365)."""
    size = climate.step.shape[1]
    thresholds = climate.occurrence @ harmonics(ALL_DAYS).T
    fast, slow = np.zeros((years, 2 * size)), rng.normal(size=(years, size))
    wet, before = np.zeros((2, years), dtype=np.int64)
    scores, rains = np.empty((years, DAYS, size)), np.empty((years, DAYS), dtype=np.bool_)
    season_of = {int(day): season for season, days in enumerate(SEASONS) for day in days}
    for day in range(-SPIN_UP_DAYS, DAYS):
        season = season_of[day % DAYS]
        new = rng.normal(size=(2, years, size))
        fast = np.concatenate(
            [fast @ climate.step[season].T + new[0] @ climate.noise[season].T, fast[:, :size]], axis=1
        )
        slow = climate.memory * slow + np.sqrt(1 - climate.memory**2) * new[1]
        today = fast[:, :size] + slow @ climate.slow[season].T
        wet, before = (today[:, 0] < thresholds[2 * wet + before, day]).astype(np.int64), wet
        if day >= 0:
            scores[:, day], rains[:, day] = today, wet
    return scores, rains


def quantile_curves(climate: Climate, variable: int) -> Floats:
    """(2, 365, scores) of a variable on dry and on wet days, rising."""
    return np.asarray(
        np.maximum.accumulate(np.einsum("wqh,dh->wdq", climate.quantiles[variable], harmonics(ALL_DAYS)), axis=-1)
    )


def generate_days(climate: Climate, years: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Years of 365 days that have nothing to do with each other, arrays (years, 365): rain mm, t_min and t_max degC,
    rh_min, rh_mean and rh_max %, wind and gust m/s, radiation MJ/m2/d, pressure hPa."""
    scores, wet = normal_scores(climate, years, rng)
    drawn = {}
    spacing = SCORES[1] - SCORES[0]
    day, wetness = np.broadcast_to(np.arange(DAYS), wet.shape), wet.astype(np.int64)
    for number, name in enumerate(VARIABLES):
        curves = quantile_curves(climate, number)
        position = (scores[:, :, number + 1] - SCORES[0]) / spacing
        below = np.clip(np.floor(position).astype(np.int64), 0, len(SCORES) - 2)
        low, high = curves[wetness, day, below], curves[wetness, day, below + 1]
        drawn[name] = low + (position - below) * (high - low)
    return compose(drawn, wet, climate.latitude)


def decompose(days: Mapping[str, Floats], latitude: float) -> dict[str, Floats]:
    """VARIABLES of days as `generate_days` gives them."""
    ra = extraterrestrial_radiation(latitude, ALL_DAYS)
    return {
        "rain": np.log(np.maximum(days["rain"], RAIN_STEP_MM / 2)),
        "t_min": days["t_min"],
        "t_range": days["t_max"] - days["t_min"],
        "rh_mean": days["rh_mean"],
        "rh_drop": days["rh_mean"] - days["rh_min"],
        "rh_rise": (days["rh_max"] - days["rh_mean"]) / (HUMIDEST - days["rh_mean"]),
        "wind": days["wind"],
        "gust_over": days["gust"] - days["wind"],
        "clearness": days["radiation"] / ra,
        "pressure": days["pressure"],
    }


def compose(drawn: Mapping[str, Floats], wet: NDArray[np.bool_], latitude: float) -> dict[str, Floats]:
    """The other way round; what cannot be is brought to the nearest that can, and a day overlaps with the next in
    temperature and humidity."""
    ra = extraterrestrial_radiation(latitude, ALL_DAYS)
    t_min = drawn["t_min"].copy()
    t_max = t_min + np.maximum(drawn["t_range"], 0.5)
    rh_mean = np.clip(drawn["rh_mean"], 10, 99.5)
    rh_min = rh_mean - np.maximum(drawn["rh_drop"], 0.5)
    rh_max = rh_mean + np.maximum(drawn["rh_rise"] * (HUMIDEST - rh_mean), 0.2)
    rh_min, rh_max = np.clip(rh_min, 5, 99), np.minimum(rh_max, 100)
    _overlap(t_min, t_max, 0.2)
    _overlap(rh_min, rh_max, 0.2)
    wind = np.maximum(drawn["wind"], 0.3)
    rain = np.maximum(np.round(np.exp(drawn["rain"]) / RAIN_STEP_MM), 1) * RAIN_STEP_MM
    return {
        "rain": np.where(wet, rain, 0.0),
        "t_min": t_min,
        "t_max": t_max,
        "rh_min": rh_min,
        "rh_mean": rh_mean,
        "rh_max": rh_max,
        "wind": wind,
        "gust": wind + np.maximum(drawn["gust_over"], 0.5),
        "radiation": np.clip(drawn["clearness"], 0.01, 0.8) * ra,
        "pressure": drawn["pressure"],
    }


def _overlap(low: Floats, high: Floats, least: float) -> None:
    """Widens days (years, 365) that begin beyond where the day before ended."""
    for day in range(1, DAYS):
        high[:, day] = np.maximum(high[:, day], low[:, day - 1] + least)
        low[:, day] = np.minimum(low[:, day], high[:, day - 1] - least)
