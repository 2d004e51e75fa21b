"""The baseline of the scorecard: for each kind of trouble the best fixed threshold, found by `python -m
simulations.scoring.threshold_baseline`.

It is chosen (edge/threshold_baseline.py) on seasons of other weather than any that is scored: generated from Newark
2013, never from Whately. The choice is in simulations/data/threshold_baseline.toml.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.contract.kinds import kinds
from edge.core import features, sentinels
from edge.farm import Farm, Node, parse_farm, sample_farm_text
from edge.node.commission import site_of
from edge.scoring import CallSpan
from edge.threshold_baseline import Threshold, WatchedSeason, best_threshold

from ..field.season import Field
from ..field.stations import heard_by, told_in
from ..time_grid import STEP_S
from ..weather.resampled import generate
from ..weather.ten_minutes import new_york

TUNED_ON = {
    101: ("sandy_loam", "loam"),
    102: ("clay_loam", "silt_loam"),
    103: ("sandy_clay_loam", "clay"),
    104: ("loam", "sandy_clay"),
}
"""Seeds, and the soils of the sample farm's two fields under each."""
SEASON = (4, 1, 150)


@cache
def thresholds() -> tuple[Threshold, ...]:
    """The chosen thresholds, in the order of kinds.toml."""
    table = tomllib.loads(files("simulations").joinpath("data", "threshold_baseline.toml").read_text(encoding="utf-8"))
    return tuple(Threshold(kind=kind, **table[kind]) for kind in kinds())


def calls_of(
    chosen: Sequence[Threshold], computed: NDArray[np.int16], nodes: Sequence[Node], t: NDArray[np.int64]
) -> list[CallSpan]:
    """Calls of thresholds on features (nodes, steps, features), by nodes that run a sentinel of their kind. `t`: UTC ms
    (steps,)."""
    calls: list[CallSpan] = []
    for threshold in chosen:
        rows = _watching(threshold.kind, nodes)
        calls += threshold.calls(
            computed[rows], zones=[nodes[row].zone for row in rows], nodes=[nodes[row].id for row in rows], t=t
        )
    return calls


def features_of(
    farm: Farm,
    nodes: Sequence[Node],
    readings: NDArray[np.int16],
    heard: NDArray[np.uint16],
    step_s: int,
    on: date,
) -> NDArray[np.int16]:
    """All features of some nodes of a farm that begin on that day, (nodes, steps, features)."""
    sites = [site_of(farm.zone_by_id[node.zone], on) for node in nodes]
    return features(readings, step_s=step_s, sites=sites, heard=heard)


def tune() -> tuple[Threshold, ...]:
    """The threshold of least cost for each kind."""
    sample = parse_farm(sample_farm_text(), source="sample farm")
    seasons = []
    for seed, textures in TUNED_ON.items():
        soils = dict(zip([z.id for z in sample.zones if z.soil], textures, strict=True))
        farm = sample.model_copy(
            update={"zones": tuple(z.model_copy(update={"soil": soils.get(z.id)}) for z in sample.zones)}
        )
        field = Field(farm, generate(new_york("EWR"), seed).season(*SEASON), seed)
        heard = heard_by(told_in(farm, [farm])[0], field)(farm.nodes, field.t)
        readings, _ = field.sense(farm.nodes)
        seasons.append((field, features_of(farm, farm.nodes, readings, heard, STEP_S, field.first_day)))
    best = []
    for name, kind in kinds().items():
        watched = [_watched(name, field, computed) for field, computed in seasons]
        best.append(best_threshold(kind, watched, watched))
    return tuple(best)


def _watching(kind: str, nodes: Sequence[Node]) -> list[int]:
    """Places of the nodes that run the kind's sentinel."""
    sentinel = next((s.name for s in sentinels() if kind in s.classes[1:]), None)
    return [row for row, node in enumerate(nodes) if sentinel in node.sentinels]


def _watched(kind: str, field: Field, computed: NDArray[np.int16]) -> WatchedSeason:
    rows = _watching(kind, field.farm.nodes)
    place = {zone.id: i for i, zone in enumerate(field.farm.zones)}
    zones = [field.farm.nodes[row].zone for row in rows]
    return WatchedSeason(
        kind=kind,
        zones=tuple(f"{field.seed} {zone}" for zone in zones),
        features=computed[rows],
        truth=field.truth[kind][[place[zone] for zone in zones]],
        nearly=field.nearly[kind][[place[zone] for zone in zones]],
        t=field.t,
    )


def main() -> None:
    """Writes threshold_baseline.toml anew."""
    lines = [
        "# Fixed thresholds of least cost, chosen by `python -m simulations.scoring.threshold_baseline`; values are",
        "# raw (edge.core.list_features).",
        "",
    ]
    for threshold in tune():
        written = {
            name: f'"{value}"' if isinstance(value, str) else str(value).lower()
            for name, value in asdict(threshold).items()
            if name != "kind"
        }
        lines += [f"[{threshold.kind}]", *(f"{name} = {value}" for name, value in written.items()), ""]
    Path(__file__).parents[1].joinpath("data", "threshold_baseline.toml").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
