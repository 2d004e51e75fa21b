"""What a climate is held against: statistics of years of days, the station's and generated ones alike."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.spells import runs_of_true

Floats = NDArray[np.float64]

QUANTITIES = ("rain", "t_min", "t_max", "rh_min", "rh_mean", "rh_max", "wind", "gust", "radiation", "pressure")
MONTHS = np.split(np.arange(365), np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30]))
"""Days of the year, from 0, of each month."""
SEASONS = [np.concatenate([MONTHS[m] for m in months]) for months in ((0, 1, 11), (2, 3, 4), (5, 6, 7), (8, 9, 10))]
"""The same of winter (a calendar year's), spring, summer and autumn."""
WET_MM = (0.1, 1.0)
SPELLS = (1, 2, 3, 5, 7, 10, 14, 20)
"""Days that spells are counted from."""


def statistics(days: Mapping[str, Floats]) -> dict[str, Floats]:
    """Statistics of years of days, arrays (years, 365) by the names of QUANTITIES, NaN where something is missing:

    mean, spread, spread_of_months (10, 12): by quantity and month, of days and of the months' means from year to year;
    spread_of_years (10,); wet_share (2, 12): of days with at least WET_MM; wet_spells, dry_spells (2, 8): a year, of at
    least SPELLS days; frost_nights, frost_spread (12,): a month, and from year to year; frost_spells, summer_spells
    (8,): of days below 0 degC and of at least 25 degC; next_day (4, 10): correlation with the day before by season;
    together (4, 10, 10): with each other; extremes (5,): mean of the years' most rain, lowest and highest temperature,
    strongest gust and least pressure."""
    by_month = {name: [days[name][:, month] for month in MONTHS] for name in QUANTITIES}
    frosts = np.stack([(part < 0).sum(axis=1) for part in by_month["t_min"]])
    # What is known to tenths is a little off them in binary.
    wet = [days["rain"] > least - 0.01 for least in WET_MM]

    def of_months(what: Callable[[Floats], Any]) -> Floats:
        return np.array([[what(part) for part in by_month[name]] for name in QUANTITIES])

    return {
        "mean": of_months(np.nanmean),
        "spread": of_months(np.nanstd),
        "spread_of_months": of_months(lambda p: np.nanmean(p, axis=1).std(ddof=1)),
        "spread_of_years": np.array([np.nanmean(days[name], axis=1).std(ddof=1) for name in QUANTITIES]),
        "wet_share": np.array([[w[:, month].mean() for month in MONTHS] for w in wet]),
        "wet_spells": np.array([_spells(w) for w in wet]),
        "dry_spells": np.array([_spells(~w) for w in wet]),
        "frost_nights": frosts.mean(axis=1),
        "frost_spread": frosts.std(axis=1, ddof=1),
        "frost_spells": _spells(days["t_min"] < 0),
        "summer_spells": _spells(days["t_max"] >= 25),
        "next_day": np.array([[_tie(days[n], days[n], s, 1) for n in QUANTITIES] for s in range(4)]),
        "together": np.array(
            [[[_tie(days[a], days[b], s, 0) for b in QUANTITIES] for a in QUANTITIES] for s in range(4)]
        ),
        "extremes": np.array(
            [
                np.nanmean(f(days[name], axis=1))
                for name, f in (
                    ("rain", np.nanmax),
                    ("t_min", np.nanmin),
                    ("t_max", np.nanmax),
                    ("gust", np.nanmax),
                    ("pressure", np.nanmin),
                )
            ]
        ),
    }


def _spells(days: NDArray[np.bool_]) -> Floats:
    """How many spells of at least SPELLS days a year has; they are cut at its ends."""
    lengths = np.concatenate([np.diff(runs_of_true(year), axis=1).ravel() for year in days])
    return np.asarray((lengths >= np.array(SPELLS)[:, None]).sum(axis=1) / len(days))


def _tie(a: Floats, b: Floats, season: int, lag: int) -> float:
    """Correlation of a with b so many days before."""
    now = SEASONS[season][SEASONS[season] >= lag]
    x, y = a[:, now].ravel(), b[:, now - lag].ravel()
    known = ~(np.isnan(x) | np.isnan(y))
    return float(np.corrcoef(x[known], y[known])[0, 1])
