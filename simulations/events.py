"""What a scenario does to a field, beside what chance does: valves that stick, gas from outside, probes that fail, a
gateway that is off, air that loses frames, nodes without power."""

from dataclasses import dataclass
from typing import Literal, get_args

FaultShape = Literal[
    "stuck",
    "implausible",
    "dropout",
    "drift",
    "jump",
    "negative",
    "contact",
    "unplugged",
    "swapped",
    "sag",
    "iced",
    "clogged",
]
FAULTS: tuple[FaultShape, ...] = get_args(FaultShape)
"""stuck: the same value for ever. implausible: beyond what the probe can measure. dropout: no reading. drift, jump: by
`size` a day, or at once. negative: below nought. contact: soil has come off the probe, which reads air in part.
unplugged: the input floats. swapped: cables of two probes are exchanged. sag: the supply sags, and an analogue probe
reads low. iced: cups do not turn. clogged: the funnel does not drain."""


@dataclass(frozen=True, kw_only=True)
class TimedEvent:
    """Steps of a season, `last` exclusive."""

    first: int
    last: int

    @property
    def steps(self) -> slice:
        """As an index."""
        return slice(self.first, self.last)


@dataclass(frozen=True, kw_only=True)
class StuckValve(TimedEvent):
    """The valve of a zone neither closes nor opens."""

    zone: str
    state: Literal["open", "closed"]


@dataclass(frozen=True, kw_only=True)
class Gas(TimedEvent):
    """Ethylene that enters a store from outside, uL/h (a neighbour's bananas, an apple store behind a thin wall)."""

    zone: str
    ul_h: float


@dataclass(frozen=True, kw_only=True)
class ProbeFault(TimedEvent):
    """A channel of a node reads wrong. `size`, in the channel's unit: of a jump, and a day of a drift."""

    node: str
    channel: str
    shape: FaultShape
    size: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Outage(TimedEvent):
    """The gateway is off: what nodes send waits in their outboxes."""


@dataclass(frozen=True, kw_only=True)
class BadRadio(TimedEvent):
    """The air loses frames, either way: a share `loss` always, and `burst_loss` in bursts of `burst_hours` in the mean
    that begin `bursts_a_day` times a day. `duplication`, `reordering`: shares of frames that arrive twice, or late."""

    loss: float = 0.0
    burst_loss: float = 0.9
    bursts_a_day: float = 0.0
    burst_hours: float = 1.0
    duplication: float = 0.0
    reordering: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PowerCut(TimedEvent):
    """A node has no power. It starts anew when it has again."""

    node: str


@dataclass(frozen=True, kw_only=True)
class WeakCell(TimedEvent):
    """A node has a cell with only a share `charge` left at the first step; at the last it gets a full one."""

    node: str
    charge: float


@dataclass(frozen=True, kw_only=True)
class Events:
    """All of a scenario's."""

    valves: tuple[StuckValve, ...] = ()
    gases: tuple[Gas, ...] = ()
    probes: tuple[ProbeFault, ...] = ()
    outages: tuple[Outage, ...] = ()
    radio: tuple[BadRadio, ...] = ()
    cuts: tuple[PowerCut, ...] = ()
    cells: tuple[WeakCell, ...] = ()


NOTHING = Events()
