"""A node as the farmer sees it: whether it is heard, which of its probes are faulty or seem wrong, what it can see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edge.contract.health import Health, health
from edge.contract.messages import Reading, Status
from edge.core import sentinels
from edge.farm import Node
from edge.probe_trouble import Doubted

from .advice.probe_advice import DOUBTS, FAULTS, Odd
from .language.speech import say

SensorStateName = Literal["sleeping", "late", "dead", "never", "faulty", "suspect"]


@dataclass(frozen=True, kw_only=True)
class SensorState:
    """A node as the farmer sees it. `last`: its newest reading; `doubted`: channels that seem wrong though their
    readings could be true."""

    node: Node
    health: Health
    last: Reading | None
    doubted: Mapping[str, Doubted] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[str, ...]:
        """Channels whose readings cannot be true."""
        return self.last.faults if self.last else ()

    @property
    def why_faulty(self) -> Mapping[str, str]:
        """Of those channels why, where it is known (one of edge.contract.messages.FAULTS)."""
        return self.last.why_faulty if self.last else {}

    @property
    def heard(self) -> bool:
        """Whether its last word is recent enough to say something of the crop."""
        return self.health in ("sleeping", "late")

    @property
    def state(self) -> SensorStateName:
        """One word for it: silence comes before a faulty probe, and that before one that seems wrong."""
        if not self.heard:
            return self.health
        return "faulty" if self.faults else "suspect" if self.doubted else self.health

    @property
    def odd(self) -> tuple[Odd, ...]:
        """Its faulty and doubted channels, and what is wrong with each in words, where it is known."""
        sensor = self.node.id
        faulty = [
            Odd(sensor=sensor, channel=name, why=say(FAULTS[self.why_faulty.get(name, "implausible")]))
            for name in self.faults
        ]
        doubted = [
            Odd(sensor=sensor, channel=name, why=say(DOUBTS[of.why]), since=of.since)
            for name, of in self.doubted.items()
            if name not in self.faults
        ]
        return (*faulty, *doubted)

    @property
    def trusted(self) -> Mapping[str, float]:
        """What its newest reading says, without what is doubted."""
        values = self.last.values if self.last else {}
        return {name: value for name, value in values.items() if name not in self.doubted}

    @property
    def watches(self) -> frozenset[str]:
        """Sentinels that can see now: it is heard, and measures all channels they need beyond doubt."""
        if not self.heard or self.last is None:
            return frozenset()
        measured = self.trusted.keys()
        return frozenset(s.name for s in sentinels() if s.name in self.node.sentinels and measured >= set(s.channels))


def sensor_state(
    node: Node, last: Reading | None, status: Status | None, now: int, doubted: Mapping[str, Doubted] | None = None
) -> SensorState:
    """A node by its newest reading, its status (which knows best how often it wakes) and what of it is doubted; `now`
    in UTC ms."""
    interval_s = status.wake_interval_s if status else node.wake_interval_s
    state = health(last.t if last else None, now, interval_s)
    return SensorState(node=node, last=last, health=state, doubted=doubted or {})
