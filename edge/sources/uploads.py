"""What weather stations upload over HTTP: a form, a query or JSON, to the paths that farm.yaml names."""

import logging
import queue
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from ..contract.errors import CooeeError, MessageError
from ..foreign_payload import body_of
from ..mqtt.client import ADDRESS
from ..service.bounded_server import BoundedServer
from . import Said

log = logging.getLogger("cooee.gateway")

LISTEN = "127.0.0.1:8117"
LARGEST_BYTES = 65_536
PATIENCE_S = 10.0
"""How long a client may take for its request."""
HELD = 10_000
FROM_A_BROWSER = ("Origin", "Sec-Fetch-Site")
"""Headers by which a web page is known that has its reader's browser upload to us."""


class UploadInlet:
    """A listener on `address` (HOST:PORT), opened when there is a first path to follow. `any_path`: takes uploads to
    every path. CooeeError for what is no address."""

    def __init__(self, address: str, *, any_path: bool = False) -> None:
        found = ADDRESS.fullmatch(address)
        if not found or found["scheme"] or found["user"] or not found["port"] or int(found["port"]) > 65535:
            raise CooeeError(f"--http {address!r}: write HOST:PORT, as in {LISTEN}")
        self._host, self._port = found["host"].strip("[]"), int(found["port"])
        self._any_path = any_path
        self._paths: set[str] = set()
        self._said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self._server: BoundedServer | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, 0 before the first path."""
        return int(self._server.server_address[1]) if self._server else 0

    def follow(self, places: set[str]) -> None:
        """See Inlet."""
        self._paths = set(places)
        if not self._server and (places or self._any_path):
            self._server = self._open()
            threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
            log.info("uploads are taken on http://%s:%d", self._host, self.port)

    def take(self) -> list[Said]:
        """See Inlet."""
        return [self._said.get() for _ in range(self._said.qsize())]

    def close(self) -> None:
        """See Inlet."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def _open(self) -> BoundedServer:
        handler = type("Handler", (_Handler,), {"inlet": self})
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        kind = type("Server", (_Server,), {"address_family": family})
        try:
            server: BoundedServer = kind((self._host, self._port), handler)
        except OSError as error:
            raise CooeeError(f"--http {self._host}:{self._port}: {error.strerror}; choose another address") from None
        return server

    def knows(self, path: str) -> bool:
        """Whether an upload to a path is taken."""
        return self._any_path or path in self._paths

    def put(self, path: str, body: Any) -> bool:
        """Takes an upload; false when too many wait."""
        if self._said.qsize() >= HELD:
            return False
        self._said.put(Said(where=path, body=body, received_ms=time.time_ns() // 1_000_000))
        return True


class _Server(BoundedServer):
    def handle_error(self, request: object, client_address: Any) -> None:
        """One line for a station that went away."""
        log.warning("an upload from %s was not answered (%s)", client_address[0], type(sys.exc_info()[1]).__name__)


class _Handler(BaseHTTPRequestHandler):
    """One request: GET with a query, or POST with a form or JSON."""

    inlet: ClassVar[UploadInlet]
    timeout = PATIENCE_S
    server_version = "cooee"
    sys_version = ""

    def do_GET(self) -> None:
        self._take(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BYTES:
            self.close_connection = True
            self._answer(413, f"a body of at most {LARGEST_BYTES} bytes, with its Content-Length, is needed")
            return
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            self._answer(400, "the body is shorter than its Content-Length")
            return
        self._take(content)

    def _take(self, content: bytes) -> None:
        try:
            place = urlsplit(self.path)
        except ValueError:
            self._answer(400, "this is no path")
            return
        if not self.inlet.knows(place.path):
            self._answer(404, "no reading of farm.yaml comes from this path")
            return
        if any(name in self.headers for name in FROM_A_BROWSER):
            self._answer(403, "a web page is no station")
            return
        try:
            body = body_of(content)
        except MessageError as error:
            self._answer(400, str(error))
            return
        if isinstance(body, str):  # A form, which the query belongs to.
            body = dict(parse_qsl(f"{place.query}&{body.strip()}"))
        if not body:
            self._answer(400, "there is nothing in this upload")
        elif self.inlet.put(place.path, body):
            self._answer(200, "success")
        else:
            self._answer(503, "too many uploads wait")

    def _answer(self, code: int, text: str) -> None:
        content = f"{text}\n".encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: a station uploads every minute."""
