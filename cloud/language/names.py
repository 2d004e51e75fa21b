"""Names out of the tables (kinds.toml, channels.toml, crops.toml) as the reader calls things."""

from edge.agronomy import crops as agronomy
from edge.contract.kinds import kinds
from edge.contract.messages import Record, RecordKind

from .quantities import below_ground, depth, mass
from .speech import mark, say

CHANNELS = {
    "soil_temperature": mark("soil temperature"),
    "ethylene": mark("ethylene"),
    "air_temperature": mark("air temperature"),
    "humidity": mark("air humidity"),
    "wind": mark("wind"),
    "gust": mark("gusts"),
    "rain": mark("rain"),
    "pressure": mark("air pressure"),
    "battery": mark("battery"),
    "solar_radiation": mark("solar radiation"),
}
RECORDS: dict[RecordKind, str] = {
    "irrigation": mark("Watering"),
    "rain": mark("Rain"),
    "spray": mark("Spray"),
    "harvest": mark("Harvest"),
    "note": mark("Note"),
}
"""What people write down of a block."""
_SOIL_MOISTURE = "soil_moisture_"


def kind_in_words(name: str) -> str:
    """A kind of trouble; one that this table does not know (a node may run newer sentinels), by its name."""
    known = kinds().get(name)
    return say(known.words) if known else name.replace("_", " ")


def channel_in_words(name: str) -> str:
    """What a channel measures."""
    if name.startswith(_SOIL_MOISTURE):
        return say("soil water at {depth}", depth=below_ground(float(name.removeprefix(_SOIL_MOISTURE).rstrip("cm"))))
    return say(CHANNELS[name])


def crop_in_words(name: str) -> str:
    """A crop."""
    return say(agronomy.crop(name).label)


def soil_in_words(name: str) -> str:
    """A soil texture."""
    return say(agronomy.soil(name).label)


def record_in_words(record: Record) -> str:
    """What was written down: "Watering: 20 mm, valve 3 alone"."""
    said = ", ".join(filter(None, (amount_in_words(record), record.text)))
    kind = say(RECORDS[record.kind])
    return say("{kind}: {what}", kind=kind, what=said) if said else kind


def amount_in_words(record: Record) -> str:
    """How much it was; nothing for one that counts nothing."""
    if record.amount is None:
        return ""
    return mass(record.amount) if record.kind == "harvest" else depth(record.amount)
