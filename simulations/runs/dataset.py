"""Training seasons as recorded runs: small farms, readings and truth, for `cooee train`.

Sentinels are trained on spring and early summer at two New York airports, validated on late summer and autumn at the
third, and tested on Whately's season, the weather of the demo's scorecard: other stations, other times, other soils,
other seeds. Nothing is split by row. Temperature and humidity of the airports are shifted: runways by the sea see less
frost and fewer humid nights than fields.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edge.agronomy import crop
from edge.farm import Farm

from ..weather.ten_minutes import Weather, new_york, whately
from .bulk import run
from .record import Recorder

SEASONS = {"train": ((4, 1), 122), "validation": ((8, 1), 92), "test": ((4, 15), 136)}
"""First day (month, day) and days of a season, by what it is for: training ends where validation begins."""
LATE_PLANTING = "07-10"
"""Of annual crops in seasons that begin in August."""
CROPS = (
    ("tomato", "drip"),
    ("potato", "sprinkler"),
    ("apple", None),
    ("lettuce", "drip"),
    ("maize", None),
    ("sweet_pepper", "drip"),
    ("bean", "drip"),
    ("onion", "sprinkler"),
)
SOILS = ("sandy_loam", "loam", "loam", "silt_loam", "clay_loam", "sandy_loam", "sandy_clay_loam", "loamy_sand")
STORES = ((600, 90_000), (300, 20_000), (1200, 240_000), (500, 50_000))
WEATHER_NODES_AT = ("field-0", "field-2")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One season: station, shift of its temperatures (degC) and of its humidity (%), share of its wind that reaches the
    field, seed, and what it is for."""

    station: str
    shift_degc: float = 0.0
    more_humid: float = 0.0
    wind_share: float = 1.0
    seed: int
    split: Literal["train", "validation", "test"]

    @property
    def name(self) -> str:
        """How the season is called in a report."""
        return f"{self._station().name}{self.shift_degc:+g}C-seed{self.seed}"

    def weather(self) -> Weather:
        """The station's weather, brought to this season's field."""
        (month, day), days = SEASONS[self.split]
        season = self._station().season(month, day, days)
        # Airports measure wind at 10 m over open grass; a farm's mast is at 3 m and more or less sheltered (logarithmic
        # profile: 0.78).
        return replace(
            season,
            name=self.name,
            temperature=season.temperature + self.shift_degc,
            humidity=np.minimum(season.humidity + self.more_humid, 100.0),
            wind=season.wind * self.wind_share,
            gust=season.gust * self.wind_share,
            wind_height_m=3.0,
        )

    def _station(self) -> Weather:
        return whately() if self.station == "Whately" else new_york(self.station)


PLANS = (
    Plan(station="EWR", wind_share=0.55, seed=101, split="train"),
    Plan(station="LGA", shift_degc=-2, more_humid=8, wind_share=0.65, seed=102, split="train"),
    Plan(station="EWR", shift_degc=-4, more_humid=5, wind_share=0.75, seed=103, split="train"),
    Plan(station="LGA", shift_degc=-6, more_humid=10, wind_share=0.9, seed=104, split="train"),
    Plan(station="EWR", shift_degc=-7, more_humid=6, wind_share=0.6, seed=105, split="train"),
    Plan(station="LGA", shift_degc=-4, more_humid=12, wind_share=0.8, seed=106, split="train"),
    Plan(station="EWR", shift_degc=-2, more_humid=3, wind_share=0.8, seed=107, split="train"),
    Plan(station="JFK", wind_share=0.55, seed=201, split="validation"),
    Plan(station="JFK", shift_degc=-3, more_humid=4, wind_share=0.7, seed=202, split="validation"),
    Plan(station="JFK", shift_degc=-6, more_humid=6, wind_share=0.8, seed=203, split="validation"),
    Plan(station="JFK", shift_degc=-8, wind_share=0.6, seed=204, split="validation"),
    Plan(station="JFK", shift_degc=-5, wind_share=0.75, seed=205, split="validation"),
    Plan(station="JFK", shift_degc=-7, more_humid=3, wind_share=0.65, seed=206, split="validation"),
    Plan(station="Whately", seed=301, split="test"),
    Plan(station="Whately", seed=302, split="test"),
)


def farm(plan: Plan) -> Farm:
    """A farm with fields of several crops, on soils that differ by season, and stores of several sizes; two probes a
    zone, a weather node in some."""
    soils = SOILS[plan.seed % len(SOILS) :] + SOILS[: plan.seed % len(SOILS)]
    zones: list[dict[str, Any]] = [
        {
            "id": f"field-{i}",
            "name": f"Field {i}",
            "crop": name,
            "soil": soil,
            "area_ha": 1,
            "irrigation": irrigation,
            "planted": LATE_PLANTING if plan.split == "validation" and crop(name).kind == "annual" else None,
        }
        for i, ((name, irrigation), soil) in enumerate(zip(CROPS, soils, strict=True))
    ]
    zones += [
        {
            "id": f"store-{i}",
            "name": f"Store {i}",
            "crop": "apple",
            "area_ha": 0.1,
            "store": {"volume_m3": volume, "load_kg": load},
        }
        for i, (volume, load) in enumerate(STORES)
    ]
    nodes: list[dict[str, Any]] = []
    for zone in zones:
        sensors = [["ethylene_cell"]] * 2 if "store" in zone else [["soil_probe"]] * 2
        if zone["id"] in WEATHER_NODES_AT:
            sensors = [*sensors, ["sht3x", "anemometer", "rain_gauge", "barometer"]]
        nodes += [{"zone": zone["id"], "sensors": s} for s in sensors]
    for address, node in enumerate(nodes, 1):
        node |= {"id": f"node-{address}", "address": address, "position": (0, 0), "wake_interval": "10 min"}
    return Farm.model_validate(
        {
            "id": "training",
            "name": "Training farm",
            "latitude": 40.7,
            "longitude": -74,
            "elevation_m": 5,
            "zones": zones,
            "nodes": nodes,
        }
    )


def write(folder: Path) -> None:
    """Runs all planned seasons, two at a time, and records each in `folder`/SPLIT/NAME as `cooee simulate --out` does.
    The same bytes every time."""
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_record, [folder / p.split / p.name for p in PLANS], PLANS))


def _record(folder: Path, plan: Plan) -> None:
    run(farm(plan), plan.weather(), plan.seed, sink=Recorder(folder=folder, with_features=False))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
