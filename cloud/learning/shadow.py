"""Two sentinels over the farm's own stored readings, side by side: what each would have called, and what people had
said of it."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from edge.contract.kinds import kinds
from edge.core import AlarmPolicy
from edge.scoring import HOUR_MS, MONTH_H, CallSpan, KindScore, calls_of_verdicts, fused

from ..training.datasets import SeasonData
from ..training.evaluation import Verdicts, outcome, policies
from .judged import PastCall
from .replay import Replay
from .sentinel import Deciding, policy_of

DecidedSteps = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Classes and confidences, (nodes, steps) each, as `Deciding.decide` gives them."""
FEWER = 0.25
"""Of the calls that were wrong or that nobody judged, the new sentinel must save so many at least, and more than chance
does."""
SLIPS = 0.25
"""Of the calls that the new sentinel no longer makes, so many may have been judged right: people slip too."""
LOST = 0.1
"""Share of the troubles that the old one finds, on the farm and on the simulated seasons, that it may miss."""
DEARER = 0.1
"""So much more missed, late and false calls of the simulated seasons may cost, and no less than chance makes."""


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """What a sentinel calls, as a farmer sees it: calls of one kind in one zone that overlap are one. `right`, `wrong`,
    `unjudged`: calls by what was said of calls of that kind and zone at that time; `troubles` that were judged right,
    and how many of them it `found`; `recall`, `in_time`: shares of the simulated seasons' troubles that it finds, and
    finds in time to act, and `cost` of what it does there (kinds.toml), None where not asked; `kinds`: the same of each
    of its kinds."""

    version: str
    calls: int
    right: int
    wrong: int
    unjudged: int
    troubles: int
    found: int
    false_per_node_month: float
    recall: float | None = None
    in_time: float | None = None
    cost: float | None = None
    kinds: dict[str, "Shadow"] = field(default_factory=dict)

    @property
    def false(self) -> int:
        """Calls that were wrong or that nobody judged."""
        return self.wrong + self.unjudged


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
    troubles = fused([_trouble(call.span) for call in past if call.right])
    judged_right = [call.span for call in past if call.right]
    false = [call.known for call in past if call.right is False]
    otherwise = [*false, *(call.span for call in past if call.right is None)]
    right = [
        call for call in seen if _meets(call, judged_right) or (_meets(call, troubles) and not _meets(call, otherwise))
    ]
    return Held(
        calls=seen,
        right=right,
        wrong=[call for call in seen if call not in right and _meets(call, false)],
        troubles=troubles,
        found=[trouble for trouble in troubles if _meets(trouble, seen)],
    )


def _trouble(call: CallSpan) -> CallSpan:
    """When the trouble of a call that was right is to be found: it may have ended before the trouble began."""
    soon = call.raised + round(kinds()[call.kind].early_h * HOUR_MS)
    return replace(call, cleared=max(call.cleared, soon))


def shadow(
    sentinel: Deciding,
    replays: Sequence[Replay],
    past: Sequence[PastCall],
    simulated: Mapping[str, KindScore] = MappingProxyType({}),
) -> Shadow:
    """A sentinel over some time, held against what was said of the calls of that time; `simulated`: its scores on
    simulated seasons by kind."""
    spans = [span for replay in replays for span in calls_of(sentinel, replay)]
    months = sum(len(r.nodes) * len(r.t) * r.step_ms for r in replays) / HOUR_MS / MONTH_H

    def of(names: Sequence[str], parts: dict[str, Shadow]) -> Shadow:
        held = hold([span for span in spans if span.kind in names], [c for c in past if c.span.kind in names])
        scores = [simulated[kind] for kind in names if kind in simulated]
        troubles = sum(score.troubles for score in scores)
        found, late = sum(score.found for score in scores), sum(score.late for score in scores)
        return Shadow(
            version=sentinel.version,
            calls=len(held.calls),
            right=len(held.right),
            wrong=len(held.wrong),
            unjudged=held.unjudged,
            troubles=len(held.troubles),
            found=len(held.found),
            false_per_node_month=round(len(held.wrong) / months, 3) if months else 0.0,
            recall=round(found / troubles, 3) if troubles else None,
            in_time=round((found - late) / troubles, 3) if troubles else None,
            cost=sum(score.cost for score in scores) if scores else None,
            kinds=parts,
        )

    own = sentinel.classes[1:]
    return of(own, {kind: of([kind], {}) for kind in own})


def calls_of(sentinel: Deciding, replay: Replay) -> list[CallSpan]:
    """Calls of all kinds, by the node's alarm logic and the policies that farm.yaml gives it."""
    verdicts = sentinel.decide(replay.columns(sentinel.features))
    return [span for kind in sentinel.classes[1:] for span in calls_of_kind(sentinel, kind, verdicts, replay)]


def calls_of_kind(sentinel: Deciding, kind: str, verdicts: DecidedSteps, replay: Replay) -> list[CallSpan]:
    """Calls of one kind by verdicts (classes and confidences, as `decide` gives them)."""
    class_id = sentinel.classes.index(kind)
    return _calls(verdicts, replay, kind, class_id, sentinel.policies[class_id - 1])


def best_policies(
    sentinel: Deciding, replays: Sequence[Replay], past: Sequence[PastCall], seasons: Sequence[SeasonData]
) -> tuple[AlarmPolicy, ...]:
    """For each kind the alarm policy of least cost, on the farm and on simulated seasons together: false calls, on the
    farm those judged wrong or not at all, and missed troubles at their price; its own where another is no better. The
    farm says nothing of a kind of which nothing was judged."""
    decided = [(replay, sentinel.decide(replay.columns(sentinel.features))) for replay in replays]
    simulated = [verdicts_on(sentinel, season) for season in seasons]

    def cost(policy: AlarmPolicy, class_id: int) -> float:
        kind = sentinel.classes[class_id]
        cost = outcome(simulated, kind=kind, class_id=class_id, policy=policy).score.cost
        said = [call for call in past if call.span.kind == kind and call.right is not None]
        if not said:
            return cost
        spans = [s for replay, verdicts in decided for s in _calls(verdicts, replay, kind, class_id, policy)]
        held = hold(spans, said)
        missed = len(held.troubles) - len(held.found)
        return cost + len(held.wrong) + held.unjudged + kinds()[kind].missed_cost * missed

    return tuple(
        min((own, *policies()), key=partial(cost, class_id=class_id))
        for class_id, own in enumerate(sentinel.policies, 1)
    )


def on_seasons(sentinel: Deciding, seasons: Sequence[SeasonData]) -> dict[str, KindScore]:
    """How a sentinel does on simulated seasons, by kind."""
    seen = [verdicts_on(sentinel, season) for season in seasons]
    return {
        kind: outcome(seen, kind=kind, class_id=class_id, policy=policy).score
        for class_id, (kind, policy) in enumerate(zip(sentinel.classes[1:], sentinel.policies, strict=True), 1)
    }


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
    """What speaks against the new sentinel; None: it is better, and no kind of it is worse. It must save calls of kinds
    of which something was judged: the others say nothing for it."""
    judged = [kind for kind, part in old.kinds.items() if part.right + part.wrong]
    before, after = (sum(each.kinds[kind].false for kind in judged) for each in (old, new))
    if after > (1 - FEWER) * before or not _more(before, after):
        return f"it makes {after} calls that were wrong or that nobody judged, the old one {before}"
    if why := _misses(old, new):
        return why
    for kind, part in old.kinds.items():
        if _more(more := new.kinds[kind].false, part.false):
            return f"of {kind} it makes {more} calls that were wrong or that nobody judged, the old one {part.false}"
        if why := _misses(part, new.kinds[kind]):
            return f"of {kind} {why}"
    return None


def _more(calls: float, others: float) -> bool:
    """Whether these are more than others, and more than chance makes: than one standard deviation of the difference of
    two counts (Poisson)."""
    return calls - others > math.sqrt(calls + others)


def _misses(old: Shadow, new: Shadow) -> str | None:
    lost = old.found - new.found
    if lost > max(LOST * old.found, SLIPS * (lost + old.wrong - new.wrong)):
        return f"it misses {lost} troubles that the old one found, and more than slips of the judges explain"
    if old.recall is not None and new.recall is not None and new.recall < (1 - LOST) * old.recall:
        return f"it finds {new.recall:.0%} of the simulated seasons' troubles, the old one {old.recall:.0%}"
    before, after = old.cost, new.cost
    if before is not None and after is not None and after > (1 + DEARER) * before and _more(after, before):
        return f"missed, late and false calls of the simulated seasons cost {after:.0f} with it, {before:.0f} before"
    return None


def _meets(call: CallSpan, others: Sequence[CallSpan]) -> bool:
    return any(
        (o.zone, o.kind) == (call.zone, call.kind) and o.raised < call.cleared and call.raised < o.cleared
        for o in others
    )
