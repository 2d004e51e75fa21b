"""How well the page sees ahead, against simulated truth: `cooee bench forecast --json FILE`.

Seasons of the training farm (`simulations.runs.dataset`) under measured weather. Water: each time a field comes to its
refill point, what was forecast one, two and three days before, if no water came meanwhile. Frost: each night's lowest
air, forecast at 21:00, next to the lowest of the night before.
"""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from cloud.block_water import MOISTURES, block_water, soil_water
from cloud.clock import DAY_MS, HOUR_MS
from cloud.forecast import LOOKED_BACK_DAYS, NIGHTS_BACK_DAYS, Outlook, dry_in, lowest_tonight
from edge.contract.channels import MISSING, channels
from edge.farm import Zone
from simulations.field.season import Field
from simulations.runs.dataset import PLANS, farm
from simulations.time_grid import STEPS_A_DAY

Floats = NDArray[np.float64]
AHEAD_DAYS = (1, 2, 3)
STEPS_AN_HOUR = STEPS_A_DAY // 24
ASKED_H = 21
"""Local hour at which the night is forecast."""


class Sensed:
    """A season as its nodes read it: hourly means of a channel by zone, NaN where none came."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._readings, _ = field.sense(field.farm.nodes)
        self.hours = field.t[::STEPS_AN_HOUR]

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


def water_forecasts(sensed: Sensed) -> Iterator[tuple[int, float, Outlook | None]]:
    """Days ahead that were asked for, true days from then, and the forecast."""
    field = sensed.field
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
                said = dry_in(zone, water, t, dict(zip(MOISTURES, days, strict=True)), field.farm.latitude, now)
                yield ahead, (int(field.t[onset]) - now) / DAY_MS, said


def nights(sensed: Sensed) -> Iterator[tuple[float, float, Outlook]]:
    """True lowest air of each night, that of the night before, and the forecast."""
    field, farms = sensed.field, sensed.field.farm
    offset = round(field.weather.utc_offset_h)
    for zone in farms.zones:
        air, humidity = sensed.of(zone.id, "air_temperature"), sensed.of(zone.id, "humidity")
        if zone.store or not air:
            continue
        truth = field.values(zone.id)["air_temperature"]
        for day in range(NIGHTS_BACK_DAYS, len(sensed.hours) // 24 - 1):
            hour = 24 * day + ASKED_H  # the season begins at a midnight of local standard time
            known = [
                i
                for i in range(hour - 24 * NIGHTS_BACK_DAYS, hour + 1)
                if not np.isnan(air[0][i]) and not np.isnan(humidity[0][i])
            ]
            shifted = [int(sensed.hours[i]) + offset * HOUR_MS for i in known]
            now = int(sensed.hours[hour]) + offset * HOUR_MS
            said = lowest_tonight(
                shifted, [float(air[0][i]) for i in known], [float(humidity[0][i]) for i in known], "UTC", now
            )
            if said:
                night = slice(hour * STEPS_AN_HOUR, (hour + 11) * STEPS_AN_HOUR)
                before = slice((hour - 24) * STEPS_AN_HOUR, (hour - 13) * STEPS_AN_HOUR)
                yield float(truth[night].min()), float(truth[before].min()), said


def measure() -> dict[str, Any]:
    """All figures, of the seasons that no sentinel learns from."""
    water: dict[int, list[tuple[float, Outlook | None]]] = {ahead: [] for ahead in AHEAD_DAYS}
    minima = []
    plans = [plan for plan in PLANS if plan.split != "train"]
    for plan in plans:
        sensed = Sensed(Field(farm(plan), plan.weather(), plan.seed))
        for ahead, true, said in water_forecasts(sensed):
            water[ahead].append((true, said))
        minima += list(nights(sensed))
    result: dict[str, Any] = {"seasons": len(plans), "days_ahead": {}}
    for ahead, rows in water.items():
        told = [(true, said) for true, said in rows if said]
        off = np.array([24 * (said.value - true) for true, said in told])
        inside = np.mean([said.least <= true <= said.most for true, said in told])
        result["days_ahead"][ahead] = {
            "times": len(rows),
            "told": len(told),
            "median_hours_off": round(float(np.median(abs(off))), 1),
            "mean_hours_late": round(float(off.mean()), 1),
            "in_band": round(float(inside), 2),
        }
    lowest, before, forecast = (
        np.array(column) for column in zip(*((t, b, s.value) for t, b, s in minima), strict=True)
    )
    result["night"] = {
        "nights": len(minima),
        "rmse_degc": round(float(np.sqrt(np.mean((forecast - lowest) ** 2))), 2),
        "rmse_of_last_night_degc": round(float(np.sqrt(np.mean((before - lowest) ** 2))), 2),
        "in_band": round(float(np.mean([s.least <= t <= s.most for t, _, s in minima])), 2),
    }
    return result


def command(
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write all figures.")] = None,
) -> None:
    """Measure the forecasts of dry blocks and cold nights against simulated truth."""
    result = measure()
    for ahead, row in result["days_ahead"].items():
        typer.echo(f"{ahead} days ahead: {row}")
    typer.echo(f"night: {result['night']}")
    if json_file:
        json_file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
