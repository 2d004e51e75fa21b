"""The simulated radio: UDP datagrams on loopback (docs/SPEC.md, "Simulated radio")."""

import contextlib
import select
import socket
import struct

from ..contract.errors import CooeeError
from ..contract.messages import EARLIEST_MS, LATEST_MS
from . import Heard, ReplyAddress

TIME = struct.Struct("<q")
LONGEST = 256
RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024


class SimulatedRadio:
    """Frames in UDP datagrams that carry the simulation's time. `port` 0 means a free one; only 127.0.0.1 is heard."""

    simulated = True

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise CooeeError(f"UDP port {port} on 127.0.0.1: {error.strerror}; choose another with --listen") from None
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._now: int | None = None

    def receive(self, limit: int, wait_s: float) -> list[Heard]:
        """See Link. The clock never goes back: a datagram that was overtaken keeps its own time."""
        if not select.select([self._socket], [], [], wait_s)[0]:
            return []
        heard: list[Heard] = []
        with contextlib.suppress(BlockingIOError):
            for _ in range(limit):
                datagram, sender = self._socket.recvfrom(LONGEST)
                received_ms = _time(datagram)
                if received_ms is None:
                    heard.append(Heard(datagram, None, sender))
                    continue
                self._now = received_ms if self._now is None else max(self._now, received_ms)
                if len(datagram) > TIME.size:
                    heard.append(Heard(datagram[TIME.size :], received_ms, sender))
        return heard

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """See Link."""
        with contextlib.suppress(OSError):
            self._socket.sendto(frame, reply_to)

    def now_ms(self) -> int | None:
        """The newest time a datagram brought."""
        return self._now

    def close(self) -> None:
        """See Link."""
        self._socket.close()


def _time(datagram: bytes) -> int | None:
    """The time at a datagram's head, UTC ms; None when there is no plausible one."""
    if len(datagram) < TIME.size:
        return None
    (t,) = TIME.unpack_from(datagram)
    return t if EARLIEST_MS <= t < LATEST_MS else None
