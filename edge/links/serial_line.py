"""A node on a serial line, as by a USB cable: 115,200 baud, 8 data bits, no parity (docs/SPEC.md, "Serial line")."""

import logging
import termios
import time

import serial

from ..core import SERIAL_END, serial_unwrap, serial_wrap
from . import Heard, ReplyAddress

log = logging.getLogger("cooee.gateway")

BAUD = 115_200
TRY_AGAIN_S = 1.0
READ_MAX = 1024
"""Bytes of one read: 44 frames at most."""
PACKET_MAX = 256
"""Bytes that are kept of what has no end yet: five times the longest packet."""


class SerialLine:
    """Frames from one device. It may be missing, go and come back: it is tried again every TRY_AGAIN_S."""

    simulated = False

    def __init__(self, device: str) -> None:
        self.where = device
        self._port: serial.Serial | None = None
        self._begun = b""
        self._next_try = 0.0
        self._told_away = False

    def fileno(self) -> int | None:
        """What to wait on; None while the device is away. Opens it when it has come."""
        if self._port is None and time.monotonic() >= self._next_try:
            self._open()
        return None if self._port is None else int(self._port.fileno())

    def receive(self) -> list[Heard]:
        """What has come, at most READ_MAX bytes of it. What stands between packets, and damaged ones, are left out."""
        data = self._read()
        if not data:
            return []
        received_ms = time.time_ns() // 1_000_000
        *packets, self._begun = (self._begun + data).split(SERIAL_END)
        self._begun = self._begun[-PACKET_MAX:]
        frames = [frame for packet in packets if (frame := serial_unwrap(packet)) is not None]
        return [Heard(frame, received_ms, (self.where, 0), "serial") for frame in frames]

    def send(self, frame: bytes, _reply_to: ReplyAddress) -> None:
        """Sends an acknowledgement; while the device is away it is lost, and the node sends its frame again."""
        if self._port is None:
            return
        try:
            self._port.write(serial_wrap(frame))
        except (OSError, termios.error) as error:
            self._lose(error)

    def close(self) -> None:
        """Lets go of the device."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def _open(self) -> None:
        port = serial.Serial(None, BAUD, timeout=0, write_timeout=0, exclusive=True)
        port.port = self.where
        port.dtr = False  # which restarts an Arduino
        try:
            port.open()
        except (OSError, termios.error) as error:
            self._lose(error)
            return
        log.info("%s is there", self.where)
        self._port = port
        self._begun = b""
        self._told_away = False

    def _read(self) -> bytes:
        if self._port is None:
            return b""
        try:
            return bytes(self._port.read(READ_MAX))
        except (OSError, termios.error) as error:
            self._lose(error)
            return b""

    def _lose(self, error: Exception) -> None:
        self.close()
        self._next_try = time.monotonic() + TRY_AGAIN_S
        if not self._told_away:
            log.warning("%s is not there (%s); its nodes keep their frames until it is", self.where, error)
        self._told_away = True
