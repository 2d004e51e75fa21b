"""Values in words, in the reader's units: whatever formats a number for a farmer is here."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from .reader import REMEMBERED, locale, reader_now
from .speech import say

HECTARE_M2 = 10_000.0


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit by its name in CLDR; one of it is `of` of ours. `zero`: where it begins on our scale."""

    name: str
    of: float = 1.0
    zero: float = 0.0


UNITS: dict[str, tuple[Unit, Unit]] = {
    "depth": (Unit(name="millimeter"), Unit(name="inch", of=25.4)),
    "below": (Unit(name="centimeter"), Unit(name="inch", of=2.54)),
    "distance": (Unit(name="meter"), Unit(name="foot", of=0.3048)),
    "area": (Unit(name="hectare"), Unit(name="acre", of=0.404686)),
    "plot": (Unit(name="square-meter", of=1e-4), Unit(name="square-foot", of=9.2903e-6)),
    "volume": (Unit(name="cubic-meter"), Unit(name="gallon", of=0.003785412)),
    "small volume": (Unit(name="liter", of=1e-3), Unit(name="gallon", of=0.003785412)),
    "temperature": (Unit(name="celsius"), Unit(name="fahrenheit", of=5 / 9, zero=-160 / 9)),
    "difference": (Unit(name="celsius"), Unit(name="fahrenheit", of=5 / 9)),
    "speed": (Unit(name="kilometer-per-hour", of=1 / 3.6), Unit(name="mile-per-hour", of=0.44704)),
    "pressure": (Unit(name="hectopascal"), Unit(name="inch-ofhg", of=33.8639)),
    "mass": (Unit(name="kilogram"), Unit(name="pound", of=0.45359237)),
    "gas": (Unit(name="part-per-1e6"), Unit(name="part-per-1e6")),
    "voltage": (Unit(name="volt"), Unit(name="volt")),
}
"""Quantity -> metric unit, US unit. Ours are mm, cm, m, ha, m³, °C, m/s, hPa, kg, ppm and V."""


def unit_of(quantity: str) -> Unit:
    """The reader's unit of a quantity."""
    metric, us = UNITS[quantity]
    return us if reader_now().units == "us" else metric


def converted(quantity: str, value: float) -> float:
    """A value of ours in the reader's unit."""
    unit = unit_of(quantity)
    return (value - unit.zero) / unit.of


def ours(quantity: str, value: float) -> float:
    """A value in the reader's unit as one of ours."""
    unit = unit_of(quantity)
    return value * unit.of + unit.zero


def unit_name(quantity: str) -> str:
    """The reader's unit alone, as it stands on an axis: "mm"."""
    return _with_unit(locale(), unit_of(quantity).name, 2, "'\n'").replace("\n", "").strip("\N{NO-BREAK SPACE}")


def count(value: float, digits: int = 0) -> str:
    """A number without a unit."""
    return _number(locale(), round(value, digits) + 0.0, _pattern(digits))


def percent(share: float) -> str:
    """A share of one, in whole percent."""
    return _percent(locale(), round(share, 2) + 0.0)


def points(share: float) -> str:
    """A difference of two shares, in percentage points, without a unit."""
    return count(100 * share, 1)


def depth(mm: float) -> str:
    """Water as rain measures it: "23 mm", "0.91 in"."""
    return _in_unit("depth", mm, _depth_digits(mm))


def depth_alone(mm: float, beside: float) -> str:
    """The same without its unit, as finely as the depth it stands beside."""
    return count(converted("depth", mm), _depth_digits(beside))


def below_ground(cm: float) -> str:
    """How deep a probe sits."""
    return _in_unit("below", cm, 0)


def degrees(celsius: float, digits: int = 1) -> str:
    """A temperature."""
    return _in_unit("temperature", celsius, digits)


def degrees_apart(celsius: float) -> str:
    """A difference of temperatures."""
    return _in_unit("difference", celsius, 1)


def speed(metres_a_second: float) -> str:
    """Wind."""
    return _in_unit("speed", metres_a_second, 0)


def pressure(hectopascal: float) -> str:
    """Air pressure, or a change of it."""
    return _in_unit("pressure", hectopascal, 2 if reader_now().units == "us" else 1)


def mass(kilograms: float) -> str:
    """A harvest."""
    return _in_unit("mass", kilograms, 0)


def gas(ppm: float) -> str:
    """Ethylene in the air, to three figures."""
    return _in_unit("gas", float(f"{ppm:.3g}"), 2 if abs(ppm) < 10 else 1)


def voltage(volts: float) -> str:
    """A battery."""
    return _in_unit("voltage", volts, 2)


def area(hectares: float) -> str:
    """A block; a plot below a tenth of the large unit in the small one."""
    value = converted("area", hectares)
    if value < 0.1:
        return _in_unit("plot", hectares, 0)
    return _named("area", value, "@##")


def volume(cubic_metres: float) -> str:
    """Water to give: litres up to ten cubic metres; gallons, to about one in a hundred."""
    if reader_now().units == "metric" and cubic_metres >= 10:
        return _in_unit("volume", cubic_metres, 0)
    value = converted("small volume", cubic_metres)
    tens = -2 if value >= 10_000 else -1 if value >= 100 else 0
    return _named("small volume", max(1, round(value, tens)), _pattern(0), "long")


def with_band(expected: str, least: str, most: str) -> str:
    """What is expected, in words, with the band around it; no band whose ends read alike."""
    return (
        expected if least == most else say("{expected} ({least} to {most})", expected=expected, least=least, most=most)
    )


def _depth_digits(mm: float) -> int:
    coarse = 0 if reader_now().units == "metric" else 1
    return coarse + (0 < abs(converted("depth", mm)) < 1)


def _in_unit(quantity: str, value: float, digits: int) -> str:
    return _named(quantity, round(converted(quantity, value), digits) + 0.0, _pattern(digits))


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def _named(quantity: str, value: float, pattern: str, length: Literal["short", "long"] = "short") -> str:
    return _with_unit(locale(), unit_of(quantity).name, value, pattern, length)


@lru_cache(maxsize=REMEMBERED)
def _with_unit(here: Locale, unit: str, value: float, pattern: str, length: Literal["short", "long"] = "short") -> str:
    """A figure and its unit, which stay on one line."""
    return format_unit(value, unit, length, pattern, here).replace(" ", "\N{NO-BREAK SPACE}")


@lru_cache(maxsize=REMEMBERED)
def _number(here: Locale, value: float, pattern: str) -> str:
    return format_decimal(value, pattern, here)


@lru_cache(maxsize=REMEMBERED)
def _percent(here: Locale, share: float) -> str:
    return format_percent(share, locale=here).replace(" ", "\N{NO-BREAK SPACE}")
