"""A farm in a store, people with HTTP sinks, and a notifier with both clocks in our hands."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from cloud.notify.database import Database
from cloud.notify.people import PeopleFile
from cloud.notify.service import Notifier
from cloud.store import Store, open_store
from edge.contract.messages import Message
from edge.farm.file import FarmFile
from tests.dashboard.farm_data import HOUR, MINUTE, NOW, call, clock, reading, sample_farm, stored, write_farm_file

WALL = 1_700_000_000_000
_open = build_opener(ProxyHandler({}))


class Sink:
    """An HTTP server that keeps each JSON it is sent. It refuses who is in `refuses`; `meanwhile` runs before it
    answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.refuses: set[str] = set()
        self.meanwhile: Callable[[], object] = lambda: None
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.got.append(json.loads(body) | {"path": self.path})
                sink.meanwhile()
                self.send_response(500 if self.path[1:] in sink.refuses else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def url(self, who: str) -> str:
        return f"json://127.0.0.1:{self._server.server_address[1]}/{who}"

    def titles(self, who: str) -> list[str]:
        return [message["title"] for message in self.got if message["path"] == f"/{who}"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def write_people(folder: Path, text: str) -> Path:
    path = folder / "people.toml"
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    return path


def person(name: str, url: str, *settings: str) -> str:
    return "\n".join(["[[people]]", f'name = "{name}"', f'urls = ["{url}"]', *settings, ""])


class Rig:
    """The sample farm, everything heard at `now`; people as `people.toml` says. `restart()` is a new process's view."""

    def __init__(self, folder: Path, people: str) -> None:
        self.folder = folder
        self.farm = sample_farm()
        self.url = f"sqlite={folder / 'cooee.db'}"
        self.store: Store = open_store(self.url)
        self.now, self.wall = NOW, WALL
        self.silent: set[str] = set()
        write_people(folder, people)
        self._start()

    def restart(self) -> None:
        self.database.close()
        self._start()

    def _start(self) -> None:
        self.database = Database(self.folder)
        self.notifier = Notifier(
            FarmFile(write_farm_file(self.folder)),
            self.url,
            PeopleFile(self.folder / "people.toml", self.farm),
            self.database,
            base="http://farm.test",
            clock=lambda: self.wall,
        )

    def add(self, *messages: Message) -> None:
        self.store.append(stored(self.farm, *messages))

    def at(self, minutes: float) -> None:
        """Lets the farm live until so many minutes after NOW, then looks and tells."""
        self.now, self.wall = NOW + round(minutes * MINUTE), WALL + round(minutes * MINUTE)
        heard = [node for node in self.farm.nodes if node.id not in self.silent]
        self.add(*(reading(self.farm, node, self.now) for node in heard), clock(self.farm, self.now))
        self.notifier.step()

    def frost(self, raised: int = NOW) -> None:
        """The apple block's weather node calls."""
        self.add(call(self.farm, "apple-weather", "weather", "frost", raised))

    def thaw(self, raised: int = NOW) -> None:
        self.add(call(self.farm, "apple-weather", "weather", "frost", raised, t=self.now + MINUTE, state="cleared"))

    def dry(self, nodes: Sequence[str] = ("tomato-1", "tomato-2", "tomato-3"), raised: int = NOW) -> None:
        self.add(*(call(self.farm, node, "soil", "too_dry", raised) for node in nodes))

    def close(self) -> None:
        self.database.close()
        self.store.close()


@contextmanager
def rig(folder: Path, people: str) -> Iterator[Rig]:
    opened = Rig(folder, people)
    try:
        yield opened
    finally:
        opened.close()


def fetch(url: str, answer: str | None = None, *, method: str | None = None) -> tuple[int, str]:
    """Status and page of a GET, or of a POST of an answer."""
    data = None if answer is None else urlencode({"answer": answer}).encode()
    try:
        with _open.open(Request(url, data=data, method=method), timeout=60) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


__all__ = ["HOUR", "MINUTE", "NOW", "WALL", "Rig", "Sink", "fetch", "person", "rig", "write_people"]
