"""Calls in the store, and what people said of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.contract.kinds import kinds
from edge.contract.messages import JudgementVerdict
from edge.core import UNKNOWN
from edge.farm import Farm
from edge.scoring import HOUR_MS, CallSpan

from ..farm_view import newest_judgements
from ..past_calls import newest_of_each, with_ends
from ..store import Store
from ..zone_state import call_key
from .replay import Replay
from .sentinel import Deciding

UNJUDGED = -1
RIGHT: dict[JudgementVerdict, bool] = {"right": True, "handled": True, "wrong": False}
"""Whoever took a call in hand found it right; a verdict that was withdrawn is none."""
HOLDS = 0.5
"""That a call is wrong is taken to hold for such a share of the time by which a call of its kind may be early: the
trouble may come after all, and the call be open still."""


@dataclass(frozen=True, kw_only=True)
class PastCall:
    """A call of one node; `right`: what was said of it, None for nothing; `known`: the part of it of which that was
    said; `version` of the sentinel that made it."""

    span: CallSpan
    right: bool | None
    known: CallSpan
    version: str


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Rows of the farm to learn from: features int16 (rows, features), classes uint8 (rows,), and the number of the
    judged call that each is of, UNJUDGED for time of which nobody said anything."""

    x: NDArray[np.int16]
    y: NDArray[np.uint8]
    call: NDArray[np.intp]


def past_calls(store: Store, farm: Farm, sentinel: str, since: int, until: int) -> list[PastCall]:
    """Calls of a sentinel that were raised in [since, until), oldest first; one that goes on lasts to `until`.
    Raises StoreError."""
    said = newest_judgements(store.judgements(farm.id, since, until))
    calls = [
        (farm.node_by_id[call.node].zone, call)
        for _, call in newest_of_each(store.calls(farm.id, since, until))
        if call.sentinel == sentinel and call.node in farm.node_by_id and call.raised_t >= since
    ]
    found = []
    for zone, call, ended in with_ends(calls):
        judgement = said.get(call_key(call))
        span = CallSpan(zone=zone, node=call.node, kind=call.kind, raised=call.raised_t, cleared=ended or until)
        right = RIGHT.get(judgement.verdict) if judgement else None
        known = span
        if judgement and right is False:
            holds = judgement.t + round(HOLDS * kinds()[call.kind].early_h * HOUR_MS)
            known = replace(span, cleared=min(span.cleared, holds))
        found.append(PastCall(span=span, right=right, known=known, version=call.version))
    return found


def lessons(calls: Sequence[PastCall], replays: Sequence[Replay], old: Deciding) -> Lessons:
    """What the farm teaches: while a call that was right was open its node saw that trouble; after one that was wrong
    all was well for a time. While no call was open what the old sentinel decided stands, for nobody missed one. Nothing
    is learnt from the rest of a wrong call, and from calls that nobody judged."""
    x, y, of = [], [], []
    for replay in replays:
        columns = replay.columns(old.features)
        classes, _ = old.decide(columns)
        number = np.full(classes.shape, UNJUDGED, dtype=np.intp)
        rows = {node.id: row for row, node in enumerate(replay.nodes)}
        for place, call in enumerate(calls):
            span = call.span
            if span.kind not in old.classes or span.node not in rows:
                continue
            row, since = rows[span.node], replay.t >= span.raised
            known = since & (replay.t < call.known.cleared) & (classes[row] != UNKNOWN)
            number[row, known] = place
            classes[row, since & (replay.t < span.cleared)] = UNKNOWN
            if call.right is not None:
                classes[row, known] = old.classes.index(span.kind) if call.right else 0
        known = classes != UNKNOWN
        x.append(columns[known])
        y.append(classes[known])
        of.append(number[known])
    return Lessons(x=np.concatenate(x), y=np.concatenate(y), call=np.concatenate(of))
