"""Columns whose names say their unit."""

from .format import INCH, KMH_PER_MS, MPH, Column, Columns, fahrenheit

KNOT, FOOT, INCH_OF_MERCURY, MM_OF_MERCURY = 0.514444, 0.3048, 33.8639, 1.333224
"""m/s, m and hPa."""
PRESSURES = {
    "hPa": 1,
    "mb": 1,
    "inHg": INCH_OF_MERCURY,
    "in Hg": INCH_OF_MERCURY,
    "mmHg": MM_OF_MERCURY,
    "mm Hg": MM_OF_MERCURY,
    "kPa": 10,
}
"""hPa in units as they are written."""


def wind(name: str) -> Columns:
    """Wind or gust under a name that ends in its unit."""
    return (
        Column(name=name.format("m/s")),
        Column(name=name.format("km/h"), per=KMH_PER_MS),
        *(Column(name=name.format(unit), factor=MPH) for unit in ("mph", "mp/h")),
        *(Column(name=name.format(unit), factor=KNOT) for unit in ("knots", "kn")),
        Column(name=name.format("fpm"), factor=FOOT / 60),
    )


def degrees(name: str) -> Columns:
    """Temperature under a name that ends in its unit, in any of the ways that a degree is written."""
    celsius = tuple(Column(name=name.format(unit)) for unit in ("°C", "℃", "C"))
    return celsius + tuple(fahrenheit(name.format(unit)) for unit in ("°F", "℉", "F"))


def pressure(*names: str) -> Columns:
    """Pressure under a name that ends in its unit."""
    return tuple(Column(name=name.format(unit), factor=factor) for name in names for unit, factor in PRESSURES.items())


def rain(name: str, *, running: bool = False) -> Columns:
    """Rain under a name that ends in its unit."""
    return (
        Column(name=name.format("mm"), running=running),
        Column(name=name.format("in"), factor=INCH, running=running),
    )
