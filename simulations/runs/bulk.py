"""Farms of thousands of nodes: field, sensors and the nodes' C core, piece by piece.

A piece is some zones with their nodes over the whole season. Everything in it has random numbers of its own, so neither
the pieces nor the number of processes change a byte of the result, and memory holds a piece a process, never the farm.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.contract.channels import channel_names
from edge.core import CALL_DTYPE, NOTHING_HEARD, TELEMETRY_DTYPE, UNKNOWN, VERDICT_DTYPE, Nodes, sentinels
from edge.farm import Farm, Node
from edge.node.commission import node_config
from edge.pieces import IN_TURN, Engine
from edge.scoring import CallSpan, Episode, spells

from ..events import FAULTS, NOTHING, Events
from ..field.season import Field
from ..field.stations import Heard, Told, heard_by, told_in
from ..nodes.energy_budget import EnergyBudget, baseline_energy
from ..nodes.faults import HEALTHY
from ..radio.link import link_of, powered_spans
from ..scoring.cards import episodes, nearly, node_hours
from ..scoring.probe_flags import FaultSpell, Flag, channel_hours, doubt_spells, flag_spells
from ..scoring.threshold_baseline import calls_of, features_of, thresholds
from ..time_grid import STEP_S
from ..weather.series import Weather
from .delivery import count_messages, delayed, heard_calls, sendings

ZONES_A_PIECE, NODES_A_PIECE = 128, 1024
"""At most. A piece costs near a second whatever its size; of pieces like these, 1,000 nodes of the sample farm make
two."""
NODES_AT_ONCE = 32
"""Nodes of a piece whose readings are in memory together."""


@dataclass
class RunResult:
    """What became of some zones: their troubles, when they were close to one (`nearly`), the calls of their nodes and
    those of fixed thresholds, what the nodes cost to run, where probes were faulty, where nodes said so (`flags`) and
    where the page would doubt them (`doubts`; node, channel, from, to), and nodes without power (node, from, to);
    UTC ms."""

    troubles: list[Episode] = dataclasses.field(default_factory=list)
    nearly: list[Episode] = dataclasses.field(default_factory=list)
    calls: list[CallSpan] = dataclasses.field(default_factory=list)
    baseline_calls: list[CallSpan] = dataclasses.field(default_factory=list)
    faults: list[FaultSpell] = dataclasses.field(default_factory=list)
    powerless: list[tuple[str, int, int]] = dataclasses.field(default_factory=list)
    flags: list[Flag] = dataclasses.field(default_factory=list)
    doubts: list[Flag] = dataclasses.field(default_factory=list)
    node_hours: Counter[str] = dataclasses.field(default_factory=Counter)
    channel_hours: Counter[str] = dataclasses.field(default_factory=Counter)
    energy: EnergyBudget = dataclasses.field(default_factory=EnergyBudget)
    node_steps: int = 0

    def add(self, other: "RunResult") -> None:
        """Takes in what became of other zones."""
        for name in ("troubles", "nearly", "calls", "baseline_calls", "faults", "powerless", "flags", "doubts"):
            getattr(self, name).extend(getattr(other, name))
        self.node_hours.update(other.node_hours)
        self.channel_hours.update(other.channel_hours)
        self.energy.add(other.energy)
        self.node_steps += other.node_steps


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some nodes of a piece with all they read: readings int16 and codes of what is wrong with probes (nodes, steps,
    channels), verdicts (nodes, steps, sentinels), what they hear of the weather (nodes, steps, 2;
    edge/gateway/station.py)."""

    nodes: Sequence[Node]
    field: Field
    readings: NDArray[np.int16]
    wrong: NDArray[np.uint8]
    verdicts: NDArray[np.void]
    heard: NDArray[np.uint16]


Sink = Callable[[Path, int, Field, Iterator[Batch]], None]
"""Is given each piece: a folder to write in, the piece's number, its field, and its batches to go through once."""


def run(
    farm: Farm,
    weather: Weather,
    seed: int,
    *,
    events: Events = NOTHING,
    engine: Engine = IN_TURN,
    baseline: bool = False,
    done: Callable[[int, int], None] = lambda pieces, of: None,
    sink: Sink | None = None,
    out: Path = Path(),
) -> RunResult:
    """A season of a farm through its nodes. `engine` does its pieces; `baseline`: fixed thresholds too; `done` hears
    how many pieces of all are; `sink` (picklable where the engine has processes) is shown every piece, and writes into
    `out`."""
    parts = pieces(farm)
    total = RunResult()
    work = partial(run_piece, weather=weather, seed=seed, events=events, baseline=baseline, sink=sink)
    told = told_in(farm, parts)
    for i, result in enumerate(engine.write(work, list(zip(range(len(parts)), parts, told, strict=True)), out)):
        total.add(result)
        done(i + 1, len(parts))
    return total


def pieces(farm: Farm) -> list[Farm]:
    """The farm's zones in order, in pieces that fit into memory, as equal as can be."""
    nodes: dict[str, list[Node]] = {zone.id: [] for zone in farm.zones}
    for node in farm.nodes:
        nodes[node.zone].append(node)
    zones_a_piece = -(-len(farm.zones) // -(-len(farm.zones) // ZONES_A_PIECE))
    groups: list[list[str]] = [[]]
    held = 0
    for zone in farm.zones:
        if groups[-1] and (len(groups[-1]) == zones_a_piece or held + len(nodes[zone.id]) > NODES_A_PIECE):
            groups.append([])
            held = 0
        groups[-1].append(zone.id)
        held += len(nodes[zone.id])
    return [
        farm.with_only((farm.zone_by_id[z] for z in group), (n for z in group for n in nodes[z])) for group in groups
    ]


def run_piece(
    out: Path,
    piece: tuple[int, Farm, Told | None],
    *,
    weather: Weather,
    seed: int,
    events: Events,
    baseline: bool,
    sink: Sink | None,
) -> RunResult:
    """One piece through its nodes: its number, its farm, and of which weather stations it is told."""
    number, farm, told = piece
    field = Field(farm, weather, seed, events)
    hours = len(field.t) * STEP_S / 3600
    result = RunResult(
        troubles=episodes(field),
        nearly=nearly(field),
        node_hours=node_hours(farm, hours),
        channel_hours=channel_hours(farm.nodes, hours),
    )
    batches = _batches(field, heard_by(told, field), result, baseline)
    if sink is not None:
        sink(out, number, field, batches)
    for _ in batches:
        pass
    return result


def _batches(field: Field, heard_of: Heard, out: RunResult, baseline: bool) -> Iterator[Batch]:
    """The nodes of a piece through the core, some at once; adds what they did to `out`."""
    by_interval: dict[int, list[Node]] = {}
    for node in field.farm.nodes:
        by_interval.setdefault(max(1, round(node.wake_interval_s / STEP_S)), []).append(node)
    for every, nodes in by_interval.items():
        for first in range(0, len(nodes), NODES_AT_ONCE):
            some = nodes[first : first + NODES_AT_ONCE]
            readings, wrong = field.sense(some)
            if every > 1:
                readings, wrong = np.ascontiguousarray(readings[:, ::every]), wrong[:, ::every]
            t = field.t[::every]
            dead = [field.dead(node) for node in some]
            lives = [powered_spans(cut, len(field.t), every) for cut in dead]
            links = [
                link_of(field.events, field.seed, node.address, node_lives, len(t), every)
                for node, node_lives in zip(some, lives, strict=True)
            ]
            heard = _with_power(heard_of(some, t), lives)
            verdicts, calls, telemetry = _run_core(
                field, some, readings, heard, lives, int(t[0] // 1000), STEP_S * every
            )
            out.calls += heard_calls(calls, some, t, links, out.energy)
            if baseline:
                baseline_calls = calls_of(
                    thresholds(),
                    features_of(field.farm, some, readings, heard, STEP_S * every, field.first_day),
                    some,
                    t,
                )
                out.baseline_calls += delayed(baseline_calls, some, t, links)
                out.energy.add(
                    baseline_energy(baseline_calls, int(t[-1]) + STEP_S * 1000 * every, sendings(some, t, links))
                )
            out.faults += _fault_spells(wrong, some, t, STEP_S * 1000 * every)
            out.flags += flag_spells(telemetry["faults"], some, t)
            out.doubts += doubt_spells(readings, some, t)
            out.powerless += _power_cuts(dead, some, field.t)
            count_messages(telemetry["length"], some, lives, links, out.energy)
            out.energy.powered_s += STEP_S * (
                len(field.t) * len(some) - sum(int(np.count_nonzero(cut)) for cut in dead if cut is not None)
            )
            out.node_steps += telemetry.size
            yield Batch(nodes=some, field=field, readings=readings, wrong=wrong, verdicts=verdicts, heard=heard)


def _with_power(heard: NDArray[np.uint16], lives: Sequence[Sequence[tuple[int, int]]]) -> NDArray[np.uint16]:
    """What nodes hear (nodes, steps, 2), without what was said while they had no power."""
    silent = np.ones(heard.shape[:2], dtype=bool)
    for row, spans in enumerate(lives):
        for first, last in spans:
            silent[row, first:last] = False
    heard[silent] = NOTHING_HEARD, 0
    return heard


def _run_core(
    field: Field,
    nodes: Sequence[Node],
    readings: NDArray[np.int16],
    heard: NDArray[np.uint16],
    lives: Sequence[Sequence[tuple[int, int]]],
    start_s: int,
    step_s: int,
) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.void]]:
    """Verdicts, calls and telemetry of nodes through their lives (`Nodes.run`): one that loses its power forgets all
    and boots."""
    wakes = readings.shape[1]
    telemetry = np.zeros(readings.shape[:2], dtype=TELEMETRY_DTYPE)
    configs = [node_config(field.farm, node, field.first_day) for node in nodes]
    if all(list(spans) == [(0, wakes)] for spans in lives):
        return *Nodes(configs).run(readings, start_s, step_s, telemetry, heard), telemetry
    verdicts = np.zeros((*readings.shape[:2], len(sentinels())), dtype=VERDICT_DTYPE)
    verdicts["class"] = UNKNOWN
    parts = [np.empty(0, dtype=CALL_DTYPE)]
    for row, spans in enumerate(lives):
        core = Nodes(configs[row : row + 1])
        for life, (first, last) in enumerate(spans):
            if life:
                core.restart(0)
            there = np.s_[row : row + 1, first:last]
            verdicts[there], calls = core.run(
                readings[there], start_s + first * step_s, step_s, telemetry[there], heard[there]
            )
            calls["node"], calls["step"] = row, calls["step"] + first
            parts.append(calls)
    return verdicts, np.concatenate(parts), telemetry


def _power_cuts(
    dead: Sequence[NDArray[np.bool_] | None], nodes: Sequence[Node], t: NDArray[np.int64]
) -> list[tuple[str, int, int]]:
    """(node, from, to) of every spell without power, UTC ms."""
    return [
        (node.id, start, end)
        for node, cut in zip(nodes, dead, strict=True)
        if cut is not None
        for start, end in spells(cut, t, 0.0)
    ]


def _fault_spells(
    wrong: NDArray[np.uint8], nodes: Sequence[Node], t: NDArray[np.int64], step_ms: int
) -> list[FaultSpell]:
    """What is wrong with which probe, and when, UTC ms."""
    spells = []
    names = channel_names()
    for node, codes in zip(nodes, wrong, strict=True):
        for column, faults in enumerate(codes.T):
            if names[column] not in node.channels or not faults.any():
                continue
            begins = np.flatnonzero(np.diff(faults.astype(np.int16), prepend=0))
            ends = np.append(begins[1:], len(faults))
            spells += [
                FaultSpell(
                    node=node.id,
                    channel=names[column],
                    kind=FAULTS[faults[first] - 1],
                    start=int(t[first]),
                    end=int(t[last - 1]) + step_ms,
                )
                for first, last in zip(begins, ends, strict=True)
                if faults[first] != HEALTHY
            ]
    return spells
