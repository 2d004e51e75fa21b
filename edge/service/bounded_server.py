"""An HTTP server that strangers reach: however many come and however slowly they speak, it holds few connections."""

import contextlib
import socket
import threading
from http.server import ThreadingHTTPServer
from typing import Any

MOST = 64
"""Connections at once. Each takes a thread and a file, of which files and brokers of the same process need some too."""


class BoundedServer(ThreadingHTTPServer):
    """Of more than MOST connections the oldest is closed: a request takes a moment, so it is one that stalls."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self._connected: dict[socket.socket, None] = {}
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        """See socketserver.BaseServer."""
        with self._lock:
            if len(self._connected) >= MOST:
                oldest = next(iter(self._connected))
                del self._connected[oldest]
                with contextlib.suppress(OSError):  # it has just gone by itself
                    oldest.shutdown(socket.SHUT_RDWR)
            self._connected[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """See socketserver.BaseServer."""
        with self._lock:
            self._connected.pop(request, None)
        super().shutdown_request(request)
