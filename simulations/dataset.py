"""Training seasons as one file: many small farms under New York's weather of 2013, readings and truth, for `cooee train`.

The demo is scored on Whately 2015, which is neither here nor anywhere near: training never sees the weather it is scored on.
A season's temperatures may be shifted, so that airports by the sea give enough frost.
"""

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.commission import site_of
from edge.farm import Farm
from edge.scoring import KINDS

from .field import Season, simulate
from .weather import STEP_S, new_york

FIRST_MONTH, FIRST_DAY, DAYS = 4, 1, 150
FIELDS = (("tomato", "sandy_loam", "drip"), ("potato", "loam", "sprinkler"), ("apple", "loam", None), ("lettuce", "silt_loam", "drip"),
          ("maize", "clay_loam", None), ("sweet_pepper", "sandy_loam", "drip"), ("bean", "sandy_clay_loam", "drip"), ("onion", "clay", "sprinkler"))
STORES = ((600, 90_000), (300, 20_000), (1200, 240_000), (500, 50_000))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One season: airport, shift of its temperatures (degC), share of its wind that reaches the field, seed, and what it is for."""

    airport: str
    shift_degc: float
    wind_share: float
    seed: int
    split: str

    @property
    def name(self) -> str:
        """How the season is called in a report."""
        return f"{self.airport.lower()}-2013{self.shift_degc:+g}C-seed{self.seed}"


PLANS = (
    Plan(airport="EWR", shift_degc=0.0, wind_share=0.55, seed=101, split="train"),
    Plan(airport="EWR", shift_degc=-4.0, wind_share=0.75, seed=102, split="train"),
    Plan(airport="LGA", shift_degc=-2.0, wind_share=0.65, seed=103, split="train"),
    Plan(airport="LGA", shift_degc=-6.0, wind_share=0.9, seed=104, split="train"),
    Plan(airport="EWR", shift_degc=-7.0, wind_share=0.6, seed=105, split="train"),
    Plan(airport="LGA", shift_degc=-4.0, wind_share=0.8, seed=106, split="train"),
    Plan(airport="JFK", shift_degc=-1.0, wind_share=0.55, seed=201, split="validate"),
    Plan(airport="JFK", shift_degc=-5.0, wind_share=0.7, seed=202, split="validate"),
    Plan(airport="JFK", shift_degc=-7.0, wind_share=0.6, seed=203, split="validate"),
)
"""Airports are apart: what is chosen on JFK was not trained on JFK. Airports measure wind at 10 m over open grass; a farm's mast is
lower (logarithmic profile to 3 m: 0.78) and more or less sheltered."""


def training_farm() -> Farm:
    """A farm with fields of several crops and soils and stores of several sizes; two probes a zone, a weather node on some."""
    zones: list[dict[str, Any]] = [{"id": f"field-{i}", "name": f"Field {i}", "crop": crop, "soil": soil, "area_ha": 1, "irrigation": water}
             for i, (crop, soil, water) in enumerate(FIELDS)]
    zones += [{"id": f"store-{i}", "name": f"Store {i}", "crop": "apple", "area_ha": 0.1, "store": {"volume_m3": v, "load_kg": m}}
              for i, (v, m) in enumerate(STORES)]
    nodes: list[dict[str, Any]] = []
    for zone in zones:
        sensors = [["ethylene_cell"]] * 2 if "store" in zone else [["soil_probe"]] * 2
        if zone["id"] in ("field-0", "field-2"):
            sensors = [*sensors, ["sht3x", "anemometer", "rain_gauge", "barometer"]]
        nodes += [{"zone": zone["id"], "sensors": s} for s in sensors]
    for address, node in enumerate(nodes, 1):
        node |= {"id": f"node-{address}", "address": address, "position": (0, 0), "wake_interval": "10 min"}
    return Farm.model_validate({"id": "training", "name": "Training farm", "latitude": 40.7, "longitude": -74, "elevation_m": 5,
                                "zones": zones, "nodes": nodes})


def season(plan: Plan) -> Season:
    """The training farm under one planned season."""
    weather = new_york(plan.airport).season(FIRST_MONTH, FIRST_DAY, DAYS)
    here = replace(weather, name=plan.name, temperature=weather.temperature + plan.shift_degc, wind=weather.wind * plan.wind_share,
                   gust=weather.gust * plan.wind_share, wind_height_m=3.0)
    return simulate(training_farm(), here, plan.seed)


def write(path: Path) -> None:
    """Writes all planned seasons as npz: per season readings int16 (nodes, steps, channels) and truth bool (nodes, kinds, steps) of each
    node's zone; and as JSON what the columns mean (`meta`)."""
    farm = training_farm()
    arrays: dict[str, NDArray[np.generic]] = {}
    rows = [[z.id for z in farm.zones].index(n.zone) for n in farm.nodes]
    for i, plan in enumerate(PLANS):
        grown = season(plan)
        arrays[f"readings_{i}"] = grown.readings
        arrays[f"truth_{i}"] = np.packbits(np.stack([grown.truth[k][rows] for k in KINDS], axis=1), axis=-1)
    sites = [site_of(farm.zone_by_id[n.zone]) for n in farm.nodes]
    meta = {"kinds": KINDS, "step_s": STEP_S, "steps": grown.readings.shape[1],
            "seasons": [{"name": p.name, "split": p.split} for p in PLANS],
            "nodes": [{"id": n.id, "zone": n.zone, "sentinels": n.sentinels, "channels": n.channels,
                       "site": [s.field_capacity, s.wilting_point, s.saturation, s.depletion_fraction]}
                      for n, s in zip(farm.nodes, sites, strict=True)]}
    np.savez_compressed(path, meta=np.array(json.dumps(meta)), allow_pickle=False, **arrays)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
