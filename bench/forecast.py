"""How well the page sees ahead, against simulated truth: `cooee bench forecast --json FILE`.

Seasons of the training farm (`simulations.runs.dataset`) under measured weather. Water: each time a field comes to its
refill point, what was forecast one, two and three days before, if no water came meanwhile; once more in years on which
nothing was chosen, there with a weather service too (bench/weather_service.py). Frost: each night's lowest air, at the
weather station and in a hollow (bench/tonight.py).
"""

import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from cloud.block.forecast import LOOKED_BACK_DAYS, Outlook, dry_in
from cloud.block.water import MOISTURES, block_water, soil_water
from cloud.clock import DAY_MS, HOUR_MS
from edge.contract.channels import MISSING, channel, channels
from edge.core import Site, feature_names, features
from edge.farm import Farm, Zone
from edge.written_files import JsonFile, write_json
from simulations.field.season import Field
from simulations.runs.dataset import PLANS, WEATHER_NODES_AT, Plan, farm
from simulations.time_grid import STEP_S, STEPS_A_DAY

from .tonight import Place, figures, hourly, lowest_of_hours, measured, of_block, of_place
from .weather_service import Service

Floats = NDArray[np.float64]
AHEAD_DAYS = (1, 2, 3)
STEPS_AN_HOUR = STEPS_A_DAY // 24
HOLLOW_DEGC = 4.0
"""How much colder than where the weather is measured it gets in the hollow; by the station 1.5 (edge/farm.py)."""


OWN = "own sensors"
FRESH = (
    *(Plan(place="de-bilt", wind_share=0.65, seed=seed, split="test") for seed in (951, 952, 953)),
    *(Plan(place="davis", wind_share=0.65, seed=seed, split="test") for seed in (954, 955)),
)
"""Years of weather and seeds on which nothing was chosen."""


class Sensed:
    """A season as its nodes read it: hourly means of a channel by zone, NaN where none came."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._readings, _ = field.sense(field.farm.nodes)
        self.hours = field.t[::STEPS_AN_HOUR]

    def readings_of(self, zone: str, channel: str) -> NDArray[np.int16]:
        """Of the first of a zone's nodes that measures the channel, raw (1, steps, channels)."""
        nodes = self.field.farm.nodes
        row = next(i for i, node in enumerate(nodes) if node.zone == zone and channel in node.channels)
        return self._readings[row : row + 1]

    def of(self, zone: str, channel: str) -> list[Floats]:
        """Of each of a zone's nodes that measures the channel."""
        index, known = next((i, c) for i, c in enumerate(channels()) if c.name == channel)
        found = []
        for row, node in enumerate(self.field.farm.nodes):
            if node.zone == zone and channel in node.channels:
                raw = self._readings[row, :, index].astype(float)
                raw[raw == MISSING] = np.nan
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", RuntimeWarning)  # an hour without a reading
                    found.append(np.nanmean(raw.reshape(-1, STEPS_AN_HOUR), axis=1) * known.scale)
        return found


def _becomes_dry(field: Field, zone: Zone) -> list[int]:
    """Steps (whole hours) at which a zone comes to its refill point, by its true moistures as the page reckons."""
    true = field.values(zone.id)
    dry = []
    for step in range(0, len(field.t), STEPS_AN_HOUR):
        water = soil_water(zone, {name: float(true[name][step]) for name in MOISTURES}, int(field.t[step]))
        dry.append(water is not None and water.lost >= water.refill_at)
    return [hour * STEPS_AN_HOUR for hour in range(1, len(dry)) if dry[hour] and not dry[hour - 1]]


def water_forecasts(
    sensed: Sensed, services: Mapping[str, Service | None]
) -> Iterator[tuple[int, float, dict[str, Outlook | None]]]:
    """Days ahead that were asked for, true days from then, and the forecasts with each service, None being none."""
    field = sensed.field
    offset_h = round(field.weather.utc_offset_h)
    for row, zone in enumerate(field.farm.zones):
        if zone.soil is None:
            continue
        probes = {name: sensed.of(zone.id, name) for name in MOISTURES}
        for onset in _becomes_dry(field, zone):
            for ahead in AHEAD_DAYS:
                step = onset - ahead * STEPS_A_DAY
                hour = step // STEPS_AN_HOUR
                first = hour - 24 * LOOKED_BACK_DAYS
                if first < 0 or np.diff(field.depletion[row, step : onset + 1]).min() < -0.5:
                    continue
                now = int(sensed.hours[hour])
                values = {
                    f"n{n}": {name: float(probes[name][n][hour - 1]) for name in MOISTURES}
                    for n in range(len(probes[MOISTURES[0]]))
                }
                heard = {name: of for name, of in values.items() if not np.isnan(list(of.values())).any()}
                water = block_water(zone, heard, now)
                if water is None:
                    continue
                days = [
                    np.nanmean([p[first:hour] for p in probes[name]], axis=0).reshape(-1, 24).mean(axis=1).tolist()
                    for name in MOISTURES
                ]
                t = [int(at) for at in sensed.hours[first:hour:24]]
                past = zone, water, t, dict(zip(MOISTURES, days, strict=True)), field.farm.latitude
                wall = now + offset_h * HOUR_MS
                said = {
                    name: dry_in(*past, wall, service.says(hour // 24), "UTC") if service else dry_in(*past, now)
                    for name, service in services.items()
                }
                yield ahead, (int(field.t[onset]) - now) / DAY_MS, said


def places(sensed: Sensed) -> tuple[Place, Place]:
    """The weather station of a season, and the hollow, by what their nodes say when they know of their probes'
    faults."""
    return _place(sensed, WEATHER_NODES_AT[0]), _place(sensed, WEATHER_NODES_AT[1])


def _place(sensed: Sensed, zone: str) -> Place:
    names = feature_names()
    said = features(sensed.readings_of(zone, "humidity"), step_s=STEP_S, sites=[Site()])[0].astype(float)
    said[said == MISSING] = np.nan
    return Place(
        temperature=hourly(said[:, names.index("air_temperature")]) * channel("air_temperature").scale,
        humidity=hourly(said[:, names.index("humidity")]) * channel("humidity").scale,
        lowest=lowest_of_hours(sensed.field.values(zone)["air_temperature"]),
    )


def with_hollow(plan: Plan) -> Farm:
    """The training farm, its second weather node in a hollow."""
    whole = farm(plan)
    zones = tuple(
        zone.model_copy(update={"cold_air_pooling_degc": HOLLOW_DEGC}) if zone.id == WEATHER_NODES_AT[1] else zone
        for zone in whole.zones
    )
    return whole.model_copy(update={"zones": zones})


def measure() -> dict[str, Any]:
    """All figures, of the seasons that no sentinel learns from."""
    water: dict[int, list[tuple[float, Outlook | None]]] = {ahead: [] for ahead in AHEAD_DAYS}
    own, hollows = [], []
    plans = [plan for plan in PLANS if plan.split != "train"]
    for plan in plans:
        sensed = Sensed(Field(with_hollow(plan), plan.weather(), plan.seed))
        for ahead, true, said in water_forecasts(sensed, {OWN: None}):
            water[ahead].append((true, said[OWN]))
        station, hollow = places(sensed)
        own += list(of_place(station))
        hollows += list(of_block(hollow, station, plan.seed))
    result: dict[str, Any] = {"seasons": len(plans)}
    result["days_ahead"] = {ahead: _of_water(rows) for ahead, rows in water.items()}
    result["fresh"] = _fresh()
    result["night"] = {"station": figures(own), "hollow beside it": figures(hollows)} | measured()
    return result


def _fresh() -> list[dict[str, Any]]:
    """Of water, on seasons on which nothing was chosen: a line for each number of days ahead and who forecast."""
    water: dict[tuple[int, str], list[tuple[float, Outlook | None]]] = defaultdict(list)
    for plan in FRESH:
        season = Field(farm(plan), plan.weather(), plan.seed)
        services = {
            OWN: None,
            "service that knows": Service(season.weather, plan.seed, errs=False),
            "service that errs": Service(season.weather, plan.seed, errs=True),
        }
        for ahead, true, said in water_forecasts(Sensed(season), services):
            for name, outlook in said.items():
                water[ahead, name].append((true, outlook))
    return [{"days_ahead": ahead, "by": name, **_of_water(rows)} for (ahead, name), rows in sorted(water.items())]


def _of_water(rows: Sequence[tuple[float, Outlook | None]]) -> dict[str, float]:
    told = [(true, said) for true, said in rows if said]
    off = np.array([24 * (said.value - true) for true, said in told])
    return {
        "times": len(rows),
        "told": len(told),
        "median_hours_off": round(float(np.median(abs(off))), 1),
        "mean_hours_late": round(float(off.mean()), 1),
        "in_band": round(float(np.mean([said.least <= true <= said.most for true, said in told])), 2),
    }


def command(
    json_file: JsonFile = None,
) -> None:
    """Measure the forecasts of dry blocks and cold nights against simulated truth."""
    result = measure()
    for ahead, row in result["days_ahead"].items():
        typer.echo(f"{ahead} days ahead: {row}")
    for row in result["fresh"]:
        typer.echo(f"on other seasons: {row}")
    for where, callers in result["night"].items():
        for who, row in callers.items():
            typer.echo(f"night, {where}, {who}: {row}")
    write_json(json_file, result)
