"""What the zones of a farm came to at the last look: a zone is reckoned anew only when something of it has changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from edge.farm import Farm, Zone

from .clock import DAY_MS
from .sensor_state import SensorState
from .zone_state import Surroundings, ZoneState, zone_state

Found = TypeVar("Found")
Known = dict[str, tuple[object, Found]]
"""Zone -> what it was reckoned by, and what that came to."""


class ZoneMemory:
    """Remembers the zones of one farm; shared by the page's threads, of which two may reckon the same at once."""

    def __init__(self) -> None:
        self._farm: Farm | None = None
        self._quiet: Known[ZoneState] = {}
        self._around: Known[Surroundings] = {}

    def turn_to(self, farm: Farm) -> None:
        """Forgets everything when farm.yaml was read anew."""
        if self._farm is not farm:
            self._farm, self._quiet, self._around = farm, {}, {}

    def quiet(self, zone: Zone, sensors: Sequence[SensorState], now: int) -> ZoneState:
        """A zone without an open call: by its sensors alone, and by the day (UTC)."""
        by = tuple(sensors), now // DAY_MS
        return replace(_remembered(self._quiet, zone, by, lambda: zone_state(zone, sensors, [], {}, now)), now=now)

    def around(self, zone: Zone, by: object, look: Callable[[], Surroundings]) -> Surroundings:
        """What the store says of a zone with calls; `look` asks it when `by`, which it depends on, is another."""
        return _remembered(self._around, zone, by, look)


def _remembered(known: Known[Found], zone: Zone, by: object, reckon: Callable[[], Found]) -> Found:
    if zone.id not in known or known[zone.id][0] != by:
        known[zone.id] = by, reckon()
    return known[zone.id][1]
