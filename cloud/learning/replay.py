"""Stored readings through the node's C core again: the features that each node had, at the farm's own sites."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel, channel_names
from edge.contract.messages import Reading
from edge.core import NOTHING_HEARD, feature_names, features
from edge.farm import Farm, Node
from edge.gateway.station import Choice, heard, said
from edge.node.commission import node_config

from ..clock import DAY_MS
from ..store import Store

WARM_UP_MS = 6 * DAY_MS
"""Before what is asked for: the longest window of the core is five days."""
AT_ONCE_MS = 7 * DAY_MS
"""Span of readings that are fetched together."""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Nodes with one wake interval over some time: `t` UTC ms (steps,), features int16 (nodes, steps, features of the
    core)."""

    nodes: tuple[Node, ...]
    t: NDArray[np.int64] = field(repr=False)
    features: NDArray[np.int16] = field(repr=False)

    @property
    def step_ms(self) -> int:
        """Between two wakes."""
        return 1000 * self.nodes[0].wake_interval_s

    def columns(self, names: Sequence[str]) -> NDArray[np.int16]:
        """Some features in the given order, int16 (nodes, steps, len(names))."""
        return self.features[:, :, [feature_names().index(name) for name in names]]


def replay(store: Store, farm: Farm, sentinel: str, since: int, until: int) -> list[Replay]:
    """The nodes that run a sentinel over [since, until), those with one wake interval together. What farm.yaml says now
    of a node's site and wake interval is taken to have been so then. Raises StoreError."""
    by_interval: dict[int, list[Node]] = {}
    for node in farm.nodes:
        if sentinel in node.sentinels:
            by_interval.setdefault(node.wake_interval_s, []).append(node)
    choice = Choice(farm)
    told = {node.id: choice.of(node) for nodes in by_interval.values() for node in nodes}
    heard_of = [*by_interval.values(), [station for station in choice.stations if station in told.values()]]
    tracks = {node.id: _Track.of(node, since - WARM_UP_MS, until) for nodes in heard_of for node in nodes}
    for reading in _readings(store, farm.id, since - WARM_UP_MS, until):
        if reading.node in tracks:
            tracks[reading.node].enter(reading)
    words = {node.id: said(tracks[node.id].raw, tracks[node.id].t, farm) for node in heard_of[-1]}
    return [_replay(farm, nodes, tracks, told, words, since) for nodes in by_interval.values()]


@dataclass(frozen=True, kw_only=True)
class _Track:
    """A node's readings at each of its wakes: `t` UTC ms (steps,), raw int16 (steps, channels)."""

    t: NDArray[np.int64]
    raw: NDArray[np.int16]

    @classmethod
    def of(cls, node: Node, since: int, until: int) -> "_Track":
        step_ms = 1000 * node.wake_interval_s
        t = np.arange(since - since % step_ms, until, step_ms, dtype=np.int64)
        return cls(t=t, raw=np.full((len(t), len(channel_names())), MISSING, dtype=np.int16))

    def enter(self, reading: Reading) -> None:
        """A reading as its node had it; a faulty channel is one without a value."""
        step = (reading.t - int(self.t[0])) // int(self.t[1] - self.t[0])
        for name, value in reading.values.items():
            known = channel(name)
            self.raw[step, known.id] = known.to_raw(value)


def _readings(store: Store, farm: str, since: int, until: int) -> Iterator[Reading]:
    for start in range(since, until, AT_ONCE_MS):
        for row in store.rows(farm, "reading", start, min(start + AT_ONCE_MS, until)):
            if isinstance(row.message, Reading):
                yield row.message


def _replay(
    farm: Farm,
    nodes: Sequence[Node],
    tracks: Mapping[str, _Track],
    told: Mapping[str, Node | None],
    words: Mapping[str, NDArray[np.uint16]],
    since: int,
) -> Replay:
    t = tracks[nodes[0].id].t
    on = datetime.fromtimestamp(int(t[0]) / 1000, ZoneInfo(farm.timezone)).date()
    nothing = np.full((len(t), 2), NOTHING_HEARD, dtype=np.uint16)
    stations = [told[node.id] for node in nodes]
    computed = features(
        np.stack([tracks[node.id].raw for node in nodes]),
        step_s=nodes[0].wake_interval_s,
        sites=[node_config(farm, node, on).site for node in nodes],
        heard=np.stack([heard(words[s.id], tracks[s.id].t, t) if s else nothing for s in stations]),
    )
    asked = t >= since
    return Replay(nodes=tuple(nodes), t=t[asked], features=np.ascontiguousarray(computed[:, asked]))
