"""Verdicts over whole seasons, through the node's alarm logic, held against the truth as events (edge.scoring)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core import UNKNOWN, AlarmPolicy, call_spans
from edge.scoring import GAP_H, CallSpan, Episode, KindScore, score, spells

from .datasets import MISSING_FEATURE, SeasonData
from .recipes import FALSE_COST, LATE_COST, MISSED_COST, Kind

MONTH_S = 30 * 86_400


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Verdicts of one season: class uint8 and confidence in per cent uint8 (nodes, steps), and the season."""

    season: SeasonData
    classes: NDArray[np.uint8]
    confidences: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A kind's score over some seasons, and the false calls a node and month."""

    score: KindScore
    needed_h: float
    false_per_node_month: float

    @property
    def cost(self) -> float:
        """Missed troubles, late and false calls at their price."""
        return MISSED_COST * self.score.missed + LATE_COST * self.late + FALSE_COST * self.score.false_calls

    @property
    def late(self) -> int:
        """Troubles found too late to do something about them."""
        return sum(lead < self.needed_h for lead in self.score.leads_h)


def verdicts(season: SeasonData, probabilities: NDArray[np.float64], complete: NDArray[np.bool_]) -> Verdicts:
    """From class probabilities (nodes, steps, classes); UNKNOWN where not `complete` (nodes, steps)."""
    classes = np.where(complete, probabilities.argmax(axis=2), UNKNOWN).astype(np.uint8)
    return Verdicts(season=season, classes=classes, confidences=np.rint(100 * probabilities.max(axis=2)).astype(np.uint8))


def threshold_verdicts(season: SeasonData, feature: str, threshold: int, *, above: bool) -> Verdicts:
    """The opponent: class 1 with full confidence wherever a feature is beyond a threshold."""
    values = season.columns((feature,))[:, :, 0]
    beyond = values >= threshold if above else values <= threshold
    classes = np.where(values == MISSING_FEATURE, UNKNOWN, beyond).astype(np.uint8)
    return Verdicts(season=season, classes=classes, confidences=np.full(classes.shape, 100, dtype=np.uint8))


def outcome(given: Sequence[Verdicts], *, kind: Kind, kind_row: int, class_id: int, policy: AlarmPolicy) -> Outcome:
    """Events of one class over seasons. `kind_row`: the kind's place in the truth."""
    episodes: list[Episode] = []
    calls: list[CallSpan] = []
    node_months = 0.0
    for v in given:
        t = v.season.t
        end = int(t[-1]) + v.season.step_s * 1000
        node_months += len(v.season.zones) * end / 1000 / MONTH_S
        episodes += _episodes(v.season, kind.name, kind_row)
        calls += [CallSpan(zone=f"{v.season.name} {v.season.zones[row]}", node=str(row), kind=kind.name, raised=int(t[first]),
                           cleared=int(t[last]) if last < len(t) else end)
                  for row, first, last in call_spans(v.classes, v.confidences, class_id=class_id, policy=policy, step_s=v.season.step_s)]
    lines = score(episodes, calls)
    line = lines[0] if lines else KindScore(kind=kind.name, troubles=0, calls=0, false_calls=0, leads_h=())
    return Outcome(score=line, needed_h=kind.needed_h, false_per_node_month=line.false_calls / node_months)


def _episodes(season: SeasonData, kind: str, kind_row: int) -> list[Episode]:
    first_of_zone = {zone: row for row, zone in reversed(list(enumerate(season.zones)))}
    return [Episode(zone=f"{season.name} {zone}", kind=kind, start=start, end=end)
            for zone, row in first_of_zone.items() for start, end in spells(season.truth[row, kind_row], season.t, GAP_H[kind])]


def policies(sure_percents: Sequence[int]) -> list[AlarmPolicy]:
    """All policies that training chooses from; a call that stays is repeated once a day."""
    return [AlarmPolicy(on_delay_min=on, clear_delay_min=clear, repeat_min=1440, raise_percent=sure, keep_percent=max(sure - 15, 30))
            for on, clear, sure in itertools.product((0, 60, 240), (360, 1440), sure_percents)]


def best_policy(given: Sequence[Verdicts], *, kind: Kind, kind_row: int, class_id: int,
                sure: Sequence[int] = (35, 50, 65, 80)) -> tuple[AlarmPolicy, Outcome]:
    """The policy of least cost on these seasons; `sure`: confidences (per cent) to try."""
    tried = [(policy, outcome(given, kind=kind, kind_row=kind_row, class_id=class_id, policy=policy)) for policy in policies(sure)]
    return min(tried, key=lambda pair: pair[1].cost)
