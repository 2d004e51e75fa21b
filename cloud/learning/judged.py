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

from ..clock import MINUTE_MS
from ..farm_view import newest_judgements
from ..past_calls import newest_of_each, with_ends
from ..store import Store
from ..zone_state import call_key
from .replay import Replay
from .sentinel import Deciding

UNJUDGED = -1
RIGHT: dict[JudgementVerdict, bool] = {"right": True, "handled": True, "wrong": False}
"""Whoever took a call in hand found it right; a verdict that was withdrawn is none."""
SILENT, OPEN, WRONG_THEN, RIGHT_THEN = range(4)
"""What is known of a kind at a node and time, the later the more: no call was open, one of which nothing is known then,
one that was wrong, one that was right."""


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
            kind = kinds()[call.kind]
            holds = kind.early_h if kind.wrong_holds_h is None else kind.wrong_holds_h
            known = replace(span, cleared=min(span.cleared, judgement.t + round(holds * HOUR_MS)))
        found.append(PastCall(span=span, right=right, known=known, version=call.version))
    return found


def lessons(calls: Sequence[PastCall], replays: Sequence[Replay], old: Deciding) -> Lessons:
    """What the farm teaches: from the verdict that raised a call to the last that kept it, its node saw that trouble
    when the call was right, and did not when it was wrong, as long as that holds; of its other kinds a judgement says
    nothing. While no call was open what the old sentinel decided stands, for nobody missed one. Nothing is learnt from
    the rest of a call, and from calls that nobody judged."""
    x, y, of = [], [], []
    for replay in replays:
        columns = replay.columns(old.features)
        said, number = _said(calls, replay, old)
        classes = _taught(old.decide(columns)[0], said)
        known = classes != UNKNOWN
        x.append(columns[known])
        y.append(classes[known])
        of.append(number[known])
    return Lessons(x=np.concatenate(x), y=np.concatenate(y), call=np.concatenate(of))


def _said(calls: Sequence[PastCall], replay: Replay, old: Deciding) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """What is known of each class, SILENT to RIGHT_THEN (classes, nodes, steps), and the number of the judged call that
    says so, UNJUDGED for none (nodes, steps)."""
    said = np.full((len(old.classes), len(replay.nodes), len(replay.t)), SILENT, dtype=np.uint8)
    number = np.full(said.shape[1:], UNJUDGED, dtype=np.intp)
    rows = {node.id: row for row, node in enumerate(replay.nodes)}
    for place, call in enumerate(calls):
        span = call.span
        if span.kind not in old.classes or span.node not in rows:
            continue
        row, class_id = rows[span.node], old.classes.index(span.kind)
        policy = old.policy(span.kind, replay.nodes[row])
        since = replay.t >= span.raised - policy.on_delay_min * MINUTE_MS
        until = span.cleared - policy.clear_delay_min * MINUTE_MS if call.right else call.known.cleared
        of_kind, known = said[class_id, row], since & (replay.t < until)
        there = since & (replay.t < span.cleared)
        of_kind[there] = np.maximum(of_kind[there], OPEN)
        if call.right is not None:
            of_kind[known] = RIGHT_THEN if call.right else WRONG_THEN
            number[row, known] = place
    return said, number


def _taught(decided: NDArray[np.uint8], said: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Classes (nodes, steps) by what the old sentinel decided and what is known: of kinds that were right at once the
    first; UNKNOWN where a call was open of which nothing is known, unless a kind before it was right."""
    own = np.where(decided == UNKNOWN, 0, decided)
    denied = np.take_along_axis(said, own[None], axis=0)[0] == WRONG_THEN
    classes = np.where(denied, 0, decided).astype(np.uint8)
    for class_id in reversed(range(1, len(said))):
        classes[said[class_id] == OPEN] = UNKNOWN
        classes[said[class_id] == RIGHT_THEN] = class_id
    classes[decided == UNKNOWN] = UNKNOWN
    return classes
