"""Frames among the bytes of a serial line (docs/SPEC.md, "Serial line"), by the same C as on the node."""

from ._core import ffi, lib
from .frames import FRAME_MAX

SERIAL_END = bytes([lib.COOEE_SERIAL_END])
"""Stands before and behind every packet, and in none."""
_PACKET_MAX: int = lib.COOEE_SERIAL_MAX - 2


def serial_wrap(frame: bytes) -> bytes:
    """A frame of at most FRAME_MAX bytes as it is sent, with an end before and behind it."""
    if len(frame) > FRAME_MAX:
        raise ValueError(f"{len(frame)} bytes are no frame: {FRAME_MAX} at most")
    packet = ffi.new("uint8_t[]", lib.COOEE_SERIAL_MAX)
    return bytes(ffi.buffer(packet, lib.serial_wrap(frame, len(frame), packet)))


def serial_unwrap(packet: bytes) -> bytes | None:
    """The frame of what came between two ends; None when it holds none. Whether it is a sound one, decode says."""
    if len(packet) > _PACKET_MAX:
        return None
    data = ffi.new("uint8_t[]", packet)
    return bytes(ffi.buffer(data, lib.serial_unwrap(data, len(packet)))) or None
