"""What a scenario does to a field, beside what chance does: valves that stick, gas from outside, probes that fail, a gateway that is off."""

from dataclasses import dataclass
from typing import Literal

from .faults import FaultShape


@dataclass(frozen=True, kw_only=True)
class Spell:
    """Steps of a season, `last` exclusive."""

    first: int
    last: int

    @property
    def steps(self) -> slice:
        """As an index."""
        return slice(self.first, self.last)


@dataclass(frozen=True, kw_only=True)
class StuckValve(Spell):
    """The valve of a zone neither closes nor opens."""

    zone: str
    state: Literal["open", "closed"]


@dataclass(frozen=True, kw_only=True)
class Gas(Spell):
    """Ethylene that enters a store from outside, uL/h (a neighbour's bananas, an apple store behind a thin wall)."""

    zone: str
    ul_h: float


@dataclass(frozen=True, kw_only=True)
class ProbeFault(Spell):
    """A channel of a node reads wrong. `size`, in the channel's unit: of a jump, and a day of a drift."""

    node: str
    channel: str
    shape: FaultShape
    size: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Outage(Spell):
    """The gateway is off: what nodes send waits in their outboxes."""


@dataclass(frozen=True, kw_only=True)
class Events:
    """All of a scenario's."""

    valves: tuple[StuckValve, ...] = ()
    gases: tuple[Gas, ...] = ()
    probes: tuple[ProbeFault, ...] = ()
    outages: tuple[Outage, ...] = ()


NOTHING = Events()
