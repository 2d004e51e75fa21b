"""Rows in InfluxDB's line protocol: tags farm, zone and node, everything else a field."""

from functools import lru_cache

from edge.contract.errors import StoreError
from edge.contract.messages import Reading
from edge.contract.topics import IDENTIFIER

from .fields import IMPORTED, MEASUREMENTS, Value, fields
from .interface import Stored


def measurement_of(row: Stored) -> str:
    """What a row is kept as; `latest` does not look at what was imported."""
    imported = isinstance(row.message, Reading) and row.message.inc == IMPORTED
    return "imported" if imported else MEASUREMENTS[type(row.message)]


def line_of(row: Stored) -> str:
    """A row, at its time in ms. StoreError for a name that no farm, zone or node can have."""
    message = row.message
    kept = ",".join([f"{name}={_value(value)}" for name, value in fields(message).items()])
    return f"{measurement_of(row)}{_tags(message.farm, row.zone, message.node)} {kept} {message.t}"


@lru_cache(maxsize=4096)
def _tags(farm: str, zone: str, node: str) -> str:
    for name in (farm, zone, node):
        if not IDENTIFIER.fullmatch(name):
            raise StoreError(f"{name!r} cannot name a farm, zone or node: a-z, 0-9, _ and - are allowed, at most 32")
    return f",farm={farm},zone={zone},node={node}"


def _value(value: Value) -> str:
    """A field in line protocol. Its type never changes from point to point: a float has a point or an exponent."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value}i"
