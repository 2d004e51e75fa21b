"""Students: small trees and forests that fit a node, grown on training seasons and chosen, with their alarm policies, on
validation seasons."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from edge.core import AlarmPolicy

from .datasets import MISSING_FEATURE, SeasonData
from .evaluation import Outcome, Verdicts, best_policy, threshold_verdicts, verdicts
from .recipes import Kind, Recipe

EVERY_STEPS = 3
"""Rows of 10 minutes hardly differ from their neighbours: every third is learnt from."""
SEED = 7


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A size of model, and how far the classes are weighted towards balance (0 not at all, 1 fully)."""

    trees: int
    leaves: int
    balance: float

    @property
    def label(self) -> str:
        """How the report calls it."""
        size = f"tree, {self.leaves} leaves" if self.trees == 1 else f"forest, {self.trees} x {self.leaves} leaves"
        return f"{size}, class weights {self.balance:g} of the way to balance"


CANDIDATES = (
    Candidate(trees=1, leaves=32, balance=0.0),
    Candidate(trees=1, leaves=64, balance=0.0),
    Candidate(trees=1, leaves=32, balance=0.5),
    Candidate(trees=1, leaves=64, balance=0.25),
    Candidate(trees=3, leaves=24, balance=0.0),
)
"""A tree of 64 leaves is about 1 KB on an 8-bit processor; exact votes of ten trees would be twenty times that."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A kind's alarm policy and what it and its opponent did on the validation seasons."""

    kind: Kind
    policy: AlarmPolicy
    outcome: Outcome
    threshold: int
    threshold_policy: AlarmPolicy
    threshold_outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Student:
    """A fitted sentinel with its policies, and the values that its features have when all is well."""

    recipe: Recipe
    label: str
    estimator: ClassifierMixin
    chosen: tuple[Chosen, ...]
    normals: tuple[int, ...]
    balance: dict[str, int]

    @property
    def cost(self) -> float:
        """On the validation seasons."""
        return sum(c.outcome.cost for c in self.chosen)


def labels(season: SeasonData, recipe: Recipe, kinds: Sequence[str]) -> NDArray[np.uint8]:
    """Class of every node and step: the first kind that is there or near, else 0."""
    classes = np.zeros(season.features.shape[:2], dtype=np.uint8)
    for class_id, kind in reversed(list(enumerate(recipe.kinds, 1))):
        classes[season.ahead(list(kinds).index(kind.name), kind.ahead_h)] = class_id
    return classes


def complete_rows(season: SeasonData, recipe: Recipe) -> NDArray[np.bool_]:
    """Steps in which no feature is missing, bool (nodes, steps)."""
    return np.asarray((season.columns(recipe.features) != MISSING_FEATURE).all(axis=2))


def rows(seasons: Sequence[SeasonData], recipe: Recipe, kinds: Sequence[str], every: int) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Feature rows and their classes, incomplete ones left out."""
    x, y = [], []
    for season in seasons:
        usable = complete_rows(season, recipe)
        usable[:, np.arange(usable.shape[1]) % every != 0] = False
        x.append(season.columns(recipe.features)[usable])
        y.append(labels(season, recipe, kinds)[usable])
    return np.concatenate(x), np.concatenate(y)


def judge(estimator: ClassifierMixin, season: SeasonData, recipe: Recipe) -> Verdicts:
    """An estimator's verdict on every step of a season."""
    usable = complete_rows(season, recipe)
    probabilities = np.zeros((*usable.shape, len(recipe.classes)))
    probabilities[usable] = estimator.predict_proba(season.columns(recipe.features)[usable])
    return verdicts(season, probabilities, usable)


def train(recipe: Recipe, seasons: Sequence[SeasonData], kinds: Sequence[str]) -> Student:
    """The candidate of least cost on the validation seasons, grown on the training seasons."""
    learnt = [s for s in seasons if s.split == "train"]
    held_out = [s for s in seasons if s.split == "validate"]
    x, y = rows(learnt, recipe, kinds, EVERY_STEPS)
    opponents = [best_threshold(kind, list(kinds).index(kind.name), held_out, learnt) for kind in recipe.kinds]
    students = [_student(recipe, c.label, _fitted(c, x, y), held_out, kinds, opponents, x, y) for c in CANDIDATES]
    return min(students, key=lambda student: student.cost)


def _fitted(candidate: Candidate, x: NDArray[np.int16], y: NDArray[np.uint8]) -> ClassifierMixin:
    counts = np.bincount(y)
    weights = {c: float((len(y) / (len(counts) * n)) ** candidate.balance) for c, n in enumerate(counts) if n}
    options = {"max_leaf_nodes": candidate.leaves, "min_samples_leaf": 40, "class_weight": weights, "random_state": SEED}
    if candidate.trees == 1:
        return DecisionTreeClassifier(**options).fit(x, y)
    # Most features at every split: some kinds hang on one of them alone.
    return RandomForestClassifier(n_estimators=candidate.trees, max_features=0.7, n_jobs=-1, **options).fit(x, y)


def _student(recipe: Recipe, label: str, estimator: ClassifierMixin, held_out: Sequence[SeasonData], kinds: Sequence[str],
             opponents: Sequence[tuple[int, AlarmPolicy, Outcome]], x: NDArray[np.int16], y: NDArray[np.uint8]) -> Student:
    given = [judge(estimator, season, recipe) for season in held_out]
    chosen = []
    for class_id, (kind, opponent) in enumerate(zip(recipe.kinds, opponents, strict=True), 1):
        policy, outcome = best_policy(given, kind=kind, kind_row=list(kinds).index(kind.name), class_id=class_id)
        chosen.append(Chosen(kind=kind, policy=policy, outcome=outcome, threshold=opponent[0], threshold_policy=opponent[1],
                             threshold_outcome=opponent[2]))
    normals = tuple(int(v) for v in np.median(x[y == 0], axis=0))
    balance = {name: int((y == c).sum()) for c, name in enumerate(recipe.classes)}
    return Student(recipe=recipe, label=label, estimator=estimator, chosen=tuple(chosen), normals=normals, balance=balance)


def best_threshold(kind: Kind, kind_row: int, held_out: Sequence[SeasonData], learnt: Sequence[SeasonData]) -> tuple[int, AlarmPolicy, Outcome]:
    """The opponent at its best: of 12 thresholds between the values of its feature with and without trouble, and all policies,
    the one of least cost on the very seasons that it is then scored on."""
    values = np.concatenate([s.columns((kind.opponent,))[:, :, 0].ravel() for s in learnt])
    troubled = np.concatenate([s.truth[:, kind_row].ravel() for s in learnt])
    known = values != MISSING_FEATURE
    low, high = np.quantile(values[known & troubled], (0.02, 0.9)) if kind.above else np.quantile(values[known & troubled], (0.1, 0.98))
    best: tuple[int, AlarmPolicy, Outcome] | None = None
    spread = (high - low) or 1
    for threshold in np.unique(np.linspace(low - spread / 2, high + spread / 4, 12).round().astype(int)).tolist():
        given = [threshold_verdicts(s, kind.opponent, threshold, above=kind.above) for s in held_out]
        policy, outcome = best_policy(given, kind=kind, kind_row=kind_row, class_id=1, sure=(50,))
        if best is None or outcome.cost < best[2].cost:
            best = threshold, policy, outcome
    if best is None:
        raise ValueError(f"no threshold to try for {kind.name}")
    return best
