"""Fits a climate (simulations/weather/climate.py) to a station's daily record: python -m
simulations.weather.climate_fit FILE --name NAME --out FILE."""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from edge.contract.errors import CooeeError

from ..rng import stream
from .climate import (
    ALL_DAYS,
    DAYS,
    RAIN_STEP_MM,
    SCORES,
    VARIABLES,
    Climate,
    decompose,
    generate_days,
    harmonics,
    normal_scores,
    quantile_curves,
    write_climate,
)
from .climate_statistics import MONTHS, SEASONS, statistics
from .daily import read_daily
from .whole_years import whole_years

LOG = logging.getLogger(__name__)
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WINDOWS, WINDOW_DAYS = 24, 15
"""Quantiles and shares are counted around so many days of the year, of days at most so far away."""
MEMORY = 0.985
"""Of the slow part: two months, with which years differ about as much as they do; the months are fitted to."""
ROUNDS, ROUND_YEARS, DAMPING = 20, 200, 0.5
RAIN_YEARS = 2000
"""Enough to know the mean rain to half a per cent."""
LEAST_SHARE = 0.1
"""Of the days; ties that fewer pairs tell of (rain on wet days, in a dry season) are drawn towards none."""
RIDGE = 1e-3
STABLE = 0.95
"""The most that the fast part may remember from day to day."""
LEAST_VARIANCE = 0.02
"""Of any mixture of the fast part's scores."""


def main(
    file: Annotated[Path, typer.Argument(help="Daily record of one of the forms of simulations/weather/daily.py.")],
    name: Annotated[str, typer.Option(help="What the climate is called.")],
    out: Annotated[Path, typer.Option(help="The climate's file, TOML.")],
    source: Annotated[str, typer.Option(help="Who measured it, where and when; it is written into the file.")] = "",
    station: Annotated[str | None, typer.Option(help="Which station, where the file has several.")] = None,
    utc_offset_h: Annotated[float, typer.Option(help="By which time the record's days are cut at midnight.")] = 0.0,
) -> None:
    """Fit a climate to a station's daily record."""
    try:
        daily = read_daily(file, station=station)
        climate = fit(
            whole_years(daily),
            name=name,
            source=source or daily.name,
            latitude=daily.latitude,
            elevation_m=daily.elevation_m,
            utc_offset_h=utc_offset_h,
            wind_height_m=daily.wind_height_m,
        )
        write_climate(
            climate,
            out,
            f"python -m simulations.weather.climate_fit {file.name} --name {name} --out {out.name}",
        )
    except CooeeError as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from None


def fit(
    days: Mapping[str, Floats],
    *,
    name: str,
    source: str,
    latitude: float,
    elevation_m: float,
    utc_offset_h: float,
    wind_height_m: float,
) -> Climate:
    """The climate behind years of days, arrays (years, 365) as `generate_days` gives them, NaN where something is
    missing.

    The correlations are those that a generated record, looked at like the measured one, shows as the measured one does;
    they are found by generating ROUND_YEARS years ROUNDS times."""
    rng = stream(1, f"climate {name}")
    rain = days["rain"]
    wet = rain >= RAIN_STEP_MM
    # Rain is known to a step; spread over it, so that scores do not come in lumps.
    measured = days
    days = dict(days) | {"rain": rain + np.where(wet, RAIN_STEP_MM * rng.uniform(-0.5, 0.5, rain.shape), 0)}
    values = decompose(days, latitude)
    values["rain"] = np.where(wet, values["rain"], np.nan)
    quantiles = np.stack(
        [[_quantiles(values[v], wet if v == "rain" else ~wet), _quantiles(values[v], wet)] for v in VARIABLES]
    )
    occurrence = _occurrence(wet)
    size = len(VARIABLES) + 1
    nothing = np.zeros((4, size, size))
    climate = Climate(
        name=name,
        source=source,
        latitude=latitude,
        elevation_m=elevation_m,
        utc_offset_h=utc_offset_h,
        wind_height_m=wind_height_m,
        memory=MEMORY,
        occurrence=occurrence,
        quantiles=quantiles,
        step=nothing,
        noise=nothing,
        slow=nothing,
        station=statistics(measured),
    )
    known = [_scores(values[v], wet, quantile_curves(climate, i)) for i, v in enumerate(VARIABLES)]
    scores = np.stack([_drive(wet, occurrence, rng), *known], axis=-1)
    climate = _calibrated(climate, _moments(scores))
    # Smoothing and drawing lines between logarithms loses a little rain.
    lost = np.log(rain.mean() / generate_days(climate, RAIN_YEARS, stream(3, "climate rounds"))["rain"].mean())
    quantiles[VARIABLES.index("rain"), :, :, 0] += lost
    return replace(climate, quantiles=quantiles)


def _windowed() -> Bools:
    """(windows, 365): days of each window."""
    centre = (np.arange(WINDOWS) + 0.5) * DAYS / WINDOWS
    distance = np.abs(ALL_DAYS - 0.5 - centre[:, None])
    return np.asarray(np.minimum(distance, DAYS - distance) <= WINDOW_DAYS)


def _smooth(by_window: Floats, count: Floats) -> Floats:
    """Harmonics (5, ...) of what was found by window (windows, ...) among so many days (windows,)."""
    basis = harmonics((np.arange(WINDOWS) + 0.5) * DAYS / WINDOWS + 0.5)
    weighted = basis.T * count
    # A trace of a ridge, for seasons in which it hardly ever rains.
    ridge = RIDGE * count.sum() * np.diag([0.0] + [1.0] * (basis.shape[1] - 1))
    return np.asarray(np.linalg.solve(weighted @ basis + ridge, weighted @ by_window))


def _quantiles(values: Floats, where: Bools) -> Floats:
    """(scores, 5)"""
    kept = [values[:, window][where[:, window]] for window in _windowed()]
    kept = [part[~np.isnan(part)] for part in kept]
    found = [np.quantile(part, ndtr(SCORES)) if len(part) else np.zeros(len(SCORES)) for part in kept]
    return _smooth(np.stack(found), np.array([len(part) for part in kept])).T


def _state(wet: Bools) -> NDArray[np.int64]:
    """2 * (wet yesterday) + (wet the day before), from the third day of each year on (years, 363)."""
    return 2 * wet[:, 1:-1].astype(np.int64) + wet[:, :-2]


def _occurrence(wet: Bools) -> Floats:
    """(4, 5)"""
    state, today = _state(wet), wet[:, 2:]
    found = []
    for before in range(4):
        days = [today[:, window[2:]][state[:, window[2:]] == before] for window in _windowed()]
        count = np.array([len(part) for part in days])
        share = (np.array([part.sum() for part in days]) + 0.5) / (count + 1)
        found.append(_smooth(ndtri(share), count))
    return np.stack(found)


def _drive(wet: Bools, occurrence: Floats, rng: np.random.Generator) -> Floats:
    """A normal score that would have made the days wet and dry as they were: randomised quantile residuals (Dunn and
    Smyth 1996)."""
    share = ndtr(occurrence @ harmonics(ALL_DAYS).T)[_state(wet), ALL_DAYS[2:] - 1]
    low, high = np.where(wet[:, 2:], 0, share), np.where(wet[:, 2:], share, 1)
    drive = ndtri(np.clip(low + (high - low) * rng.uniform(size=share.shape), 1e-4, 1 - 1e-4))
    return np.concatenate([np.full((len(wet), 2), np.nan), drive], axis=1)


def _scores(values: Floats, wet: Bools, curves: Floats) -> Floats:
    """Normal scores of values (years, 365) under quantiles (2, 365, scores)."""
    quantiles = curves[wet.astype(np.int64), np.arange(DAYS)]
    below = (values[..., None] > quantiles[..., 1:-1]).sum(axis=-1)
    low, high = (np.take_along_axis(quantiles, (below + side)[..., None], axis=-1)[..., 0] for side in (0, 1))
    part = np.where(high > low, (values - low) / np.maximum(high - low, 1e-9), 0.5)
    return np.where(np.isnan(values), np.nan, np.clip(SCORES[0] + (SCORES[1] - SCORES[0]) * (below + part), -3.5, 3.5))


def _moments(scores: Floats) -> Floats:
    """(4, 4, k, k) by season: products of the same day, of a day with the day before and the one before that, and of a
    month's means."""
    kept, known = np.nan_to_num(scores), (~np.isnan(scores)).astype(float)
    with warnings.catch_warnings():
        # A month without rain has no mean of its amounts.
        warnings.simplefilter("ignore", RuntimeWarning)
        months = np.stack([np.nanmean(scores[:, month], axis=1) for month in MONTHS], axis=1)
    months = np.nan_to_num(months - np.nanmean(months, axis=0))
    out = np.empty((4, 4, scores.shape[-1], scores.shape[-1]))
    for season in range(4):
        now = SEASONS[season][SEASONS[season] > 1]
        for lag in range(3):
            pairs = np.einsum("ydi,ydj->ij", known[:, now], known[:, now - lag])
            out[lag, season] = np.einsum("ydi,ydj->ij", kept[:, now], kept[:, now - lag]) / np.maximum(
                pairs, LEAST_SHARE * pairs.max()
            )
        own = months[:, [(3 * season - 1) % 12, 3 * season, 3 * season + 1]]
        out[3, season] = np.einsum("ymi,ymj->ij", own, own) / (3 * (len(own) - 1))
    return out


def _calibrated(climate: Climate, wanted: Floats) -> Climate:
    """The climate whose generated scores have, as far as they can be analysed, the wanted moments and the record's
    occurrence of rain.

    On dry days the score of the amount is hidden, and always the one that drives the chain, so they are found step by
    step; the nearest climate on the way is kept."""
    occurrence, lagged, slow = climate.occurrence, wanted[:3].copy(), np.zeros(wanted.shape[1:])
    nearest, least = climate, np.inf
    for _ in range(ROUNDS):
        climate = _model(climate, lagged, slow)
        scores, wet = normal_scores(climate, ROUND_YEARS, stream(1, "climate rounds"))
        scores[~wet, 1] = np.nan
        scores[..., 0] = _drive(wet, occurrence, stream(2, "climate rounds"))
        off = DAMPING * (wanted - _moments(scores))
        off[0, :, 0, 0] = 0
        lagged += off[:3]
        slow = _positive(slow + off[3] / SLOW_SHARE, 0.0)
        off_chain = DAMPING * (occurrence - _occurrence(wet))
        away = float(np.sqrt((off**2).mean() + (off_chain**2).mean())) / DAMPING
        LOG.info("climate %s: moments and chain are off by %.4f (RMS)", climate.name, away)
        if away < least:
            nearest, least = climate, away
        climate = replace(climate, occurrence=climate.occurrence + off_chain)
    return nearest


SLOW_SHARE = float(np.mean(MEMORY ** np.abs(np.subtract.outer(np.arange(30), np.arange(30)))))
"""Variance of a month's mean of the slow part."""


def _model(climate: Climate, lagged: Floats, slow: Floats) -> Climate:
    """Autoregression from covariances (3, 4, k, k) of a day with itself and the two days before, less those of the slow
    part."""
    size = slow.shape[-1]
    same, next_day, after = lagged - MEMORY ** np.arange(3)[:, None, None, None] * slow
    whole = _positive(
        np.block(
            [
                [same, next_day, after],
                [next_day.swapaxes(-1, -2), same, next_day],
                [after.swapaxes(-1, -2), next_day.swapaxes(-1, -2), same],
            ]
        ),
        LEAST_VARIANCE,
    )
    both, ahead, same = whole[:, size:, size:], whole[:, :size, size:], whole[:, :size, :size]
    step = ahead @ np.linalg.inv(both)
    chain = np.concatenate([step, np.broadcast_to(np.eye(size, 2 * size), step.shape)], axis=1)
    radius = np.abs(np.linalg.eigvals(chain)).max(axis=-1)
    step *= np.minimum(1, STABLE / radius)[:, None, None]
    left = same - step @ both @ step.swapaxes(-1, -2)
    noise = np.asarray(np.linalg.cholesky(_positive(left, 1e-4)), dtype=np.float64)
    values, vectors = np.linalg.eigh(slow)
    root = vectors * np.sqrt(np.maximum(values, 0))[:, None] @ vectors.swapaxes(-1, -2)
    return replace(climate, step=step, noise=noise, slow=root)


def _positive(matrices: Floats, least: float) -> Floats:
    """The nearest symmetric matrices (..., k, k) without an eigenvalue below `least`."""
    values, vectors = np.linalg.eigh((matrices + matrices.swapaxes(-1, -2)) / 2)
    return np.asarray(vectors * np.maximum(values, least)[..., None, :] @ vectors.swapaxes(-1, -2))


if __name__ == "__main__":
    typer.run(main)
