"""Frames: what nodes and gateways say on the air (docs/SPEC.md, "Air frame")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..contract.channels import MISSING, channels
from ._core import lib
from .features import list_features
from .sentinels import call_kind

WantedState = Literal["wants", "kept", "refused"]
CallState = Literal["raised", "repeated", "cleared"]
TimeKind = Literal["age", "earlier", "now"]
ResetCause = Literal["power", "brown-out", "watchdog", "button", "program"]

FRAME_MAX: int = lib.COOEE_FRAME_MAX
"""Bytes of the longest frame."""
ACKNOWLEDGED_MAX: int = lib.COOEE_ACKNOWLEDGED_MAX
"""Sequences one acknowledgement can hold."""
NODE_CHANNELS: int = lib.COOEE_NODE_CHANNELS
"""Channels of a node, at most: what a telemetry holds."""
PIECE_MAX: int = lib.COOEE_PIECE_MAX
"""Bytes of a value in one frame."""
SETTINGS: int = lib.COOEE_VALUE_SETTINGS
SENTINEL: int = lib.COOEE_VALUE_SENTINEL
"""Kinds of values: settings, and with its id added a sentinel's image."""
REFUSALS: dict[int, str] = {
    lib.COOEE_STATUS_MEMORY: "this board takes no sentinels over the air",
    lib.COOEE_STATUS_NOT_OURS: "the node does not run such a sentinel, or lacks what its features need",
    lib.COOEE_STATUS_SIZE: "the board has no room for so long an image",
    lib.COOEE_STATUS_ABI: "it is an image of another version than the board's program runs",
    lib.COOEE_STATUS_CHECKSUM: "its checksum is wrong",
    lib.COOEE_STATUS_IMAGE: "it is no image of a model",
    lib.COOEE_STATUS_GOLDEN: "its golden rows come out otherwise on the board",
}
ET0_UNKNOWN: int = lib.COOEE_ET0_UNKNOWN
KEY_SIZE: int = lib.COOEE_KEY_SIZE
OPEN_KEY = bytes(KEY_SIZE)
"""The key of whoever was not enrolled: everybody knows it."""
PLAIN_HEAD: int = lib.COOEE_PLAIN_HEAD
"""Bytes of a plain frame before its body."""
AGE_MAX_S: int = lib.COOEE_AGE_MAX_S
CLOCK_PERIOD_S = AGE_MAX_S + 1
"""A frame holds as much of a node's clock."""
FIRST_DOWN = 12
"""Types from here on go from the gateway to a node."""


@dataclass(frozen=True, kw_only=True)
class _Head:
    """`time`: "age" says age_s. "now" has just been measured, at clock_s of the node's clock. "earlier" was measured at
    clock_s of the clock of an earlier boot."""

    address: int
    incarnation: int = 1
    boot: int
    sequence: int
    age_s: int = 0
    time: TimeKind = "age"
    clock_s: int = 0


@dataclass(frozen=True, kw_only=True)
class Head(_Head):
    """What a sealed frame says in the clear; nothing vouches for it before the frame is opened."""

    type: int


@dataclass(frozen=True, kw_only=True)
class Hello(_Head):
    """A node has started. `channels`: names, in id order; `sentinels`: versions of the first three that it runs."""

    firmware_version: int
    wake_interval_s: int
    channels: tuple[str, ...]
    reset: ResetCause = "power"
    wakes_missed: int = 0
    settings_version: int = 0
    sentinels: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Telemetry(_Head):
    """A reading: raw int16 by channel name, the names of faulty channels, and of those why, where it is known (one of
    FAULTS)."""

    raw: Mapping[str, int]
    faults: tuple[str, ...] = ()
    why_faulty: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float]:
        """Values in the channels' units."""
        return {c.name: value for c in channels() if (value := c.to_value(self.raw.get(c.name, MISSING))) is not None}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A feature that decided a call: raw int16. `name`, `value` and `unit` follow from its id."""

    feature: int
    raw: int

    @property
    def name(self) -> str:
        """Feature name; a newer node's unknown id becomes a name such as "feature99"."""
        known = list_features()
        return known[self.feature].name if self.feature < len(known) else f"feature{self.feature}"

    @property
    def value(self) -> float:
        """Value in `unit`; the raw number for an unknown feature."""
        known = list_features()
        return round(self.raw * known[self.feature].scale, 4) if self.feature < len(known) else float(self.raw)

    @property
    def unit(self) -> str:
        """Unit, empty when there is none."""
        known = list_features()
        return known[self.feature].unit if self.feature < len(known) else ""


@dataclass(frozen=True, kw_only=True)
class CallFrame(_Head):
    """A call was raised, repeated or cleared, `since_s` seconds after its raise; `call_kind` names its kind."""

    sentinel: int
    version: int
    class_id: int
    confidence: int
    state: CallState
    since_s: int
    why: tuple[Evidence, ...] = ()

    @property
    def sentinel_name(self) -> str:
        """Name of the sentinel that called."""
        return call_kind(self.sentinel, self.class_id)[0]

    @property
    def kind(self) -> str:
        """Name of the class that is called."""
        return call_kind(self.sentinel, self.class_id)[1]


@dataclass(frozen=True, kw_only=True)
class Ack(_Head):
    """The gateway has these frames of (address, incarnation, boot) on disk; at most ACKNOWLEDGED_MAX. `sequence` is the
    gateway's own."""

    sequences: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted(_Head):
    """Of a value in pieces: the offset that a node wants next, or what became of the whole."""

    kind: int = SETTINGS
    version: int
    offset: int = 0
    state: WantedState = "wants"

    @property
    def why(self) -> str:
        """Why a node has refused a sentinel, as far as it says so."""
        return REFUSALS.get(self.offset, "") if self.state == "refused" else ""


@dataclass(frozen=True, kw_only=True)
class Piece(_Head):
    """A piece of a value for a node, PIECE_MAX bytes at most, of `total`."""

    kind: int = SETTINGS
    version: int
    offset: int
    total: int
    data: bytes


@dataclass(frozen=True, kw_only=True)
class WeatherFrame(_Head):
    """What a node without a weather station learns of one: reference evapotranspiration of the last 24 hours (0.1 mm,
    None: not known) and what its rain gauge has counted since some time (0.1 mm, modulo 2^16)."""

    et0: int | None
    rain: int


Frame = Hello | Telemetry | CallFrame | Wanted | Ack | Piece | WeatherFrame
