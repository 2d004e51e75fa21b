"""The simulated radio: UDP datagrams on loopback (docs/SPEC.md, "Simulated radio")."""

import contextlib
import select
import socket
import struct

from ..contract.errors import CooeeError
from ..contract.messages import EARLIEST_MS, LATEST_MS
from ..simulated_clock import SimulatedClock
from . import Heard, ReplyAddress

TIME = struct.Struct("<q")
LONGEST = 256
RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024


class SimulatedRadio:
    """Frames in UDP datagrams that carry the simulation's time. `port` 0 means a free one; only 127.0.0.1 is heard."""

    simulated = True

    def __init__(self, port: int = 0, *, now_ms: int | None = None) -> None:
        """`now_ms`: where the clock stood when the gateway was last here. CooeeError: the port is taken."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise CooeeError(f"UDP port {port} on 127.0.0.1: {error.strerror}; choose another with --listen") from None
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self.where = f"127.0.0.1:{self.port}"
        self._clock = SimulatedClock(now_ms)

    def receive(self, limit: int, wait_s: float) -> list[Heard]:
        """See Link. A datagram that was overtaken keeps its own time; one from too far ahead has none."""
        if not select.select([self._socket], [], [], wait_s)[0]:
            return []
        heard: list[Heard] = []
        with contextlib.suppress(BlockingIOError):
            for _ in range(limit):
                datagram, sender = self._socket.recvfrom(LONGEST)
                received_ms = _time(datagram)
                if received_ms is not None:
                    self._clock.hear(received_ms)
                if received_ms is None or self._clock.leaps(received_ms):
                    heard.append(Heard(datagram, None, sender, "udp"))
                    continue
                if len(datagram) > TIME.size:
                    heard.append(Heard(datagram[TIME.size :], received_ms, sender, "udp"))
        return heard

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """See Link."""
        with contextlib.suppress(OSError):
            self._socket.sendto(frame, reply_to)

    def now_ms(self) -> int | None:
        """The clock that the datagrams tell."""
        return self._clock.now_ms

    def close(self) -> None:
        """See Link."""
        self._socket.close()


def _time(datagram: bytes) -> int | None:
    """The time at a datagram's head, UTC ms; None when there is no plausible one."""
    if len(datagram) < TIME.size:
        return None
    (t,) = TIME.unpack_from(datagram)
    return t if EARLIEST_MS <= t < LATEST_MS else None
