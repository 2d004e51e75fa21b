"""Farms of thousands of nodes: field, sensors and the nodes' C core, piece by piece.

A piece is some zones with their nodes over the whole season. Everything in it has random numbers of its own, so neither the
pieces nor the number of processes change a byte of the result, and memory holds a piece a process, never the farm.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.commission import node_config
from edge.contract.channels import channel_names
from edge.core import TELEMETRY_DTYPE, Nodes, call_kind
from edge.farm import Farm, Node
from edge.scoring import CallSpan, Episode

from .events import NOTHING, Events
from .faults import FAULTS, SOUND
from .field import Field
from .opponent import calls_of, features_of, thresholds
from .score import episodes, node_hours
from .upkeep import HELLO_BYTES, NODE, SENTINEL, Upkeep, calls_of_thresholds
from .weather import STEP_S, Weather

ZONES_A_PIECE, NODES_A_PIECE = 208, 1024
NODES_AT_ONCE = 64
"""Nodes of a piece whose readings are in memory together."""
RAISED, CLEARED = 0, 2


@dataclass(frozen=True, kw_only=True)
class FaultSpell:
    """A probe that was wrong for a while, UTC ms; `kind` is one of faults.FAULTS."""

    node: str
    channel: str
    kind: str
    start: int
    end: int


@dataclass
class Outcome:
    """What became of some zones: their troubles, the calls of their nodes and those of fixed thresholds, what the nodes cost to run, and
    where probes were faulty."""

    troubles: list[Episode] = field(default_factory=list)
    calls: list[CallSpan] = field(default_factory=list)
    opponents: list[CallSpan] = field(default_factory=list)
    faults: list[FaultSpell] = field(default_factory=list)
    node_hours: Counter[str] = field(default_factory=Counter)
    upkeep: Upkeep = field(default_factory=Upkeep)
    node_steps: int = 0

    def add(self, other: "Outcome") -> None:
        """Takes in what became of other zones."""
        for name in ("troubles", "calls", "opponents", "faults"):
            getattr(self, name).extend(getattr(other, name))
        self.node_hours.update(other.node_hours)
        self.upkeep.add(other.upkeep)
        self.node_steps += other.node_steps


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some nodes of a piece with all they read: readings int16 and codes of what is wrong with probes (nodes, steps, channels), verdicts
    (nodes, steps, sentinels)."""

    nodes: Sequence[Node]
    grown: Field
    readings: NDArray[np.int16]
    wrong: NDArray[np.uint8]
    verdicts: NDArray[np.void]


Sink = Callable[[int, Field, Iterator[Batch]], None]
"""Is given each piece: its number, its field, and its batches to go through once."""


def run(farm: Farm, weather: Weather, seed: int, *, events: Events = NOTHING, jobs: int = 1, opponent: bool = False,
        done: Callable[[int, int], None] = lambda pieces, of: None, sink: Sink | None = None) -> Outcome:
    """A season of a farm through its nodes. `jobs` processes; `opponent`: fixed thresholds too; `done` hears how many pieces of all
    are; `sink` (picklable when there are jobs) is shown every piece."""
    parts = pieces(farm)
    total = Outcome()
    if jobs == 1 or len(parts) == 1:
        for i, part in enumerate(parts):
            total.add(run_piece(part, weather, seed, events, opponent, sink, i))
            done(i + 1, len(parts))
        return total
    with ProcessPoolExecutor(min(jobs, len(parts), os.cpu_count() or 1)) as pool:
        running = [pool.submit(run_piece, part, weather, seed, events, opponent, sink, i) for i, part in enumerate(parts)]
        for i, outcome in enumerate(running):
            total.add(outcome.result())
            done(i + 1, len(parts))
    return total


def pieces(farm: Farm) -> list[Farm]:
    """The farm's zones in order, in pieces that fit into memory."""
    nodes: dict[str, list[Node]] = {zone.id: [] for zone in farm.zones}
    for node in farm.nodes:
        nodes[node.zone].append(node)
    groups: list[list[str]] = [[]]
    held = 0
    for zone in farm.zones:
        if groups[-1] and (len(groups[-1]) == ZONES_A_PIECE or held + len(nodes[zone.id]) > NODES_A_PIECE):
            groups.append([])
            held = 0
        groups[-1].append(zone.id)
        held += len(nodes[zone.id])
    whole = {name: getattr(farm, name) for name in Farm.model_fields}
    return [Farm.model_construct(**whole | {"zones": tuple(farm.zone_by_id[z] for z in group), "nodes": tuple(n for z in group for n in nodes[z])})
            for group in groups]


def run_piece(farm: Farm, weather: Weather, seed: int, events: Events, opponent: bool = False, sink: Sink | None = None,
              number: int = 0) -> Outcome:
    """One piece through its nodes."""
    grown = Field(farm, weather, seed, events)
    hours = len(grown.t) * STEP_S / 3600
    out = Outcome(troubles=episodes(grown), node_hours=node_hours(farm, hours))
    batches = _batches(grown, out, opponent)
    if sink is not None:
        sink(number, grown, batches)
    for _ in batches:
        pass
    return out


def _batches(grown: Field, out: Outcome, opponent: bool) -> Iterator[Batch]:
    """The nodes of a piece through the core, some at once; adds what they did to `out`."""
    by_interval: dict[int, list[Node]] = {}
    for node in grown.farm.nodes:
        by_interval.setdefault(max(1, round(node.wake_interval_s / STEP_S)), []).append(node)
    for every, nodes in by_interval.items():
        for first in range(0, len(nodes), NODES_AT_ONCE):
            some = nodes[first : first + NODES_AT_ONCE]
            readings, wrong = grown.sense(some)
            if every > 1:
                readings, wrong = np.ascontiguousarray(readings[:, ::every]), wrong[:, ::every]
            core = Nodes([node_config(grown.farm, node) for node in some])
            telemetry = np.zeros(readings.shape[:2], dtype=TELEMETRY_DTYPE)
            verdicts, calls = core.run(readings, int(grown.t[0] // 1000), STEP_S * every, telemetry)
            t = grown.t[::every]
            out.calls += _spans(calls, some, t, grown.events, out)
            if opponent:
                theirs = calls_of(thresholds(), features_of(grown.farm, some, readings, STEP_S * every), some, t, STEP_S * every)
                out.opponents += theirs
                out.upkeep.add(calls_of_thresholds(theirs, int(t[-1]) + STEP_S * 1000 * every))
            out.faults += _fault_spells(wrong, some, t, STEP_S * 1000 * every)
            out.node_steps += telemetry.size
            _count(telemetry, len(grown.t) * STEP_S * len(some), out.upkeep)
            yield Batch(nodes=some, grown=grown, readings=readings, wrong=wrong, verdicts=verdicts)


def _spans(calls: NDArray[np.void], nodes: Sequence[Node], t: NDArray[np.int64], events: Events, out: Outcome) -> list[CallSpan]:
    """Calls from their raise, as far as the gateway hears of it, to their clearing; counts their messages."""
    end = int(t[-1]) + int(t[1] - t[0])
    spans: list[CallSpan] = []
    open_at: dict[tuple[int, str], int] = {}

    def close(node: int, kind: str, raised: int, cleared: int) -> None:
        spans.append(CallSpan(zone=nodes[node].zone, node=nodes[node].id, kind=kind, raised=raised, cleared=max(cleared, raised)))

    for call in calls:
        node, kind = int(call["node"]), call_kind(int(call["sentinel"]), int(call["class"]))[1]
        out.upkeep.count(SENTINEL, kind, int(call["length"]))
        heard = _heard(int(t[call["step"]]), t, events)
        if call["state"] == RAISED:
            open_at[node, kind] = heard
        elif call["state"] == CLEARED:
            close(node, kind, open_at.pop((node, kind)), heard)
    for (node, kind), raised in open_at.items():
        close(node, kind, raised, end)
    return spans


def _count(telemetry: NDArray[np.void], powered_s: int, upkeep: Upkeep) -> None:
    """Counts the hellos and telemetry of some nodes, (nodes, wakes)."""
    upkeep.count(NODE, "hello", HELLO_BYTES, sent=len(telemetry), messages=len(telemetry))
    for length, frames in enumerate(np.bincount(telemetry["length"].ravel()).tolist()):
        if frames:
            upkeep.count(NODE, "telemetry", length, sent=frames, messages=frames)
    upkeep.wakes += telemetry.size
    upkeep.powered_s += powered_s


def _heard(when: int, t: NDArray[np.int64], events: Events) -> int:
    """When the gateway hears what a node says: at once, or once it is back."""
    for outage in events.outages:
        back = int(t[0]) + outage.last * STEP_S * 1000
        if int(t[0]) + outage.first * STEP_S * 1000 <= when < back:
            return back
    return when


def _fault_spells(wrong: NDArray[np.uint8], nodes: Sequence[Node], t: NDArray[np.int64], step_ms: int) -> list[FaultSpell]:
    """What is wrong with which probe, and when, UTC ms."""
    spells = []
    names = channel_names()
    for node, codes in zip(nodes, wrong, strict=True):
        for column in np.flatnonzero(codes.any(axis=0)):
            own = codes[:, column]
            begins = np.flatnonzero(np.diff(own.astype(np.int16), prepend=0))
            ends = np.append(begins[1:], len(own))
            spells += [FaultSpell(node=node.id, channel=names[column], kind=FAULTS[own[first] - 1], start=int(t[first]),
                                  end=int(t[last - 1]) + step_ms) for first, last in zip(begins, ends, strict=True) if own[first] != SOUND]
    return spells
