"""Two sentinels over the farm's own stored readings, side by side: what each would have called, and what people had
said of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edge.contract.kinds import kinds
from edge.core import AlarmPolicy
from edge.farm import Node
from edge.scoring import HOUR_MS, MONTH_H, CallSpan, calls_of_verdicts, fused

from ..training.datasets import SeasonData
from ..training.evaluation import Verdicts, outcome, policies
from .judged import PastCall
from .replay import Replay
from .sentinel import Deciding

DecidedSteps = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Classes and confidences, (nodes, steps) each, as `Deciding.decide` gives them."""
FEWER = 0.25
"""Of the calls that were wrong or that nobody judged, the new sentinel must save so many at least."""
SLIPS = 0.25
"""Of the calls that the new sentinel no longer makes, so many may have been judged right: people slip too."""
LOST = 0.1
"""Share of the troubles that the old one finds, on the farm and on the simulated seasons, that it may miss."""


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """What a sentinel calls, as a farmer sees it: calls of one kind in one zone that overlap are one. `right`, `wrong`,
    `unjudged`: calls by what was said of calls of that kind and zone at that time; `troubles` that were judged right,
    and how many of them it `found`; `recall`: share of the simulated seasons' troubles that it finds, None where not
    asked."""

    version: str
    calls: int
    right: int
    wrong: int
    unjudged: int
    troubles: int
    found: int
    false_per_node_month: float
    recall: float | None


@dataclass(frozen=True, kw_only=True)
class Held:
    """Calls, fused, held against what was said of calls of that kind and zone at that time: `right`, `wrong` or
    neither; `troubles` that were judged right, and those that were `found`."""

    calls: list[CallSpan]
    right: list[CallSpan]
    wrong: list[CallSpan]
    troubles: list[CallSpan]
    found: list[CallSpan]

    @property
    def unjudged(self) -> int:
        """Calls of which nobody said anything."""
        return len(self.calls) - len(self.right) - len(self.wrong)


def hold(calls: Sequence[CallSpan], past: Sequence[PastCall]) -> Held:
    """Calls of one sentinel, held against judged calls."""
    seen = fused(calls)
    troubles = fused([call.span for call in past if call.right])
    false = [call.known for call in past if call.right is False]
    right = [call for call in seen if _meets(call, troubles)]
    return Held(
        calls=seen,
        right=right,
        wrong=[call for call in seen if call not in right and _meets(call, false)],
        troubles=troubles,
        found=[trouble for trouble in troubles if _meets(trouble, seen)],
    )


def shadow(
    sentinel: Deciding, replays: Sequence[Replay], past: Sequence[PastCall], found: float | None = None
) -> Shadow:
    """A sentinel over some time, held against what was said of the calls of that time; `found`: its recall on
    simulated seasons."""
    held = hold([span for replay in replays for span in calls_of(sentinel, replay)], past)
    months = sum(len(r.nodes) * len(r.t) * r.step_ms for r in replays) / HOUR_MS / MONTH_H
    return Shadow(
        version=sentinel.version,
        calls=len(held.calls),
        right=len(held.right),
        wrong=len(held.wrong),
        unjudged=held.unjudged,
        troubles=len(held.troubles),
        found=len(held.found),
        false_per_node_month=round(len(held.wrong) / months, 3) if months else 0.0,
        recall=None if found is None else round(found, 3),
    )


def calls_of(sentinel: Deciding, replay: Replay) -> list[CallSpan]:
    """Calls of all kinds, by the node's alarm logic and the policies that farm.yaml gives it."""
    verdicts = sentinel.decide(replay.columns(sentinel.features))
    return [span for kind in sentinel.classes[1:] for span in calls_of_kind(sentinel, kind, verdicts, replay)]


def calls_of_kind(sentinel: Deciding, kind: str, verdicts: DecidedSteps, replay: Replay) -> list[CallSpan]:
    """Calls of one kind by verdicts (classes and confidences, as `decide` gives them)."""
    class_id = sentinel.classes.index(kind)
    return _calls(verdicts, replay, kind, class_id, sentinel.policies[class_id - 1])


def policy_of(node: Node, kind: str, own: AlarmPolicy) -> AlarmPolicy:
    """What a node goes by: its sentinel's own policy, and what farm.yaml has otherwise. A call is never kept only above
    where it is raised."""
    if (said := node.policies.get(kind)) is None:
        return own
    changed = replace(own, **said.values())
    return replace(changed, keep_percent=min(changed.keep_percent, changed.raise_percent))


def best_policies(
    sentinel: Deciding, replays: Sequence[Replay], past: Sequence[PastCall], seasons: Sequence[SeasonData]
) -> tuple[AlarmPolicy, ...]:
    """For each kind the alarm policy of least cost, on the farm and on simulated seasons together: false calls, on the
    farm those judged wrong or not at all, and missed troubles at their price; its own where another is no better."""
    decided = [(replay, sentinel.decide(replay.columns(sentinel.features))) for replay in replays]
    simulated = [verdicts_on(sentinel, season) for season in seasons]

    def cost(policy: AlarmPolicy, class_id: int) -> float:
        kind = sentinel.classes[class_id]
        spans = [s for replay, verdicts in decided for s in _calls(verdicts, replay, kind, class_id, policy)]
        held = hold(spans, [call for call in past if call.span.kind == kind])
        missed = len(held.troubles) - len(held.found)
        on_farm = len(held.wrong) + held.unjudged + kinds()[kind].missed_cost * missed
        return on_farm + outcome(simulated, kind=kind, class_id=class_id, policy=policy).score.cost

    return tuple(
        min((own, *policies()), key=partial(cost, class_id=class_id))
        for class_id, own in enumerate(sentinel.policies, 1)
    )


def recall(sentinel: Deciding, seasons: Sequence[SeasonData]) -> float:
    """Share of the troubles of simulated seasons that a sentinel finds."""
    seen = [verdicts_on(sentinel, season) for season in seasons]
    scores = [
        outcome(seen, kind=kind, class_id=class_id, policy=policy).score
        for class_id, (kind, policy) in enumerate(zip(sentinel.classes[1:], sentinel.policies, strict=True), 1)
    ]
    return sum(score.found for score in scores) / max(1, sum(score.troubles for score in scores))


def verdicts_on(sentinel: Deciding, season: SeasonData) -> Verdicts:
    """A sentinel on a simulated season."""
    classes, confidences = sentinel.decide(season.columns(sentinel.features))
    return Verdicts(season=season, classes=classes, confidences=confidences)


def _calls(verdicts: DecidedSteps, replay: Replay, kind: str, class_id: int, policy: AlarmPolicy) -> list[CallSpan]:
    alike: dict[AlarmPolicy, list[int]] = defaultdict(list)
    for row, node in enumerate(replay.nodes):
        alike[policy_of(node, kind, policy)].append(row)
    return [
        span
        for each, rows in alike.items()
        for span in calls_of_verdicts(
            *(part[rows] for part in verdicts),
            kind=kind,
            class_id=class_id,
            policy=each,
            zones=[replay.nodes[row].zone for row in rows],
            nodes=[replay.nodes[row].id for row in rows],
            t=replay.t,
        )
    ]


def why_not(old: Shadow, new: Shadow) -> str | None:
    """What speaks against the new sentinel; None: it is better."""
    before, after = old.wrong + old.unjudged, new.wrong + new.unjudged
    if after > (1 - FEWER) * before or after == before:
        return f"it makes {after} calls that were wrong or that nobody judged, the old one {before}"
    lost = old.found - new.found
    if lost > max(LOST * old.found, SLIPS * (lost + old.wrong - new.wrong)):
        return f"it misses {lost} troubles that the old one found, and more than slips of the judges explain"
    if old.recall is not None and new.recall is not None and new.recall < (1 - LOST) * old.recall:
        return f"it finds {new.recall:.0%} of the simulated seasons' troubles, the old one {old.recall:.0%}"
    return None


def _meets(call: CallSpan, others: Sequence[CallSpan]) -> bool:
    return any(
        (o.zone, o.kind) == (call.zone, call.kind) and o.raised < call.cleared and call.raised < o.cleared
        for o in others
    )
