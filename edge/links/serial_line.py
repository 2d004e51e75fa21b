"""A node on a serial line, as by a USB cable (docs/SPEC.md, "Serial line")."""

import time

from ..core import SERIAL_END, serial_unwrap, serial_wrap
from . import Heard, ReplyAddress
from .serial_port import SerialPort

PACKET_MAX = 256
"""Bytes that are kept of what has no end yet: five times the longest packet."""


class SerialLine:
    """Frames from one device, which may go and come back."""

    def __init__(self, device: str) -> None:
        self.where = device
        self._port = SerialPort(device)
        self._begun = b""
        self._openings = 0

    def fileno(self) -> int | None:
        """See Line."""
        return self._port.fileno()

    def receive(self) -> list[Heard]:
        """What has come. What stands between packets, and damaged ones, are left out."""
        data = self._port.read()
        if not data:
            return []
        if self._openings != self._port.openings:
            self._openings, self._begun = self._port.openings, b""
        received_ms = time.time_ns() // 1_000_000
        *packets, self._begun = (self._begun + data).split(SERIAL_END)
        self._begun = self._begun[-PACKET_MAX:]
        frames = [frame for packet in packets if (frame := serial_unwrap(packet)) is not None]
        return [Heard(frame, received_ms, (self.where, 0), "serial") for frame in frames]

    def send(self, frame: bytes, _reply_to: ReplyAddress) -> None:
        """Sends an acknowledgement; while the device is away it is lost, and the node sends its frame again."""
        self._port.write(serial_wrap(frame))

    def close(self) -> None:
        """See Line."""
        self._port.close()
