"""What a soil probe at 60 cm is worth to the water filter: `cooee bench deep-probe`.

Seasons of generated years, in each a farm with a zone of every soil under crops whose roots pass 60 cm; two nodes a
zone, with probes at 10, 30 and 60 cm and the simulated field's errors and faults. The same readings go through the
node's filter with those of 60 cm and without; its depletion is held against the simulated truth at each noon of the
days on which roots are at the probe.

The simulated soil has one lower layer: a probe at 60 cm sees in it what that at 30 cm does, by an offset of its own. So
this is what a second opinion is worth, not what is known of a third layer.
"""

from datetime import timedelta
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from edge.agronomy.crops import crop, soils
from edge.contract.channels import MISSING, channel
from edge.core import feature_names, features
from edge.farm import Farm
from edge.node.commission import site_of
from edge.written_files import JsonFile, write_json
from simulations.field.season import Field
from simulations.field.soil_column import DEEP_PROBE_M
from simulations.runs.dataset import CROPS, SEASON
from simulations.time_grid import STEP_S, STEPS_A_DAY
from simulations.weather.climate import bundled, generate

from .bootstrap import DRAWS, OUTSIDE, SEED

Floats = NDArray[np.float64]

PLACES, FIRST_SEED = ("de-bilt", "davis"), 801
CROPS_BELOW = tuple((name, water) for name, water in CROPS if crop(name).root_m[1] > DEEP_PROBE_M)
DEPLETION = feature_names().index("water_depletion")


def farm(seed: int) -> Farm:
    """A zone of every soil, under crops in turn; two nodes a zone."""
    zones: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    for i, soil in enumerate(soils()):
        name, irrigation = CROPS_BELOW[(i + seed) % len(CROPS_BELOW)]
        zone = {"id": f"field-{i}", "name": f"Field {i}", "crop": name, "soil": soil, "area_ha": 1}
        zones.append(zone | {"irrigation": irrigation})
        for address in (2 * i + 1, 2 * i + 2):
            node = {"id": f"node-{address}", "address": address, "zone": zone["id"], "position": (0, 0)}
            nodes.append(
                node | {"sensors": ["soil_probe", "soil_probe_60cm"], "board": "other", "wake_interval": "10 min"}
            )
    return Farm.model_validate(
        {
            "id": "deep",
            "name": "Deep",
            "latitude": 40.7,
            "longitude": -74,
            "elevation_m": 5,
            "zones": zones,
            "nodes": nodes,
        }
    )


def errors(place: str, seed: int) -> dict[str, Floats]:
    """By soil: how far the filter's depletion is off (mm) at each noon, with the probe and without, (2, noons)."""
    (month, day), days = SEASON
    of = farm(seed)
    field = Field(of, generate(bundled(place), seed).season(month, day, days), seed)
    readings = field.sense(of.nodes)[0]
    without = readings.copy()
    without[..., channel("soil_moisture_60cm").id] = MISSING
    sites = [site_of(of.zone_by_id[node.zone], field.first_day) for node in of.nodes]
    noons = slice(STEPS_A_DAY // 2, None, STEPS_A_DAY)
    found = [features(each, step_s=STEP_S, sites=sites)[:, noons, DEPLETION] for each in (readings, without)]
    off: dict[str, list[Floats]] = {}
    for row, node in enumerate(of.nodes):
        zone, place_of = of.zone_by_id[node.zone], [z.id for z in of.zones].index(node.zone)
        grown = crop(zone.crop)
        rooted = [
            grown.root_depth_m(grown.days_after_planting(field.first_day + timedelta(days=d))) >= DEEP_PROBE_M
            for d in range(days)
        ]
        known = np.logical_and.reduce([rooted, field.in_ground[place_of], *(each[row] != MISSING for each in found)])
        raw, true = field.raw[place_of], field.depletion[place_of, noons]
        own = np.stack([each[row] / 1000 * raw - true for each in found])
        off.setdefault(str(zone.soil), []).append(own[:, known])
    return {soil: np.concatenate(parts, axis=1) for soil, parts in off.items()}


def rmse(off: Floats) -> Floats:
    """With the probe and without, mm."""
    return np.asarray(np.sqrt((off**2).mean(axis=1)))


def measure(seasons: int) -> dict[str, Any]:
    """RMSE by soil and of all with the probe and without, mm, and of all the share that the probe saves with its 95 %
    interval, drawing seasons anew."""
    seen = [errors(PLACES[i % len(PLACES)], FIRST_SEED + i) for i in range(seasons)]
    by_soil = {soil: np.concatenate([one[soil] for one in seen], axis=1) for soil in seen[0]}
    whole = [np.concatenate([*one.values()], axis=1) for one in seen]
    squares, counts = np.array([(one**2).sum(axis=1) for one in whole]), np.array([one.shape[1] for one in whole])
    drawn = np.random.default_rng(SEED).multinomial(seasons, np.full(seasons, 1 / seasons), size=DRAWS)
    ratio = np.sqrt((drawn @ squares)[:, 0] / (drawn @ squares)[:, 1])
    with_it, without = np.sqrt(squares.sum(axis=0) / counts.sum())
    low, high = np.percentile(1 - ratio, OUTSIDE)
    return {
        "seasons": seasons,
        "noons": int(counts.sum()),
        "by_soil": {soil: [round(float(v), 1) for v in rmse(off)] for soil, off in by_soil.items()},
        "with_mm": round(float(with_it), 1),
        "without_mm": round(float(without), 1),
        "saved": {
            "value": round(float(1 - with_it / without), 3),
            "low": round(float(low), 3),
            "high": round(float(high), 3),
        },
    }


def command(
    json_file: JsonFile = None,
    seasons: Annotated[int, typer.Option(help="Generated years.", min=2)] = 12,
) -> None:
    """Measure what a soil probe at 60 cm is worth to the water filter."""
    result = measure(seasons)
    for soil, (with_it, without) in result["by_soil"].items():
        typer.echo(f"{soil:16s} depletion off by {with_it:4.1f} mm with the probe at 60 cm, {without:4.1f} mm without")
    saved = result["saved"]
    typer.echo(
        f"all {result['noons']:,} noons of {seasons} seasons: {result['with_mm']} mm with, {result['without_mm']} mm "
        f"without; less by {saved['value']:.0%} [{saved['low']:.0%}, {saved['high']:.0%}]"
    )
    write_json(json_file, result)


if __name__ == "__main__":
    typer.run(command)
