"""What a zone's sensors, calls and judgements come to: who is heard, who sees what, and how much it needs a person.

A rule without a store and without a page: readings, calls and judgements go in, a ZoneState comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from edge.contract.health import Health, health
from edge.contract.messages import Call, Judgement, Reading, Status
from edge.core import sentinels
from edge.farm import Node, Zone

from .advice import TELLS_DRYING, Advice, Trouble, advise
from .levels import Level, badness

HANDLED_FOR_MS = 24 * 3_600_000
"""A trouble that goes on for a day after it was handled needs a person again."""
REPEATED_MS = 48 * 3_600_000
"""An open call is repeated at least that often, so that so much further back no open call is missed."""
LARGEST_COUNTS = frozenset({"gust", "ethylene"})
"""Of these channels the zone's highest value is what harms; of the others the mean is told."""

CallKey = tuple[str, str, str, int]
"""Node, sentinel, kind, time of the raise: what a call and the judgements of it have in common."""
SensorStateName = Literal["sleeping", "late", "dead", "never", "faulty"]


@dataclass(frozen=True, kw_only=True)
class SensorState:
    """A node as the farmer sees it. `last`: its newest reading."""

    node: Node
    health: Health
    last: Reading | None

    @property
    def faults(self) -> tuple[str, ...]:
        """Channels whose readings cannot be true."""
        return self.last.faults if self.last else ()

    @property
    def heard(self) -> bool:
        """Whether its last word is recent enough to say something of the crop."""
        return self.health in ("sleeping", "late")

    @property
    def state(self) -> SensorStateName:
        """One word for it: silence comes before a faulty probe."""
        return "faulty" if self.faults and self.heard else self.health

    @property
    def watches(self) -> frozenset[str]:
        """Sentinels that can see now: it is heard, and measures all channels they need."""
        if not self.heard or self.last is None:
            return frozenset()
        measured = self.last.values.keys()
        return frozenset(s.name for s in sentinels() if s.name in self.node.sentinels and measured >= set(s.channels))


@dataclass(frozen=True, kw_only=True)
class OpenTrouble:
    """A trouble with what to do about it and what was last said of it."""

    trouble: Trouble
    advice: Advice
    judgement: Judgement | None
    level: Level


@dataclass(frozen=True, kw_only=True)
class ZoneState:
    """A zone now. `blind`: sentinels of which no sensor is left that can see; `values`: channel -> zone value."""

    zone: Zone
    level: Level
    troubles: tuple[OpenTrouble, ...]
    sensors: tuple[SensorState, ...]
    blind: tuple[str, ...]
    values: Mapping[str, float]


def call_key(call: Call | Judgement) -> CallKey:
    """What a call and the judgements of it have in common."""
    return call.node, call.sentinel, call.kind, call.raised_t


def forgotten(call: Call, last: Reading | None) -> bool:
    """Whether a node has started anew since it called, and has not called again when it would have: it cannot clear
    what it forgot."""
    return last is not None and (last.inc != call.inc or last.boot > call.boot) and last.t - call.t > REPEATED_MS


def sensor_state(node: Node, last: Reading | None, status: Status | None, now: int) -> SensorState:
    """A node by its newest reading and its status (which knows best how often it wakes); `now` in UTC ms."""
    interval_s = status.wake_interval_s if status else node.wake_interval_s
    return SensorState(node=node, last=last, health=health(last.t if last else None, now, interval_s))


def zone_state(
    zone: Zone,
    sensors: Sequence[SensorState],
    calls: Sequence[Call],
    judgements: Mapping[CallKey, Judgement],
    now: int,
    drying_since: str | None = None,
) -> ZoneState:
    """A zone by its sensors and open calls, the newest judgement of each call, and the weekday since which its soil
    dries faster than usual; `now` in UTC ms."""
    troubles = sorted(
        (
            _open_trouble(zone, kind, [c for c in calls if c.kind == kind], sensors, judgements, now, drying_since)
            for kind in dict.fromkeys(call.kind for call in calls)
        ),
        key=lambda trouble: badness(trouble.level),
    )
    blind = _blind(sensors)
    return ZoneState(
        zone=zone,
        level=_zone_level([trouble.level for trouble in troubles], sensors, blind),
        troubles=tuple(troubles),
        sensors=tuple(sensors),
        blind=blind,
        values=_values(sensors),
    )


def level_after(level: Level, said: Sequence[Judgement | None], now: int) -> Level:
    """A trouble is out of the way when each of its calls was called wrong, in hand when each was dealt with lately.
    `said`: the newest judgement of each call."""
    if said and all(j is not None and j.verdict == "wrong" for j in said):
        return "fine"
    settled = [
        j is not None and (j.verdict == "wrong" or (j.verdict == "handled" and now - j.t < HANDLED_FOR_MS))
        for j in said
    ]
    return "in_hand" if all(settled) else level


def _open_trouble(
    zone: Zone,
    kind: str,
    calls: Sequence[Call],
    sensors: Sequence[SensorState],
    judgements: Mapping[CallKey, Judgement],
    now: int,
    drying_since: str | None,
) -> OpenTrouble:
    callers = {call.node for call in calls}
    trouble = Trouble(
        zone=zone,
        kind=kind,
        calls=calls,
        now=now,
        values=_values(s for s in sensors if s.node.id in callers) or _values(sensors),
        elsewhere=_values(s for s in sensors if s.node.id not in callers),
        faster_since=drying_since if kind in TELLS_DRYING else None,
    )
    advice = advise(trouble)
    said = [judgements.get(call_key(call)) for call in calls]
    return OpenTrouble(
        trouble=trouble,
        advice=advice,
        judgement=max((j for j in said if j), key=lambda j: j.t, default=None),
        level=level_after(advice.level, said, now),
    )


def _zone_level(troubles: Sequence[Level], sensors: Sequence[SensorState], blind: Sequence[str]) -> Level:
    """The worst of its troubles; fine is only what its sensors all watch on time."""
    if not any(sensor.heard for sensor in sensors):
        return "no_word"
    unseen: tuple[Level, ...] = ("no_word",) if blind or any(s.health != "sleeping" for s in sensors) else ()
    return min((*troubles, *unseen), key=badness, default="fine")


def _blind(sensors: Sequence[SensorState]) -> tuple[str, ...]:
    """Sentinels that the zone's nodes run and that none of them can see with now."""
    wanted = dict.fromkeys(name for sensor in sensors for name in sensor.node.sentinels)
    seen = {name for sensor in sensors for name in sensor.watches}
    return tuple(name for name in wanted if name not in seen)


def _values(sensors: Iterable[SensorState]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for sensor in sensors:
        if sensor.heard and sensor.last:
            for name, value in sensor.last.values.items():
                found.setdefault(name, []).append(value)
    return {name: max(values) if name in LARGEST_COUNTS else mean(values) for name, values in found.items()}
