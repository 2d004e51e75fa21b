"""What bounds frost and ripening: trees that know what no node knows, fitted to the training seasons and judged on the
validation seasons. `cooee bench limits ripening`, `cooee bench limits frost`: rows of docs/LIMITS.md.

Each row is the tree and the alarm policy of least cost, and under it those of least cost among the ones that call
falsely no more than the goal. Frost is judged on the training seasons of measured hours, too, each airport by trees
that did not see it: where generated nights fall, measured ones need not.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from cloud.training.candidates import BALANCES, SEED, TreeSettings, class_weights, predict, rows, tree
from cloud.training.datasets import MISSING_FEATURE, SeasonData
from cloud.training.evaluation import Outcome, outcome, policies
from cloud.training.recipes import RECIPES, Recipe
from edge.contract.channels import MISSING, channels
from edge.contract.kinds import kinds
from edge.core import AlarmPolicy, Site, feature_names, features
from edge.farm import Node
from simulations.field.season import Field
from simulations.nodes.sensors import GAS_SENSORS, GasSensor, sense
from simulations.rng import stream
from simulations.runs.dataset import PLANS, WEATHER_NODES_AT, Plan, farm
from simulations.time_grid import STEP_S, STEPS_A_DAY
from simulations.weather.climate import CLIMATES

from . import drift, limits_soil

Floats = NDArray[np.float64]
Kind = Literal["frost", "ripening"]
Fit = Callable[
    [NDArray[np.int16], NDArray[np.uint8], TreeSettings], DecisionTreeClassifier | HistGradientBoostingClassifier
]
GOALS = {"frost": 0.2, "ripening": 0.1, "too_dry": 0.1, "waterlogged": 0.05}
"""False calls a zone and month, at most."""
SENSORS = {"frost": "sht3x", "ripening": "ethylene_cell"}
AHEAD = 6 * 3600 // STEP_S
LOWEST = "air_temperature_min_6h"
ERRORS_DEGC = (0.5, 0.7, 1.0, 1.3, 2.0)
"""Of an expected lowest, drawn: as steady as its horizon is long."""
OF_AIR = ("air_temperature", "dew_point", "humidity", "wind", "gust", "pressure", "rain")
"""How features begin that a weather node has."""
RAISE_PERCENT = range(10, 100, 10)
"""Confidences at which a call of frost is tried; it is held at three quarters of it."""

CELL = GAS_SENSORS["ethylene_cell"]
CELLS = {
    "the cell": CELL,
    "without noise": replace(CELL, noise=0.0),
    "zero and sensitivity known": replace(CELL, zero_drift=0.0, offset=0.0, gain=0.0, loss=0.0),
    "forklifts and alcohol known": replace(CELL, answers={}),
    "these known, and without noise": replace(CELL, answers={}, noise=0.0),
    "the air as it is": GasSensor(
        answers={}, zero_drift=0.0, loss=0.0, gain=0.0, offset=0.0, noise=0.0, per_humidity=0.0
    ),
}


def fields(kind: Kind, splits: Sequence[str] = ("train", "validation")) -> Iterator[tuple[Plan, Field]]:
    """Seasons of some splits, of the zones alone in which a kind is watched for."""
    for plan in PLANS:
        if plan.split in splits:
            whole = farm(plan)
            nodes = tuple(node for node in whole.nodes if SENSORS[kind] in node.sensors)
            zones = tuple(zone for zone in whole.zones if any(node.zone == zone.id for node in nodes))
            yield plan, Field(whole.model_copy(update={"zones": zones, "nodes": nodes}), plan.weather(), plan.seed)


def sensed(field: Field, cells: Mapping[str, GasSensor] = GAS_SENSORS) -> NDArray[np.int16]:
    """What the nodes of a field read, raw (nodes, steps, channels), as in the recorded runs."""
    nodes: Sequence[Node] = field.farm.nodes
    readings = np.empty((len(nodes), len(field.t), len(channels())), dtype=np.int16)
    for row, node in enumerate(nodes):
        sense(
            node,
            field.values(node.zone) | {"battery": field.battery(node)},
            readings[row],
            np.empty(readings.shape[1:], dtype=np.uint8),
            rng=stream(field.seed, f"node {node.address}"),
            steps_a_day=STEPS_A_DAY,
            gas_sensors=cells,
        )
        dead = field.dead(node)
        if dead is not None:
            readings[row, dead] = MISSING
    return readings


def season(plan: Plan, field: Field, cells: Mapping[str, GasSensor] = GAS_SENSORS) -> SeasonData:
    """What the nodes of a field make of it."""
    nodes, readings = field.farm.nodes, sensed(field, cells)
    zone_rows = [next(i for i, zone in enumerate(field.farm.zones) if zone.id == node.zone) for node in nodes]
    truth, nearly = (np.stack([of[kind][zone_rows] for kind in kinds()], axis=1) for of in (field.truth, field.nearly))
    return SeasonData(
        name=plan.name,
        split=plan.split,
        kinds=tuple(kinds()),
        zones=tuple(node.zone for node in nodes),
        irrigated=(False,) * len(nodes),
        features=features(readings, step_s=STEP_S, sites=[Site()] * len(nodes)),
        truth=truth,
        nearly=nearly,
        step_s=STEP_S,
    )


def with_columns(season: SeasonData, added: Mapping[str, Floats]) -> SeasonData:
    """With more features (nodes, steps), raw; NaN is missing."""
    columns = [
        np.where(np.isnan(v), MISSING_FEATURE, np.clip(np.nan_to_num(v), -32_767, 32_767)) for v in added.values()
    ]
    return replace(
        season,
        features=np.concatenate([season.features, np.stack(columns, axis=2).astype(np.int16)], axis=2),
        names=(*season.names, *added),
    )


def knowing(plan: Plan, field: Field) -> SeasonData:
    """A season of weather nodes, and what none of them knows: the hour, what all expect in the mean, and of
    the six hours to come mean wind and dew point and the lowest temperature, that as if known to an error."""
    own = season(plan, field)
    said = own.columns((LOWEST,))[:, :, 0].astype(float)
    said[said == MISSING_FEATURE] = np.nan
    air = field.values(WEATHER_NODES_AT[0])
    dew = air["air_temperature"] - (100 - air["humidity"]) / 5
    lowest = 100 * _ahead(air["air_temperature"], np.min)
    rng, steady = stream(plan.seed, "errors"), np.exp(-1 / AHEAD)
    drawn = np.empty(len(lowest))
    drawn[0] = rng.normal()
    for i, new in enumerate(rng.normal(size=len(drawn) - 1), 1):
        drawn[i] = steady * drawn[i - 1] + np.sqrt(1 - steady**2) * new
    everywhere = {
        "hour": np.arange(len(lowest)) * STEP_S // 3600 % 24,
        "farm": np.where(
            np.isnan(said).all(axis=0), np.nan, np.nan_to_num(said).sum(axis=0) / (~np.isnan(said)).sum(axis=0).clip(1)
        ),
        "wind_ahead": 100 * _ahead(air["wind"], np.mean),
        "dew_ahead": 100 * _ahead(dew, np.mean),
    } | {f"lowest_{error:g}": lowest + 100 * error * drawn for error in ERRORS_DEGC}
    return with_columns(
        own, {name: np.tile(values, (len(said), 1)).astype(float) for name, values in everywhere.items()}
    )


def _ahead(values: Floats, of: Callable[..., Floats]) -> Floats:
    """Of the six hours to come, NaN at the end."""
    later = np.concatenate([values[1:], np.full(AHEAD, np.nan)])
    return np.asarray(of(np.lib.stride_tricks.sliding_window_view(later, AHEAD), axis=1))


TEACHER = "all that a weather node knows, and the hour, by a booster"
FROST: dict[str, tuple[tuple[str, ...], int]] = {
    "what the node expects": ((LOWEST,), 0),
    "said three times running": ((LOWEST,), 20),
    "dew point beside": ((LOWEST, "dew_point"), 0),
    "hour of day beside": ((LOWEST, "hour"), 0),
    "air, its fall, dew point and hour beside": (
        (LOWEST, "air_temperature", "air_temperature_change_3h", "dew_point", "hour"),
        0,
    ),
    "mean of the farm's nodes": (("farm",), 0),
    TEACHER: ((*(name for name in feature_names() if name.startswith(OF_AIR)), "hour"), 0),
    "coming wind and dew point known": ((LOWEST, "air_temperature", "hour", "wind_ahead", "dew_ahead"), 0),
    "what the node expects, and the coming lowest known to 2 degC": ((LOWEST, "lowest_2"), 0),
    **{f"coming lowest known to {error:g} degC": ((f"lowest_{error:g}",), 0) for error in ERRORS_DEGC},
}
"""Features, and the delay of a call in minutes."""
TRIED = {"frost": ((4, 8, 16), BALANCES), "ripening": ((32, 48), BALANCES[:2])} | limits_soil.TRIED
"""Leaves, and weights towards balance."""

Split = tuple[list[SeasonData], list[SeasonData]]
"""Seasons that trees are fitted to, and those that they are judged on."""


def splits(kind: str, seasons: Sequence[SeasonData]) -> dict[str, list[Split]]:
    """By name of what is judged. For frost also the airports, each by the others and the generated years."""
    training, validation = ([s for s in seasons if s.split == split] for split in ("train", "validation"))
    found = {"validation": [(training, validation)]}
    if kind == "frost":
        airports = dict.fromkeys(_place(s) for s in training if _place(s) not in CLIMATES)
        found["measured hours"] = [
            ([s for s in training if _place(s) != place], [s for s in training if _place(s) == place])
            for place in airports
        ]
    return found


def _place(season: SeasonData) -> str:
    """Its weather station, or its climate."""
    return next(plan.place for plan in PLANS if plan.name == season.name)


def judged(kind: str, recipe: Recipe, parts: Sequence[Split], delays: Sequence[int], fit: Fit = tree) -> Iterator[str]:
    """Outcomes over all parts in words; without `delays` policies have those that are tried anyway."""
    tables = [rows(training, recipe) for training, _ in parts]
    tried: list[Outcome] = []
    sizes, balances = TRIED[kind]
    # One size of booster, as it takes so long.
    for leaves, balance in itertools.product(sizes if fit is tree else sizes[-1:], balances):
        verdicts = []
        for (x, y), (_, judging) in zip(tables, parts, strict=True):
            estimator = fit(x, y, TreeSettings(leaves=leaves, balance=balance))
            verdicts += [predict(estimator, s, recipe) for s in judging]
        class_id = recipe.classes.index(kind)
        tried += [outcome(verdicts, kind=kind, class_id=class_id, policy=policy) for policy in _policies(kind, delays)]
    for some in (tried, [o for o in tried if o.false_per_zone_month <= GOALS[kind]]):
        if some:
            yield in_words(min(some, key=lambda o: o.score.cost))


def booster(x: NDArray[np.int16], y: NDArray[np.uint8], settings: TreeSettings) -> HistGradientBoostingClassifier:
    """In place of one tree, 100 that build on each other."""
    return HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=100,
        random_state=SEED,
        class_weight=class_weights(y, settings.balance),
    ).fit(x, y)


def _policies(kind: str, delays: Sequence[int]) -> list[AlarmPolicy]:
    found = policies()
    if kind == "frost":
        found = [replace(p, raise_percent=n, keep_percent=n * 3 // 4) for p in found[:1] for n in RAISE_PERCENT]
    return list(dict.fromkeys(replace(p, on_delay_min=delay) for p in found for delay in delays)) or found


def in_words(found: Outcome) -> str:
    """A row of docs/LIMITS.md."""
    s = found.score
    return (
        f"{s.troubles} troubles, {s.found} found, {s.found - s.late} in time, {found.false_per_zone_month:.2f} false, "
        f"{s.lead_in_words}, cost {s.cost:g}"
    )


def trials(kind: Kind) -> Iterator[tuple[str, Recipe, list[SeasonData], Sequence[int]]]:
    """What is tried, one after the other: its name, recipe, seasons and delays."""
    recipe = next(r for r in RECIPES if kind in r.classes)
    recipe = replace(recipe, targets=tuple(target for target in recipe.targets if target.name == kind))
    seen = list(fields(kind))
    if kind == "ripening":
        for name, cell in CELLS.items():
            some = [season(plan, field, {"ethylene_cell": cell}).narrowed(recipe.features) for plan, field in seen]
            yield name, recipe, some, (0, 240)
        return
    known = [knowing(plan, field) for plan, field in seen]
    for name, (used, delay) in FROST.items():
        yield name, replace(recipe, features=used), known, (delay,)


def command(
    kind: Annotated[
        Literal["frost", "ripening", "too_dry", "waterlogged", "drift"],
        typer.Argument(
            help="What bounds: frost (half an hour), ripening (a quarter), too_dry or waterlogged (some minutes), or "
            "drift (half a minute)."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="For soil: folder of the training seasons, as for cooee train; else they are made."),
    ] = None,
) -> None:
    """Judge trees that know what no node knows, and what the filter knows of a probe's drift, on the validation
    seasons: rows of docs/LIMITS.md."""
    if kind == "drift":
        for row in drift.rows():
            typer.echo(row)
    elif kind == "too_dry" or kind == "waterlogged":
        for name, recipe, seasons in limits_soil.trials(kind, data):
            _say(kind, name, recipe, seasons, ())
    else:
        for name, recipe, seasons, delays in trials(kind):
            _say(kind, name, recipe, seasons, delays)


def _say(kind: str, name: str, recipe: Recipe, seasons: Sequence[SeasonData], delays: Sequence[int]) -> None:
    for where, parts in splits(kind, seasons).items():
        for row in judged(kind, recipe, parts, delays, booster if name == TEACHER else tree):
            typer.echo(f"{name}, {where}: {row}")
