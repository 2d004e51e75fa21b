"""Candidates: small decision trees that fit a node, fitted on the training seasons and chosen, with their alarm
policies, on the validation seasons (or on both, as a recipe says), as is the baseline that each is compared with. Test
seasons are for the report alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from edge.contract.kinds import Kind, kinds
from edge.core import AlarmPolicy
from edge.pieces import Engine
from edge.threshold_baseline import best_threshold

from .confidence import Saying, sayings
from .datasets import MISSING_FEATURE, SPLITS, DataSet, Knows, SeasonData
from .evaluation import Outcome, Verdicts, baseline_verdicts, best_policy, outcome, verdicts_of
from .recipes import RECIPES, Recipe, Target

ROW_STRIDE = 3
"""Rows of 10 minutes hardly differ from their neighbours: every third is learnt from."""
MIN_LEAF_ROWS = 40
"""Training rows in a leaf, at least."""
SEED = 7
FILTERED = "water_"
"""How features of the water filter are named."""
OF_SOIL = "soil_moisture"
"""Kinds that are drawn on the charts of such channels are a matter of irrigation."""


@dataclass(frozen=True, kw_only=True)
class TreeSettings:
    """A size of tree, and how far the classes are weighted towards balance (0 not at all, 1 fully)."""

    leaves: int
    balance: float


BALANCES = (0.0, 0.25, 0.5)
"""What is tried with each of a recipe's sizes of tree. Forests of ten trees of 64 leaves did no better."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What makes calls of one kind: an alarm policy, and what it did on the validation and the test seasons, there also
    in zones without irrigation and with it alone, where the kind is a matter of soils."""

    name: str
    policy: AlarmPolicy
    validation: Outcome
    test: Outcome
    test_parts: dict[str, Outcome]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A kind's sentinel beside its baseline. Where the baseline may stand on the water filter: the best threshold
    without it, the sentinel that is told nothing of the weather, and a tree of its kind that knows the true water
    (`bound`)."""

    target: Target
    sentinel: Caller
    baseline: Caller
    without_filter: Caller | None
    untold: Caller | None
    bound: Caller | None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A fitted sentinel, its comparisons kind by kind, the values that its features have when all is well, its weights
    by class, its training rows by class, and how right it is on the test seasons when it says so."""

    recipe: Recipe
    settings: TreeSettings
    estimator: DecisionTreeClassifier = field(repr=False)
    comparisons: tuple[Comparison, ...]
    normals: tuple[int, ...]
    weights: dict[str, float]
    rows: dict[str, int]
    sayings: tuple[Saying, ...]

    @property
    def label(self) -> str:
        """How the report calls it."""
        return (
            f"tree of {self.estimator.get_n_leaves()} leaves, classes weighted {self.settings.balance:.0%} of the "
            f"way to balance"
        )


def train_all(data_set: DataSet, engine: Engine) -> Iterable[Candidate]:
    """The best candidate of every recipe, one after the other; `engine` fits those of a recipe."""
    for recipe in RECIPES:
        yield train(recipe, list(data_set.seasons(recipe.features)), engine, knowing_otherwise(recipe, data_set))


def knowing_otherwise(recipe: Recipe, data_set: DataSet) -> dict[Knows, list[SeasonData]]:
    """The seasons once more of nodes that know less or more of the water, for a recipe with features of the filter."""
    if not any(name.startswith(FILTERED) for name in recipe.features):
        return {}
    return {
        knows: [season.narrowed(recipe.features) for season in data_set.seasons(recipe.features, knows)]
        for knows in get_args(Knows)[1:]
    }


def train(
    recipe: Recipe,
    seasons: Sequence[SeasonData],
    engine: Engine,
    others: Mapping[Knows, Sequence[SeasonData]] = MappingProxyType({}),
) -> Candidate:
    """The candidate of least cost on the seasons that its recipe chooses on; the test seasons are looked at when all is
    chosen. `others`: the seasons once more, of nodes that know less or more."""
    training, validation, test = ([s for s in seasons if s.split == split] for split in SPLITS)
    judging = [s for s in seasons if s.split in recipe.chosen_on]
    x, y = rows(training, recipe)
    needed = [season.narrowed(recipe.features) for season in judging]
    tried = [TreeSettings(leaves=leaves, balance=balance) for leaves in recipe.leaves for balance in BALANCES]
    fitted = list(engine.map(partial(_fit, recipe, x, y, needed), tried))
    settings, estimator, policies = min(fitted, key=lambda f: sum(found.score.cost for _, found in f[2]))
    sentinels = _callers(recipe, estimator, [policy for policy, _ in policies], validation, test)
    untold, bounds = _others(recipe, settings, estimator, [policy for policy, _ in policies], others)
    comparisons = []
    for i, (target, sentinel) in enumerate(zip(recipe.targets, sentinels, strict=True)):
        filtered = any(name.startswith(FILTERED) for name in target.trouble.baseline)
        own = tuple(name for name in target.trouble.baseline if not name.startswith(FILTERED))
        comparisons.append(
            Comparison(
                target=target,
                sentinel=sentinel,
                baseline=_baseline(target, target.trouble, training, judging, validation, test),
                without_filter=_baseline(
                    target, replace(target.trouble, baseline=own), training, judging, validation, test
                )
                if filtered
                else None,
                untold=untold[i] if filtered and untold else None,
                bound=bounds[i] if filtered and bounds else None,
            )
        )
    counts = np.bincount(y, minlength=len(recipe.classes))
    weights = class_weights(y, settings.balance)
    return Candidate(
        recipe=recipe,
        settings=settings,
        estimator=estimator,
        comparisons=tuple(comparisons),
        normals=tuple(int(v) for v in np.median(x[y == 0], axis=0)),
        weights={name: weights.get(c, 0.0) for c, name in enumerate(recipe.classes)},
        rows={name: int(counts[c]) for c, name in enumerate(recipe.classes)},
        sayings=tuple(sayings([predict(estimator, s, recipe) for s in test], [labels(s, recipe) for s in test])),
    )


def _callers(
    recipe: Recipe,
    estimator: DecisionTreeClassifier,
    policies: Sequence[AlarmPolicy],
    validation: Sequence[SeasonData],
    test: Sequence[SeasonData],
) -> list[Caller]:
    """An estimator with its policies, a caller a target."""
    validated, tested = ([predict(estimator, season, recipe) for season in some] for some in (validation, test))
    return [
        Caller(
            name=recipe.name,
            policy=policy,
            validation=outcome(validated, kind=target.name, class_id=class_id, policy=policy),
            test=outcome(tested, kind=target.name, class_id=class_id, policy=policy),
            test_parts=_parts(tested, kind=target.name, class_id=class_id, policy=policy),
        )
        for class_id, (target, policy) in enumerate(zip(recipe.targets, policies, strict=True), 1)
    ]


def _others(
    recipe: Recipe,
    settings: TreeSettings,
    estimator: DecisionTreeClassifier,
    policies: Sequence[AlarmPolicy],
    others: Mapping[Knows, Sequence[SeasonData]],
) -> tuple[list[Caller], list[Caller]]:
    """The sentinel that is told nothing, and a tree with policies of its own that knows the truth: a caller a
    target."""
    if not others:
        return [], []
    _, validation, test = ([s for s in others["untold"] if s.split == split] for split in SPLITS)
    untold = _callers(recipe, estimator, policies, validation, test)
    training, validation, test = ([s for s in others["truth"] if s.split == split] for split in SPLITS)
    x, y = rows(training, recipe)
    _, knowing, chosen = _fit(recipe, x, y, validation, settings)
    return untold, _callers(recipe, knowing, [policy for policy, _ in chosen], validation, test)


def labels(season: SeasonData, recipe: Recipe) -> NDArray[np.uint8]:
    """Class of every node and step: the first kind that is there or within its horizon, or close where its target says
    so, else 0."""
    classes = np.zeros(season.features.shape[:2], dtype=np.uint8)
    for class_id, target in reversed(list(enumerate(recipe.targets, 1))):
        classes[season.within_horizon(target.name, target.horizon_h)] = class_id
        if target.close_too:
            classes[season.nearly[:, season.kinds.index(target.name)]] = class_id
    return classes


def complete_rows(season: SeasonData, recipe: Recipe) -> NDArray[np.bool_]:
    """Steps in which no feature is missing, bool (nodes, steps)."""
    return np.asarray((season.columns(recipe.features) != MISSING_FEATURE).all(axis=2))


def rows(seasons: Sequence[SeasonData], recipe: Recipe) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Feature rows and their classes, incomplete ones left out."""
    x, y = [], []
    for season in seasons:
        usable = complete_rows(season, recipe)
        usable[:, np.arange(usable.shape[1]) % ROW_STRIDE != 0] = False
        x.append(season.columns(recipe.features)[usable])
        y.append(labels(season, recipe)[usable])
    return np.concatenate(x), np.concatenate(y)


def predict(estimator: DecisionTreeClassifier, season: SeasonData, recipe: Recipe) -> Verdicts:
    """An estimator's verdict on every step of a season."""
    usable = complete_rows(season, recipe)
    probabilities = np.zeros((*usable.shape, len(recipe.classes)))
    probabilities[usable] = estimator.predict_proba(season.columns(recipe.features)[usable])
    return verdicts_of(season, probabilities, usable)


def _fit(
    recipe: Recipe,
    x: NDArray[np.int16],
    y: NDArray[np.uint8],
    judging: Sequence[SeasonData],
    settings: TreeSettings,
) -> tuple[TreeSettings, DecisionTreeClassifier, list[tuple[AlarmPolicy, Outcome]]]:
    estimator = tree(x, y, settings)
    predicted = [predict(estimator, season, recipe) for season in judging]
    policies = [best_policy(predicted, kind=target.name, class_id=c) for c, target in enumerate(recipe.targets, 1)]
    return settings, estimator, policies


def tree(x: NDArray[np.int16], y: NDArray[np.uint8], settings: TreeSettings) -> DecisionTreeClassifier:
    """Fitted to feature rows and their classes."""
    return DecisionTreeClassifier(
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=MIN_LEAF_ROWS,
        random_state=SEED,
        class_weight=class_weights(y, settings.balance),
    ).fit(x, y)


def class_weights(y: NDArray[np.uint8], balance: float) -> dict[int, float]:
    """Weight of a row by its class; `balance` as in TreeSettings."""
    counts = np.bincount(y)
    return {c: float((len(y) / (len(counts) * n)) ** balance) for c, n in enumerate(counts) if n}


def _baseline(
    target: Target,
    kind: Kind,
    training: Sequence[SeasonData],
    judging: Sequence[SeasonData],
    validation: Sequence[SeasonData],
    test: Sequence[SeasonData],
) -> Caller:
    """The best fixed threshold for a kind, on the features of its baseline."""
    threshold = best_threshold(
        kind,
        [season.watched(target.name) for season in training],
        [season.watched(target.name) for season in judging],
    )
    judged = [baseline_verdicts(season, threshold) for season in (*validation, *test)]
    validated, tested = judged[: len(validation)], judged[len(validation) :]
    return Caller(
        name=str(threshold),
        policy=threshold.policy,
        validation=outcome(validated, kind=target.name, class_id=1, policy=threshold.policy),
        test=outcome(tested, kind=target.name, class_id=1, policy=threshold.policy),
        test_parts=_parts(tested, kind=target.name, class_id=1, policy=threshold.policy),
    )


def _parts(tested: Sequence[Verdicts], *, kind: str, class_id: int, policy: AlarmPolicy) -> dict[str, Outcome]:
    """Zones without irrigation and with it apart, by name, as far as they have troubles; none for kinds that are no
    matter of irrigation."""
    parts: dict[str, Outcome] = {}
    if not kinds()[kind].chart.startswith(OF_SOIL):
        return parts
    for name, irrigated in (("rain-fed", False), ("irrigated", True)):
        some = [part for v in tested if (part := v.of(irrigated=irrigated)) is not None]
        if some and (found := outcome(some, kind=kind, class_id=class_id, policy=policy)).score.troubles:
            parts[name] = found
    return parts
