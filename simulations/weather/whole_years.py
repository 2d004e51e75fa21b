"""The whole calendar years of a station's daily record, as a climate is fitted to them."""

import logging

import numpy as np
from numpy.typing import NDArray

from edge.contract.errors import CooeeError

from ..lag import first_order
from ..rng import stream
from .climate import DAYS
from .climate_statistics import QUANTITIES
from .daily import DailyWeather

LOG = logging.getLogger(__name__)
Floats = NDArray[np.float64]

LEAST_YEARS, MOST_MISSING, MOST_RAIN_MISSING = 15, 0.1, 0.02
"""Years, and shares of their days."""
DAY_GUST_FACTOR, DAY_GUST_SPREAD = 3.0, 0.2
"""A day's strongest gust over its mean wind, as at De Bilt (median, and spread of the logarithm), where no gust was
measured."""
PRESSURE_SPREAD_HPA, PRESSURE_MEMORY = 7.0, 0.8
"""Of the pressure where none was measured; it then goes with nothing else. Its mean is the standard's (FAO-56 eq.
7)."""


def whole_years(daily: DailyWeather) -> dict[str, Floats]:
    """The calendar years of a record, without 29 February, arrays (years, 365) by name; rain that is not known did not
    fall. What was not measured at all is made up (and said in the log) if it is mean humidity, gust or pressure.
    CooeeError where years are too few, or where something is missing on too many days."""
    dates = daily.dates.astype("datetime64[D]")
    years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    usual = ~np.char.endswith(np.datetime_as_string(dates), "02-29")
    numbers, days = np.unique(years[usual], return_counts=True)
    whole = numbers[days == DAYS]
    if len(whole) < LEAST_YEARS:
        raise CooeeError(f"{daily.name}: has {len(whole)} whole calendar years; a climate needs {LEAST_YEARS}")
    kept = usual & np.isin(years, whole)
    found = {name: getattr(daily, name)[kept].reshape(-1, DAYS) for name in QUANTITIES}
    _make_up(found, daily)
    for name, values in found.items():
        most = MOST_RAIN_MISSING if name == "rain" else MOST_MISSING
        if (missing := np.isnan(values).mean()) > most:
            raise CooeeError(
                f"{daily.name}: {name} is missing on {missing:.0%} of the days; a climate needs it on {1 - most:.0%}"
            )
    return found | {"rain": np.nan_to_num(found["rain"])}


def _make_up(days: dict[str, Floats], daily: DailyWeather) -> None:
    """Puts something likely where a quantity was never measured that a climate can do without."""
    rng = stream(1, f"made up at {daily.name}")
    shape = days["rain"].shape
    likely = {
        "rh_mean": (days["rh_min"] + days["rh_max"]) / 2,
        "gust": days["wind"] * DAY_GUST_FACTOR * np.exp(DAY_GUST_SPREAD * rng.normal(size=shape)),
        "pressure": 1013.0 * ((293 - 0.0065 * daily.elevation_m) / 293) ** 5.26
        + PRESSURE_SPREAD_HPA
        * first_order(np.sqrt(1 - PRESSURE_MEMORY**2) * rng.normal(size=np.prod(shape)), PRESSURE_MEMORY).reshape(
            shape
        ),
    }
    for name, values in likely.items():
        if np.isnan(days[name]).all():
            LOG.warning("%s: %s was not measured and is made up", daily.name, name)
            days[name] = values
