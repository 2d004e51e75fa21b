"""Crops and soils by name, with the figures that the water balance and the advice need (crops.toml names the
sources)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

HALF_A_YEAR_DAYS = 182
"""Between a crop's usual days of planting north and south of the equator."""
MARGIN_DAYS = 30
"""Days before planting or leaf-out, as ground is made ready and buds swell, and days that a crop may stand longer than
its stages say; assumed."""


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A crop. `planted`: usual month-day; `stages`: days of the initial, development, middle and late stage; `kcb`:
    basal crop coefficient of the initial stage, the middle stage and the end; `root_m`: rooting depth at planting and
    the greatest; `p`: share of the available water that can go before stress, at ETc 5 mm/d."""

    name: str
    label: str
    kind: Literal["annual", "perennial"]
    planted: str
    stages: tuple[int, int, int, int]
    kcb: tuple[float, float, float]
    height_m: float
    root_m: tuple[float, float]
    p: float

    def days_after_planting(self, on: date, planted: str | None = None) -> int:
        """Days since `planted` (month-day; None: the usual one), negative where the last crop's season is over and the
        next is meant."""
        since = self._since(on, planted)
        return since if since < sum(self.stages) else since - 365

    def planted_in_the_south(self) -> str:
        """Its usual month-day of the southern hemisphere: half a year after that of the northern."""
        return f"{date(2001, *_month_and_day(self.planted)) + timedelta(days=HALF_A_YEAR_DAYS):%m-%d}"

    def season_begins(self, on: date, planted: str | None = None) -> date | None:
        """The day on which its next season begins; None while it has one, from MARGIN_DAYS before planting or leaf-out
        to as long after its last stage."""
        since = self._since(on, planted)
        ahead = 365 - MARGIN_DAYS - since
        return on + timedelta(days=ahead) if since >= sum(self.stages) + MARGIN_DAYS and ahead > 0 else None

    def planted_on(self, planted: str | None = None) -> int:
        """Day of a leap year, from 1, of `planted` (month-day; None: the usual one)."""
        month, day = _month_and_day(planted or self.planted)
        return date(2000, month, min(day, 29) if month == 2 else day).timetuple().tm_yday

    def planting_day(self, planted: str | None = None) -> int:
        """Day of a year without a leap day, from 1, of `planted` (month-day; None: the usual one)."""
        return _day_of_year(*_month_and_day(planted or self.planted))

    def _since(self, on: date, planted: str | None) -> int:
        """Days since the last time that it was planted, or would have been."""
        return (_day_of_year(on.month, on.day) - self.planting_day(planted)) % 365

    def basal_coefficient(self, day: int) -> float:
        """Kcb on a day after planting."""
        start, middle, end = self.kcb
        return float(basal_coefficient(day, self.stages, start=start, middle=middle, end=end))

    def root_depth_m(self, day: int) -> float:
        """Rooting depth on a day after planting (0 is the first)."""
        initial, development, _, _ = self.stages
        return float(
            root_depth_m(day, initial=initial, development=development, least=self.root_m[0], greatest=self.root_m[1])
        )


def _month_and_day(text: str) -> tuple[int, int]:
    month, day = map(int, text.split("-"))
    return month, day


def _day_of_year(month: int, day: int) -> int:
    """Of a year without a leap day, from 1."""
    return date(2001, month, min(day, 28) if month == 2 else day).timetuple().tm_yday


@dataclass(frozen=True, kw_only=True)
class Soil:
    """A soil texture: water contents in m3/m3, saturated conductivity in mm/h, readily evaporable water in mm;
    hydrologic group A (sheds little rain) to D; hours in which water above field capacity falls to 1/e."""

    name: str
    label: str
    field_capacity: float
    wilting_point: float
    saturation: float
    ksat_mm_h: float
    rew_mm: float
    hydrologic_group: Literal["A", "B", "C", "D"]
    drainage_h: int


def root_depth_m(
    day: ArrayLike, *, initial: ArrayLike, development: ArrayLike, least: ArrayLike, greatest: ArrayLike
) -> NDArray[np.float64]:
    """Rooting depth on days after planting (0 is the first): it grows with the basal crop coefficient, from the end of
    the initial stage to the end of the development stage (FAO-56, annex 8, p. 279). Stages in days, depths in m."""
    grown = np.clip(np.subtract(day, initial) / np.asarray(development), 0, 1)
    return np.asarray(least + np.subtract(greatest, least) * grown)


def basal_coefficient(
    day: ArrayLike, stages: Sequence[ArrayLike], *, start: ArrayLike, middle: ArrayLike, end: ArrayLike
) -> NDArray[np.float64]:
    """Basal crop coefficient on days after planting (0 is the first): constant, rising, constant, falling (FAO-56
    figure 34). `stages`: days of the initial, development, middle and late stage."""
    initial, development, mid, late = map(np.asarray, stages)
    late_from = initial + development + mid
    rising = start + np.subtract(middle, start) * np.clip((day - initial) / development, 0, 1)
    falling = np.subtract(end, middle) * np.clip((day - late_from) / np.maximum(late, 1), 0, 1)
    return np.asarray(rising + falling)


SOLAR_CONSTANT = 0.0820
"""MJ/m2/min."""


def extraterrestrial_radiation(latitude: float, day_of_year: ArrayLike) -> NDArray[np.float64]:
    """MJ/m2/d at a latitude in degrees (FAO-56 eq. 21-25)."""
    phi = np.radians(latitude)
    angle = 2 * np.pi * np.asarray(day_of_year) / 365
    distance = 1 + 0.033 * np.cos(angle)
    declination = 0.409 * np.sin(angle - 1.39)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    return np.asarray(
        24
        * 60
        / np.pi
        * SOLAR_CONSTANT
        * distance
        * (sunset * np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.sin(sunset))
    )


@cache
def _table(section: str) -> dict[str, dict[str, Any]]:
    text = files(__package__).joinpath("crops.toml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = tomllib.loads(text)[section]
    return rows


@cache
def crops() -> dict[str, Crop]:
    """All crops by name."""
    lists = ("stages", "kcb", "root_m")
    rows: dict[str, dict[str, Any]] = {
        name: {k: tuple(v) if k in lists else v for k, v in row.items()} for name, row in _table("crop").items()
    }
    return {name: Crop(name=name, **row) for name, row in rows.items()}


@cache
def soils() -> dict[str, Soil]:
    """All soils by texture."""
    return {name: Soil(name=name, **row) for name, row in _table("soil").items()}


def crop(name: str) -> Crop:
    """The crop called `name`; KeyError when there is none."""
    return crops()[name]


def soil(name: str) -> Soil:
    """The soil of texture `name`; KeyError when there is none."""
    return soils()[name]
