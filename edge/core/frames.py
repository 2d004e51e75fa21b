"""Frames: what a node says, sealed as on the air, and back (docs/SPEC.md, "Air frame"), by the node's own C."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from edge.contract.channels import MISSING, channel_names, channels
from edge.contract.errors import FrameError, SealError
from edge.contract.messages import FAULTS

from ._core import ffi, lib
from .channel_bits import channel_mask, masked_channels
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
_TIMES: dict[TimeKind, int] = {
    "age": lib.COOEE_TIME_AGE,
    "earlier": lib.COOEE_TIME_EARLIER,
    "now": lib.COOEE_TIME_NOW,
}
FAILED = MISSING + 1
"""Raw value of a sensor that failed, to which why is added (firmware/include/cooee/channel.h)."""
HEAD = ("address", "incarnation", "boot", "sequence")
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


def read_head(data: bytes) -> Head:
    """The head of any bytes, which tells whose key to try; FrameError when they are no sealed frame."""
    frame = ffi.new("struct cooee_frame *")
    _check(lib.frame_head(data, len(data), frame))
    return Head(type=frame.type, **_head(frame))


def decode(data: bytes, key: bytes = OPEN_KEY) -> Frame:
    """Opens a sealed frame; FrameError for bytes that are none of this key, with the reason."""
    frame = ffi.new("struct cooee_frame *")
    _check(lib.frame_open(key, data, len(data), frame))
    return _frame(frame)


def decode_with_plain(data: bytes, key: bytes) -> tuple[Frame, bytes]:
    """As decode, and the frame as its node keeps it, which no age changes."""
    frame = ffi.new("struct cooee_frame *")
    _check(lib.frame_open(key, data, len(data), frame))
    plain = ffi.new("uint8_t[]", lib.COOEE_PLAIN_MAX)
    length = ffi.new("uint8_t *")
    _check(lib.frame_write(frame, plain, length))
    return _frame(frame), bytes(ffi.buffer(plain, length[0]))


def encode(frame: Frame, key: bytes = OPEN_KEY) -> bytes:
    """A frame sealed with a key; FrameError when a field is out of its range."""
    plain = encode_plain(frame)
    data = ffi.new("uint8_t[]", FRAME_MAX)
    seconds = min(frame.age_s, AGE_MAX_S) if frame.time == "age" else frame.clock_s % CLOCK_PERIOD_S
    return bytes(ffi.buffer(data, lib.frame_seal(key, plain, len(plain), _TIMES[frame.time], seconds, data)))


def encode_plain(frame: Frame) -> bytes:
    """A frame as a node keeps it, without its age; FrameError when a field is out of its range."""
    kind, body = _body(frame)
    try:
        head = {name: getattr(frame, name) for name in HEAD}
        c_frame = ffi.new("struct cooee_frame *", head | {"type": kind, "body": body})
    except (OverflowError, IndexError) as error:
        raise FrameError(f"cannot make a frame: {error}") from None
    plain = ffi.new("uint8_t[]", lib.COOEE_PLAIN_MAX)
    length = ffi.new("uint8_t *")
    _check(lib.frame_write(c_frame, plain, length))
    return bytes(ffi.buffer(plain, length[0]))


def decode_plain(plain: bytes, age_s: int) -> Frame:
    """Reads a frame as a node keeps it, which has no age; FrameError for bytes that are none."""
    frame = ffi.new("struct cooee_frame *")
    _check(lib.frame_read(plain, len(plain), frame))
    frame.age_s = age_s
    return _frame(frame)


def _check(status: int) -> None:
    if status != lib.COOEE_STATUS_OK:
        kind = SealError if status == lib.COOEE_STATUS_TAG else FrameError
        raise kind(f"not a frame: {ffi.string(lib.status_text(status)).decode()}")


def _head(frame: Any) -> dict[str, Any]:
    time = next(time for time, bits in _TIMES.items() if bits == frame.time)
    seconds = "age_s" if time == "age" else "clock_s"
    return {name: getattr(frame, name) for name in HEAD} | {"time": time, seconds: frame.age_s}


def _frame(frame: Any) -> Frame:
    """A struct cooee_frame in Python's words."""
    head = _head(frame)
    if frame.type == lib.COOEE_FRAME_HELLO:
        hello = frame.body.hello
        return Hello(
            firmware_version=hello.firmware_version,
            wake_interval_s=hello.wake_interval_s,
            channels=masked_channels(hello.channels),
            reset=get_args(ResetCause)[hello.reset],
            wakes_missed=hello.wakes_missed,
            settings_version=hello.settings_version,
            sentinels=tuple(hello.sentinel_version[0 : hello.sentinel_count]),
            **head,
        )
    if frame.type == lib.COOEE_FRAME_TELEMETRY:
        telemetry = frame.body.telemetry
        return Telemetry(
            raw={name: telemetry.raw[i] for i, name in enumerate(channel_names()) if telemetry.channels >> i & 1},
            faults=masked_channels(telemetry.faults),
            why_faulty=_why_faulty(telemetry),
            **head,
        )
    if frame.type == lib.COOEE_FRAME_CALL:
        call = frame.body.call
        return CallFrame(
            sentinel=call.sentinel,
            version=call.version,
            class_id=call.class_id,
            confidence=call.confidence,
            state=get_args(CallState)[call.state],
            since_s=call.since_s,
            why=tuple(Evidence(feature=e.feature, raw=e.value) for e in call.evidence[0 : call.evidence_count]),
            **head,
        )
    if frame.type == lib.COOEE_FRAME_WANTED:
        wanted = frame.body.wanted
        state = get_args(WantedState)[wanted.state]
        return Wanted(kind=wanted.kind, version=wanted.version, offset=wanted.offset, state=state, **head)
    if frame.type == lib.COOEE_FRAME_PIECE:
        piece = frame.body.piece
        data = bytes(piece.bytes[0 : piece.count])
        return Piece(kind=piece.kind, version=piece.version, offset=piece.offset, total=piece.total, data=data, **head)
    if frame.type == lib.COOEE_FRAME_WEATHER:
        weather = frame.body.weather
        et0 = None if weather.et0_e1 == ET0_UNKNOWN else weather.et0_e1
        return WeatherFrame(et0=et0, rain=weather.rain_e1, **head)
    ack = frame.body.acknowledgement
    return Ack(sequences=tuple(ack.sequence[0 : ack.count]), **head)


def _why_faulty(telemetry: Any) -> dict[str, str]:
    """By faulty channel why, where the node says it in words of this version."""
    said = {name: telemetry.raw[i] - FAILED for i, name in enumerate(channel_names()) if telemetry.faults >> i & 1}
    return {name: FAULTS[fault - 1] for name, fault in said.items() if 0 < fault <= len(FAULTS)}


def _failure(frame: Telemetry, name: str) -> int:
    why = frame.why_faulty.get(name)
    return FAILED + (0 if why is None else FAULTS.index(why) + 1)


def _body(frame: Frame) -> tuple[int, dict[str, dict[str, Any]]]:
    """Type and body of a frame as struct cooee_frame has them."""
    if isinstance(frame, Hello):
        return lib.COOEE_FRAME_HELLO, {
            "hello": {
                "firmware_version": frame.firmware_version,
                "wake_interval_s": frame.wake_interval_s,
                "channels": channel_mask(frame.channels),
                "reset": get_args(ResetCause).index(frame.reset),
                "wakes_missed": frame.wakes_missed,
                "settings_version": frame.settings_version,
                "sentinel_count": len(frame.sentinels),
                "sentinel_version": list(frame.sentinels),
            }
        }
    if isinstance(frame, Telemetry):
        return lib.COOEE_FRAME_TELEMETRY, {
            "telemetry": {
                "channels": channel_mask(frame.raw),
                "faults": channel_mask(frame.faults),
                "raw": [
                    _failure(frame, c) if c in frame.faults else frame.raw.get(c, MISSING) for c in channel_names()
                ],
            }
        }
    if isinstance(frame, CallFrame):
        return lib.COOEE_FRAME_CALL, {
            "call": {
                "sentinel": frame.sentinel,
                "version": frame.version,
                "class_id": frame.class_id,
                "confidence": frame.confidence,
                "state": get_args(CallState).index(frame.state),
                "since_s": frame.since_s,
                "evidence_count": len(frame.why),
                "evidence": [{"feature": w.feature, "value": w.raw} for w in frame.why],
            }
        }
    if isinstance(frame, Wanted):
        body = {name: getattr(frame, name) for name in ("kind", "version", "offset")}
        return lib.COOEE_FRAME_WANTED, {"wanted": body | {"state": get_args(WantedState).index(frame.state)}}
    if isinstance(frame, Piece):
        body = {name: getattr(frame, name) for name in ("kind", "version", "offset", "total")}
        return lib.COOEE_FRAME_PIECE, {"piece": body | {"count": len(frame.data), "bytes": frame.data}}
    if isinstance(frame, WeatherFrame):
        et0 = ET0_UNKNOWN if frame.et0 is None else frame.et0
        return lib.COOEE_FRAME_WEATHER, {"weather": {"et0_e1": et0, "rain_e1": frame.rain}}
    return lib.COOEE_FRAME_ACKNOWLEDGEMENT, {
        "acknowledgement": {"count": len(frame.sequences), "sequence": list(frame.sequences)}
    }
