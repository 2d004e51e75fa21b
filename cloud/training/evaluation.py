"""Verdicts over whole seasons, through the node's alarm logic, held against the truth as events (edge.scoring): calls
fused as a farmer sees them, grey ones told apart."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edge.core import UNKNOWN, AlarmPolicy
from edge.scoring import MONTH_H, CallSpan, Episode, KindScore, calls_of_verdicts, fused, merged, score_kind
from edge.threshold_baseline import CLEAR_DELAYS_MIN, ON_DELAYS_MIN, REPEAT_MIN, Threshold

from .datasets import SeasonData

RAISE_PERCENT, HYSTERESIS_PERCENT = (50, 65, 80, 90), 15
"""Alarm policies that are tried for a sentinel, beside the delays of its baseline: a call is raised at one of these
confidences and held at 15 % less."""
RESAMPLES = 1000
"""Draws of the bootstrap."""


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Verdicts of one season: class uint8 and confidence in per cent uint8 (nodes, steps), and the season."""

    season: SeasonData
    classes: NDArray[np.uint8] = field(repr=False)
    confidences: NDArray[np.uint8] = field(repr=False)

    def of(self, *, irrigated: bool) -> "Verdicts | None":
        """Of the nodes in irrigated zones alone, or in the others, without their features; None when there are none."""
        season = self.season.narrowed(()).of(irrigated=irrigated)
        rows = np.array(self.season.irrigated) == irrigated
        if season is None:
            return None
        return Verdicts(season=season, classes=self.classes[rows], confidences=self.confidences[rows])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A kind's scores, one a season, the months that its zones were watched in each, and how many troubles no node of
    the zone had a verdict in: a probe that it needs was faulty."""

    kind: str
    seasons: tuple[KindScore, ...]
    zone_months: tuple[float, ...]
    blind: int

    @cached_property
    def score(self) -> KindScore:
        """Over all seasons."""
        return merged(self.kind, self.seasons)

    @property
    def false_per_zone_month(self) -> float:
        """False calls a zone and month."""
        return self.score.false_calls / sum(self.zone_months)

    def interval(self, measure: Callable[["Outcome"], float | None]) -> tuple[float, float] | None:
        """95 % of a measure when seasons are drawn anew with replacement (bootstrap, percentiles); None when most draws
        have no value."""
        values = [measure(drawn) for drawn in self._resamples]
        known = [v for v in values if v is not None]
        if len(known) < RESAMPLES / 2:
            return None
        low, high = np.quantile(known, (0.025, 0.975))
        return float(low), float(high)

    @cached_property
    def _resamples(self) -> list["Outcome"]:
        """The same seasons for every measure."""
        rng, number = np.random.default_rng(len(self.seasons)), len(self.seasons)
        return [
            Outcome(
                kind=self.kind,
                seasons=tuple(self.seasons[i] for i in places),
                zone_months=tuple(self.zone_months[i] for i in places),
                blind=self.blind,
            )
            for places in (rng.integers(number, size=number).tolist() for _ in range(RESAMPLES))
        ]


def verdicts_of(season: SeasonData, probabilities: NDArray[np.float64], complete: NDArray[np.bool_]) -> Verdicts:
    """From class probabilities (nodes, steps, classes); UNKNOWN where not `complete` (nodes, steps)."""
    classes = np.where(complete, probabilities.argmax(axis=2), UNKNOWN).astype(np.uint8)
    return Verdicts(
        season=season, classes=classes, confidences=np.rint(100 * probabilities.max(axis=2)).astype(np.uint8)
    )


def baseline_verdicts(season: SeasonData, threshold: Threshold) -> Verdicts:
    """The baseline's verdicts on a season: its kind is class 1."""
    classes, confidences = threshold.verdicts(season.features)
    return Verdicts(season=season, classes=classes, confidences=confidences)


def calls(verdicts: Verdicts, *, kind: str, class_id: int, policy: AlarmPolicy) -> list[CallSpan]:
    """Calls of one class in a season, by the node's alarm logic."""
    rows = range(len(verdicts.classes))
    return calls_of_verdicts(
        verdicts.classes,
        verdicts.confidences,
        kind=kind,
        class_id=class_id,
        policy=policy,
        zones=[verdicts.season.place(row) for row in rows],
        nodes=[str(row) for row in rows],
        t=verdicts.season.t,
    )


def outcome(seasons: Sequence[Verdicts], *, kind: str, class_id: int, policy: AlarmPolicy) -> Outcome:
    """Events of one class over seasons."""
    return _outcome(seasons, [_Truth.of(v, kind) for v in seasons], kind, class_id, policy)


def best_policy(seasons: Sequence[Verdicts], *, kind: str, class_id: int) -> tuple[AlarmPolicy, Outcome]:
    """The policy of least cost on these seasons, and what it does there."""
    truths = [_Truth.of(v, kind) for v in seasons]
    tried = [(policy, _outcome(seasons, truths, kind, class_id, policy)) for policy in policies()]
    return min(tried, key=lambda pair: pair[1].score.cost)


@dataclass(frozen=True, kw_only=True)
class _Truth:
    troubles: list[Episode]
    nearly: list[Episode]
    blind: int

    @classmethod
    def of(cls, verdicts: Verdicts, kind: str) -> "_Truth":
        season = verdicts.season.watched(kind)
        troubles = season.episodes()
        blind = sum(_blind(verdicts, episode) for episode in troubles)
        return cls(troubles=troubles, nearly=season.near_misses(), blind=blind)


def _outcome(
    seasons: Sequence[Verdicts], truths: Sequence[_Truth], kind: str, class_id: int, policy: AlarmPolicy
) -> Outcome:
    return Outcome(
        kind=kind,
        seasons=tuple(
            score_kind(kind, true.troubles, fused(calls(v, kind=kind, class_id=class_id, policy=policy)), true.nearly)
            for v, true in zip(seasons, truths, strict=True)
        ),
        zone_months=tuple(
            len(set(v.season.zones)) * v.classes.shape[1] * v.season.step_s / 3600 / MONTH_H for v in seasons
        ),
        blind=sum(true.blind for true in truths),
    )


def _blind(verdicts: Verdicts, episode: Episode) -> bool:
    season = verdicts.season
    rows = [row for row in range(len(verdicts.classes)) if season.place(row) == episode.zone]
    steps = slice(episode.start // (season.step_s * 1000), episode.end // (season.step_s * 1000))
    return bool((verdicts.classes[rows, steps] == UNKNOWN).all())


def policies() -> list[AlarmPolicy]:
    """Alarm policies that are tried."""
    return [
        AlarmPolicy(
            on_delay_min=on,
            clear_delay_min=clear,
            repeat_min=REPEAT_MIN,
            raise_percent=percent,
            keep_percent=percent - HYSTERESIS_PERCENT,
        )
        for on, clear, percent in itertools.product(ON_DELAYS_MIN, CLEAR_DELAYS_MIN, RAISE_PERCENT)
    ]
