"""A farm's weather service beside the air of its zones, for calls of frost."""

from pathlib import Path

from edge.farm import Farm, Zone

from .advice.frost_call import FELL_OVER_H, ComingCold
from .block.past_air import AIR, past_air
from .block.tonight import colder_by, coming_morning
from .block.weather_service import Asked
from .clock import HOUR_MS
from .store import Store


class FrostWatch:
    """Remembers for an hour how much colder each zone is than the weather station, of which the service is taken to
    speak."""

    def __init__(self, asked: Asked, folder: Path) -> None:
        """`folder`: in which farm.yaml stands."""
        self._asked, self._folder = asked, folder
        self._colder: dict[str, tuple[int, float]] = {}

    def cold(self, store: Store, farm: Farm, zone: Zone, began: int, now: int) -> ComingCold | None:
        """Of a zone with a call of frost that `began` (UTC ms, like `now`); None where no service says how cold it
        gets. Raises StoreError."""
        days, _ = self._asked.coming(farm, self._folder, now)
        told = coming_morning(days, farm.timezone, now)
        if told is None or not any(AIR in node.channels for node in farm.nodes_of(zone.id)):
            return None
        lows = _lows(store, farm, zone, began, now)
        since = [low for ago, low in lows.items() if ago <= (now - began) // HOUR_MS]
        return ComingCold(
            lowest=min(since, default=None),
            now=lows.get(0),
            before=lows.get(FELL_OVER_H),
            morning=told - self._colder_by(store, farm, zone, now),
        )

    def _colder_by(self, store: Store, farm: Farm, zone: Zone, now: int) -> float:
        hour = now // HOUR_MS
        if zone.id not in self._colder or self._colder[zone.id][0] != hour:
            self._colder[zone.id] = hour, colder_by(*past_air(store, farm, zone.id, now), farm.timezone, now)
        return self._colder[zone.id][1]


def _lows(store: Store, farm: Farm, zone: Zone, began: int, now: int) -> dict[int, float]:
    """The zone's lowest of hours, by how many hours ago they ended, of a day at most."""
    nodes = [node.id for node in farm.nodes_of(zone.id)]
    hours = min(max(FELL_OVER_H, (now - began) // HOUR_MS), 23) + 1
    since = now + 1 - hours * HOUR_MS
    found = store.history(farm.id, nodes, AIR, since, now + 1, hours)
    return {hours - 1 - (t - since) // HOUR_MS: low for t, low in zip(found.t, found.low, strict=True)}
