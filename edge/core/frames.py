"""Frames: bytes on the air and back (docs/SPEC.md, "Air frame"), by the same C as on the node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from edge.contract.channels import MISSING, channel_names, channels
from edge.contract.errors import FrameError

from ._core import ffi, lib
from .channel_bits import channel_mask, masked_channels
from .features import list_features
from .sentinels import call_kind

CallState = Literal["raised", "repeated", "cleared"]

FRAME_MAX: int = lib.COOEE_FRAME_MAX
"""Bytes of the longest frame."""
ACKNOWLEDGED_MAX: int = lib.COOEE_ACKNOWLEDGED_MAX
"""Sequences one acknowledgement can hold."""


@dataclass(frozen=True, kw_only=True)
class _Head:
    address: int
    boot: int
    sequence: int
    age_s: int = 0


@dataclass(frozen=True, kw_only=True)
class Hello(_Head):
    """A node has started. `channels`: names, in id order."""

    firmware_version: int
    wake_interval_s: int
    channels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Telemetry(_Head):
    """A reading: raw int16 by channel name, and the names of faulty channels."""

    raw: Mapping[str, int]
    faults: tuple[str, ...] = ()

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
    """The gateway has these frames of (address, boot) on disk; at most ACKNOWLEDGED_MAX."""

    sequence: int = field(default=0, init=False)
    sequences: tuple[int, ...]


Frame = Hello | Telemetry | CallFrame | Ack


def decode(data: bytes) -> Frame:
    """Reads a frame; FrameError for bytes that are none, with the reason."""
    frame = ffi.new("struct cooee_frame *")
    _check(lib.frame_decode(data, len(data), frame))
    head = {"address": frame.address, "boot": frame.boot, "sequence": frame.sequence, "age_s": frame.age_s}
    if frame.type == lib.COOEE_FRAME_HELLO:
        hello = frame.body.hello
        return Hello(
            firmware_version=hello.firmware_version,
            wake_interval_s=hello.wake_interval_s,
            channels=masked_channels(hello.channels),
            **head,
        )
    if frame.type == lib.COOEE_FRAME_TELEMETRY:
        telemetry = frame.body.telemetry
        return Telemetry(
            raw={name: telemetry.raw[i] for i, name in enumerate(channel_names()) if telemetry.channels >> i & 1},
            faults=masked_channels(telemetry.faults),
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
    ack = frame.body.acknowledgement
    return Ack(address=frame.address, boot=frame.boot, sequences=tuple(ack.sequence[0 : ack.count]))


def encode(frame: Frame) -> bytes:
    """Bytes of a frame; FrameError when a field is out of its range."""
    kind, body = _body(frame)
    head = {"address": frame.address, "boot": frame.boot, "sequence": frame.sequence, "age_s": frame.age_s}
    try:
        c_frame = ffi.new("struct cooee_frame *", head | {"type": kind, "body": body})
    except (OverflowError, IndexError) as error:
        raise FrameError(f"cannot make a frame: {error}") from None
    data = ffi.new("uint8_t[]", FRAME_MAX)
    length = ffi.new("uint8_t *")
    _check(lib.frame_write(c_frame, data, length))
    lib.frame_seal(data, length[0], c_frame.age_s)
    return bytes(ffi.buffer(data, length[0]))


def encode_ack(address: int, boot: int, sequences: Sequence[int]) -> bytes:
    """An acknowledgement of at most ACKNOWLEDGED_MAX frames."""
    return encode(Ack(address=address, boot=boot, sequences=tuple(sequences)))


def _check(status: int) -> None:
    if status != lib.COOEE_STATUS_OK:
        raise FrameError(f"not a frame: {ffi.string(lib.status_text(status)).decode()}")


def _body(frame: Frame) -> tuple[int, dict[str, dict[str, Any]]]:
    """Type and body of a frame as struct cooee_frame has them."""
    if isinstance(frame, Hello):
        return lib.COOEE_FRAME_HELLO, {
            "hello": {
                "firmware_version": frame.firmware_version,
                "wake_interval_s": frame.wake_interval_s,
                "channels": channel_mask(frame.channels),
            }
        }
    if isinstance(frame, Telemetry):
        return lib.COOEE_FRAME_TELEMETRY, {
            "telemetry": {
                "channels": channel_mask(frame.raw),
                "faults": channel_mask(frame.faults),
                "raw": [frame.raw.get(name, MISSING) for name in channel_names()],
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
    return lib.COOEE_FRAME_ACKNOWLEDGEMENT, {
        "acknowledgement": {"count": len(frame.sequences), "sequence": list(frame.sequences)}
    }
