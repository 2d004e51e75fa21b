"""Students: small decision trees that fit a node, grown on the seasons to train on and chosen, with their alarm
policies, on the seasons to choose on; and their opponents, fixed thresholds chosen on the same seasons."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from edge.core import AlarmPolicy

from .datasets import MISSING_FEATURE, DataSet, SeasonData
from .evaluation import Outcome, Verdicts, best_policy, outcome, threshold_verdicts, verdicts
from .recipes import RECIPES, Recipe, Target

EVERY_STEPS = 3
"""Rows of 10 minutes hardly differ from their neighbours: every third is learnt from."""
LEAST_ROWS = 40
"""Training rows in a leaf, at least."""
SEED = 7
THRESHOLDS = 12


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A size of tree, and how far the classes are weighted towards balance (0 not at all, 1 fully)."""

    leaves: int
    balance: float


CANDIDATES = tuple(Candidate(leaves=leaves, balance=balance) for leaves in (32, 48) for balance in (0.0, 0.25, 0.5))
"""A tree of 48 leaves is about 700 bytes on an 8-bit processor. Forests of ten trees of 64 leaves did no better."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What makes calls of one kind: an alarm policy, and what it did on the seasons to choose on and to test on."""

    name: str
    policy: AlarmPolicy
    chosen: Outcome
    tested: Outcome


@dataclass(frozen=True, kw_only=True)
class Match:
    """A kind's sentinel and its opponent."""

    kind: Target
    sentinel: Caller
    opponent: Caller


@dataclass(frozen=True, kw_only=True)
class Student:
    """A fitted sentinel, its matches kind by kind, the values that its features have when all is well, its weights by
    class and its training rows by class."""

    recipe: Recipe
    candidate: Candidate
    estimator: DecisionTreeClassifier = field(repr=False)
    matches: tuple[Match, ...]
    normals: tuple[int, ...]
    weights: dict[str, float]
    rows: dict[str, int]

    @property
    def label(self) -> str:
        """How the report calls it."""
        return (
            f"tree of {self.estimator.get_n_leaves()} leaves, classes weighted {self.candidate.balance:.0%} of the "
            f"way to balance"
        )


def train_all(data_set: DataSet) -> Iterable[Student]:
    """The students of every recipe, one after the other."""
    for recipe in RECIPES:
        yield train(recipe, list(data_set.seasons(recipe.name)))


def train(recipe: Recipe, seasons: Sequence[SeasonData]) -> Student:
    """The candidate of least cost on the seasons to choose on; the seasons to test on are looked at when all is
    chosen."""
    grown, choose, test = ([s for s in seasons if s.split == split] for split in ("train", "choose", "test"))
    x, y = rows(grown, recipe)
    with ThreadPoolExecutor(2) as pool:
        students = list(pool.map(lambda candidate: _choose(recipe, candidate, x, y, choose), CANDIDATES))
    candidate, estimator, policies = min(students, key=lambda s: sum(chosen.cost for _, chosen in s[2]))
    given = [judge(estimator, season, recipe) for season in test]
    matches = []
    for class_id, (kind, (policy, chosen)) in enumerate(zip(recipe.kinds, policies, strict=True), 1):
        tested = outcome(given, kind=kind, class_id=class_id, policy=policy)
        sentinel = Caller(name=recipe.name, policy=policy, chosen=chosen, tested=tested)
        matches.append(Match(kind=kind, sentinel=sentinel, opponent=_opponent(kind, grown, choose, test)))
    counts = np.bincount(y, minlength=len(recipe.classes))
    weights = _weights(y, candidate.balance)
    return Student(
        recipe=recipe,
        candidate=candidate,
        estimator=estimator,
        matches=tuple(matches),
        normals=tuple(int(v) for v in np.median(x[y == 0], axis=0)),
        weights={name: weights.get(c, 0.0) for c, name in enumerate(recipe.classes)},
        rows={name: int(counts[c]) for c, name in enumerate(recipe.classes)},
    )


def labels(season: SeasonData, recipe: Recipe) -> NDArray[np.uint8]:
    """Class of every node and step: the first kind that is there or near, else 0."""
    classes = np.zeros(season.features.shape[:2], dtype=np.uint8)
    for class_id, kind in reversed(list(enumerate(recipe.kinds, 1))):
        classes[season.ahead(kind.name, kind.ahead_h)] = class_id
    return classes


def complete_rows(season: SeasonData, recipe: Recipe) -> NDArray[np.bool_]:
    """Steps in which no feature is missing, bool (nodes, steps)."""
    return np.asarray((season.columns(recipe.features) != MISSING_FEATURE).all(axis=2))


def rows(seasons: Sequence[SeasonData], recipe: Recipe) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Feature rows and their classes, incomplete ones left out."""
    x, y = [], []
    for season in seasons:
        usable = complete_rows(season, recipe)
        usable[:, np.arange(usable.shape[1]) % EVERY_STEPS != 0] = False
        x.append(season.columns(recipe.features)[usable])
        y.append(labels(season, recipe)[usable])
    return np.concatenate(x), np.concatenate(y)


def judge(estimator: DecisionTreeClassifier, season: SeasonData, recipe: Recipe) -> Verdicts:
    """An estimator's verdict on every step of a season."""
    usable = complete_rows(season, recipe)
    probabilities = np.zeros((*usable.shape, len(recipe.classes)))
    probabilities[usable] = estimator.predict_proba(season.columns(recipe.features)[usable])
    return verdicts(season, probabilities, usable)


def _choose(
    recipe: Recipe, candidate: Candidate, x: NDArray[np.int16], y: NDArray[np.uint8], choose: Sequence[SeasonData]
) -> tuple[Candidate, DecisionTreeClassifier, list[tuple[AlarmPolicy, Outcome]]]:
    estimator = DecisionTreeClassifier(
        max_leaf_nodes=candidate.leaves,
        min_samples_leaf=LEAST_ROWS,
        random_state=SEED,
        class_weight=_weights(y, candidate.balance),
    ).fit(x, y)
    given = [judge(estimator, season, recipe) for season in choose]
    return candidate, estimator, [best_policy(given, kind=kind, class_id=c) for c, kind in enumerate(recipe.kinds, 1)]


def _weights(y: NDArray[np.uint8], balance: float) -> dict[int, float]:
    counts = np.bincount(y)
    return {c: float((len(y) / (len(counts) * n)) ** balance) for c, n in enumerate(counts) if n}


def _opponent(
    kind: Target, grown: Sequence[SeasonData], choose: Sequence[SeasonData], test: Sequence[SeasonData]
) -> Caller:
    """The fixed threshold of least cost: every feature of the kind, thresholds around its values in trouble, all
    policies."""
    best: tuple[Outcome, str, int, AlarmPolicy] | None = None
    for feature in kind.trouble.baseline:
        for threshold in _thresholds(kind, feature, grown):
            given = [threshold_verdicts(s, feature, threshold, above=kind.trouble.baseline_above) for s in choose]
            policy, chosen = best_policy(given, kind=kind, class_id=1, sure_percent=(50,))
            if best is None or chosen.cost < best[0].cost:
                best = chosen, feature, threshold, policy
    if best is None:
        raise ValueError(f"no threshold to try for {kind.name}")
    chosen, feature, threshold, policy = best
    given = [threshold_verdicts(s, feature, threshold, above=kind.trouble.baseline_above) for s in test]
    return Caller(
        name=f"{feature} {'>=' if kind.trouble.baseline_above else '<='} {threshold}",
        policy=policy,
        chosen=chosen,
        tested=outcome(given, kind=kind, class_id=1, policy=policy),
    )


def _thresholds(kind: Target, feature: str, grown: Sequence[SeasonData]) -> list[int]:
    """From well outside the values that the feature has in trouble to well inside."""
    values = np.concatenate([s.columns((feature,))[:, :, 0].ravel() for s in grown])
    troubled = np.concatenate([s.truth[:, s.kinds.index(kind.name)].ravel() for s in grown])
    above = kind.trouble.baseline_above
    low, high = np.quantile(values[troubled & (values != MISSING_FEATURE)], (0.02, 0.9) if above else (0.1, 0.98))
    spread = (high - low) or 1
    out, into = (low - spread / 2, high + spread / 4) if above else (high + spread / 2, low - spread / 4)
    return [int(v) for v in np.unique(np.linspace(out, into, THRESHOLDS).round())]
