"""The score: calls held against the truth, by kind of trouble.

An episode is a run of true steps of one kind in one zone; runs less than GAP_H apart are one. A call counts for an episode of
its kind and zone when it was open at any time from EARLY_H before the onset to the end. A call that meets no episode is false.
Lead is the onset minus the first such call's raise: positive is ahead. Zones without a node whose sentinel knows the kind are
not scored, for nobody listens there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from edge.contract.messages import Call
from edge.core import sentinels
from edge.farm import Farm

from .field import KINDS, Season

GAP_H = {"dry": 24.0, "wet": 24.0, "ripening": 24.0, "frost": 12.0, "wind": 12.0, "disease": 24.0}
EARLY_H = {"dry": 48.0, "wet": 24.0, "ripening": 48.0, "frost": 12.0, "wind": 12.0, "disease": 48.0}
HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A trouble of one kind in one zone, UTC ms, `end` exclusive."""

    zone: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class OpenCall:
    """A call from raise to clearing (or the season's end), UTC ms."""

    zone: str
    node: str
    kind: str
    raised: int
    cleared: int


@dataclass(frozen=True, kw_only=True)
class KindScore:
    """Score of one kind; `lead_h` is the median over found episodes, None without one."""

    kind: str
    troubles: int
    found: int
    calls: int
    false_calls: int
    lead_h: float | None

    @property
    def missed(self) -> int:
        """Troubles without a call."""
        return self.troubles - self.found

    @property
    def recall(self) -> float | None:
        """Share of troubles found, None without any."""
        return self.found / self.troubles if self.troubles else None


def episodes(season: Season) -> list[Episode]:
    """All troubles of a season in zones that somebody watches."""
    heard = watched(season.farm)
    return [Episode(zone=zone.id, kind=kind, start=start, end=end)
            for row, zone in enumerate(season.farm.zones) for kind in KINDS if kind in heard.get(zone.id, ())
            for start, end in spells(season.truth[kind][row], season.t, GAP_H[kind])]


def watched(farm: Farm) -> dict[str, set[str]]:
    """Kinds of trouble that some node of a zone can call about, by zone."""
    known = {s.name: set(s.classes[1:]) for s in sentinels()}
    kinds: dict[str, set[str]] = {}
    for node in farm.nodes:
        for name in node.sentinels:
            kinds.setdefault(node.zone, set()).update(known.get(name, ()))
    return kinds


def spells(happens: NDArray[np.bool_], t: NDArray[np.int64], gap_h: float) -> list[tuple[int, int]]:
    """Runs of true steps as (start, end) in the unit of `t` (ms), runs less than `gap_h` apart joined."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], happens.astype(np.int8), [0]])))
    step = int(t[1] - t[0]) if len(t) > 1 else 0
    joined: list[tuple[int, int]] = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        start, end = int(t[first]), int(t[last - 1]) + step
        if joined and start - joined[-1][1] < gap_h * HOUR_MS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def open_calls(events: Iterable[tuple[str, Call]], end: int) -> list[OpenCall]:
    """Calls with their zone, from raise to clearing; one that is still open lasts to `end`."""
    spans: dict[tuple[str, str, str, int], int] = {}
    for zone, call in events:
        key = (zone, call.node, call.kind, call.raised_t)
        spans[key] = call.t if call.state == "cleared" else max(spans.get(key, 0), end)
    return [OpenCall(zone=zone, node=node, kind=kind, raised=raised, cleared=max(cleared, raised))
            for (zone, node, kind, raised), cleared in spans.items()]


def score(troubles: Sequence[Episode], calls: Sequence[OpenCall]) -> list[KindScore]:
    """One line a kind that has troubles or calls, in the order of KINDS."""
    lines = []
    for kind in KINDS:
        of_kind = [e for e in troubles if e.kind == kind]
        raised = [c for c in calls if c.kind == kind]
        answers = [[c for c in raised if _answers(c, e)] for e in of_kind]
        useful = {id(c) for found in answers for c in found}
        leads = [(e.start - min(c.raised for c in found)) / HOUR_MS for e, found in zip(of_kind, answers, strict=True) if found]
        if of_kind or raised:
            lines.append(KindScore(kind=kind, troubles=len(of_kind), found=len(leads), calls=len(raised),
                                   false_calls=sum(id(c) not in useful for c in raised), lead_h=median(leads) if leads else None))
    return lines


def _answers(call: OpenCall, episode: Episode) -> bool:
    return (call.zone == episode.zone and call.raised < episode.end
            and call.cleared >= episode.start - EARLY_H[episode.kind] * HOUR_MS)
