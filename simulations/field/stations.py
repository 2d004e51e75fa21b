"""What simulated nodes hear of the farm's weather stations, by the gateway's rules (edge/gateway/station.py)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core import NOTHING_HEARD
from edge.farm import Farm, Node
from edge.gateway.station import Choice, heard, said

from ..time_grid import STEP_S
from .season import Field

Heard = Callable[[Sequence[Node], NDArray[np.int64]], NDArray[np.uint16]]
"""What nodes hear that wake at given times (UTC ms), (nodes, steps, 2)."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """Of which station each node of a piece of a farm is told, by ids; `stations`: these alone, with their zones."""

    of: dict[str, str]
    stations: Farm


def told_in(farm: Farm, parts: Sequence[Farm]) -> list[Told | None]:
    """Of which stations of the farm its parts are told; None for a part that is told of none."""
    choice = Choice(farm)
    told: list[Told | None] = []
    for part in parts:
        of = {node.id: station for node in part.nodes if (station := choice.of(node))}
        stations = {station.id: station for station in of.values()}
        zones = (farm.zone_by_id[zone] for zone in dict.fromkeys(s.zone for s in stations.values()))
        names = {node: station.id for node, station in of.items()}
        told.append(Told(of=names, stations=farm.with_only(zones, stations.values())) if of else None)
    return told


def heard_by(told: Told | None, field: Field) -> Heard:
    """For the nodes of `field`; stations that stand elsewhere have a field of their own."""
    words: dict[str, tuple[NDArray[np.uint16], NDArray[np.int64]]] = {}
    if told:
        here = set(field.farm.zone_by_id)
        elsewhere = [zone for zone in told.stations.zones if zone.id not in here]
        other = None
        if elsewhere:
            apart = told.stations.with_only(elsewhere, told.stations.nodes)
            other = Field(apart, field.weather, field.seed, field.events)
        for station in told.stations.nodes:
            source = field if station.zone in here or other is None else other
            every = max(1, round(station.wake_interval_s / STEP_S))
            readings, at = source.sense([station])[0][0, ::every], field.t[::every]
            words[station.id] = said(readings, at, field.farm), at

    def by(nodes: Sequence[Node], t: NDArray[np.int64]) -> NDArray[np.uint16]:
        rows = np.zeros((len(nodes), len(t), 2), dtype=np.uint16)
        rows[:, :, 0] = NOTHING_HEARD
        for row, node in enumerate(nodes):
            if told and node.id in told.of:
                rows[row] = heard(*words[told.of[node.id]], t)
        return rows

    return by
