"""A LoRa modem of the RYLR998 kind on a serial device, spoken to by AT commands (docs/SPEC.md, "LoRa modem")."""

import base64
import binascii
import logging
import re
import time
from collections import deque

from ..farm.lora import PREAMBLE, Lora
from . import Heard, ReplyAddress
from .serial_port import SerialPort

log = logging.getLogger("cooee.gateway")

OUR_ADDRESS = 65_535
"""The gateway's own, which no node of a farm has."""
ANSWER_S = 3.0
"""How long a command may go without +OK or +ERR."""
WAITING = 16
"""Commands that wait at most: an acknowledgement that is much too late is of no use."""
HOUR_S = 3600.0
LINE_MAX = 512
RECEIVED = re.compile(rb"\+RCV=(\d{1,5}),(\d{1,3}),([A-Za-z0-9+/=]*),(-?\d{1,3}),(-?\d{1,3})")


class LoraModem:
    """Frames as Base64 over one modem. Answers that would take more airtime in an hour than the farm's duty limit
    allows are left out: the nodes send again."""

    def __init__(self, device: str, lora: Lora) -> None:
        self.where = device
        self._lora = lora
        self._port = SerialPort(device)
        self._openings = 0
        self._begun = b""
        self._commands: deque[bytes] = deque()
        self._asked: bytes | None = None
        self._asked_at = 0.0
        self._on_air: deque[tuple[float, float]] = deque()
        self._told_duty = False

    def fileno(self) -> int | None:
        """See Line. Sets the modem up when it has come, and goes on when it does not answer."""
        number = self._port.fileno()
        if number is not None and self._openings != self._port.openings:
            self._openings, self._begun, self._asked = self._port.openings, b"", None
            self._commands = deque(self._set_up())
        if self._asked and time.monotonic() > self._asked_at + ANSWER_S:
            log.warning("%s does not answer %s: is it a LoRa modem at 115,200 baud?", self.where, self._asked.decode())
            self._asked = None
        self._ask()
        return number

    def _set_up(self) -> list[bytes]:
        lora = self._lora
        return [
            b"AT",
            b"AT+ADDRESS=%d" % OUR_ADDRESS,
            b"AT+NETWORKID=%d" % lora.network,
            b"AT+BAND=%d" % lora.frequency_hz,
            b"AT+PARAMETER=%d,7,1,%d" % (lora.spreading_factor, PREAMBLE),
            b"AT+CRFOP=%d" % lora.power_dbm,
        ]

    def _ask(self) -> None:
        if self._asked is None and self._commands and self._port.write(self._commands[0] + b"\r\n"):
            self._asked, self._asked_at = self._commands.popleft(), time.monotonic()

    def receive(self) -> list[Heard]:
        """What has come."""
        *lines, self._begun = (self._begun + self._port.read()).split(b"\r\n")
        self._begun = self._begun[-LINE_MAX:]
        heard = [found for line in lines if (found := self._understand(line)) is not None]
        self._ask()
        return heard

    def _understand(self, line: bytes) -> Heard | None:
        if line.startswith((b"+OK", b"+ERR")):
            if line.startswith(b"+ERR"):
                asked = (self._asked or b"a command").decode()
                log.warning("%s refuses %s: %s", self.where, asked[:40], line.decode(errors="replace"))
            self._asked = None
            return None
        found = RECEIVED.search(line)
        if found is None or len(found[3]) != int(found[2]) or int(found[1]) >= OUR_ADDRESS:
            return None
        try:
            frame = base64.b64decode(found[3], validate=True)
        except binascii.Error:
            return None
        now_ms = time.time_ns() // 1_000_000
        return Heard(frame, now_ms, (self.where, int(found[1])), "lora", signal=(int(found[4]), int(found[5])))

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """See Link."""
        data = base64.b64encode(frame)
        takes_s = self._lora.frame_on_air_s(len(frame))
        now = time.monotonic()
        while self._on_air and self._on_air[0][0] <= now - HOUR_S:
            self._on_air.popleft()
        if sum(taken for _, taken in self._on_air) + takes_s > HOUR_S * self._lora.duty_percent / 100:
            if not self._told_duty:
                log.warning(
                    "%s has been on the air for %g %% of an hour, farm.yaml's duty limit; its nodes are answered later",
                    self.where,
                    self._lora.duty_percent,
                )
            self._told_duty = True
            return
        self._told_duty = False
        if len(self._commands) < WAITING:
            self._on_air.append((now, takes_s))
            self._commands.append(b"AT+SEND=%d,%d,%s" % (int(reply_to[1]), len(data), data))
            self._ask()

    def close(self) -> None:
        """See Line."""
        self._port.close()
