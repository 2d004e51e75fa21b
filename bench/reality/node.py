"""A node of today's firmware on measured readings: what its sentinel calls, and the fixed thresholds beside it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.core import NodeConfig, Nodes, Sentinel, Site, features, sentinels
from edge.scoring import CallSpan, calls_of_verdicts
from simulations.scoring.published_rules import RULES

SENTINEL = "sentinel"
"""Its name among the callers."""


def calls_at(
    place: str, readings: NDArray[np.int16], t: NDArray[np.int64], *, kind: str, channels: Sequence[str], site: Site
) -> dict[tuple[str, str], list[CallSpan]]:
    """Calls by kind and caller of one node, for all kinds of the sentinel that knows `kind`. Readings: raw (1, steps,
    channels of the core) in equal steps, at the times `t` (ms); `channels`: those that the node has."""
    sentinel = next(s for s in sentinels() if kind in s.classes)
    step_s = int(t[1] - t[0]) // 1000
    node = NodeConfig(
        address=1,
        boot=1,
        wake_interval_s=step_s,
        channels=tuple(dict.fromkeys((*channels, *sentinel.channels))),
        sentinels=(sentinel.name,),
        site=site,
    )
    verdicts = Nodes([node]).run(readings, 0, step_s)[0][:, :, sentinels().index(sentinel)]
    computed = features(readings, step_s=step_s, sites=[site])
    return {
        (of, SENTINEL): _sentinel_calls(sentinel, class_id, verdicts, place, t)
        for class_id, of in enumerate(sentinel.classes)
        if class_id
    } | {
        (rule.kind, name): rule.calls(computed, zones=[place], nodes=[place], t=t)
        for name, rule in RULES.items()
        if rule.kind in sentinel.classes
    }


def _sentinel_calls(
    sentinel: Sentinel, class_id: int, verdicts: NDArray[np.void], place: str, t: NDArray[np.int64]
) -> list[CallSpan]:
    return calls_of_verdicts(
        np.ascontiguousarray(verdicts["class"]),
        np.ascontiguousarray(verdicts["confidence"]),
        kind=sentinel.classes[class_id],
        class_id=class_id,
        policy=sentinel.policies[class_id - 1],
        zones=[place],
        nodes=[place],
        t=t,
    )
