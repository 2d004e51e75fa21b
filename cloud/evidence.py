"""The numbers behind a call in words: "at 30 cm the soil has lost 62 % of what the roots can use".

A feature of the firmware (firmware/include/cooee/feature.h) is named <quantity>[_<over>][_<depth>].
"""

import re

from edge.contract.messages import Evidence

_NAME = re.compile(
    r"(?P<quantity>[a-z_]+?)(_share_above_(?P<above>\d+))?(_(?P<over>3h|day|5d))?(_(?P<end>min|max|10cm|30cm))?"
)
_OVER = {"3h": "over 3 hours", "day": "over a day", "5d": "over 5 days"}
_CHANGE = {
    "3h": "its average of the last 3 hours",
    "day": "its average of the last day",
    "5d": "its average of the last 5 days",
}
_QUANTITIES = {
    "soil_temperature": "soil temperature",
    "ethylene": "ethylene",
    "air_temperature": "air temperature",
    "dew_point": "dew point",
    "humidity": "air humidity",
    "wind": "wind",
    "gust": "gusts",
    "rain": "rain",
    "pressure": "air pressure",
    "dew_point_depression": "distance from air temperature to dew point",
    "soil_moisture": "soil water",
}
_UNITS = {"degC": "°C", "m3/m3": "%", "": ""}


def evidence_in_words(evidence: Evidence) -> str:
    """One phrase without a full stop; empty for a number that would tell a farmer nothing."""
    match = _NAME.fullmatch(evidence.feature)
    if match is None:
        return ""
    quantity, over, end, value = match["quantity"], match["over"], match["end"], evidence.value
    depth = f"at {end[:2]} cm" if end in ("10cm", "30cm") else ""
    if quantity.startswith("soil_") and depth:
        return _soil(quantity, value, depth, over)
    if match["above"]:
        return f"{value:.0%} of the last day at {match['above']} % humidity or more".replace("%", " %", 1)
    base, _, manner = quantity.rpartition("_")
    if manner in ("change", "ratio") and base in _QUANTITIES and over:
        if manner == "ratio":
            return f"{_QUANTITIES[base]} {value:.1f} times {_CHANGE[over]}"
        side = "above" if value >= 0 else "below"
        return f"{_QUANTITIES[base]} {_amount(abs(value), evidence.unit)} {side} {_CHANGE[over]}"
    if quantity not in _QUANTITIES:
        return ""
    if end in ("min", "max"):
        extreme = "lowest" if end == "min" else "highest"
        return f"{extreme} {_QUANTITIES[quantity]} of the day {_amount(value, evidence.unit)}"
    mean = f" (average {_OVER[over]})" if over else ""
    return f"{_QUANTITIES[quantity]} {_amount(value, evidence.unit)}{mean}"


def _soil(quantity: str, value: float, depth: str, over: str | None) -> str:
    percent, mean = f"{100 * abs(value):.0f} %", f" (average {_OVER[over]})" if over else ""
    match quantity:
        case "soil_depletion":
            return (
                f"{percent} of what roots can use {depth} is gone{mean}" if value > 0 else f"soil {depth} is full{mean}"
            )
        case "soil_deficit":
            gone = f"{percent} of" if value < 1 else "all"
            return f"{gone} the water easily used {depth} is gone{mean}" if value > 0 else f"soil {depth} is full{mean}"
        case "soil_deficit_own":
            gone = f"{percent} of" if value < 1 else "all"
            return (
                f"{gone} the water easily used {depth} is gone since it was full"
                if value > 0
                else f"soil {depth} is as full as it gets"
            )
        case "soil_air":
            return f"{percent} of the soil {depth} is air{mean}"
        case "soil_loss":
            span = _CHANGE[over] if over else "before"
            return f"soil {depth} has {percent} {'less' if value >= 0 else 'more'} usable water than {span}"
        case "soil_moisture_range":
            return f"soil water {depth} moved by {100 * value:.1f} points in a day"
        case "soil_moisture":
            return f"soil {depth} is {percent} water{mean}"
    return ""


def _amount(value: float, unit: str) -> str:
    if unit == "m3/m3":
        return f"{100 * value:.0f} %"
    digits = 2 if unit == "ppm" and abs(value) < 1 else 1
    return f"{value:.{digits}f} {_UNITS.get(unit, unit)}".strip()
