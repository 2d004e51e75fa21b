"""`cooee dashboard` on a free port, over a farm and its store in a folder."""

import base64
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

from cloud.store import Store, open_store
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.service.processes import Child, free_port

SOCKET = "/_stcore/stream"


class Server:
    """`cooee dashboard` in a data folder; requests and sockets as a browser, or somebody worse, makes them."""

    def __init__(self, folder: Path, child: Child, port: int) -> None:
        self.folder, self.child, self.port = folder, child, port
        self.host = f"127.0.0.1:{port}"
        self.address = f"http://{self.host}"
        self.asker = "127.0.0.1"

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.asker, 0))
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": self.host, "Accept": "text/html", **names})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        connection.close()
        return response, text

    def sign_in(self, name: str, password: str, **headers: str) -> tuple[int, str]:
        """Status, and the cookie that came."""
        form = urlencode({"name": name, "password": password})
        kind = {"Content_Type": "application/x-www-form-urlencoded"}
        response, _ = self.ask("POST", "/login", form, **kind, **headers)
        return response.status, (response.getheader("Set-Cookie") or "").partition(";")[0]

    def open_socket(self, **headers: str) -> tuple[int, socket.socket]:
        """Status of a WebSocket's handshake, and the connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        names = {
            "Host": self.host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        } | headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in names.items())
        connection.sendall(f"GET {SOCKET} HTTP/1.1\r\n{lines}\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer and (came := connection.recv(4096)):
            answer += came
        return int(answer.split()[1]), connection

    def handshake(self, **headers: str) -> int:
        status, connection = self.open_socket(**headers)
        connection.close()
        return status


@contextmanager
def served(
    folder: Path,
    *options: str,
    port: int | None = None,
    text: str | None = None,
    prepare: Callable[[Store, Farm], None] | None = None,
) -> Iterator[Server]:
    """`text`: of farm.yaml, the sample farm's without it; `prepare` fills the store."""
    port = port or free_port()
    text = text or sample_farm_text()
    (folder / "farm.yaml").write_text(text, encoding="utf-8")
    with closing(open_store(f"sqlite={folder / 'cooee.db'}")) as store:
        if prepare:
            prepare(store, parse_farm(text, source="farm.yaml"))
    words = ("--farm", str(folder / "farm.yaml"), "--data", str(folder), "--port", str(port), "--no-browser")
    child = Child.cooee("dashboard", *words, *options, log=folder / "dashboard.log")
    try:
        child.wait_ready()
        yield Server(folder, child, port)
    finally:
        child.stop()
