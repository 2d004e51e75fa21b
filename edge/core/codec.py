"""Frames to bytes, sealed as on the air, and back, by the node's own C (docs/SPEC.md, "Air frame")."""

from typing import Any, get_args

from ..contract.channels import MISSING, channel_names
from ..contract.errors import FrameError, SealError
from ..contract.messages import FAULTS
from ._core import ffi, lib
from .channel_bits import channel_mask, masked_channels
from .frames import (
    AGE_MAX_S,
    CLOCK_PERIOD_S,
    ET0_UNKNOWN,
    FRAME_MAX,
    OPEN_KEY,
    Ack,
    CallFrame,
    CallState,
    Evidence,
    Frame,
    Head,
    Hello,
    Piece,
    ResetCause,
    Telemetry,
    TimeKind,
    Wanted,
    WantedState,
    WeatherFrame,
)

_TIMES: dict[TimeKind, int] = {
    "age": lib.COOEE_TIME_AGE,
    "earlier": lib.COOEE_TIME_EARLIER,
    "now": lib.COOEE_TIME_NOW,
}
FAILED = MISSING + 1
"""Raw value of a sensor that failed, to which why is added (firmware/include/cooee/channel.h)."""
HEAD = ("address", "incarnation", "boot", "sequence")


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
