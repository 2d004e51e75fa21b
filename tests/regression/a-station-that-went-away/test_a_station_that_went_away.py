"""A station that went away before its answer, or asked for a path that is none, left a traceback in the gateway's log;
half a body was taken for the whole one."""

import logging
import socket
import struct
from collections.abc import Iterator

import pytest

from edge.sources.uploads import UploadInlet
from tests.transport.rig import wait_until


@pytest.fixture
def inlet() -> Iterator[UploadInlet]:
    inlet = UploadInlet("127.0.0.1:0")
    inlet.follow({"/report"})
    yield inlet
    inlet.close()


def answer(inlet: UploadInlet, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", inlet.port), timeout=60) as station:
        station.sendall(request)
        station.shutdown(socket.SHUT_WR)
        return station.makefile("rb").readline()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b"GET http://[ HTTP/1.1\r\n\r\n", b" 400 "),
        (b"POST /report HTTP/1.1\r\nContent-Length: 11\r\n\r\ntempf=5", b" 400 "),
        (b"POST /report HTTP/1.1\r\nContent-Length: 11\r\n\r\ntempf=57.25", b" 200 "),
    ],
)
def test_what_is_not_whole_is_refused(inlet: UploadInlet, request_: bytes, code: bytes) -> None:
    assert code in answer(inlet, request_)
    assert [said.body for said in inlet.take()] == ([{"tempf": "57.25"}] if code == b" 200 " else [])


def test_who_went_away_is_one_line(
    inlet: UploadInlet, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def gone() -> bool:
        station = socket.create_connection(("127.0.0.1", inlet.port), timeout=60)
        station.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        station.sendall(b"POST /report HTTP/1.1\r\nContent-Length: 300\r\n\r\ntempf")
        station.close()  # a reset
        return "an upload from 127.0.0.1 was not answered" in caplog.text

    with caplog.at_level(logging.WARNING):
        wait_until(gone, what="the line")
    assert "Traceback" not in capfd.readouterr().err
