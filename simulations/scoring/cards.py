"""The simulated field's troubles and a caller's calls, as edge.scoring holds them against each other.

Zones without a node whose sentinel knows a kind are not scored for it: nobody listens there.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import mean, median, stdev

import numpy as np
from numpy.typing import NDArray

from edge.contract.kinds import kinds
from edge.contract.messages import Call
from edge.core import sentinels
from edge.farm import Farm
from edge.scoring import HOUR_MS, MONTH_H, CallSpan, Episode, KindScore, fused, score, spells

from ..field.season import Field, Season
from ..nodes.energy_budget import EnergyBudget

FLAP_H = 24.0
"""A call that is raised again so soon after it cleared, by the same node for the same kind, has flapped."""


def episodes(season: Season | Field) -> list[Episode]:
    """All troubles of a season in zones that somebody watches."""
    return _episodes(season, season.truth)


def nearly(season: Season | Field) -> list[Episode]:
    """When such zones were close to a trouble."""
    return _episodes(season, season.nearly)


def _episodes(season: Season | Field, happens: Mapping[str, NDArray[np.bool_]]) -> list[Episode]:
    heard = watched(season.farm)
    return [
        Episode(zone=zone.id, kind=name, start=start, end=end)
        for row, zone in enumerate(season.farm.zones)
        for name, kind in kinds().items()
        if name in heard.get(zone.id, ())
        for start, end in spells(happens[name][row], season.t, kind.gap_h)
    ]


def watched(farm: Farm) -> dict[str, set[str]]:
    """Kinds of trouble that some node of a zone can call about, by zone."""
    known = {s.name: set(s.classes[1:]) for s in sentinels()}
    known_in: dict[str, set[str]] = {}
    for node in farm.nodes:
        for name in node.sentinels:
            known_in.setdefault(node.zone, set()).update(known.get(name, ()))
    return known_in


def spans_from_messages(events: Iterable[tuple[str, Call]], end: int) -> list[CallSpan]:
    """Calls with their zone, from raise to clearing; one that is still open lasts to `end` (UTC ms)."""
    spans: dict[tuple[str, str, str, int], int] = {}
    for zone, call in events:
        key = (zone, call.node, call.kind, call.raised_t)
        spans[key] = call.t if call.state == "cleared" else max(spans.get(key, 0), end)
    return [
        CallSpan(zone=zone, node=node, kind=kind, raised=raised, cleared=max(cleared, raised))
        for (zone, node, kind, raised), cleared in spans.items()
    ]


def node_hours(farm: Farm, hours: float) -> Counter[str]:
    """Hours in which nodes could call, by kind."""
    known = {s.name: s.classes[1:] for s in sentinels()}
    return Counter(
        {
            kind: hours * sum(kind in known.get(name, ()) for node in farm.nodes for name in node.sentinels)
            for kind in kinds()
        }
    )


@dataclass(frozen=True, kw_only=True)
class Card:
    """How a caller did at one kind of trouble: edge.scoring's count by nodes and, calls fused as a farmer sees them, by
    zones; and what it costs to live with."""

    score: KindScore
    by_zone: KindScore
    node_hours: float
    clear_h: tuple[float, ...]
    flaps: int

    @property
    def recall(self) -> float | None:
        """Share of troubles found."""
        return self.score.recall

    @property
    def precision(self) -> float | None:
        """Share of calls that met a trouble, grey ones left out."""
        judged = self.score.calls - self.score.grey_calls
        return 1 - self.score.false_calls / judged if judged else None

    @property
    def lead_h(self) -> float | None:
        """Median hours from the first call to the onset."""
        return self.score.lead_h

    @property
    def false_per_node_month(self) -> float | None:
        """False calls a node and month."""
        return self.score.false_calls / self.node_hours * MONTH_H if self.node_hours else None

    @property
    def false_share_of_time(self) -> float | None:
        """Share of a node's time in which a false call of it is open."""
        return self.score.false_h / self.node_hours if self.node_hours else None

    @property
    def to_clear_h(self) -> float | None:
        """Median hours from the end of a found trouble to the end of its last call."""
        return median(self.clear_h) if self.clear_h else None


MEASURES: dict[str, Callable[[Card], float | None]] = {
    "recall": lambda c: c.recall,
    "precision": lambda c: c.precision,
    "lead_h": lambda c: c.lead_h,
    "false_per_node_month": lambda c: c.false_per_node_month,
    "false_share_of_time": lambda c: c.false_share_of_time,
    "to_clear_h": lambda c: c.to_clear_h,
    "flaps": lambda c: c.flaps,
}


SHARES = {"recall", "precision", "false_share_of_time"}
"""Measures that are told in per cent."""


def cards(
    troubles: Sequence[Episode], calls: Sequence[CallSpan], hours: Counter[str], nearly: Sequence[Episode] = ()
) -> dict[str, Card]:
    """A card for each kind that has troubles or calls, or that nodes listen for. `hours`: node_hours; `nearly`: when
    zones were close to a trouble."""
    at: dict[tuple[str, str], list[CallSpan]] = defaultdict(list)
    by: dict[tuple[str, str], list[CallSpan]] = defaultdict(list)
    for call in sorted(calls, key=lambda c: (c.raised, c.node)):
        at[call.zone, call.kind].append(call)
        by[call.node, call.kind].append(call)
    clear: dict[str, list[float]] = defaultdict(list)
    for trouble in troubles:
        open_at_end = [c.cleared for c in at[trouble.zone, trouble.kind] if c.raised < trouble.end <= c.cleared]
        if open_at_end:
            clear[trouble.kind].append((max(open_at_end) - trouble.end) / HOUR_MS)
    flaps = Counter(
        kind for (_, kind), same in by.items() for a, b in pairwise(same) if b.raised - a.cleared < FLAP_H * HOUR_MS
    )
    quiet = {
        kind: KindScore(kind=kind, troubles=0, calls=0, false_calls=0, leads_h=()) for kind in kinds() if hours[kind]
    }
    scored = quiet | {line.kind: line for line in score(troubles, calls, nearly)}
    by_zone = quiet | {line.kind: line for line in score(troubles, fused(calls), nearly)}
    return {
        kind: Card(
            score=scored[kind],
            by_zone=by_zone[kind],
            node_hours=hours[kind],
            clear_h=tuple(clear[kind]),
            flaps=flaps[kind],
        )
        for kind in kinds()
        if kind in scored
    }


COSTS: dict[str, Callable[[EnergyBudget, str], float | None]] = {
    "bytes_a_node_day": EnergyBudget.bytes_a_node_day,
    "mah_a_node_day": EnergyBudget.mah_a_node_day,
    "days_of_a_cell": EnergyBudget.days_of_a_cell,
}
"""What a node costs to run whose calls are a caller's."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Mean over seeds, and the half-width of its 95 % confidence interval (None for a single seed)."""

    mean: float
    half_width: float | None


def interval(values: Iterable[float | None]) -> Interval | None:
    """Student's t over the seeds in which a measure has a value; None when there is none."""
    known = [v for v in values if v is not None]
    if not known:
        return None
    if len(known) == 1:
        return Interval(mean=known[0], half_width=None)
    from scipy.stats import t as student_t  # a second of imports, for several seeds alone

    return Interval(
        mean=mean(known), half_width=float(student_t.ppf(0.975, len(known) - 1)) * stdev(known) / sqrt(len(known))
    )
