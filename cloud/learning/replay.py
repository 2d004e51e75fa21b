"""Stored readings through the node's C core again: the features that each node had, at the farm's own sites."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.clock import DAY_MS
from cloud.store import Store
from edge.commission import node_config
from edge.contract.channels import MISSING, channel, channel_names
from edge.contract.messages import Reading
from edge.core import feature_names, features
from edge.farm import Farm, Node

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
    starts = {step_s: _before(since - WARM_UP_MS, step_s) for step_s in by_interval}
    raw = {
        step_s: np.full(
            (len(nodes), -(-(until - starts[step_s]) // (1000 * step_s)), len(channel_names())), MISSING
        ).astype(np.int16)
        for step_s, nodes in by_interval.items()
    }
    places = {node.id: (step_s, row) for step_s, nodes in by_interval.items() for row, node in enumerate(nodes)}
    for reading in _readings(store, farm.id, since - WARM_UP_MS, until):
        if reading.node in places:
            step_s, row = places[reading.node]
            _enter(reading, raw[step_s][row, (reading.t - starts[step_s]) // (1000 * step_s)])
    return [_replay(farm, nodes, raw[step_s], starts[step_s], since) for step_s, nodes in by_interval.items()]


def _before(t: int, step_s: int) -> int:
    return t - t % (1000 * step_s)


def _readings(store: Store, farm: str, since: int, until: int) -> Iterator[Reading]:
    for start in range(since, until, AT_ONCE_MS):
        for row in store.rows(farm, "reading", start, min(start + AT_ONCE_MS, until)):
            if isinstance(row.message, Reading):
                yield row.message


def _enter(reading: Reading, row: NDArray[np.int16]) -> None:
    """A reading as its node had it; a faulty channel is one without a value."""
    for name, value in reading.values.items():
        known = channel(name)
        row[known.id] = known.to_raw(value)


def _replay(farm: Farm, nodes: Sequence[Node], raw: NDArray[np.int16], start: int, since: int) -> Replay:
    step_s = nodes[0].wake_interval_s
    t = start + np.arange(raw.shape[1], dtype=np.int64) * 1000 * step_s
    on = datetime.fromtimestamp(start / 1000, ZoneInfo(farm.timezone)).date()
    computed = features(raw, step_s=step_s, sites=[node_config(farm, node, on).site for node in nodes])
    asked = t >= since
    return Replay(nodes=tuple(nodes), t=t[asked], features=np.ascontiguousarray(computed[:, asked]))
