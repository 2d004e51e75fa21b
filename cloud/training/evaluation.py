"""Verdicts over whole seasons, through the node's alarm logic, held against the truth as events (edge.scoring)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.core import UNKNOWN, AlarmPolicy
from edge.scoring import MONTH_H, CallSpan, Episode, KindScore, calls_of_verdicts, score_kind
from edge.threshold_baseline import CLEAR_DELAYS_MIN, ON_DELAYS_MIN, REPEAT_MIN, Threshold

from .datasets import SeasonData

RAISE_PERCENT, HYSTERESIS_PERCENT = (50, 65, 80, 90), 15
"""Alarm policies that are tried for a sentinel, beside the delays of its baseline: a call is raised at one of these
confidences and held at 15 % less."""


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Verdicts of one season: class uint8 and confidence in per cent uint8 (nodes, steps), and the season."""

    season: SeasonData
    classes: NDArray[np.uint8] = field(repr=False)
    confidences: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A kind's score over some seasons, the false calls a node and month, and how many troubles no node of the zone had
    a verdict in: a probe that it needs was faulty."""

    score: KindScore
    blind: int
    false_per_node_month: float


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
    return _outcome(seasons, _episodes(seasons, kind), kind, class_id, policy)


def best_policy(seasons: Sequence[Verdicts], *, kind: str, class_id: int) -> tuple[AlarmPolicy, Outcome]:
    """The policy of least cost on these seasons, and what it does there."""
    episodes = _episodes(seasons, kind)
    tried = [(policy, _outcome(seasons, episodes, kind, class_id, policy)) for policy in _policies()]
    return min(tried, key=lambda pair: pair[1].score.cost)


def _outcome(
    seasons: Sequence[Verdicts], episodes: Sequence[Episode], kind: str, class_id: int, policy: AlarmPolicy
) -> Outcome:
    spans = [span for v in seasons for span in calls(v, kind=kind, class_id=class_id, policy=policy)]
    score = score_kind(kind, episodes, spans)
    node_months = sum(v.classes.size * v.season.step_s for v in seasons) / 3600 / MONTH_H
    blind = sum(_blind(v, episode) for v in seasons for episode in v.season.episodes(kind))
    return Outcome(score=score, blind=blind, false_per_node_month=score.false_calls / node_months)


def _blind(verdicts: Verdicts, episode: Episode) -> bool:
    season = verdicts.season
    rows = [row for row in range(len(verdicts.classes)) if season.place(row) == episode.zone]
    steps = slice(episode.start // (season.step_s * 1000), episode.end // (season.step_s * 1000))
    return bool((verdicts.classes[rows, steps] == UNKNOWN).all())


def _episodes(seasons: Sequence[Verdicts], kind: str) -> list[Episode]:
    return [episode for v in seasons for episode in v.season.episodes(kind)]


def _policies() -> list[AlarmPolicy]:
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
