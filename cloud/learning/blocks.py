"""When the calls of a block are worth making, by what people said of them: alarm policies of its nodes.

A probe that reads too low, or a soil that farm.yaml has wrong, makes false calls in one block and none in the others. A
sentinel is one for all; a policy is a node's own.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds
from edge.farm import Farm, Node
from edge.farm.policies import Policy
from edge.scoring import HOUR_MS, CallSpan

from ..clock import DAY_MS
from ..store import Store
from .judged import PastCall, past_calls
from .lesson import BACK_MS
from .releases import deciding, running
from .replay import Replay, replay
from .sentinel import Deciding
from .shadow import LOST, SLIPS, Shadow, calls_of_kind, hold, shadow

LEAST_WRONG = 3
"""So many calls of a kind that were judged wrong make a block one to learn for."""
ON_DELAYS_MIN, RAISE_PERCENT, HYSTERESIS_PERCENT = (0, 240, 720, 1440, 2880), (50, 65, 80, 90), 15
"""What is tried, where it is more than a node has."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A block whose nodes should call of a kind later, or only when surer."""

    zone: str
    kind: str
    nodes: tuple[str, ...]
    on_delay_min: int
    raise_percent: int
    keep_percent: int

    @property
    def policy(self) -> Policy:
        """As farm.yaml has it."""
        return Policy.model_validate(self.fields())

    def fields(self) -> dict[str, str]:
        """What farm.yaml says of each node, by field of its policy for the kind."""
        return {
            "on_delay": f"{self.on_delay_min} min",
            "raise": str(self.raise_percent),
            "keep": str(self.keep_percent),
        }


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A block that stays as it is, and why."""

    zone: str
    kind: str
    why: str


@dataclass(frozen=True, kw_only=True)
class BlockLesson:
    """A round's result: judged calls that it learnt from, changes that were not worse in the last `days` days, of which
    nothing was learnt, those that were, and how the farm's calls were then without changes and with them."""

    sentinel: str
    learnt: int
    days: int
    changes: tuple[Change, ...]
    refused: tuple[Refused, ...]
    old: Shadow
    new: Shadow


def learn_blocks(store: Store, farm: Farm, name: str, *, now: int, days: int, data: Path) -> BlockLesson:
    """Chooses alarm policies for the blocks with calls judged wrong before the last `days` days, and compares them over
    those days with what farm.yaml has.

    Raises:
        CooeeError: no such sentinel, or no block has calls enough that were judged wrong.
        StoreError: the store cannot be read.
    """
    sentinel, since = deciding(running(name, data)), now - days * DAY_MS
    past = past_calls(store, farm, name, now - BACK_MS, now)
    before = [call for call in past if call.right is not None and call.span.raised < since]
    wrong = [(call.span.zone, call.span.kind) for call in before if call.right is False]
    places = sorted(place for place in set(wrong) if wrong.count(place) >= LEAST_WRONG)
    if not places:
        raise CooeeError(
            f"no block has {LEAST_WRONG} {name} calls of one kind that were judged wrong before the last {days} days: "
            f"judge calls on the page, or change --days"
        )
    earlier = replay(store, farm, name, min(call.span.raised for call in before), since)
    lately = replay(store, farm, name, since, now)
    recent = [call for call in past if call.span.cleared > since]
    changes, refused = [], []
    for zone, kind in places:
        change = _best(sentinel, _of_zone(earlier, zone), [call for call in before if _is_of(call, zone, kind)])
        if change is None:
            refused.append(Refused(zone=zone, kind=kind, why="no other policy is better on what was judged before"))
            continue
        then, there = _of_zone(lately, zone), [call for call in recent if _is_of(call, zone, kind)]
        both = [shadow(sentinel, parts, there) for parts in (then, _changed(then, [change]))]
        if why := _is_worse(*both):
            refused.append(Refused(zone=zone, kind=kind, why=why))
        else:
            changes.append(change)
    both = [shadow(sentinel, parts, recent) for parts in (lately, _changed(lately, changes))]
    return BlockLesson(
        sentinel=name,
        learnt=len(before),
        days=days,
        changes=tuple(changes),
        refused=tuple(refused),
        old=both[0],
        new=both[1],
    )


def _is_worse(old: Shadow, new: Shadow) -> str | None:
    """What the last days say against a change that the days before them ask for; None: nothing."""
    if (after := new.wrong + new.unjudged) > (before := old.wrong + old.unjudged):
        return f"in the last days it makes {after} calls that were wrong or that nobody judged instead of {before}"
    lost = old.found - new.found
    if lost > max(LOST * old.found, SLIPS * (lost + old.wrong - new.wrong)):
        return f"in the last days it misses {lost} troubles"
    return None


def _changed(replays: Sequence[Replay], changes: Sequence[Change]) -> list[Replay]:
    return [replace(part, nodes=with_changes(part.nodes, changes)) for part in replays]


def with_changes(nodes: Sequence[Node], changes: Sequence[Change]) -> tuple[Node, ...]:
    """Nodes as farm.yaml would have them."""
    said = {(node, change.kind): change.policy for change in changes for node in change.nodes}
    return tuple(
        node.model_copy(
            update={"policies": node.policies | {kind: policy for (of, kind), policy in said.items() if of == node.id}}
        )
        for node in nodes
    )


def _is_of(call: PastCall, zone: str, kind: str) -> bool:
    return (call.span.zone, call.span.kind) == (zone, kind)


def _of_zone(replays: Sequence[Replay], zone: str) -> list[Replay]:
    """The nodes of a zone alone."""
    found = []
    for part in replays:
        rows = [row for row, node in enumerate(part.nodes) if node.zone == zone]
        if rows:
            found.append(replace(part, nodes=tuple(part.nodes[row] for row in rows), features=part.features[rows]))
    return found


def _best(sentinel: Deciding, replays: Sequence[Replay], past: Sequence[PastCall]) -> Change | None:
    """The policy of least cost for the nodes of a zone; None where what they have is no worse. A judged trouble counts
    as found when a call is open soon after the one that was judged; of the calls that are saved some may have been
    judged right by a slip."""
    kind = past[0].span.kind
    soon = round(kinds()[kind].early_h * HOUR_MS)
    judged = [
        replace(call, span=replace(call.span, cleared=min(call.span.cleared, call.span.raised + soon)))
        if call.right
        else call
        for call in past
    ]
    decided = [(part, sentinel.decide(part.columns(sentinel.features))) for part in replays]

    def calls(changes: Sequence[Change]) -> list[CallSpan]:
        return [
            span
            for part, verdicts in decided
            for span in calls_of_kind(sentinel, kind, verdicts, replace(part, nodes=with_changes(part.nodes, changes)))
        ]

    def cost(changes: Sequence[Change]) -> float:
        held = hold(calls(changes), judged)
        slips = SLIPS * max(0, unchanged - len(held.calls))
        missed = max(0.0, len(held.troubles) - len(held.found) - slips)
        return len(held.wrong) + held.unjudged + kinds()[kind].missed_cost * missed

    unchanged = len(hold(calls(()), judged).calls)
    best = min(([], *([change] for change in _changes(sentinel, replays, kind))), key=cost)
    return best[0] if best else None


def _changes(sentinel: Deciding, replays: Sequence[Replay], kind: str) -> Iterator[Change]:
    """Policies to try for the nodes of a zone, from what calls most to what calls least."""
    nodes = [node for part in replays for node in part.nodes]
    own = sentinel.policy(kind, nodes[0])
    latest = kinds()[kind].early_h * 60
    for percent, on in itertools.product(RAISE_PERCENT, ON_DELAYS_MIN):
        if percent >= own.raise_percent and own.on_delay_min <= on <= latest:
            yield Change(
                zone=nodes[0].zone,
                kind=kind,
                nodes=tuple(node.id for node in nodes),
                on_delay_min=on,
                raise_percent=percent,
                keep_percent=max(own.keep_percent, percent - HYSTERESIS_PERCENT),
            )
