"""Counts by place and day, and intervals that know how little a few nights are.

Stations that see the same night are no two nights, and the nights of one station no two stations. So places and days
are drawn anew, each with replacement, and a place's day weighs as often as both were drawn (Owen 2007, Annals of
Applied Statistics 1: the pigeonhole bootstrap, which is conservative). Where nothing happened, or everything did,
drawing anew says nothing: the limit is then that of the rule of three (Hanley and Lippman-Hand 1983, JAMA 249).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.contract.kinds import kinds
from edge.scoring import HOUR_MS, CallSpan, Episode, judge

DRAWS, SEED, OUTSIDE = 1000, 1, (2.5, 97.5)
COUNTS = ("troubles", "found", "in_time", "calls", "grey", "false")

Floats = NDArray[np.float64]
Figure = dict[str, float | None]
"""`value`, and `low` and `high` of its 95 % interval; None where nothing can be said."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What one caller did. `unit`: what its false calls are counted by ("station-month")."""

    unit: str
    counts: dict[tuple[str, int], dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )
    leads: list[tuple[tuple[str, int], float]] = field(default_factory=list)

    def add(self, place: str, day: int, **counts: float) -> None:
        """Counts (COUNTS, and `exposure` in units) of a place's day."""
        for name, count in counts.items():
            self.counts[place, day][name] += count

    def figures(self) -> dict[str, Any]:
        """Sums, and shares with their intervals, rounded to 3 digits."""
        keys = list(self.counts)
        table = {name: np.array([self.counts[key][name] for key in keys]) for name in (*COUNTS, "exposure")}
        weights = np.array(list(self._weights(keys)))
        return {
            "places": len({place for place, _ in keys}),
            "days": len({day for _, day in keys}),
            **{name: int(table[name].sum()) for name in COUNTS},
            "exposure": round(float(table["exposure"].sum()), 2),
            "unit": self.unit,
            "recall": _ratio(table["found"], table["troubles"], weights),
            "in_time_share": _ratio(table["in_time"], table["troubles"], weights),
            "false_rate": _ratio(table["false"], table["exposure"], weights),
            "lead_h": self._lead(keys, weights),
        }

    def _weights(self, keys: list[tuple[str, int]]) -> Iterator[Floats]:
        rng = np.random.default_rng(SEED)
        factors = [np.unique(np.array(column), return_inverse=True)[1] for column in zip(*keys, strict=True)]
        sizes = [int(places.max()) + 1 for places in factors]
        for _ in range(DRAWS):
            drawn = [rng.multinomial(size, np.full(size, 1 / size)) for size in sizes]
            yield np.prod([d[places] for d, places in zip(drawn, factors, strict=True)], axis=0)

    def _lead(self, keys: list[tuple[str, int]], weights: Floats) -> Figure:
        if not self.leads:
            return {"value": None, "low": None, "high": None}
        hours = np.array([lead for _, lead in self.leads])
        drawn = weights[:, [keys.index(key) for key, _ in self.leads]].astype(int)
        medians = np.array([np.median(np.repeat(hours, w)) if w.any() else np.nan for w in drawn])
        return _figure(float(np.median(hours)), medians)


def count_events(
    tally: Tally,
    troubles: Sequence[Episode],
    calls: Sequence[CallSpan],
    nearly: Sequence[Episode],
    *,
    day: Callable[[int], int],
) -> None:
    """Adds what edge.scoring says of one place's troubles and calls; `day` of a time (UTC ms)."""
    judged = judge(troubles, calls, nearly)
    for episode in troubles:
        raised = judged.raised.get(episode)
        lead = None if raised is None else (episode.start - raised) / HOUR_MS
        in_time = lead is not None and lead >= kinds()[episode.kind].min_lead_h
        key = episode.zone, day(episode.start)
        tally.add(*key, troubles=1, found=lead is not None, in_time=in_time)
        if lead is not None:
            tally.leads.append((key, lead))
    for call, what in judged.calls:
        tally.add(call.zone, day(call.raised), calls=1, grey=what == "grey", false=what == "false")


def _ratio(above: Floats, below: Floats, weights: Floats) -> Figure:
    if not below.sum():
        return {"value": None, "low": None, "high": None}
    value, of_three = float(above.sum() / below.sum()), round(3 / float(below.sum()), 3)
    if value == 0:
        return {"value": 0.0, "low": 0.0, "high": of_three}
    if (above == below).all():
        return {"value": 1.0, "low": max(0.0, round(1 - of_three, 3)), "high": 1.0}
    with np.errstate(invalid="ignore"):
        return _figure(value, (weights @ above) / (weights @ below))


def _figure(value: float, drawn: Floats) -> Figure:
    low, high = np.nanpercentile(drawn, OUTSIDE)
    return {"value": round(value, 3), "low": round(float(low), 3), "high": round(float(high), 3)}


def in_words(figure: Figure, form: str = ".2f") -> str:
    """ "0.92 [0.80, 1.00]"; "-" where nothing can be said."""
    if figure["value"] is None:
        return "-"
    return f"{figure['value']:{form}} [{figure['low']:{form}}, {figure['high']:{form}}]"
