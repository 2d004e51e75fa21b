"""A farm whose probes are judged by a simulated grower: a season, what ingest keeps of it, and what its nodes call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from cloud.clock import DAY_MS
from cloud.learning.blocks import Change
from cloud.learning.replay import Replay
from cloud.learning.sentinel import Deciding
from cloud.learning.shadow import calls_of
from cloud.store import Store, Stored
from edge.contract.channels import MISSING, channels
from edge.contract.kinds import kinds
from edge.contract.messages import Call, CallState, Reading
from edge.core import sentinels
from edge.farm import Farm
from edge.scoring import CallSpan, Episode, spells
from simulations.field.season import Field
from simulations.runs.dataset import SOILS
from simulations.weather.climate import CLIMATES, bundled, generate
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import new_york

CROPS = ("tomato", "potato", "lettuce", "maize", "sweet_pepper", "bean", "onion", "apple")
NODES_A_ZONE, WAKE_S = 2, 3600
FIRST_DAY, DAYS = (4, 1), 210
TEXTURES = ("loamy_sand", "sandy_loam", "loam", "silt_loam", "clay_loam")
"""Soils by how much water they hold: farm.yaml is one or two of them off."""
AT_ONCE = 5000


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A season of a farm: the farm as its farm.yaml says it, readings int16 (nodes, steps, channels) at `t` UTC ms, its
    troubles, and when zones were close to one."""

    farm: Farm
    t: NDArray[np.int64] = field(repr=False)
    readings: NDArray[np.int16] = field(repr=False)
    troubles: list[Episode] = field(repr=False)
    nearly: list[Episode] = field(repr=False)

    def day(self, number: int) -> int:
        """UTC ms of the beginning of a day."""
        return int(self.t[0]) + number * DAY_MS


def farm_of(zones: int, soils: Sequence[str], changes: Sequence[Change] = ()) -> Farm:
    """A farm of fields, half of them irrigated, with soil probes that wake every hour; of `changes` the last counts."""
    policies = {(node, change.kind): change.fields() for change in changes for node in change.nodes}
    fields = [
        {
            "id": f"field-{i}",
            "name": f"Field {i}",
            "crop": CROPS[i % len(CROPS)],
            "soil": soils[i % len(soils)],
            "area_ha": 1,
            "irrigation": "drip" if i % 2 else None,
        }
        for i in range(zones)
    ]
    nodes = [
        {
            "id": f"node-{i + 1}",
            "address": i + 1,
            "zone": f"field-{i // NODES_A_ZONE}",
            "position": (0, 0),
            "sensors": ["soil_probe"],
            "wake_interval": f"{WAKE_S // 60} min",
            "policies": {kind: fields for (node, kind), fields in policies.items() if node == f"node-{i + 1}"},
        }
        for i in range(zones * NODES_A_ZONE)
    ]
    place = {"latitude": 40.7, "longitude": -74, "elevation_m": 5}
    return Farm.model_validate({"id": "learning", "name": "Learning farm", "zones": fields, "nodes": nodes, **place})


def weather(place: str, seed: int) -> Weather:
    """A season at a New York airport, or a year of a climate."""
    year = generate(bundled(place), seed) if place in CLIMATES else new_york(place)
    return year.season(*FIRST_DAY, DAYS)


def grow(zones: int, place: str, seed: int, *, wrong_soils: bool = False) -> Grown:
    """A season on soils that go with the seed; probes go in with the crop and come out with it. `wrong_soils`: what the
    farm says of them is one or two textures off."""
    first = (seed - 1) % len(SOILS)
    soils = (*SOILS[first:], *SOILS[:first])
    farm = farm_of(zones, soils)
    season = Field(farm, weather(place, seed), seed)
    every = WAKE_S * 1000 // int(season.t[1] - season.t[0])
    readings = np.ascontiguousarray(season.sense(farm.nodes)[0][:, ::every])
    day = np.arange(readings.shape[1]) * WAKE_S * 1000 // DAY_MS
    for row in range(len(farm.nodes)):
        readings[row, ~season.in_ground[row // NODES_A_ZONE][day]] = MISSING
    soil_kinds = next(s for s in sentinels() if s.name == "soil").classes[1:]
    troubles, nearly = (
        [
            Episode(zone=zone.id, kind=kind, start=start, end=end)
            for row, zone in enumerate(farm.zones)
            for kind in soil_kinds
            for start, end in spells(happens[kind][row], season.t, kinds()[kind].gap_h)
        ]
        for happens in (season.truth, season.nearly)
    )
    said = farm_of(zones, other_soils(soils, seed)) if wrong_soils else farm
    return Grown(farm=said, t=season.t[::every], readings=readings, troubles=troubles, nearly=nearly)


def other_soils(soils: Sequence[str], seed: int) -> list[str]:
    """Soils that hold more or less water than those."""
    rng = np.random.default_rng(seed)
    other = {}
    for soil in sorted(set(soils)):
        place = TEXTURES.index(soil if soil in TEXTURES else "loam")
        there = [p for p in (place - 2, place - 1, place + 1, place + 2) if 0 <= p < len(TEXTURES)]
        other[soil] = TEXTURES[int(rng.choice(there))]
    return [other[soil] for soil in soils]


def keep_readings(store: Store, grown: Grown) -> None:
    """Stores what all nodes read, as ingest would."""
    rows = _readings(grown)
    while batch := list(islice(rows, AT_ONCE)):
        store.append(batch)


def _readings(grown: Grown) -> Iterator[Stored]:
    for step, t in enumerate(grown.t.tolist()):
        for row, node in enumerate(grown.farm.nodes):
            raw = grown.readings[row, step]
            values = {c.name: value for c in channels() if (value := c.to_value(int(raw[c.id]))) is not None}
            if values:
                message = Reading(farm=grown.farm.id, node=node.id, boot=1, seq=step, t=t, values=values)
                yield Stored(zone=node.zone, message=message)


def made(grown: Grown, season: Sequence[Replay], sentinel: Deciding, since: int, until: int) -> list[CallSpan]:
    """Calls that the farm's nodes make in [since, until) with this sentinel; `season`: what they had in all of it."""
    nodes = {node.id: node for node in grown.farm.nodes}
    parts = [
        replace(
            part,
            nodes=tuple(nodes[node.id] for node in part.nodes),
            t=part.t[there],
            features=np.ascontiguousarray(part.features[:, there]),
        )
        for part in season
        for there in [(part.t >= since) & (part.t < until)]
    ]
    return [span for part in parts for span in calls_of(sentinel, part)]


def keep_calls(store: Store, grown: Grown, spans: Sequence[CallSpan], version: str, since: int) -> None:
    """Stores calls since then, as ingest would."""
    store.append(
        [
            Stored(zone=span.zone, message=_call(grown.farm, span, version, state, t, 2 * number + cleared))
            for number, span in enumerate(spans, since // DAY_MS * 100_000)
            for cleared, (state, t) in enumerate(_states(span))
        ]
    )


def _states(span: CallSpan) -> Sequence[tuple[CallState, int]]:
    return ("raised", span.raised), ("cleared", span.cleared)


def _call(farm: Farm, span: CallSpan, version: str, state: CallState, t: int, seq: int) -> Call:
    return Call(
        farm=farm.id,
        node=span.node,
        boot=1,
        seq=seq,
        t=t,
        sentinel="soil",
        version=version,
        kind=span.kind,
        confidence=90,
        state=state,
        raised_t=span.raised,
    )
