"""Our own mosquitto: free and given ports, and what it says when it cannot run."""

import os
import socket
from pathlib import Path

import pytest

from edge.broker import Broker
from edge.contract.errors import CooeeError


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_runs_on_a_free_port_and_is_gone_after_stop(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        pid = broker.pid
        assert pid
        assert _answers(broker.port)
        assert broker.address == f"127.0.0.1:{broker.port}"
    assert not _answers(broker.port)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_comes_back_on_the_same_port(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    with broker:
        port = broker.port
    with broker:
        assert broker.port == port


def test_two_run_side_by_side(tmp_path: Path) -> None:
    with Broker(tmp_path / "a") as a, Broker(tmp_path / "b") as b:
        assert a.port != b.port


def test_only_loopback_is_listened_on(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        listening = {
            line.split()[1]
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if line.split()[3] == "0A" and line.split()[1].endswith(f":{broker.port:04X}")
        }
        assert listening == {f"0100007F:{broker.port:04X}"}


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CooeeError, match=f"port {port} on 127.0.0.1 is in use"):
            Broker(tmp_path, port=port).start()


def test_without_mosquitto_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.broker.process.SYSTEM_FOLDERS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CooeeError, match="install it: apt-get install mosquitto"):
        Broker(tmp_path).start()


def test_a_mosquitto_that_ends_at_once_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "mosquitto"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(CooeeError, match="mosquitto does not start"):
        Broker(tmp_path / "data").start()
