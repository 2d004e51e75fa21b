"""Clients that connected to the answer page and stalled took a thread and a file each, until the service had no file
left to read its store with: nobody was told of anything."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from http import HTTPStatus
from urllib.request import urlopen

import pytest

from cloud.notify.answers import AnswerPage, Reply, Signer
from edge.service import bounded_server
from edge.sources.uploads import UploadInlet
from tests.transport.rig import wait_until

MOST, STALLED = 4, 40
Served = tuple[int, Callable[[int], None]]
"""A port, and a visit to it that is answered."""


@contextmanager
def _answers() -> Iterator[Served]:
    def ask(port: int) -> None:
        with urlopen(f"http://127.0.0.1:{port}/a/{signer.token(1)}", timeout=10) as answer:
            assert answer.status == HTTPStatus.OK

    signer, reply = Signer(b"key"), Reply(HTTPStatus.OK, "Dry")
    with AnswerPage("127.0.0.1", 0, signer, lambda _: reply, lambda *_: reply) as page:
        yield page.port, ask


@contextmanager
def _uploads() -> Iterator[Served]:
    def upload(port: int) -> None:
        urlopen(f"http://127.0.0.1:{port}/station?tempf=68", timeout=10).close()
        assert [said.where for said in inlet.take()] == ["/station"]

    with closing(UploadInlet("127.0.0.1:0")) as inlet:
        inlet.follow({"/station"})
        yield inlet.port, upload


@pytest.mark.parametrize("served", [_answers, _uploads])
def test_those_that_stall_make_room_for_who_comes(
    served: Callable[[], AbstractContextManager[Served]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_server, "MOST", MOST)
    before = threading.active_count()
    with served() as (port, ask), ExitStack() as stalled:
        for _ in range(STALLED):
            visitor = stalled.enter_context(socket.create_connection(("127.0.0.1", port)))
            visitor.sendall(b"GET / HTTP/1.1\r\n")
        ask(port)  # it comes after all of them
        wait_until(lambda: threading.active_count() <= before + 1 + MOST, what="few connections", within_s=2)
