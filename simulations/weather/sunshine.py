"""Solar radiation of days on which nobody measured it, and the sun's course.

How much of the radiation above the air came down on a day, its clearness, is drawn: a straight line, through a logit,
of what else was measured that day, and an error that follows itself from day to day (AR(1)). So a field's truth is not
what its nodes reckon by Hargreaves' formula, whose errors are as large as at real stations.
`python -m simulations.weather.sunshine FILE...` fits the line to daily records, each counting as much as the others.
The numbers below are of De Bilt (KNMI, 1980-2019), Davis (CIMIS, 1994-2018) and Maricopa (AZMET, 2003-2020). A season
was tried beside them and is worth nothing.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from edge.agronomy.crops import extraterrestrial_radiation
from edge.agronomy.et0 import MJ_A_DAY

from ..lag import first_order
from ..time_grid import STEPS_A_DAY
from .daily import DailyWeather, read_daily

Floats = NDArray[np.float64]

CLEAREST = 0.8
"""No day lets more of it through."""
EDGE = 0.01
"""Of CLEAREST, so near to none or all of it, a measured day is no nearer."""
WET_MM = 0.1
LINE = (0.15, 0.56, -0.44, -0.12, -2.36)
"""Of what `described` gives."""
SPREAD, MEMORY = 0.71, 0.34
"""Standard deviation of the error, and its correlation from day to day."""
SOLAR_CONSTANT = 1361.0
"""W/m2 on a surface that faces the sun above the air; where clouds reflect, the ground may get it for minutes, but no
more."""


def sun(latitude: float, day: NDArray[np.int64], angle: Floats) -> tuple[Floats, Floats]:
    """Hour angle of sunset (days,), and radiation above the air, W/m2 (days, steps), at days of the year and hour
    angles (FAO-56 eq. 24, 25)."""
    phi, declination = np.radians(latitude), 0.409 * np.sin(2 * np.pi * day / 365 - 1.39)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    height = np.sin(phi) * np.sin(declination)[:, None] + np.cos(phi) * np.cos(declination)[:, None] * np.cos(angle)
    return sunset, SOLAR_CONSTANT * np.maximum(height, 0)


def hour_angles() -> Floats:
    """Of the middles of a day's steps (steps,); noon is at 12 h."""
    return np.asarray(np.pi * ((np.arange(STEPS_A_DAY) + 0.5) / STEPS_A_DAY * 2 - 1))


def drawn(
    temperature: Floats,
    humidity: Floats,
    rain: Floats,
    latitude: float,
    first_day_of_year: int,
    rng: np.random.Generator,
) -> Floats:
    """W/m2 in 10-minute steps of whole days, under clouds that are alike all day: from those of temperature (degC),
    humidity (%) and rain (mm a step), all (steps,)."""
    t, rh, mm = (values.reshape(-1, STEPS_A_DAY) for values in (temperature, humidity, rain))
    day = first_day_of_year + np.arange(len(t))
    ra = extraterrestrial_radiation(latitude, day)
    shares = clearness(t.max(axis=1), t.min(axis=1), rh.min(axis=1), mm.sum(axis=1), rng)
    _, course = sun(latitude, day, hour_angles())
    mean = course.mean(axis=1, keepdims=True)
    shape = np.divide(course, mean, out=np.zeros_like(course), where=mean > 0)
    return np.asarray(((shares * ra / MJ_A_DAY)[:, None] * shape).ravel())


def clearness(t_max: Floats, t_min: Floats, rh_min: Floats, rain: Floats, rng: np.random.Generator) -> Floats:
    """Shares of the radiation above the air (days,), of days as `described` takes them."""
    error = first_order(rng.normal(0, SPREAD * np.sqrt(1 - MEMORY**2), len(t_max)), MEMORY)
    return np.asarray(CLEAREST / (1 + np.exp(-described(t_max, t_min, rh_min, rain) @ LINE - error)))


def described(t_max: Floats, t_min: Floats, rh_min: Floats, rain: Floats) -> Floats:
    """What tells of a day's clouds (days, 5): one, the root of the range of temperature (degC), whether it was wet, how
    much then (log of mm), and the lowest humidity (a share; %)."""
    wet = rain >= WET_MM
    amount = np.where(wet, np.log(np.maximum(rain, WET_MM)), 0.0)
    return np.stack(
        [np.ones_like(rain), np.sqrt(np.maximum(t_max - t_min, 0)), wet.astype(float), amount, rh_min / 100], axis=1
    )


def fitted(records: list[DailyWeather]) -> tuple[Floats, float, float]:
    """LINE, SPREAD and MEMORY of daily records."""
    x, y = zip(*map(_measured, records), strict=True)
    weights = [1 / np.sqrt(len(of)) for of in y]
    line = np.linalg.lstsq(
        np.concatenate([w * of for w, of in zip(weights, x, strict=True)]),
        np.concatenate([w * of for w, of in zip(weights, y, strict=True)]),
        rcond=None,
    )[0]
    errors = [of - days @ line for days, of in zip(x, y, strict=True)]
    spread = np.sqrt(np.mean([error.var() for error in errors]))
    return line, float(spread), float(np.mean([np.corrcoef(error[1:], error[:-1])[0, 1] for error in errors]))


def _measured(record: DailyWeather) -> tuple[Floats, Floats]:
    """Days on which all is known, as `described`, and the logit of their clearness."""
    day = (record.dates - record.dates.astype("datetime64[Y]")).astype(np.int64) + 1
    share = record.radiation / extraterrestrial_radiation(record.latitude, day) / CLEAREST
    x = described(record.t_max, record.t_min, record.rh_min, record.rain)
    known = ~np.isnan(x.sum(axis=1) + share + record.rain)
    bounded = np.clip(share[known], EDGE, 1 - EDGE)
    return x[known], np.log(bounded / (1 - bounded))


def main(
    files: Annotated[list[Path], typer.Argument(help="Daily records with radiation; FILE:STATION of several.")],
) -> None:
    """Fits the law of a day's clearness and prints it."""
    records = []
    for file in files:
        path, _, station = str(file).partition(":")
        records.append(read_daily(Path(path), station=station or None))
    line, spread, memory = fitted(records)
    typer.echo(f"LINE = ({', '.join(f'{value:.2f}' for value in line)})")
    typer.echo(f"SPREAD, MEMORY = {spread:.2f}, {memory:.2f}")


if __name__ == "__main__":
    typer.run(main)
