"""What nodes, gateways and people say, one dataclass a kind (docs/SPEC.md, "Payloads")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

EARLIEST_MS = 946_684_800_000
"""2000-01-01: no node of ours measured before."""
YEAR_2000_S = EARLIEST_MS // 1000
LATEST_MS = 4_102_444_800_000
"""2100-01-01."""

CallState = Literal["raised", "repeated", "cleared"]
StatusState = Literal["online", "sleeping", "offline"]
JudgementVerdict = Literal["right", "wrong", "handled", "withdrawn"]
RecordKind = Literal["irrigation", "rain", "spray", "harvest", "note"]

FAULTS = (
    "absent",
    "crc",
    "timeout",
    "open",
    "short",
    "implausible",
    "warming_up",
    "expired",
    "calibration",
    "silent",
    "range",
    "stuck",
)
"""Why a channel has a fault: the words of firmware/include/cooee/fault.h by their numbers, from 1."""


class Identity(NamedTuple):
    """What names a reading or call. `inc` is the node's incarnation, 0 of what version 1 of the air sent."""

    node: str
    boot: int
    seq: int
    inc: int = 0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Channel values of one node at one time (`telemetry`). `values` maps channel name to a value in the channel's
    unit; `faults` names channels whose probe is faulty; they are absent from `values`. `why_faulty`: by the name of a
    faulty channel one of FAULTS, where it is known."""

    farm: str
    node: str
    boot: int
    seq: int
    t: int
    values: dict[str, float]
    faults: tuple[str, ...] = ()
    why_faulty: Mapping[str, str] = field(default_factory=dict)
    inc: int = 0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A feature that decided a call, with its value in `unit`."""

    feature: str
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request for help (`call`). `raised_t` is the event time of the raise, so (node, sentinel, kind, raised_t) names
    the call through its repeats to its clearing."""

    farm: str
    node: str
    boot: int
    seq: int
    t: int
    sentinel: str
    version: str
    kind: str
    confidence: int
    state: CallState
    raised_t: int
    why: tuple[Evidence, ...] = ()
    inc: int = 0


@dataclass(frozen=True, kw_only=True)
class Status:
    """State of a node or gateway (`status`, retained). `t` is the device's clock; for the gateway of a simulated farm
    it is the simulation's time and `simulated` is true. The broker sends the last will without a time: t = 0.
    `rssi` [dBm] and `snr` [dB] are of the newest frame, where its link tells them; the store does not keep them."""

    farm: str
    node: str
    t: int
    state: StatusState
    wake_interval_s: int
    gateway: bool = False
    simulated: bool = False
    rssi: int | None = None
    snr: int | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What ingest has committed, for the gateway that sent it: the identities."""

    identities: tuple[Identity, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a person said of a call: right, wrong, or handled; `withdrawn` takes back what was said before. Written by
    the dashboard straight to the store."""

    farm: str
    node: str
    sentinel: str
    kind: str
    raised_t: int
    t: int
    verdict: JudgementVerdict
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a person wrote down of a block: water given or fallen [mm], what was sprayed, a harvest [kg], a note. `id`
    names it through its corrections, of which the newest counts; `t` is when it was written, `happened_t` when it was
    so; `withdrawn`: it was taken back. Written by the dashboard straight to the store."""

    farm: str
    zone: str
    id: str
    kind: RecordKind
    t: int
    happened_t: int
    amount: float | None = None
    text: str = ""
    withdrawn: bool = False

    @property
    def node(self) -> str:
        """What stands in its place beside messages of nodes: a person speaks for the whole block."""
        return self.zone


Message = Reading | Call | Status
