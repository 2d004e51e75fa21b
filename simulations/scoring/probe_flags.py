"""What nodes say of their own probes, held against the truth: "probe faulty" scored like "crop dry".

A node flags a channel whose reading is out of range, stands still or stays away (docs/SPEC.md). The page doubts probes
that read what could be true (edge/probe_trouble.py); a doubt is scored like a flag. A fault is found when it is flagged
before it ends. A flag that meets no fault of its channel is false.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from edge.contract.channels import channel_names, channels
from edge.farm import Node
from edge.probe_trouble import STEP_H, doubts, past_of
from edge.scoring import HOUR_MS, MONTH_H
from edge.spells import runs_of_true

from ..events import FAULTS

FLAG_GAP_H = 6.0
"""Flags of one channel less apart are one."""
SOON_H = 48.0
"""A fault is found soon when it is flagged within so many hours."""

ALL = "all"
Flag = tuple[str, str, int, int]
"""Node, channel, from, to (UTC ms)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultSpell:
    """A probe that was wrong for a while, UTC ms; `kind` is one of faults.FAULTS."""

    node: str
    channel: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class FaultCard:
    """How nodes did at some faults. `delays_h`: of each found fault, hours until the flag."""

    faults: int
    delays_h: tuple[float, ...]

    @property
    def found(self) -> int:
        """Faults that were flagged."""
        return len(self.delays_h)

    @property
    def recall(self) -> float | None:
        """Share of faults that were flagged."""
        return self.found / self.faults if self.faults else None

    @property
    def found_soon(self) -> int:
        """Faults that were flagged within SOON_H."""
        return sum(delay <= SOON_H for delay in self.delays_h)

    @property
    def hours_to_flag(self) -> float | None:
        """Median hours from the start of a found fault to its flag."""
        return median(self.delays_h) if self.delays_h else None


@dataclass(frozen=True, kw_only=True)
class ProbeCard(FaultCard):
    """The same for all faults of one channel. `channel_hours`: hours of all its probes."""

    flags: int
    false_flags: int
    channel_hours: float

    @property
    def false_per_node_month(self) -> float | None:
        """False flags a probe and month."""
        return self.false_flags / self.channel_months if self.channel_hours else None

    @property
    def channel_months(self) -> float:
        """Months of all its probes."""
        return self.channel_hours / MONTH_H


PROBE_MEASURES: dict[str, Callable[[ProbeCard], float | None]] = {
    "recall": lambda c: c.recall,
    "false_per_node_month": lambda c: c.false_per_node_month,
    "hours_to_flag": lambda c: c.hours_to_flag,
}


def flag_spells(masks: NDArray[np.uint16], nodes: Sequence[Node], t: NDArray[np.int64]) -> list[Flag]:
    """When nodes flag which channels, from the fault bits of their telemetry (nodes, wakes); `t`: UTC ms (wakes,)."""
    step = int(t[1] - t[0])
    found = []
    for node, own, seen in zip(nodes, masks, np.bitwise_or.reduce(masks, axis=1).tolist(), strict=True):
        for place, name in enumerate(channel_names()):
            if not seen >> place & 1:
                continue
            wakes = np.flatnonzero(own >> place & 1)
            ends = np.flatnonzero(np.diff(wakes) * step >= FLAG_GAP_H * HOUR_MS + step)
            for run in np.split(wakes, ends + 1):
                found.append((node.id, name, int(t[run[0]]), int(t[run[-1]]) + step))
    return found


def doubt_spells(readings: NDArray[np.int16], nodes: Sequence[Node], t: NDArray[np.int64]) -> list[Flag]:
    """When the page would doubt which probes, from the raw readings of nodes (nodes, wakes, channels); `t`: UTC ms
    (wakes,). Each is held against the others of its zone that are among `nodes`; a step is judged when it is over."""
    step_s, grid_ms = int(t[1] - t[0]) // 1000, round(STEP_H * HOUR_MS)
    zones: dict[str, list[int]] = defaultdict(list)
    rows_of = {row.name: row for row in channels()}
    for row, node in enumerate(nodes):
        zones[node.zone].append(row)
    found: list[Flag] = []
    for rows in zones.values():
        probes = {
            (nodes[row].id, name): past_of(readings[row, :, rows_of[name].id], step_s, rows_of[name])
            for row in rows
            for name in nodes[row].channels
        }
        for (node_id, name), why in doubts(probes).items():
            runs = runs_of_true(np.logical_or.reduce([*why.values()])) + 1
            found += [(node_id, name, int(t[0]) + int(a) * grid_ms, int(t[0]) + int(b) * grid_ms) for a, b in runs]
    return found


def either(flags: Sequence[Flag], others: Sequence[Flag]) -> list[Flag]:
    """Both together: those of one channel that overlap are one."""
    found: list[Flag] = []
    for node, name, start, end in sorted([*flags, *others]):
        if found and found[-1][:2] == (node, name) and start <= found[-1][3]:
            found[-1] = (node, name, found[-1][2], max(end, found[-1][3]))
        else:
            found.append((node, name, start, end))
    return found


def channel_hours(nodes: Sequence[Node], hours: float) -> Counter[str]:
    """Hours of all probes, by channel."""
    return Counter({name: hours * sum(name in node.channels for node in nodes) for name in channel_names()})


def probe_cards(faults: Sequence[FaultSpell], flags: Sequence[Flag], hours: Counter[str]) -> dict[str, ProbeCard]:
    """A card for each channel that some node has, and one for all of them."""
    delays = _delays(faults, flags, lambda fault: fault.channel)
    at: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for fault in sorted(faults, key=lambda f: f.start):
        at[fault.node, fault.channel].append((fault.start, fault.end))
    false = Counter(
        channel for node, channel, start, end in flags if _first(at.get((node, channel), ()), start, end) is None
    )
    faulty, said = Counter(fault.channel for fault in faults), Counter(channel for _, channel, _, _ in flags)
    known = [name for name in channel_names() if hours[name]]
    cards = {
        name: ProbeCard(
            faults=faulty[name],
            delays_h=tuple(delays[name]),
            flags=said[name],
            false_flags=false[name],
            channel_hours=hours[name],
        )
        for name in known
    }
    return cards | {
        ALL: ProbeCard(
            faults=len(faults),
            delays_h=tuple(delay for name in known for delay in delays[name]),
            flags=len(flags),
            false_flags=false.total(),
            channel_hours=hours.total(),
        )
    }


def kind_cards(faults: Sequence[FaultSpell], flags: Sequence[Flag]) -> dict[str, FaultCard]:
    """A card for each kind of fault there is."""
    delays, there = _delays(faults, flags, lambda fault: fault.kind), Counter(fault.kind for fault in faults)
    return {kind: FaultCard(faults=there[kind], delays_h=tuple(delays[kind])) for kind in FAULTS}


def _delays(
    faults: Sequence[FaultSpell], flags: Sequence[Flag], by: Callable[[FaultSpell], str]
) -> dict[str, list[float]]:
    """Of the faults that were flagged, hours until then."""
    flagged: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for node, channel, start, end in sorted(flags):
        flagged[node, channel].append((start, end))
    delays: dict[str, list[float]] = defaultdict(list)
    for fault in faults:
        first = _first(flagged.get((fault.node, fault.channel), ()), fault.start, fault.end)
        if first is not None:
            delays[by(fault)].append(max(0, first - fault.start) / HOUR_MS)
    return delays


def _first(spells: Sequence[tuple[int, int]], start: int, end: int) -> int | None:
    """Begin of the first of spells (by time, apart from each other) that meets the time from start to end."""
    place = bisect_left(spells, start + 1, key=lambda spell: spell[1])
    return spells[place][0] if place < len(spells) and spells[place][0] < end else None
