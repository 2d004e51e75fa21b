"""Verdicts over whole seasons, through the node's alarm logic, held against the truth as events (edge.scoring)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.core import UNKNOWN, AlarmPolicy, call_spans
from edge.scoring import CallSpan, Episode, KindScore, score

from .datasets import MISSING_FEATURE, SeasonData
from .recipes import Target

MONTH_S = 30 * 86_400
ON_DELAYS_MIN, CLEAR_DELAYS_MIN, REPEAT_MIN = (0, 240), (360, 1440), 1440
SURE_PERCENT, KEEP_LESS = (50, 65, 80, 90), 15
"""Alarm policies that are tried: a call that stays is repeated once a day, and held at 15 % less confidence than it was
raised with."""


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
    target: Target
    false_per_node_month: float

    @property
    def cost(self) -> float:
        """Missed troubles, late and false calls at their price, in false calls."""
        trouble = self.target.trouble
        return trouble.missed_cost * self.score.missed + trouble.late_cost * self.late + self.score.false_calls

    @property
    def late(self) -> int:
        """Troubles found too late to do something about them."""
        return sum(lead < self.target.needed_h for lead in self.score.leads_h)


def verdicts(season: SeasonData, probabilities: NDArray[np.float64], complete: NDArray[np.bool_]) -> Verdicts:
    """From class probabilities (nodes, steps, classes); UNKNOWN where not `complete` (nodes, steps)."""
    classes = np.where(complete, probabilities.argmax(axis=2), UNKNOWN).astype(np.uint8)
    return Verdicts(
        season=season, classes=classes, confidences=np.rint(100 * probabilities.max(axis=2)).astype(np.uint8)
    )


def threshold_verdicts(season: SeasonData, feature: str, threshold: int, *, above: bool) -> Verdicts:
    """The opponent: class 1 with full confidence wherever a feature is beyond a threshold."""
    values = season.columns((feature,))[:, :, 0]
    beyond = values >= threshold if above else values <= threshold
    classes = np.where(values == MISSING_FEATURE, UNKNOWN, beyond).astype(np.uint8)
    return Verdicts(season=season, classes=classes, confidences=np.full(classes.shape, 100, dtype=np.uint8))


def calls(given: Verdicts, *, kind: str, class_id: int, policy: AlarmPolicy) -> list[CallSpan]:
    """Calls of one class in a season, by the node's alarm logic."""
    t = given.season.t
    step_s = given.season.step_s
    end = int(t[-1]) + step_s * 1000
    spans = call_spans(given.classes, given.confidences, class_id=class_id, policy=policy, step_s=step_s)
    return [
        CallSpan(
            zone=given.season.place(row),
            node=str(row),
            kind=kind,
            raised=int(t[first]),
            cleared=int(t[last]) if last < len(t) else end,
        )
        for row, first, last in spans
    ]


def outcome(given: Sequence[Verdicts], *, kind: Target, class_id: int, policy: AlarmPolicy) -> Outcome:
    """Events of one class over seasons."""
    return _outcome(given, _episodes(given, kind), kind, class_id, policy)


def best_policy(
    given: Sequence[Verdicts], *, kind: Target, class_id: int, sure_percent: Sequence[int] = SURE_PERCENT
) -> tuple[AlarmPolicy, Outcome]:
    """The policy of least cost on these seasons, and what it does there."""
    episodes = _episodes(given, kind)
    tried = [(policy, _outcome(given, episodes, kind, class_id, policy)) for policy in _policies(sure_percent)]
    return min(tried, key=lambda pair: pair[1].cost)


def _outcome(
    given: Sequence[Verdicts], episodes: Sequence[Episode], kind: Target, class_id: int, policy: AlarmPolicy
) -> Outcome:
    spans = [span for v in given for span in calls(v, kind=kind.name, class_id=class_id, policy=policy)]
    lines = score(episodes, spans)
    line = lines[0] if lines else KindScore(kind=kind.name, troubles=0, calls=0, false_calls=0, leads_h=())
    node_months = sum(v.classes.size * v.season.step_s for v in given) / MONTH_S
    blind = sum(_blind(v, episode) for v in given for episode in v.season.episodes(kind.name))
    return Outcome(score=line, blind=blind, target=kind, false_per_node_month=line.false_calls / node_months)


def _blind(given: Verdicts, episode: Episode) -> bool:
    rows = [row for row in range(len(given.classes)) if given.season.place(row) == episode.zone]
    steps = slice(episode.start // (given.season.step_s * 1000), episode.end // (given.season.step_s * 1000))
    return bool((given.classes[rows, steps] == UNKNOWN).all())


def _episodes(given: Sequence[Verdicts], kind: Target) -> list[Episode]:
    return [episode for v in given for episode in v.season.episodes(kind.name)]


def _policies(sure_percent: Sequence[int]) -> list[AlarmPolicy]:
    return [
        AlarmPolicy(
            on_delay_min=on,
            clear_delay_min=clear,
            repeat_min=REPEAT_MIN,
            raise_percent=sure,
            keep_percent=sure - KEEP_LESS,
        )
        for on, clear, sure in itertools.product(ON_DELAYS_MIN, CLEAR_DELAYS_MIN, sure_percent)
    ]
