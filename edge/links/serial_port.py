"""A serial device that may be missing, go and come back."""

import errno
import logging
import os
import termios
import time
from pathlib import Path

import serial

from ..contract.errors import CooeeError

log = logging.getLogger("cooee.gateway")

BAUD = 115_200
TRY_AGAIN_S = 1.0
READ_MAX = 1024
NOT_OURS = "is not ours to open; is your user in the group dialout?"


def check_device(device: str) -> None:
    """For commands, which need it now: CooeeError where there is no such device, or it is not ours to open."""
    if not Path(device).exists():
        raise CooeeError(f"{device} is not there; plug the board in, and see which device it becomes: ls /dev/tty*")
    if not os.access(device, os.R_OK | os.W_OK):
        raise CooeeError(f"{device} {NOT_OURS}")


class SerialPort:
    """115,200 baud, 8 data bits, no parity. `openings` counts how often it was opened."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.openings = 0
        self._port: serial.Serial | None = None
        self._next_try = 0.0
        self._told_away = False

    def fileno(self) -> int | None:
        """What to wait on; None while the device is away. Opens it when it has come, tried every TRY_AGAIN_S."""
        if self._port is None and time.monotonic() >= self._next_try:
            self._open()
        return None if self._port is None else int(self._port.fileno())

    def read(self) -> bytes:
        """What has come, at most READ_MAX bytes of it."""
        if self._port is None:
            return b""
        try:
            return bytes(self._port.read(READ_MAX))
        except (OSError, termios.error) as error:
            self._lose(error)
            return b""

    def write(self, data: bytes) -> bool:
        """Sends bytes; false while the device is away."""
        if self._port is None:
            return False
        try:
            self._port.write(data)
        except (OSError, termios.error) as error:
            self._lose(error)
            return False
        return True

    def close(self) -> None:
        """Lets go of the device."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def _open(self) -> None:
        port = serial.Serial(None, BAUD, timeout=0, write_timeout=0, exclusive=True)
        port.port = self.device
        port.dtr = False  # which restarts an Arduino
        try:
            port.open()
        except (OSError, termios.error) as error:
            self._lose(error)
            return
        log.info("%s is there", self.device)
        self._port = port
        self.openings += 1
        self._told_away = False

    def _lose(self, error: Exception) -> None:
        self.close()
        self._next_try = time.monotonic() + TRY_AGAIN_S
        if not self._told_away:
            code = error.errno if isinstance(error, OSError) else None
            why = os.strerror(code) if code else str(error)
            how = NOT_OURS if code == errno.EACCES else "is not there"
            log.warning("%s %s (%s); its nodes keep their frames until it is", self.device, how, why)
        self._told_away = True
