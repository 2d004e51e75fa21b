"""LoRa modems of the RYLR998 kind, emulated on pseudo-terminals, and the air between them."""

import base64
import os
import random
import re
import select
import threading
import time
import tty
from pathlib import Path

from edge.farm.lora import Lora

GARBAGE = (
    "+READY",
    "+ERR=12",
    "+RCV=1,4,!!!!,-90,5",
    "+RCV=1,9,AAAA,-90,5",
    "+RCV=",
    "\x00\xff",
    "+RCV=1,4,AAAA,-90,5",
)
"""What a modem says beside frames and answers, and what is damaged."""


class Air:
    """What modems share. It loses `loss` of what is sent, and what comes to a modem that sends meanwhile. `pace`: how
    long a frame takes, as a share of its true time on the air."""

    def __init__(self, loss: float, *, pace: float = 0.0) -> None:
        self.loss = loss
        self._pace = pace
        self._rng = random.Random(20261127)
        self._modems: list[Modem] = []

    def join(self, modem: "Modem") -> None:
        """A modem more."""
        self._modems.append(modem)

    def loses(self) -> bool:
        """Whether the next frame is lost."""
        return self._rng.random() < self.loss

    def carry(self, sender: "Modem", address: int, data: bytes) -> bool:
        """Takes a frame to the modem of that address at that frequency; false when it is lost."""
        begin = time.monotonic()
        end = begin + self._pace * Lora(spreading_factor=sender.spreading_factor).frame_on_air_s(len(data))
        sender.on_air = begin, end
        time.sleep(end - begin)
        lost = self.loses()
        for modem in self._modems:
            if modem.address == address:
                sends_too = modem.on_air[0] < end and begin < modem.on_air[1]
                lost = lost or sends_too or modem.frequency_hz != sender.frequency_hz
                if not lost:
                    modem.hear(sender.address, data)
        return not lost


class Modem:
    """A modem at `end` of a serial line. `sent`: (address, frame) of what it was told to send; `heard`: what the air
    did not lose of it. `noise`: how often it says something else before an answer. A command that finds it asleep
    wakes it, and is lost."""

    def __init__(self, end: int, air: Air, *, noise: float = 0.0) -> None:
        self.commands: list[str] = []
        self.sent: list[tuple[int, bytes]] = []
        self.heard: list[tuple[int, bytes]] = []
        self.address, self.spreading_factor, self.frequency_hz, self.on_air = 0, 9, 0, (0.0, 0.0)
        self._air, self._end, self._noise, self._asleep = air, end, noise, False
        self._rng = random.Random(20261128)
        air.join(self)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @classmethod
    def at(cls, link: Path, air: Air) -> "Modem":
        """One at a new pseudo-terminal that `link` leads to."""
        end, far = os.openpty()
        tty.setraw(far)  # held open, so that the line stays when the gateway goes
        link.symlink_to(os.ttyname(far))
        return cls(end, air)

    def _run(self) -> None:
        begun = b""
        while not self._over.is_set():
            if select.select([self._end], [], [], 0.1)[0]:
                try:
                    came = os.read(self._end, 4096)
                except OSError:
                    return  # whoever was at the other end has ended
                *lines, begun = (begun + came).split(b"\r\n")
                for line in lines:
                    self._obey(line.decode())

    def _obey(self, line: str) -> None:
        if self._asleep:
            self._asleep = False
            return
        if self._rng.random() < self._noise:
            self.say(self._rng.choice(GARBAGE))
        if send := re.fullmatch(r"AT\+SEND=(\d+),(\d+),(.*)", line):
            address, length, text = int(send[1]), int(send[2]), send[3]
            if len(text) != length or length > 240:
                self.say("+ERR=13")
                return
            self.sent.append((address, base64.b64decode(text)))
            if self._air.carry(self, *self.sent[-1]):
                self.heard.append(self.sent[-1])
        elif found := re.fullmatch(r"AT(?:\+(ADDRESS|NETWORKID|BAND|PARAMETER|CRFOP|MODE)=([\d,]+))?", line):
            self.commands.append(line)
            self._set(found[1], found[2])
        else:
            self.say("+ERR=4")
            return
        self.say("+OK")

    def _set(self, name: str | None, value: str) -> None:
        if name == "ADDRESS":
            self.address = int(value)
        elif name == "BAND":
            self.frequency_hz = int(value)
        elif name == "PARAMETER":
            self.spreading_factor = int(value.partition(",")[0])
        elif name == "MODE":
            self._asleep = value == "1"

    def lose_power(self) -> None:
        """For a moment, after which it is awake and knows its frequency no more."""
        self.frequency_hz, self._asleep = 0, False
        self.say("+READY")

    def say(self, line: str) -> None:
        """A line to whoever is at its serial line."""
        os.write(self._end, f"{line}\r\n".encode())

    def hear(self, address: int, data: bytes) -> None:
        """A frame that came by the air."""
        if not self._asleep:
            text = base64.b64encode(data).decode()
            self.say(f"+RCV={address},{len(text)},{text},-{90 + address % 100},{address % 100}")

    def transmit(self, address: int, data: bytes) -> None:
        """A node is on the air: this modem hears it, or does not."""
        if not self._air.loses():
            self.hear(address, data)

    def garble(self) -> None:
        """Says all that is neither a frame nor an answer to a command."""
        for line in GARBAGE:
            if not line.startswith("+ERR"):
                self.say(line)

    def close(self) -> None:
        """Ends it."""
        self._over.set()
        self._thread.join()
        os.close(self._end)
