"""A zone's air by the hour of the last weeks, and that of the weather station beside it."""

from edge.farm import Farm, Node
from edge.gateway.station import Choice

from ..clock import HOUR_MS
from ..store import Store
from .past_readings import together
from .tonight import NIGHTS_BACK_DAYS, PastAir

AIR, HUMIDITY = "air_temperature", "humidity"


def past_air(store: Store, farm: Farm, zone: str, now: int) -> tuple[PastAir, PastAir | None]:
    """Of a zone that measures its air, and of the weather station elsewhere that is nearest; until the hour of `now`
    (UTC ms), which is counted. Raises StoreError."""
    block = min(
        (node for node in farm.nodes_of(zone) if AIR in node.channels), key=lambda node: HUMIDITY not in node.channels
    )
    station, until = Choice(farm).near(block), now // HOUR_MS * HOUR_MS + HOUR_MS
    beside = station if station and station.zone != zone else None
    return _of(store, farm, block, until), _of(store, farm, beside, until) if beside else None


def _of(store: Store, farm: Farm, node: Node, until: int) -> PastAir:
    hours, measured = 24 * NIGHTS_BACK_DAYS, [name for name in (AIR, HUMIDITY) if name in node.channels]
    t, values = together(store, farm.id, [node.id], measured, until - hours * HOUR_MS, until, hours)
    return PastAir(t=t, temperature=values[AIR], humidity=values.get(HUMIDITY, []))
