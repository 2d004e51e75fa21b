"""A farm whose probes are judged by a simulated grower: a season, what ingest keeps of it, and what its nodes call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

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
from simulations.runs.dataset import SOILS, STORES
from simulations.weather.climate import CLIMATES, bundled, generate
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import new_york

CROPS = ("tomato", "potato", "lettuce", "maize", "sweet_pepper", "bean", "onion", "apple")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How a sentinel is tried: the sensor of its nodes, in fields or in stores; weather of so many degC less; days of
    the season on which the grower calls `cooee learn`, what comes after the last being for the score alone, and how
    many days before are compared; hours ahead that too eager a sentinel is taught to call, and what its nodes read too
    high in a feature when it was taught (raw), so that it calls at more than it should; zones of the
    farms of the simulated seasons; seed of the first farm, those of the others follow (of a climate also its year)."""

    sensor: str
    stores: bool = False
    colder_degc: float = 0.0
    learn_on: tuple[int, int] = (100, 130)
    compared_days: int = 21
    eager_h: float
    read_high: dict[str, int] = field(default_factory=dict)
    zones_to_learn: int = 4
    first_seed: int = 991


TRIALS = {
    "soil": Trial(sensor="soil_probe", eager_h=96, zones_to_learn=len(CROPS), first_seed=931),
    "ethylene": Trial(sensor="ethylene_cell", stores=True, eager_h=96),
    "weather": Trial(
        sensor="sht3x",
        colder_degc=4,
        learn_on=(40, 60),
        eager_h=24,
        read_high={"air_temperature_min_6h": 200},
    ),
    "wind": Trial(sensor="anemometer", eager_h=12),
}
NODES_A_ZONE, WAKE_S = 2, 3600
POOLING_DEGC = (0.0, 0.5, 1.0, 1.5, 2.0)
"""How much colder the air of a field is than the station's on calm nights."""
FIRST_DAY, DAYS = (4, 1), 210
TEXTURES = ("loamy_sand", "sandy_loam", "loam", "silt_loam", "clay_loam")
"""Soils by how much water they hold: farm.yaml is one or two of them off."""
AT_ONCE = 5000


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A season of a farm: the farm as its farm.yaml says it, readings int16 (nodes, steps, channels) at `t` UTC ms, its
    troubles, and when zones were close to one; `sentinel`: what its nodes run."""

    sentinel: str
    farm: Farm
    t: NDArray[np.int64] = field(repr=False)
    readings: NDArray[np.int16] = field(repr=False)
    troubles: list[Episode] = field(repr=False)
    nearly: list[Episode] = field(repr=False)

    def day(self, number: int) -> int:
        """UTC ms of the beginning of a day."""
        return int(self.t[0]) + number * DAY_MS


def farm_of(zones: int, soils: Sequence[str], changes: Sequence[Change] = (), sentinel: str = "soil") -> Farm:
    """A farm of fields, half of them irrigated, or of stores, with nodes for one sentinel that wake every hour; of
    `changes` the last counts."""
    policies = {(node, change.kind): change.fields() for change in changes for node in change.nodes}
    places = [_store(i) if TRIALS[sentinel].stores else _field(i, soils, sentinel) for i in range(zones)]
    nodes = [
        {
            "id": f"node-{i + 1}",
            "address": i + 1,
            "zone": places[i // NODES_A_ZONE]["id"],
            "position": (0, 0),
            "sensors": [TRIALS[sentinel].sensor],
            "wake_interval": f"{WAKE_S // 60} min",
            "policies": {kind: fields for (node, kind), fields in policies.items() if node == f"node-{i + 1}"},
        }
        for i in range(zones * NODES_A_ZONE)
    ]
    place = {"latitude": 40.7, "longitude": -74, "elevation_m": 5}
    return Farm.model_validate({"id": "learning", "name": "Learning farm", "zones": places, "nodes": nodes, **place})


def _field(number: int, soils: Sequence[str], sentinel: str) -> dict[str, Any]:
    return {
        "id": f"field-{number}",
        "name": f"Field {number}",
        "crop": CROPS[number % len(CROPS)],
        "soil": soils[number % len(soils)],
        "area_ha": 1,
        "irrigation": "drip" if number % 2 else None,
        "cold_air_pooling_degc": POOLING_DEGC[number % len(POOLING_DEGC)] if sentinel == "weather" else 0,
    }


def _store(number: int) -> dict[str, Any]:
    volume, load = STORES[number % len(STORES)]
    store = {"volume_m3": volume, "load_kg": load}
    return {"id": f"store-{number}", "name": f"Store {number}", "crop": "apple", "area_ha": 0.1, "store": store}


def weather(place: str, seed: int, colder_degc: float = 0.0) -> Weather:
    """A season at a New York airport, or a year of a climate."""
    year = generate(bundled(place), seed) if place in CLIMATES else new_york(place)
    season = year.season(*FIRST_DAY, DAYS)
    return replace(season, temperature=season.temperature - colder_degc)


def grow(zones: int, place: str, seed: int, *, sentinel: str = "soil", wrong_soils: bool = False) -> Grown:
    """A season of a farm with nodes for one sentinel, on soils that go with the seed; probes go in with the crop and
    come out with it. `wrong_soils`: what the farm says of them is one or two textures off."""
    first = (seed - 1) % len(SOILS)
    soils = (*SOILS[first:], *SOILS[:first])
    farm = farm_of(zones, soils, sentinel=sentinel)
    season = Field(farm, weather(place, seed, TRIALS[sentinel].colder_degc), seed)
    every = WAKE_S * 1000 // int(season.t[1] - season.t[0])
    readings = np.ascontiguousarray(season.sense(farm.nodes)[0][:, ::every])
    day = np.arange(readings.shape[1]) * WAKE_S * 1000 // DAY_MS
    for row in range(len(farm.nodes)):
        if sentinel == "soil":
            readings[row, ~season.in_ground[row // NODES_A_ZONE][day]] = MISSING
    troubles, nearly = (
        [
            Episode(zone=zone.id, kind=kind, start=start, end=end)
            for row, zone in enumerate(farm.zones)
            for kind in next(s for s in sentinels() if s.name == sentinel).classes[1:]
            for start, end in spells(happens[kind][row], season.t, kinds()[kind].gap_h)
        ]
        for happens in (season.truth, season.nearly)
    )
    said = farm_of(zones, other_soils(soils, seed)) if wrong_soils else farm
    return Grown(sentinel=sentinel, farm=said, t=season.t[::every], readings=readings, troubles=troubles, nearly=nearly)


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
            Stored(zone=span.zone, message=_call(grown, span, version, state, t, 2 * number + cleared))
            for number, span in enumerate(spans, since // DAY_MS * 100_000)
            for cleared, (state, t) in enumerate(_states(span))
        ]
    )


def _states(span: CallSpan) -> Sequence[tuple[CallState, int]]:
    return ("raised", span.raised), ("cleared", span.cleared)


def _call(grown: Grown, span: CallSpan, version: str, state: CallState, t: int, seq: int) -> Call:
    return Call(
        farm=grown.farm.id,
        node=span.node,
        boot=1,
        seq=seq,
        t=t,
        sentinel=grown.sentinel,
        version=version,
        kind=span.kind,
        confidence=90,
        state=state,
        raised_t=span.raised,
    )
