"""`cooee set`, `cooee status` and `cooee monitor` with a real broker, a real gateway and the node's own C."""

import os
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bench.transport import START_MS, enrolled, frame
from edge.core import Hello, Nodes, encode, serial_wrap
from edge.farm import load_farm
from edge.gateway.outbox_readers import read_values
from edge.links.serial_line import SerialLine
from edge.live.monitor import from_line
from edge.node.commission import node_config
from edge.node.keys import Keys
from tests.called import cooee
from tests.transport.rig import PATIENCE_S, Rig, wait_until


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, count=1)
    rig.start("broker")
    rig.start("gateway")
    yield rig
    rig.__exit__()


def test_settings_go_from_the_command_line_to_the_node_and_back(rig: Rig) -> None:
    farm = load_farm(rig.farm)
    config = node_config(farm, farm.nodes[0], date(2026, 5, 1), enrolled=enrolled(1))
    node = Nodes([replace(config, resend_after_s=60)])
    rig.talk(node, 600)
    assert "nobody has sent others" in rig.cooee("status", "n1")
    said = rig.cooee("set", "n1", "wake=20min", "too_dry.repeat=12h", "too_dry.raise=90")
    assert "wake 1200 s" in said
    assert "too_dry: repeat 720 min; too_dry: raise 90 %" in said
    assert "planted 05-10, stages 30 40 45 30 d" in said
    assert load_farm(rig.farm).nodes[0].wake_interval_s == 1200
    wait_until(lambda: bool(read_values(rig.folder / "outbox.db", "n1")), what="it has the command")
    assert "it has not taken them yet; it uses those of its program" in rig.cooee("status", "n1")
    rig.talk(node, 1200)
    assert node.settings(0).wake_interval_s == 1200
    assert (node.policy(0, 0, 1).repeat_min, node.policy(0, 0, 1).raise_percent) == (720, 90)
    assert "confirmed: it uses them" in rig.cooee("status", "n1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("n1", "colour=red"), "colour=red: write wake=10min"),
        (("n1", "wake=5s"), "wake_interval"),
        (("n1", "too_dry.raise=101"), "too_dry.raise: "),
        (("n1", "frost.raise=60"), "node 'n1': policies: frost: must be one of too_dry, waterlogged"),
        (("n1", "too_dry.keep=81"), "node 'n1': policies: too_dry: keep: 81 is more than the 80 at which it is raised"),
        (("n9",), "no node 'n9'"),
    ],
)
def test_what_cannot_be_set_is_one_clear_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    rig = Rig(tmp_path, count=1)
    before = rig.farm.read_text()
    command = [sys.executable, "-m", "cooee", "set", *words, "--farm", str(rig.farm)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    rig.nodes.close()
    assert run.returncode == 2
    assert said in run.stderr
    assert rig.farm.read_text() == before


def test_without_a_gateway_nobody_is_waited_for(tmp_path: Path) -> None:
    """And a node that was heard is not called asleep by a gateway that is gone."""
    rig = Rig(tmp_path, count=1)
    rig.start("broker")
    words = ("n1", "--farm", rig.farm, "--mqtt", rig.broker.address)
    data = ("--data", rig.folder)
    calibrate = ("calibrate", *words, *data, "--channel", "soil_moisture_10cm")
    try:
        assert "has said nothing at broker" in cooee(*calibrate).stderr
        rig.start("gateway")
        rig.nodes.datagram(START_MS, frame(1, 1, 0, 0))
        wait_until(lambda: "n1 last measured" in cooee("status", "n1", "--farm", rig.farm, *data).stdout, what="heard")
        rig.kill("gateway")
        wait_until(lambda: "is offline: start cooee gateway" in cooee(*calibrate).stderr, what="its will")
    finally:
        rig.__exit__()
    said = cooee("status", "n1", "--farm", rig.farm, *data).stdout
    assert "n1 is sleeping" not in said
    assert "the gateway last called it sleeping" in said, "as no store is there to say how it is now"


def test_monitor_says_at_once_that_a_device_is_not_there(tmp_path: Path) -> None:
    rig = Rig(tmp_path, count=1)
    rig.nodes.close()
    said = cooee("monitor", "--port", "/dev/nowhere", "--farm", rig.farm, "--data", tmp_path)
    assert (said.returncode, said.stderr.partition(";")[0]) == (2, "cooee: /dev/nowhere is not there")


def test_what_was_set_without_a_broker_is_in_farm_yaml_and_says_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path, count=1)
    rig.nodes.close()
    words = ("--farm", rig.farm, "--mqtt", "127.0.0.1:9")
    said = cooee("set", "n1", "wake=20min", *words)
    assert (said.returncode, load_farm(rig.farm).nodes[0].wake_interval_s) == (2, 1200)
    assert said.stderr.startswith(f"cooee: {rig.farm} is changed, but nothing was sent: broker mqtt://127.0.0.1:9: ")
    assert "is changed" not in cooee("set", "n1", *words).stderr


def test_monitor_shows_what_the_gateway_publishes(rig: Rig) -> None:
    command = [
        sys.executable,
        "-u",
        "-m",
        "cooee",
        "monitor",
        "n1",
        "--farm",
        str(rig.farm),
        "--mqtt",
        rig.broker.address,
    ]
    said = rig.folder / "monitor.txt"
    with said.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as monitor:
        try:
            deadline = time.monotonic() + 30
            sequence = 0
            while "soil_moisture_10cm 0." not in said.read_text() and time.monotonic() < deadline:
                rig.nodes.datagram(START_MS + 1000 * sequence, frame(1, 1, sequence, 0))
                sequence += 1
                time.sleep(0.3)
        finally:
            monitor.send_signal(signal.SIGINT)
        assert monitor.wait(PATIENCE_S) == 0
    assert said.read_text().startswith("waiting for what comes of n1, which wakes every ")
    assert "soil_moisture_10cm 0." in said.read_text()


def test_monitor_reads_a_serial_line_and_answers_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, count=1)
    rig.nodes.close()
    board, device = os.openpty()
    tty.setraw(device)
    who = enrolled(1)
    hello = Hello(
        address=1, incarnation=who.incarnation, boot=3, sequence=0, firmware_version=1, wake_interval_s=600,
        channels=("battery",), reset="watchdog",
    )  # fmt: skip
    line = SerialLine(os.ttyname(device))
    assert line.fileno() is not None
    lines = from_line(load_farm(rig.farm), Keys(tmp_path), line, None)
    wrapped = serial_wrap(encode(hello, who.key)) + serial_wrap(encode(hello, bytes(16)))
    os.write(board, wrapped)
    first = next(lines)
    assert "n1 boot 3 no. 0, 0 s old: hello after watchdog, wakes every 600 s, settings 0, measures battery" in first
    assert "no frame that can be read: not a frame: the seal is not one of this key" in next(lines)
    os.set_blocking(board, False)
    with pytest.raises(BlockingIOError):
        os.read(board, 1)
    lines.close()  # type: ignore[attr-defined]
    os.close(board)
    os.close(device)
