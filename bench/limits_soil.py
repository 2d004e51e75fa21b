"""What bounds the soil sentinel: how far ahead it is taught, and what it would do if it knew the true water. `cooee
bench limits too_dry` and `waterlogged`: rows of docs/LIMITS.md."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from cloud.training.candidates import BALANCES, FILTERED
from cloud.training.cli import simulated
from cloud.training.datasets import DataSet, Knows, SeasonData
from cloud.training.recipes import RECIPES, Recipe, Target

Kind = Literal["too_dry", "waterlogged"]
TRIED = {"too_dry": ((48,), BALANCES), "waterlogged": ((4, 8, 16), BALANCES)}
"""Leaves, and weights towards balance."""
SOIL = next(recipe for recipe in RECIPES if recipe.name == "soil")


def recipes(kind: Kind) -> Iterator[tuple[str, Recipe, Knows]]:
    """What is tried, one after the other: its name, its recipe, and what it knows of the water."""
    yield "one tree for both kinds", SOIL, "told"
    if kind == "waterlogged":
        for hours in (12, 24):
            yield f"air alone, {hours} h ahead", _alone(kind, hours, ("water_air",)), "told"
        return
    for hours in (18, 24, 36, 48):
        yield f"a tree of its own, {hours} h ahead", _alone(kind, hours, SOIL.features), "told"
    yield (
        "depletion and hours left alone, 36 h ahead",
        _alone(kind, 36, ("water_depletion", "water_hours_left")),
        "told",
    )
    for hours in (18, 36, 48):
        of_water = tuple(name for name in SOIL.features if name.startswith(FILTERED))
        yield f"the true water, {hours} h ahead", _alone(kind, hours, of_water), "truth"


def _alone(kind: Kind, hours: float, features: tuple[str, ...]) -> Recipe:
    return replace(SOIL, targets=(Target(name=kind, horizon_h=hours),), features=features)


def trials(kind: Kind, data: Path | None) -> Iterator[tuple[str, Recipe, Sequence[SeasonData]]]:
    """The same with the training and validation seasons of a data set; without `data` the simulated field makes it."""
    with tempfile.TemporaryDirectory(prefix="cooee-limits-") as folder:
        data_set = DataSet(data or simulated(Path(folder) / "seasons"))
    known: dict[Knows, list[SeasonData]] = {}
    for name, recipe, knows in recipes(kind):
        if knows not in known:
            known[knows] = [
                season.narrowed(SOIL.features)
                for season in data_set.seasons(SOIL.features, knows)
                if season.split != "test"
            ]
        yield name, recipe, known[knows]
