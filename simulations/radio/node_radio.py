"""The nodes' end of the simulated radio: UDP on loopback (docs/SPEC.md, "Simulated radio")."""

import select
import socket
import struct
from collections.abc import Iterator

LARGEST_FRAME = 51


class NodeRadio:
    """Sends frames to a gateway on 127.0.0.1 and hears its acknowledgements, all nodes over one socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setblocking(False)

    def send(self, t_ms: int, frame: bytes = b"") -> bool:
        """Sends a frame that is received at `t_ms` (without a frame: only the time). False when nobody listens or the
        socket is full; the frame is then lost, as on any radio."""
        try:
            self._socket.send(struct.pack("<q", t_ms) + frame)
        except (ConnectionRefusedError, BlockingIOError):
            return False
        return True

    def reaches(self, t_ms: int) -> bool:
        """Whether a gateway may hear at `t_ms`: one on loopback always."""
        return True

    def heard(self, wait_s: float = 0) -> Iterator[bytes]:
        """Acknowledgement frames that have come in; waits up to `wait_s` for the first."""
        if wait_s > 0:
            select.select([self._socket], [], [], wait_s)
        while True:
            try:
                yield self._socket.recv(LARGEST_FRAME)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()
