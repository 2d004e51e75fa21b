"""Calls held against known troubles: the one rule, for the simulated field's scorecard and for training.

An episode is a run of true steps of one kind in one zone; runs less than the kind's gap_h apart are one. A call answers
an episode of its kind and zone when it is open before the episode ends and is fresh: raised, or still open from an
episode it answered, no more than the kind's early_h before the onset. So an alarm that is always on answers nothing. A
call that answers no episode is false, unless it is grey: the zone came close to that trouble (docs/SPEC.md says how
close) within the kind's early_h after the raise, or was close then. A grey call is neither praised nor counted as
false: whoever looked saw that it was right to look. Lead is the onset minus the raise of the first call that answers:
positive is ahead.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .contract.kinds import kinds
from .core import AlarmPolicy, call_spans
from .spells import runs_of_true

HOUR_MS = 3_600_000
MONTH_H = 365.2425 / 12 * 24
"""A month, mean of the Gregorian calendar."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """A trouble of one kind in one zone, ms, `end` exclusive."""

    zone: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallSpan:
    """A call from its raise to its clearing (or the season's end), ms."""

    zone: str
    node: str
    kind: str
    raised: int
    cleared: int


@dataclass(frozen=True, kw_only=True)
class KindScore:
    """Score of one kind; `leads_h` has one lead a found episode."""

    kind: str
    troubles: int
    calls: int
    false_calls: int
    leads_h: tuple[float, ...]
    grey_calls: int = 0
    false_h: float = 0.0
    """Hours that false calls were open, added up: a call left open for weeks is no bargain."""

    @property
    def found(self) -> int:
        """Troubles with a call."""
        return len(self.leads_h)

    @property
    def lead_h(self) -> float | None:
        """Median lead in hours over found troubles, None without one."""
        return median(self.leads_h) if self.leads_h else None

    @property
    def lead_in_words(self) -> str:
        """ "2.5 h ahead", "17.8 h late"; "-" without a found trouble."""
        lead = self.lead_h
        return "-" if lead is None else f"{abs(lead):.1f} h {'late' if lead < 0 else 'ahead'}"

    @property
    def missed(self) -> int:
        """Troubles without a call."""
        return self.troubles - self.found

    @property
    def late(self) -> int:
        """Troubles found with less lead than a farmer needs to act."""
        return sum(lead < kinds()[self.kind].min_lead_h for lead in self.leads_h)

    @property
    def cost(self) -> float:
        """Missed troubles, late and false calls at their price, in false calls."""
        kind = kinds()[self.kind]
        return kind.missed_cost * self.missed + kind.late_cost * self.late + self.false_calls

    @property
    def recall(self) -> float | None:
        """Share of troubles found, None without any."""
        return self.found / self.troubles if self.troubles else None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Which troubles were found, with the raise of the first call that answers (ms), and what each call was."""

    raised: dict[Episode, int] = field(default_factory=dict)
    calls: list[tuple[CallSpan, Literal["answers", "grey", "false"]]] = field(default_factory=list)


def merged(kind: str, scores: Sequence[KindScore]) -> KindScore:
    """One kind's scores of several seasons as one."""
    return KindScore(
        kind=kind,
        troubles=sum(s.troubles for s in scores),
        calls=sum(s.calls for s in scores),
        false_calls=sum(s.false_calls for s in scores),
        leads_h=tuple(lead for s in scores for lead in s.leads_h),
        grey_calls=sum(s.grey_calls for s in scores),
        false_h=sum(s.false_h for s in scores),
    )


def spells(happens: NDArray[np.bool_], t: NDArray[np.int64], gap_h: float) -> list[tuple[int, int]]:
    """Runs of true steps as (start, end) in the unit of `t` (ms), runs less than `gap_h` apart joined."""
    step = int(t[1] - t[0]) if len(t) > 1 else 0
    joined: list[tuple[int, int]] = []
    for first, last in runs_of_true(happens):
        start, end = int(t[first]), int(t[last - 1]) + step
        if joined and start - joined[-1][1] < gap_h * HOUR_MS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def calls_of_verdicts(
    classes: NDArray[np.uint8],
    confidences: NDArray[np.uint8],
    *,
    kind: str,
    class_id: int,
    policy: AlarmPolicy,
    zones: Sequence[str],
    nodes: Sequence[str],
    t: NDArray[np.int64],
) -> list[CallSpan]:
    """Calls of one class that verdicts (nodes, steps) raise by the node's alarm logic; one that is open at the end
    lasts to the end of the last step. `zones`, `nodes`: of each row; `t`: ms (steps,). ValueError for arrays of
    different shapes."""
    step_ms = int(t[1] - t[0])
    spans = call_spans(classes, confidences, class_id=class_id, policy=policy, step_s=step_ms // 1000)
    return [
        CallSpan(
            zone=zones[row],
            node=nodes[row],
            kind=kind,
            raised=int(t[first]),
            cleared=int(t[last]) if last < len(t) else int(t[-1]) + step_ms,
        )
        for row, first, last in spans
    ]


def score_kind(
    kind: str, troubles: Sequence[Episode], calls: Sequence[CallSpan], nearly: Sequence[Episode] = ()
) -> KindScore:
    """The line of one kind, all troubles, calls and near misses being of that kind; a line of noughts when there are
    none."""
    lines = score(troubles, calls, nearly)
    return lines[0] if lines else KindScore(kind=kind, troubles=0, calls=0, false_calls=0, leads_h=())


def score(troubles: Sequence[Episode], calls: Sequence[CallSpan], nearly: Sequence[Episode] = ()) -> list[KindScore]:
    """One line a kind that has troubles or calls, in the order of kinds.toml. `nearly`: when zones were close to a
    trouble."""
    judged = judge(troubles, calls, nearly)
    raised = judged.raised
    counts = Counter((call.kind, what) for call, what in judged.calls)
    numbers = Counter(call.kind for call in calls)
    of_kinds: dict[str, list[Episode]] = defaultdict(list)
    for episode in troubles:
        of_kinds[episode.kind].append(episode)
    false_h: dict[str, float] = defaultdict(float)
    for call, what in judged.calls:
        if what == "false":
            false_h[call.kind] += (call.cleared - call.raised) / HOUR_MS
    lines = []
    for kind in kinds():
        of_kind, number = of_kinds[kind], numbers[kind]
        leads = tuple((e.start - raised[e]) / HOUR_MS for e in of_kind if e in raised)
        if of_kind or number:
            lines.append(
                KindScore(
                    kind=kind,
                    troubles=len(of_kind),
                    calls=number,
                    false_calls=counts[kind, "false"],
                    leads_h=leads,
                    grey_calls=counts[kind, "grey"],
                    false_h=false_h[kind],
                )
            )
    return lines


def judge(troubles: Sequence[Episode], calls: Sequence[CallSpan], nearly: Sequence[Episode] = ()) -> Judged:
    """Each trouble and each call by itself, of which `score` is the sum."""
    episodes_at, nearly_at = _by_zone_and_kind(troubles), _by_zone_and_kind(nearly)
    judged = Judged()
    for call in calls:
        answered = _answered(call, episodes_at[call.zone, call.kind])
        grey = not answered and _is_grey(call, nearly_at[call.zone, call.kind])
        judged.calls.append((call, "answers" if answered else "grey" if grey else "false"))
        for episode in answered:
            judged.raised[episode] = min(judged.raised.get(episode, call.raised), call.raised)
    return judged


def fused(calls: Sequence[CallSpan]) -> list[CallSpan]:
    """Calls as a farmer sees them: those of one kind in one zone that overlap or touch are one, of the node that called
    first."""
    merged: dict[tuple[str, str], list[CallSpan]] = defaultdict(list)
    for call in sorted(calls, key=lambda c: (c.raised, c.node)):
        same = merged[call.zone, call.kind]
        if not same or call.raised > same[-1].cleared:
            same.append(call)
        elif call.cleared > same[-1].cleared:
            same[-1] = replace(same[-1], cleared=call.cleared)
    return [call for same in merged.values() for call in same]


def _by_zone_and_kind(episodes: Sequence[Episode]) -> dict[tuple[str, str], list[Episode]]:
    found: dict[tuple[str, str], list[Episode]] = defaultdict(list)
    for episode in sorted(episodes, key=lambda e: e.start):
        found[episode.zone, episode.kind].append(episode)
    return found


def _is_grey(call: CallSpan, nearly: Sequence[Episode]) -> bool:
    """Of near misses of the call's kind and zone, by time."""
    soon = call.raised + kinds()[call.kind].early_h * HOUR_MS
    begun = itertools.takewhile(lambda episode: episode.start <= soon, nearly)
    return any(episode.end > call.raised for episode in begun)


def _answered(call: CallSpan, episodes: Sequence[Episode]) -> list[Episode]:
    """Episodes of the call's kind and zone, by time, that it answers."""
    answered: list[Episode] = []
    fresh, early = call.raised, kinds()[call.kind].early_h * HOUR_MS
    for episode in episodes:
        if call.raised < episode.end and call.cleared >= episode.start - early <= fresh:
            answered.append(episode)
            fresh = max(fresh, episode.end)
    return answered
