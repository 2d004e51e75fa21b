"""What a number that another system sends may be: its channel and unit, by its name and size."""

import re
from collections.abc import Iterator
from typing import Any

from ..contract.channels import channel
from ..contract.errors import MessageError
from ..farm.mapping import MappedReading
from ..farm.units import converted, units_of
from ..foreign_payload import at, number_of, time_of
from . import Said

CHANNELS = (
    (r"soil.*temp|temp.*soil", "soil_temperature"),
    (r"(soil|ground).*(moist|hum|water|wet|vwc)|moisture|vwc|water_soil", "soil_moisture_10cm"),
    (r"c2h4|ethylene", "ethylene"),
    (r"gust", "gust"),
    (r"wind(?!.*(dir|deg|bearing|chill))", "wind"),
    (r"(rain|precip)(?!.*(rate|hour|intens|flag|piezo))", "rain"),
    (r"baro|pressure|^bar_abs|^press", "pressure"),
    (
        r"^(?!.*(lux|klx|day|daily|sum|total|energy|max|hi$|high)).*"
        r"((solar|global|short_?wave)_? ?(rad|irrad)|irradiance|pyranometer|\bghi\b)",
        "solar_radiation",
    ),
    (r"batv|bat.*(volt|_mv|_v$)|voltage", "battery"),
    (r"^(?!.*(dew|device|heat|feel|chill|unit|indoor|in[fc]?$)).*temp", "air_temperature"),
    (r"humid(?!.*in(door)?$)|^hum(_out)?$|\brh\b", "humidity"),
)
"""The first whose pattern a name has is its channel; soil moisture is of the depth that `_depth` finds."""
CENTIMETRES = re.compile(r"(?<!\d)(\d{1,3})[ _-]?cm")
DEPTHS = ((20, "soil_moisture_10cm"), (45, "soil_moisture_30cm"), (80, "soil_moisture_60cm"))
"""Centimetres up to which a probe is called so."""
DEEPEST = re.compile(r"deepest|(vwc|moisture|soil)_?60(?!\d)")
DEEP = re.compile(r"deep|lower|bottom|(vwc|moisture|soil)_?30(?!\d)")
UNITS = ((r"mph", "mph"), (r"kmh|km_h|kph", "km/h"), (r"f$|fahrenheit", "degF"), (r"in$", "in"), (r"_?mv$", "mV"))
"""What the end of a name says of the unit."""
BARE = ("temperature", "temp", "tempc")
"""Names of a temperature that do not say of what."""
COUNTERS = re.compile(r"day|daily|week|month|year|total|event|count|sum")
TIMES = ("uplink_message.received_at", "received_at", "time", "data.ts", "last_seen")
LARGEST = 200
"""Numbers of a message that are looked at."""

Named = tuple[str, str, float]
"""A path, the name that tells what stands there, and the number."""


def numbers_in(said: Said) -> list[Named]:
    """The numbers of a message, in order; a bare one is named by its topic."""
    if not isinstance(said.body, dict | list):
        name = said.where.removesuffix("/state").rpartition("/")[2]
        found = _number(said.body)
        return [] if found is None else [("", name, found)]
    rows = []
    for path, name, value in _leaves(said.body, "", ""):
        if (found := _number(value)) is not None:
            rows.append((path, name, found))
        if len(rows) == LARGEST:
            break
    return rows


def guess(said: Said, path: str, name: str, number: float) -> MappedReading | None:
    """The line of farm.yaml that a number may be; None when nothing is known of such a name."""
    lower = name.lower()
    found = next((channel for pattern, channel in CHANNELS if re.search(pattern, lower)), None)
    if found is None:
        return None
    if found == "soil_moisture_10cm" and (found := _depth(f"{said.where} {path} {name}".lower())) is None:
        return None
    if found == "air_temperature" and lower in BARE and _only_in_soil(said):
        found = "soil_temperature"
    unit = _unit(found, lower, number)
    if unit is None:
        return None
    topic, http = (None, said.where) if said.where.startswith("/") else (said.where, None)
    counter = found == "rain" and bool(COUNTERS.search(lower))
    return MappedReading(channel=found, topic=topic, http=http, path=path, unit=unit, time=_time(said), counter=counter)


def _only_in_soil(said: Said) -> bool:
    """Whether a message is of a device that measures the soil's water and no humidity: it has no air to measure."""
    names = [name.lower() for _, name, _ in numbers_in(said)]
    found = {next((channel for pattern, channel in CHANNELS if re.search(pattern, name)), None) for name in names}
    return "soil_moisture_10cm" in found and "humidity" not in found


def _depth(words: str) -> str | None:
    """The channel of a soil probe by the topic, path and name of its number; None for one that is deeper than all."""
    if told := CENTIMETRES.findall(words):
        return next((channel for limit_cm, channel in DEPTHS if int(told[-1]) <= limit_cm), None)
    if DEEPEST.search(words):
        return "soil_moisture_60cm"
    return "soil_moisture_30cm" if DEEP.search(words) else "soil_moisture_10cm"


def _unit(name: str, lower: str, number: float) -> str | None:
    """The unit that the name says, or else the first in which the number is one that the channel usually has."""
    said = next((unit for pattern, unit in UNITS if re.search(pattern, lower) and unit in units_of(name)), None)
    if name == "pressure" and said is None and lower.endswith("in"):
        said = "inHg"
    if said:
        return said
    if name.startswith("soil_moisture"):
        return "m3/m3" if 0 < number < 1 else "%"
    if name.endswith("temperature"):
        return "degF" if number > 45 else "degC"
    return next((u for u in units_of(name) if channel(name).plausible(converted(name, number, u))), None)


def _time(said: Said) -> str | None:
    """Where a message says when it was measured; only a time that has just been."""
    for path in TIMES if isinstance(said.body, dict) else ():
        try:
            if (value := at(said.body, path)) is not None and abs(time_of(value) - said.received_ms) < 600_000:
                return path
        except MessageError:
            continue
    return None


def _leaves(body: Any, path: str, name: str) -> Iterator[tuple[str, str, Any]]:
    """Path, name and value of whatever is no list or mapping, nested up to eight deep."""
    if path.count(".") + path.count("[") > 8:
        return
    if isinstance(body, dict):
        for key, value in body.items():
            plain = re.fullmatch(r'[^.\[\]"=]+', str(key))
            step = (f".{key}" if path else str(key)) if plain else f'["{key}"]'
            if plain or '"' not in str(key):
                yield from _leaves(value, path + step, f"{name} {key}" if name else str(key))
    elif isinstance(body, list):
        for i, value in enumerate(body):
            kind = value.get("data_structure_type") if isinstance(value, dict) else None
            step = f"[{i}]" if kind is None else f"[data_structure_type={kind}]"
            yield from _leaves(value, path + step, name)
    else:
        yield path, name.rpartition(" ")[2] if re.search(r"[a-z]{3}", name.rpartition(" ")[2]) else name, body


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else number_of(value)
    except MessageError:
        return None
