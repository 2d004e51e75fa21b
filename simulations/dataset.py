"""Training seasons as one file: many small farms, readings and truth, for `cooee train`.

Sentinels are grown on New York's weather of 2013, chosen on that of 2023 and reported on Whately's of 2015, the weather of the
demo's scorecard. Other weather, other stations (but the three airports), other farms, other seeds: nothing is split by row.
Temperatures are shifted in training seasons, so that airports by the sea give enough frost.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from edge.commission import site_of
from edge.farm import Farm
from edge.scoring import KINDS

from .field import simulate
from .weather import STEP_S, Weather, new_york, whately

FIRST_MONTH, FIRST_DAY, DAYS = 4, 1, 150
CROPS = (("tomato", "drip"), ("potato", "sprinkler"), ("apple", None), ("lettuce", "drip"), ("maize", None), ("sweet_pepper", "drip"),
         ("bean", "drip"), ("onion", "sprinkler"))
SOILS = ("sandy_loam", "loam", "loam", "silt_loam", "clay_loam", "sandy_loam", "sandy_clay_loam", "loamy_sand")
STORES = ((600, 90_000), (300, 20_000), (1200, 240_000), (500, 50_000))
WEATHER_NODES_AT = ("field-0", "field-2")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One season: station and year, shift of its temperatures (degC), share of its wind that reaches the field, factor of its rain,
    seed, and what it is for."""

    station: str
    year: int
    shift_degc: float = 0.0
    wind_share: float = 1.0
    rain_factor: float = 1.0
    seed: int
    split: Literal["train", "choose", "test"]

    @property
    def name(self) -> str:
        """How the season is called in a report."""
        return f"{self.station.lower()}-{self.year}{self.shift_degc:+g}C-seed{self.seed}"

    def weather(self) -> Weather:
        """The station's weather, brought to this season's field."""
        here = whately() if self.station == "Whately" else new_york(self.station, self.year)
        season = here.season(FIRST_MONTH, FIRST_DAY, DAYS)
        # Airports measure wind at 10 m over open grass; a farm's mast is at 3 m and more or less sheltered (logarithmic profile: 0.78).
        return replace(season, name=self.name, temperature=season.temperature + self.shift_degc, wind=season.wind * self.wind_share,
                       gust=season.gust * self.wind_share, rain=season.rain * self.rain_factor, wind_height_m=3.0)


RAIN_2023 = 3.5
"""The observations of 2023 hold about a third of a usual year's rain."""
PLANS = (
    Plan(station="EWR", year=2013, wind_share=0.55, seed=101, split="train"),
    Plan(station="JFK", year=2013, shift_degc=-4, wind_share=0.65, seed=102, split="train"),
    Plan(station="LGA", year=2013, shift_degc=-2, wind_share=0.65, seed=103, split="train"),
    Plan(station="EWR", year=2013, shift_degc=-6, wind_share=0.8, seed=104, split="train"),
    Plan(station="JFK", year=2013, shift_degc=-7, wind_share=0.55, seed=105, split="train"),
    Plan(station="LGA", year=2013, shift_degc=-5, wind_share=0.8, seed=106, split="train"),
    Plan(station="JFK", year=2023, shift_degc=-1, wind_share=0.7, rain_factor=RAIN_2023, seed=201, split="choose"),
    Plan(station="EWR", year=2023, shift_degc=-5, wind_share=0.8, rain_factor=RAIN_2023, seed=202, split="choose"),
    Plan(station="LGA", year=2023, shift_degc=-7, wind_share=0.75, rain_factor=RAIN_2023, seed=203, split="choose"),
    Plan(station="JFK", year=2023, shift_degc=-5, wind_share=0.6, rain_factor=RAIN_2023, seed=204, split="choose"),
    Plan(station="Whately", year=2015, seed=301, split="test"),
    Plan(station="Whately", year=2015, seed=302, split="test"),
)


def farm(plan: Plan) -> Farm:
    """A farm with fields of several crops, on soils that differ by season, and stores of several sizes; two probes a zone, a
    weather node in some."""
    soils = SOILS[plan.seed % len(SOILS):] + SOILS[:plan.seed % len(SOILS)]
    zones: list[dict[str, Any]] = [
        {"id": f"field-{i}", "name": f"Field {i}", "crop": crop, "soil": soil, "area_ha": 1, "irrigation": irrigation}
        for i, ((crop, irrigation), soil) in enumerate(zip(CROPS, soils, strict=True))]
    zones += [{"id": f"store-{i}", "name": f"Store {i}", "crop": "apple", "area_ha": 0.1, "store": {"volume_m3": volume, "load_kg": load}}
              for i, (volume, load) in enumerate(STORES)]
    nodes: list[dict[str, Any]] = []
    for zone in zones:
        sensors = [["ethylene_cell"]] * 2 if "store" in zone else [["soil_probe"]] * 2
        if zone["id"] in WEATHER_NODES_AT:
            sensors = [*sensors, ["sht3x", "anemometer", "rain_gauge", "barometer"]]
        nodes += [{"zone": zone["id"], "sensors": s} for s in sensors]
    for address, node in enumerate(nodes, 1):
        node |= {"id": f"node-{address}", "address": address, "position": (0, 0), "wake_interval": "10 min"}
    return Farm.model_validate({"id": "training", "name": "Training farm", "latitude": 40.7, "longitude": -74, "elevation_m": 5,
                                "zones": zones, "nodes": nodes})


def grow(plan: Plan) -> tuple[NDArray[np.int16], NDArray[np.uint8], list[list[float]]]:
    """A season's readings int16 (nodes, steps, channels), the truth of each node's zone, bits (nodes, kinds, steps / 8), and each
    node's site: field capacity, wilting point, saturation (m3/m3), depletion fraction."""
    here = farm(plan)
    season = simulate(here, plan.weather(), plan.seed)
    rows = [[z.id for z in here.zones].index(n.zone) for n in here.nodes]
    sites = [site_of(here.zone_by_id[n.zone]) for n in here.nodes]
    return (season.readings, np.packbits(np.stack([season.truth[k][rows] for k in KINDS], axis=1), axis=-1),
            [[s.field_capacity, s.wilting_point, s.saturation, s.depletion_fraction] for s in sites])


def write(path: Path) -> None:
    """Writes all planned seasons as npz, two at a time: per season `readings_<i>` and `truth_<i>` (see `grow`), and as JSON (`meta`) what
    the columns mean. The same bytes every time."""
    with ProcessPoolExecutor(2) as pool:
        grown = list(pool.map(grow, PLANS))
    arrays: dict[str, NDArray[np.generic]] = {}
    for i, (readings, truth, _) in enumerate(grown):
        arrays |= {f"readings_{i}": readings, f"truth_{i}": truth}
    meta = {"kinds": KINDS, "step_s": STEP_S, "steps": grown[0][0].shape[1],
            "seasons": [{"name": p.name, "split": p.split, "weather": f"{p.station.lower()}-{p.year}", "seed": p.seed, "sites": sites}
                        for p, (_, _, sites) in zip(PLANS, grown, strict=True)],
            "nodes": [{"id": n.id, "zone": n.zone, "sentinels": n.sentinels, "channels": n.channels} for n in farm(PLANS[0]).nodes]}
    np.savez(path, meta=np.array(json.dumps(meta)), allow_pickle=False, **arrays)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
