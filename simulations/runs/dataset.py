"""Training seasons as recorded runs: small farms, readings and truth, for `cooee train`.

Sentinels are trained on spring and early summer at two New York airports, validated on late summer and autumn at the
third, and tested on Whately's season, the weather of the demo's scorecard: other stations, other times, other soils,
other seeds. Nothing is split by row. Temperature and humidity of the airports are shifted: runways by the sea see less
frost and fewer humid nights than fields.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edge.contract.errors import CooeeError
from edge.farm import Farm
from edge.pieces import Engine, cluster, processes

from ..weather.climate import CLIMATES, bundled, generate
from ..weather.series import Weather
from ..weather.ten_minutes import new_york, whately
from .bulk import run
from .record import Recorder

SEASON = ((4, 1), 150)
"""First day (month, day) and days of a season."""
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
    """One season: a station or a climate, shift of its temperatures (degC) and of its humidity (%), share of its wind
    that reaches the field, seed (of a climate also its year), and what it is for."""

    place: str
    shift_degc: float = 0.0
    more_humid: float = 0.0
    wind_share: float = 1.0
    seed: int
    split: Literal["train", "validation", "test"]

    @property
    def name(self) -> str:
        """How the season is called in a report."""
        if self.place in CLIMATES:
            return f"climate-{self.place}-{self.seed}"
        return f"{self._year().name}{self.shift_degc:+g}C-seed{self.seed}"

    @property
    def year(self) -> str:
        """The weather year: seasons of one are not independent."""
        return self.name if self.place in CLIMATES else self._year().name

    def weather(self) -> Weather:
        """The place's weather, brought to this season's field."""
        (month, day), days = SEASON
        season = self._year().season(month, day, days)
        # Stations measure wind at 10 m over open grass; a farm's mast is at 3 m and more or less sheltered (logarithmic
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

    def _year(self) -> Weather:
        if self.place in CLIMATES:
            return generate(bundled(self.place), self.seed)
        return whately() if self.place == "Whately" else new_york(self.place)


def _years(split: Literal["train", "validation", "test"], first: int, **years: int) -> tuple[Plan, ...]:
    """Years of climates, with seeds from `first` on."""
    places = [place.replace("_", "-") for place, count in years.items() for _ in range(count)]
    return tuple(
        Plan(place=place, wind_share=WIND_SHARES[i % len(WIND_SHARES)], seed=first + i, split=split)
        for i, place in enumerate(places)
    )


WIND_SHARES = (0.55, 0.65, 0.75, 0.8, 0.9)
PLANS = (
    Plan(place="EWR", wind_share=0.55, seed=101, split="train"),
    Plan(place="LGA", shift_degc=-2, more_humid=8, wind_share=0.65, seed=102, split="train"),
    Plan(place="EWR", shift_degc=-4, more_humid=5, wind_share=0.75, seed=103, split="train"),
    Plan(place="LGA", shift_degc=-6, more_humid=10, wind_share=0.9, seed=104, split="train"),
    Plan(place="JFK", shift_degc=-5, more_humid=6, wind_share=0.6, seed=105, split="train"),
    Plan(place="JFK", shift_degc=-8, more_humid=12, wind_share=0.8, seed=106, split="train"),
    *_years("train", 111, de_bilt=5, davis=3, maricopa=1),
    *_years("validation", 201, de_bilt=6, davis=3, maricopa=1),
    Plan(place="Whately", seed=301, split="test"),
    *_years("test", 311, de_bilt=7, davis=4, maricopa=1),
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


def write(folder: Path, engine: Engine, plans: Sequence[Plan] = PLANS) -> None:
    """Runs planned seasons, and records each in `folder`/SPLIT/NAME as `cooee simulate --out` does. The same bytes
    every time."""
    for _ in engine.write(_record, plans, folder):
        pass


def _record(folder: Path, plan: Plan) -> None:
    sink = Recorder(with_features=False)
    run(farm(plan), plan.weather(), plan.seed, sink=sink, out=folder / plan.split / plan.name)


def main(folder: Path, address: str | None = None) -> None:
    """Writes them by two processes, or on a Dask cluster."""
    try:
        with processes(2) if address is None else cluster(address) as engine:
            write(folder, engine)
    except CooeeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
