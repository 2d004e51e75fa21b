"""The numbers behind a call in words: "at 30 cm: 62% of what roots can use is gone".

A feature of the firmware (firmware/include/cooee/feature.h) is named <quantity>[_<over>][_<depth>].
"""

import re
from collections.abc import Callable

from edge.contract.messages import Evidence

from ..clock import DAY_MS, HOUR_MS
from ..language.names import CHANNELS
from ..language.quantities import (
    below_ground,
    count,
    degrees,
    degrees_apart,
    depth,
    gas,
    percent,
    points,
    pressure,
    speed,
)
from ..language.speech import mark, say
from ..language.times import lasting

_NAME = re.compile(
    r"(?P<quantity>[a-z_]+?)(_share_above_(?P<above>\d+))?(_(?P<over>3h|day|5d))?(_(?P<end>min|max|10cm|30cm))?"
)
_ABOVE = re.compile(r"air_temperature_hours_above_(?P<degc>\d+)")
_SPANS = {"3h": 3 * HOUR_MS, "day": 24 * HOUR_MS, "5d": 5 * DAY_MS}
_QUANTITIES = CHANNELS | {
    "dew_point": mark("dew point"),
    "dew_point_depression": mark("distance from air temperature to dew point"),
}
_AMOUNTS: dict[str, Callable[[float], str]] = {
    "degC": degrees,
    "%": lambda value: percent(value / 100),
    "ppm": gas,
    "m/s": speed,
    "hPa": pressure,
    "mm": depth,
}
_SOIL_LOST = {
    "soil_depletion": (
        mark("at {depth}: {share} of what roots can use is gone"),
        mark("at {depth}: {share} of what roots can use is gone"),
        mark("at {depth}: the soil is full"),
    ),
    "soil_deficit": (
        mark("at {depth}: {share} of the water that roots take easily is gone"),
        mark("at {depth}: all the water that roots take easily is gone"),
        mark("at {depth}: the soil is full"),
    ),
    "soil_deficit_own": (
        mark("at {depth}: {share} of the easy water is gone since the soil was last full"),
        mark("at {depth}: all the easy water is gone since the soil was last full"),
        mark("at {depth}: the soil is as full as it gets"),
    ),
}
"""Said of a part of the water, of all of it, and of none."""


def evidence_in_words(evidence: Evidence) -> str:
    """One phrase without a full stop; empty for a number that would tell a farmer nothing."""
    if evidence.feature == "air_temperature_min_6h":
        return say("the air comes down to {amount} within six hours", amount=degrees(evidence.value))
    if above := _ABOVE.fullmatch(evidence.feature):
        return _not_colder(float(above["degc"]), evidence.value)
    match = _NAME.fullmatch(evidence.feature)
    if match is None:
        return ""
    quantity, end, value = match["quantity"], match["end"], evidence.value
    span = lasting(_SPANS[match["over"]]) if match["over"] else ""
    if quantity.startswith("soil_") and end in ("10cm", "30cm"):
        return _soil(quantity, value, below_ground(float(end[:2])), span)
    if quantity.startswith("water_"):
        return _root_zone(quantity, value)
    if match["above"]:
        return say(
            "{share} of the last day at {humidity} humidity or more",
            share=percent(value),
            humidity=percent(float(match["above"]) / 100),
        )
    base, _, manner = quantity.rpartition("_")
    if manner in ("change", "ratio") and base in _QUANTITIES and span:
        return _compared(_QUANTITIES[base], manner, value, evidence.unit, span)
    if quantity not in _QUANTITIES:
        return ""
    what, amount = say(_QUANTITIES[quantity]), _amount(value, evidence.unit, apart=quantity.endswith("_depression"))
    if end == "min":
        return say("{quantity}: {amount} at the lowest of the day", quantity=what, amount=amount)
    if end == "max":
        return say("{quantity}: {amount} at the highest of the day", quantity=what, amount=amount)
    if span:
        return say("{quantity}: {amount} on average over {span}", quantity=what, amount=amount, span=span)
    return f"{what}: {amount}"


def _not_colder(degc: float, hours: float) -> str:
    temperature = degrees(degc, 0)
    if hours < 1:
        return say("colder than {temperature} now", temperature=temperature)
    return say(
        "not colder than {temperature} for {time}", temperature=temperature, time=lasting(round(hours * HOUR_MS))
    )


def _compared(quantity: str, manner: str, value: float, unit: str, span: str) -> str:
    what = say(quantity)
    if manner == "ratio":
        return say("{quantity}: {count} times the average of {span}", quantity=what, count=count(value, 1), span=span)
    amount = _amount(abs(value), unit, apart=True)
    if value >= 0:
        return say("{quantity}: {amount} above the average of {span}", quantity=what, amount=amount, span=span)
    return say("{quantity}: {amount} below the average of {span}", quantity=what, amount=amount, span=span)


def _soil(quantity: str, value: float, depth: str, span: str) -> str:
    parts = {"depth": depth, "share": percent(abs(value)), "span": span}
    if quantity in _SOIL_LOST:
        some, everything, nothing = _SOIL_LOST[quantity]
        return _averaged(say(nothing if value <= 0 else some if value < 1 else everything, **parts), span)
    match quantity:
        case "soil_air":
            return _averaged(say("at {depth}: {share} of the soil is air", **parts), span)
        case "soil_loss" if span and value >= 0:
            return say("at {depth}: {share} less usable water than on average over {span}", **parts)
        case "soil_loss" if span:
            return say("at {depth}: {share} more usable water than on average over {span}", **parts)
        case "soil_moisture_range":
            return say("at {depth}: soil water moved by {points} points in a day", depth=depth, points=points(value))
        case "soil_moisture":
            return _averaged(say("at {depth}: {share} of the soil is water", **parts), span)
    return ""


def _root_zone(quantity: str, value: float) -> str:
    """Of the water filter: what it says of the whole root zone."""
    amount = {"share": percent(abs(value)), "time": lasting(round(abs(value) * HOUR_MS))}
    match quantity:
        case "water_hours_left" if value > 0:
            return say("the water that roots take easily lasts another {time}", **amount)
        case "water_depletion" if value < 1:
            return say("{share} of the water that roots take easily is gone", **amount)
        case "water_depletion" | "water_hours_left":
            return say("all the water that roots take easily is gone")
        case "water_air":
            return say("{share} of the soil around the roots is air", **amount)
        case "water_hours_dry":
            return say("no water has come in for {time}", **amount)
    return ""


def _averaged(text: str, span: str) -> str:
    return say("{what} (average over {span})", what=text, span=span) if span else text


def _amount(value: float, unit: str, *, apart: bool = False) -> str:
    if unit == "degC" and apart:
        return degrees_apart(value)
    form = _AMOUNTS.get(unit)
    return form(value) if form else f"{count(value, 1)} {unit}".strip()
