"""One round of learning: judged calls to lessons, lessons to a new sentinel, and the new one beside the old."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from edge.contract.errors import CooeeError
from edge.farm import Farm
from edge.scoring import CallSpan, fused

from ..clock import DAY_MS
from ..porting import port
from ..store import Store
from ..training.candidates import rows
from ..training.datasets import DataSet
from ..training.recipes import RECIPES, Recipe
from .judged import PastCall, lessons, past_calls
from .releases import deciding, keep_waiting, running
from .replay import replay
from .retrain import call_weight, fit
from .shadow import Shadow, best_policies, on_seasons, shadow, why_not

BACK_MS = 400 * DAY_MS
"""Judgements of calls that are older teach nothing: the field has changed."""
LEAST_TO_LEARN, LEAST_TO_COMPARE = 10, 5
"""Judged calls before and in the days of the comparison, as a farmer sees them: of all nodes of a block as one."""
LEAST_OF_KIND, LEAST_DAYS = 5, 3
"""A kind teaches when so many of those before were of it, on so many days: what ten blocks called in one night is one
night's lesson."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A round's result: judged calls that it learnt from and that it was compared on, what each of the former weighed
    as a share of the simulated seasons, both sentinels, and what speaks against the new one."""

    sentinel: str
    learnt: int
    compared: int
    weight: float
    days: int
    old: Shadow
    new: Shadow
    why_not: str | None


def learn(
    store: Store, farm: Farm, name: str, read_seasons: Callable[[], DataSet], *, now: int, days: int, data: Path
) -> Lesson:
    """Trains the sentinel called `name` again with the judgements of calls raised before the last `days` days, compares
    it with the one that runs over those days, and leaves it in the data folder for its release. `read_seasons` is asked
    when there are judgements enough.

    Raises:
        CooeeError: no such sentinel, or too few judgements.
        StoreError: the store cannot be read.
    """
    recipe, old = _recipe(name), running(name, data)
    runs = deciding(old)
    since = now - days * DAY_MS
    past = past_calls(store, farm, name, now - BACK_MS, now)
    before, compared = _judged(past, since, name, days, farm.timezone)
    judged = [call for call in before if call.right is not None]
    earlier = replay(store, farm, name, min(c.span.raised for c in judged), since)
    learnt = lessons(before, earlier, runs)
    recipe = replace(recipe, features=old.features)
    data_set = read_seasons()
    seasons = list(data_set.seasons(old.features))
    validation = [s for s in seasons if s.split == "validation"]
    x, y = rows([s for s in seasons if s.split == "train"], recipe)
    ported = port(
        fit(x, y, learnt, recipe.leaves[0]),
        name=name,
        feature_names=old.features,
        class_names=old.classes,
        provenance={"data": data_set.hash, "judged": str(len(judged)), "replaces": runs.version},
        command="cooee learn",
    )
    fresh = replace(runs, version=ported.model_hash[:8], verdicts=ported.verdicts)
    chosen_on = [s for s in seasons if s.split in recipe.chosen_on]
    fresh = replace(fresh, policies=best_policies(fresh, earlier, before, chosen_on))
    lately = replay(store, farm, name, since, now)
    recent = [c for c in past if c.span.cleared > since]
    both = [shadow(sentinel, lately, recent, on_seasons(sentinel, validation)) for sentinel in (runs, fresh)]
    lesson = Lesson(
        sentinel=name,
        learnt=len(judged),
        compared=compared,
        weight=round(call_weight(len(judged)), 4),
        days=days,
        old=both[0],
        new=both[1],
        why_not=why_not(*both),
    )
    normals = tuple(int(v) for v in np.median(x[y == 0], axis=0))
    counts = np.bincount(np.concatenate([y, learnt.y]), minlength=len(old.classes))
    keep_waiting(
        ported,
        old,
        fresh.policies,
        normals,
        {class_name: int(count) for class_name, count in zip(old.classes, counts, strict=True)},
        asdict(lesson) | {"replaces": runs.version, "judged": len(judged), "seasons": data_set.hash},
        data,
    )
    return lesson


def _judged(past: Sequence[PastCall], since: int, name: str, days: int, timezone: str) -> tuple[list[PastCall], int]:
    """Calls of before the comparison, judged ones of kinds that teach alone, and how many calls were judged in the
    days of it. CooeeError when there are too few."""
    before = [call for call in past if call.span.raised < since]
    judged = fused([call.span for call in before if call.right is not None])
    compared = [call.span for call in past if call.right is not None and call.span.raised >= since]
    lately = len(fused(compared))
    taught = {span.kind for span in judged if _teaches([each for each in judged if each.kind == span.kind], timezone)}
    learnt = sum(span.kind in taught for span in judged)
    if learnt < LEAST_TO_LEARN or lately < LEAST_TO_COMPARE:
        raise CooeeError(
            f"too few judgements of {name} calls: {LEAST_TO_LEARN} before the last {days} days and {LEAST_TO_COMPARE} "
            f"in them are needed, found {learnt} and {lately} (a kind counts from {LEAST_OF_KIND} on {LEAST_DAYS} days "
            f"on); judge calls on the page, or change --days"
        )
    return [call if call.span.kind in taught else replace(call, right=None) for call in before], len(compared)


def _teaches(spans: Sequence[CallSpan], timezone: str) -> bool:
    """Whether judged calls of one kind are enough. A day is from noon to noon: a night is one."""
    noon = timedelta(hours=12)
    days = {(datetime.fromtimestamp(span.raised / 1000, ZoneInfo(timezone)) - noon).date() for span in spans}
    return len(spans) >= LEAST_OF_KIND and len(days) >= LEAST_DAYS


def _recipe(name: str) -> Recipe:
    for recipe in RECIPES:
        if recipe.name == name:
            return recipe
    raise CooeeError(f"{name!r} is not a sentinel: {', '.join(recipe.name for recipe in RECIPES)}")
