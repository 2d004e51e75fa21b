"""`cooee gateway`: what it says when it cannot start, and that it needs no broker to keep frames."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.transport import farm_text
from tests.transport.rig import Rig, wait_until


def _says(tmp_path: Path, *options: str) -> str:
    """The one line of `cooee gateway` that ends with code 2."""
    farm = tmp_path / "farm.yaml"
    if not farm.exists():
        farm.write_text(farm_text(1))
    command = [sys.executable, "-m", "cooee", "gateway", "--farm", str(farm), "--data", str(tmp_path), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 2, run.stderr
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 1, run.stderr
    return lines[0]


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert f"UDP port {port} on 127.0.0.1: Address already in use" in _says(tmp_path, "--listen", str(port))


@pytest.mark.parametrize("address", ["localhost", ":1883", "host:", "host:0", "host:99999", "host:x"])
def test_a_wrong_broker_address_is_one_clear_line(tmp_path: Path, address: str) -> None:
    assert "write HOST:PORT" in _says(tmp_path, "--mqtt", address)


def test_a_missing_farm_is_one_clear_line(tmp_path: Path) -> None:
    assert "cannot be read" in _says(tmp_path, "--farm", str(tmp_path / "none.yaml"))


def test_a_serial_node_without_a_device_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(farm_text(2).replace("link: udp", "link: serial", 1))
    assert "name the device, as in --link serial=/dev/ttyUSB0" in _says(tmp_path)


def test_frames_are_kept_without_a_broker_and_published_when_it_comes(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    try:
        rig.start("broker")
        rig.kill("broker")
        rig.start("gateway")
        rig.send(50).join(120)
        rig.start("broker")
        rig.start("ingest")
        rig.wait_stored()
        assert rig.stored() == rig.expected()
    finally:
        rig.__exit__()


def test_the_gateway_takes_no_receipts_but_those_for_what_it_sent(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        for payload in ("rubbish", '{"receipts": [["n1", 1, 77]]}', '{"receipts": [["n1", 1]]}'):
            to_us = ["-h", "127.0.0.1", "-p", str(rig.broker.port), "-t", "cooee/bench/gateway/receipt", "-q", "1"]
            subprocess.run(["mosquitto_pub", *to_us, "-m", payload], check=True)
        wait_until(lambda: "not a receipt" in rig.log("gateway"), what="the refusal")
        rig.send(100).join(120)
        rig.wait_stored()
        assert rig.stored() == rig.expected()
