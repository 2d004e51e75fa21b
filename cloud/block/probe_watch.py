"""Which probes of a farm seem wrong, by what the store holds of their last weeks (edge/probe_trouble.py)."""

import threading
import time
from collections.abc import Mapping
from math import inf

import numpy as np

from edge.farm import Farm
from edge.probe_trouble import RIGHTLY_STILL, STEP_H, STEPS, Doubted, Past, Probe, doubted_now

from ..clock import HOUR_MS
from ..store import Store

STEP_MS = STEP_H * HOUR_MS
LOOK_S = 0.05
"""Our seconds that a look at the farm may spend on it: a large farm is gone through in many."""

Doubts = Mapping[str, Mapping[str, Doubted]]
"""Node -> channel -> why it seems wrong; nodes without a doubt are left out."""


_NEVER: tuple[int, Doubts] = (-1, {})


class ProbeWatch:
    """Judges each zone anew once a step of the farm's clock, and remembers what it found; shared by the page's
    threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._judged: dict[str, tuple[int, Doubts]] = {}
        self._asked = False

    def look(self, store: Store, farm: Farm, now: int, *, seconds: float = LOOK_S) -> Doubts:
        """What seems wrong at `now` (UTC ms), of zones that were not yet judged what was found before. One zone is
        judged, the longest unjudged first, and more for `seconds`; none at the first look of a page, which is to be
        seen at once and looks again soon (`seconds` = inf: all, always). Raises StoreError."""
        began, step = time.monotonic(), now // STEP_MS
        with self._lock:
            due = [zone.id for zone in farm.zones if self._judged.get(zone.id, _NEVER)[0] != step]
            due.sort(key=lambda zone: self._judged.get(zone, _NEVER)[0])
            for zone in due if self._may_judge(seconds) else ():
                self._judged[zone] = step, doubts_of_zone(store, farm, zone, now)
                if time.monotonic() - began >= seconds:
                    break
            return {
                node.id: found
                for node in farm.nodes
                if (found := self._judged.get(node.zone, _NEVER)[1].get(node.id)) is not None
            }

    def _may_judge(self, seconds: float) -> bool:
        asked, self._asked = self._asked, True
        return asked or seconds == inf


def doubts_of_zone(store: Store, farm: Farm, zone: str, now: int) -> Doubts:
    """What seems wrong of the probes of one zone at the end of the last step before `now` (UTC ms). Raises
    StoreError."""
    since = (now // STEP_MS - STEPS) * STEP_MS
    probes: dict[Probe, Past] = {
        (node.id, name): _past(store, farm.id, node.id, name, since)
        for node in farm.nodes_of(zone)
        for name in node.channels
        if name not in RIGHTLY_STILL
    }
    found: dict[str, dict[str, Doubted]] = {}
    for (node_id, name), doubted in doubted_now(probes, since).items():
        found.setdefault(node_id, {})[name] = doubted
    return found


def _past(store: Store, farm: str, node: str, channel: str, since: int) -> Past:
    drawn = store.history(farm, [node], channel, since, since + STEPS * STEP_MS, STEPS)
    places = [(t - since) // STEP_MS for t in drawn.t]
    low, high, mean = np.full((3, STEPS), np.nan)
    low[places], high[places], mean[places] = drawn.low, drawn.high, drawn.mean
    return Past(low=low, high=high, mean=mean)
