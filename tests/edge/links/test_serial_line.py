"""The serial link of a running gateway, over pseudo-terminals: noise, cables that are pulled, several nodes at once."""

import os
import random
import select
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.transport import acknowledged, farm_text, frame, write_farm_keys
from edge import core
from edge.contract.errors import CooeeError
from edge.farm import parse_farm
from edge.links import Heard
from edge.links.serial_line import SerialLine
from edge.links.several import open_links
from edge.mqtt.client import BROKER, parse_server
from edge.service.processes import Child

GARBAGE = (b"\r\nArduino boot loader 4.4\r\n", b"\0", b"\0\0\0", bytes(range(1, 256)) * 40, b"\x05\x01\x02\0\xff\0\x30")


class SerialNode:
    """A node at one end of a pseudo-terminal; the gateway opens the other end by the name `device`."""

    def __init__(self, device: Path, address: int) -> None:
        self.device = device
        self.address = address
        self.sequence = 0
        self.plug()

    def plug(self) -> None:
        self._end, far = os.openpty()
        tty.setraw(far)
        self.device.unlink(missing_ok=True)
        self.device.symlink_to(os.ttyname(far))
        self._far = far
        self._heard = b""

    def unplug(self) -> None:
        os.close(self._far)
        os.close(self._end)

    def write(self, data: bytes) -> None:
        os.write(self._end, data)

    def send(self) -> int:
        """Sends a reading; returns its sequence."""
        self.sequence += 1
        self.write(core.serial_wrap(frame(self.address, 1, self.sequence, 0)))
        return self.sequence

    def acknowledged(self, sequence: int, within_s: float) -> bool:
        """Whether an acknowledgement of this sequence comes in time, and no other node's does."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if select.select([self._end], [], [], 0.05)[0]:
                self._heard += os.read(self._end, 1000)
            *packets, self._heard = self._heard.split(core.SERIAL_END)
            for packet in filter(None, packets):
                answer = core.serial_unwrap(packet)
                assert answer is not None
                named = acknowledged(answer)
                assert {address for address, _, _ in named} == {self.address}
                if (self.address, 1, sequence) in named:
                    return True
        return False

    def send_until_acknowledged(self, within_s: float = 60) -> None:
        """As a node does: the frame again and again, under one sequence."""
        sequence = self.send()
        deadline = time.monotonic() + within_s
        while not self.acknowledged(sequence, 0.5):
            assert time.monotonic() < deadline
            self.sequence -= 1
            self.send()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[SerialNode]]:
    """Two nodes at a running gateway, which has no broker to reach."""
    two = [SerialNode(tmp_path / f"tty{address}", address) for address in (1, 2)]
    (tmp_path / "farm.yaml").write_text(farm_text(2))
    write_farm_keys(tmp_path, 2)
    options = ["--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path), "--mqtt", "127.0.0.1:9"]
    options += [word for node in two for word in ("--link", f"serial={node.device}")]
    gateway = Child.cooee("gateway", *options, log=tmp_path / "gateway.log")
    gateway.wait_ready()
    assert f"listening on {two[0].device}, {two[1].device}" in gateway.output()
    yield two
    gateway.check()
    gateway.stop()
    for node in two:
        node.unplug()
    assert "Traceback" not in gateway.output()


def test_nodes_on_two_lines_are_acknowledged_each_on_its_own(nodes: list[SerialNode]) -> None:
    for _ in range(5):
        sent = [node.send() for node in nodes]
        assert all(node.acknowledged(sequence, 5) for node, sequence in zip(nodes, sent, strict=True))


def test_garbage_between_frames_harms_no_frame(nodes: list[SerialNode], tmp_path: Path) -> None:
    rng = random.Random(20261127)
    for step in range(40):
        nodes[0].write(GARBAGE[step % len(GARBAGE)] if step % 2 else rng.randbytes(rng.randrange(400)))
        assert nodes[0].acknowledged(nodes[0].send(), 5)


def test_a_frame_cut_anywhere_costs_only_itself(nodes: list[SerialNode]) -> None:
    packet = core.serial_wrap(frame(1, 1, 900, 0))
    for length in range(1, len(packet) - 1):
        nodes[0].write(packet[:length])
        assert nodes[0].acknowledged(nodes[0].send(), 5)


def test_a_cable_that_is_pulled_and_put_back_is_found_again(nodes: list[SerialNode], tmp_path: Path) -> None:
    for _ in range(2):
        nodes[0].send_until_acknowledged()
        nodes[0].unplug()
        nodes[1].send_until_acknowledged()
        nodes[0].plug()
        nodes[0].send_until_acknowledged()
    log = (tmp_path / "gateway.log").read_text()
    assert log.count(f"{nodes[0].device} is not there") == 2
    assert log.count(f"{nodes[0].device} is there") == 3


def test_bytes_without_an_end_fill_no_memory(tmp_path: Path) -> None:
    node = SerialNode(tmp_path / "tty", 1)
    line = SerialLine(str(node.device))
    assert line.fileno() is not None
    for _ in range(100):
        node.write(b"x" * 1000)
        assert line.receive() == []
    node.write(core.serial_wrap(frame(1, 1, 7, 0)))
    heard: list[Heard] = []
    while not heard:
        heard = line.receive()
    assert heard[0].frame == frame(1, 1, 7, 0)
    line.close()
    node.unplug()


@pytest.mark.parametrize(
    ("links", "says"),
    [
        (["serial"], "write udp, mqtt, lorawan, serial=DEVICE or lora=DEVICE"),
        (["serial="], "write udp, mqtt, lorawan, serial=DEVICE or lora=DEVICE"),
        (["lora"], "write udp, mqtt, lorawan, serial=DEVICE or lora=DEVICE"),
        (["udp", "serial=/dev/null"], "gateway of its own"),
        (["serial=/dev/null", "serial=/dev/null"], "the same link twice"),
    ],
)
def test_a_link_that_there_is_not_is_refused(links: list[str], says: str) -> None:
    with pytest.raises(CooeeError, match=says):
        open_links(links, parse_farm(farm_text(1), source="farm.yaml"), parse_server(BROKER), udp_port=0, now_ms=None)
