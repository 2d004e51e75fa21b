"""What a user would do without sentinels: a fixed threshold a kind of trouble, the best there is (`python -m
simulations.scoring.threshold_baseline`).

For each kind, one feature, one threshold and one delay are chosen by least cost on seasons of other weather than any
that is scored: generated from Newark 2013, never from Whately. The choice is in threshold_baseline.toml, beside this
file.
"""

import itertools
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.commission import site_of
from edge.contract.channels import MISSING
from edge.contract.kinds import Kind, kinds
from edge.core import UNKNOWN, AlarmPolicy, Feature, call_spans, features, list_features, sentinels
from edge.farm import Farm, Node, parse_farm, sample_farm_text
from edge.scoring import CallSpan, Episode

from ..field.season import Field
from ..time_grid import STEP_S
from ..weather.resampled import generate
from ..weather.ten_minutes import new_york
from .cards import cards, episodes

DELAYS_MIN = (0, 60, 240)
CLEAR_MIN = 360
CANDIDATES = 40
TUNED_ON = {
    101: ("sandy_loam", "loam"),
    102: ("clay_loam", "silt_loam"),
    103: ("sandy_clay_loam", "clay"),
    104: ("loam", "sandy_clay"),
}
"""Seeds, and the soils of the sample farm's two fields under each."""
SEASON = (4, 1, 150)


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Trouble is where a feature (raw int16) is at or beyond `value` for `delay_min`."""

    kind: str
    feature: str
    value: int
    above: bool
    delay_min: int


@cache
def thresholds() -> tuple[Threshold, ...]:
    """The chosen thresholds, in the order of kinds.toml."""
    table = tomllib.loads(files("simulations").joinpath("data", "threshold_baseline.toml").read_text(encoding="utf-8"))
    return tuple(Threshold(kind=kind, **table[kind]) for kind in kinds())


def calls_of(
    chosen: Sequence[Threshold], computed: NDArray[np.int16], nodes: Sequence[Node], t: NDArray[np.int64], step_s: int
) -> list[CallSpan]:
    """Calls of thresholds on features (nodes, steps, features), by nodes that run a sentinel of their kind. `t`: UTC ms
    (steps,)."""
    column = {f.name: f.id for f in list_features()}
    sentinel_of = {kind: s.name for s in sentinels() for kind in s.classes[1:]}
    end, calls = int(t[-1]) + step_s * 1000, []
    for one in chosen:
        rows = [row for row, node in enumerate(nodes) if sentinel_of.get(one.kind) in node.sentinels]
        if not rows:
            continue
        values = computed[rows, :, column[one.feature]]
        beyond = values >= one.value if one.above else values <= one.value
        classes = np.where(values == MISSING, UNKNOWN, beyond).astype(np.uint8)
        policy = AlarmPolicy(
            on_delay_min=one.delay_min, clear_delay_min=CLEAR_MIN, repeat_min=1440, raise_percent=50, keep_percent=50
        )
        for row, first, last in call_spans(
            classes, np.full(classes.shape, 100, dtype=np.uint8), class_id=1, policy=policy, step_s=step_s
        ):
            node = nodes[rows[row]]
            calls.append(
                CallSpan(
                    zone=node.zone,
                    node=node.id,
                    kind=one.kind,
                    raised=int(t[first]),
                    cleared=int(t[last]) if last < len(t) else end,
                )
            )
    return calls


def features_of(farm: Farm, nodes: Sequence[Node], readings: NDArray[np.int16], step_s: int) -> NDArray[np.int16]:
    """All features of some nodes of a farm, (nodes, steps, features)."""
    return features(readings, step_s=step_s, sites=[site_of(farm.zone_by_id[node.zone]) for node in nodes])


def tune() -> dict[str, Threshold]:
    """The threshold of least cost for each kind."""
    sample = parse_farm(sample_farm_text(), source="sample farm")
    seasons = []
    for seed, textures in TUNED_ON.items():
        soils = dict(zip([z.id for z in sample.zones if z.soil], textures, strict=True))
        farm = sample.model_copy(
            update={"zones": tuple(z.model_copy(update={"soil": soils.get(z.id)}) for z in sample.zones)}
        )
        grown = Field(farm, generate(new_york("EWR"), seed).season(*SEASON), seed)
        seasons.append((grown, features_of(farm, farm.nodes, grown.sense(farm.nodes)[0], STEP_S)))
    return {name: _best(kind, seasons) for name, kind in kinds().items()}


def _best(kind: Kind, seasons: Sequence[tuple[Field, NDArray[np.int16]]]) -> Threshold:
    column = next(f for f in list_features() if f.name == kind.baseline[0])
    tried = [
        Threshold(kind=kind.name, feature=column.name, value=value, above=kind.baseline_above, delay_min=delay)
        for value, delay in itertools.product(_candidates(kind, column, seasons), DELAYS_MIN)
    ]
    return min(tried, key=lambda one: _cost(one, seasons))


def _candidates(kind: Kind, column: Feature, seasons: Sequence[tuple[Field, NDArray[np.int16]]]) -> list[int]:
    """Values to try: spread over those that the feature has in and around trouble."""
    values = np.concatenate([computed[:, :, column.id].ravel() for _, computed in seasons])
    values = values[values != MISSING]
    below, above = (0.5, 100.0) if kind.baseline_above else (0.0, 99.5)
    return sorted(
        {
            int(v)
            for v in np.percentile(values, below + (above - below) * np.linspace(0, 1, CANDIDATES), method="nearest")
        }
    )


def _cost(one: Threshold, seasons: Sequence[tuple[Field, NDArray[np.int16]]]) -> float:
    troubles: list[Episode] = []
    calls: list[CallSpan] = []
    for number, (grown, computed) in enumerate(seasons):
        # One season's zones are not another's.
        troubles += [
            Episode(zone=f"{number} {e.zone}", kind=e.kind, start=e.start, end=e.end)
            for e in episodes(grown)
            if e.kind == one.kind
        ]
        calls += [
            CallSpan(
                zone=f"{number} {c.zone}", node=f"{number} {c.node}", kind=c.kind, raised=c.raised, cleared=c.cleared
            )
            for c in calls_of([one], computed, grown.farm.nodes, grown.t, STEP_S)
        ]
    card = cards(troubles, calls, Counter()).get(one.kind)
    return kinds()[one.kind].missed_cost * card.score.missed + card.score.false_calls if card else 0.0


def main() -> None:
    """Writes threshold_baseline.toml anew."""
    lines = [
        "# Fixed thresholds of least cost, chosen by `python -m simulations.scoring.threshold_baseline`; values are "
        "raw "
        "(edge.core.list_features).",
        "",
    ]
    for kind, one in tune().items():
        lines += [
            f"[{kind}]",
            f'feature = "{one.feature}"',
            f"value = {one.value}",
            f"above = {str(one.above).lower()}",
            f"delay_min = {one.delay_min}",
            "",
        ]
    Path(__file__).parents[1].joinpath("data", "threshold_baseline.toml").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
