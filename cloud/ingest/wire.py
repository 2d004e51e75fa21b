"""The way of PUBLISH packets past paho: many to a read, decoded in a few steps, acknowledged many to a write.

paho reads each packet byte by byte, waits in select before it, and gives every acknowledgement a write of its own; that
is more than half of what ingest does (docs/SCALE.md). Here paho goes on to connect, subscribe, publish and keep the
session alive, over a socket from which the PUBLISH packets have been taken out.
"""

import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import paho.mqtt.client as paho

CHUNK = 262_144
"""Bytes taken from the socket at once."""
PUBLISH = 3
PUBACK = struct.Struct(">BBH")
RESPONSE_TOPIC, USER_PROPERTY = 0x08, 0x26
NUMBERS = {0x01: 1, 0x02: 4, 0x23: 2}
"""Bytes of the properties of fixed size that a PUBLISH may have: payload format, expiry, topic alias."""
TEXTS = (0x03, RESPONSE_TOPIC, 0x09)
"""Properties of a length of two bytes and so much: content type, response topic, correlation data."""
SUBSCRIPTION = 0x0B


class Publication(NamedTuple):
    """A PUBLISH packet: MQTT 5, section 3.3. `now` is the value of the user property of that name."""

    topic: str
    payload: bytes
    qos: int
    mid: int
    reply_to: str | None
    now: str | None


class Connected(Protocol):
    """What a socket can do, in paho's words; TLS or not."""

    def recv(self, size: int, /) -> bytes: ...
    def send(self, content: bytes | bytearray, /) -> int: ...
    def close(self) -> None: ...
    def fileno(self) -> int: ...
    def setblocking(self, flag: bool, /) -> None: ...


class Wire:
    """A connection as paho wants its socket: `came` is called with every PUBLISH, paho reads the other packets. `alive`
    is called when anything came."""

    def __init__(
        self, connected: Connected, came: Callable[[Publication], None], alive: Callable[[], None] = lambda: None
    ) -> None:
        self._socket = connected
        self._came = came
        self._alive = alive
        self._incoming = b""
        self._others = b""
        self._ended = False
        self._unsent = bytearray()

    def recv(self, size: int) -> bytes:
        """Bytes of packets other than PUBLISH; BlockingIOError when none is there, b"" when the connection ended."""
        if not self._others and not self._ended:
            self._read()
        if not self._others and not self._ended:
            raise BlockingIOError
        taken, self._others = self._others[:size], self._others[size:]
        return taken

    def _read(self) -> None:
        chunk = self._socket.recv(CHUNK)
        self._ended = not chunk
        buffer = self._incoming + chunk if self._incoming else chunk
        position, others = 0, []
        while packet := _bounds(buffer, position):
            start, stop = packet
            if buffer[position] >> 4 == PUBLISH:
                self._came(decode(buffer[position] & 0x0F, buffer[start:stop]))
            else:
                others.append(buffer[position:stop])
            position = stop
        if position:
            self._alive()
        self._incoming = buffer[position:]
        self._others = b"".join(others)

    def send(self, content: bytes) -> int:
        """Takes all of it, and sends what the connection takes now; `flush` sends the rest."""
        self._unsent += content
        self.flush()
        return len(content)

    def flush(self) -> None:
        """Sends what waits. That the connection is gone is told by `recv`, to paho."""
        with contextlib.suppress(OSError):  # of which "not now" is one
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Sends a PUBACK for each message."""
        self.send(b"".join([PUBACK.pack(0x40, 2, mid) for mid in mids]))

    def pending(self) -> int:
        """Bytes to be had at once, which select does not know of."""
        return len(self._others) + (self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0)

    def close(self) -> None:
        """Sends what can be sent at once, and closes the connection."""
        self.flush()
        self._socket.close()

    def fileno(self) -> int:
        """The socket's, for select."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        """As a socket's."""
        self._socket.setblocking(flag)


class WireClient(paho.Client):
    """paho's client on a Wire. `opened` is called with each new one, before anything comes over it.

    A PINGRESP comes behind all that the broker has sent before it, which may be a day's readings: any packet is as good
    an answer."""

    opened: Callable[[Wire], None]
    came: Callable[[Publication], None]

    def _create_socket(self) -> Any:
        connected = super()._create_socket()
        if isinstance(connected, socket.socket):  # small packets go at once, as paho's own do
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(connected, self.came, self._alive)
        self.opened(wire)
        return wire

    def _alive(self) -> None:
        self._ping_t = 0.0


def _bounds(buffer: bytes, position: int) -> tuple[int, int] | None:
    """Where the packet at `position` has its content, after the fixed header; None when it is not all there.
    ConnectionError for a length of more than four bytes."""
    length = shift = 0
    for index in range(position + 1, min(position + 5, len(buffer))):
        byte = buffer[index]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            stop = index + 1 + length
            return (index + 1, stop) if stop <= len(buffer) else None
        shift += 7
    if len(buffer) - position >= 5:
        raise ConnectionError("the broker sends what is not MQTT")
    return None


def decode(flags: int, content: bytes) -> Publication:
    """The PUBLISH packet with these low bits of its first byte and this content (MQTT 5, section 3.3). ConnectionError
    when it is none: nothing after it on the connection can be trusted."""
    try:
        return _decode(flags, content)
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ConnectionError(f"the broker sends a PUBLISH that cannot be read ({error!r})") from None


def _decode(flags: int, content: bytes) -> Publication:
    at = 2 + (content[0] << 8 | content[1])
    topic = content[2:at].decode()
    qos, mid = flags >> 1 & 3, 0
    if qos:
        mid = content[at] << 8 | content[at + 1]
        at += 2
    reply_to = now = None
    length, at = _variable(content, at)
    stop = at + length
    while at < stop:
        kind = content[at]
        at += 1
        if kind in NUMBERS:
            at += NUMBERS[kind]
        elif kind == SUBSCRIPTION:
            _, at = _variable(content, at)
        elif kind in TEXTS:
            value, at = _text(content, at)
            if kind == RESPONSE_TOPIC:
                reply_to = value.decode()
        elif kind == USER_PROPERTY:
            name, at = _text(content, at)
            value, at = _text(content, at)
            if name == b"now":
                now = value.decode()
        else:
            raise KeyError(kind)
    if stop > len(content):
        raise IndexError(stop)
    return Publication(topic, content[stop:], qos, mid, reply_to, now)


def _text(content: bytes, at: int) -> tuple[bytes, int]:
    stop = at + 2 + (content[at] << 8 | content[at + 1])
    return content[at + 2 : stop], stop


def _variable(content: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer (section 1.5.5), and where what follows begins."""
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
