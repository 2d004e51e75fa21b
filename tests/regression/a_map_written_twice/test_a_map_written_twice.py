"""`cooee map --listen --write`, run again, added each device a second time; a topic that cannot be ended in a
traceback and exit code 0; Ctrl-C threw away what had been heard."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.broker import Broker
from edge.farm import load_farm, sample_farm_text
from edge.service.processes import free_port
from tests.called import cooee

TOPIC = "zigbee2mqtt/bed 1"
PROBE = '{"soil_moisture": 31, "temperature": 18.4, "battery": 100}'


class Listener:
    """`cooee map --listen`, beside a probe that has spoken once it listens."""

    def __init__(self, broker: Broker, *options: str) -> None:
        http = ["--http", f"127.0.0.1:{free_port()}"]
        listen = [sys.executable, "-P", "-m", "cooee", "map", "--listen", "--mqtt", broker.address, *http, *options]
        self._process = subprocess.Popen(listen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr
        while "Ctrl-C" not in self._process.stderr.readline():
            assert self._process.poll() is None
        to_us = ["-h", "127.0.0.1", "-p", str(broker.port), "-q", "1", "-r", "-t", TOPIC, "-m", PROBE]
        subprocess.run(["mosquitto_pub", *to_us], check=True)

    def interrupt(self) -> None:
        """As Ctrl-C does."""
        time.sleep(1)
        os.kill(self._process.pid, signal.SIGINT)

    def end(self) -> tuple[str, int]:
        """What it said, and its exit code."""
        out, err = self._process.communicate(timeout=60)
        return out + err, self._process.returncode


def test_what_farm_yaml_has_is_not_added_again(tmp_path: Path) -> None:
    farm = tmp_path / "farm.yaml"
    farm.write_text(sample_farm_text())
    options = ("--seconds", "2", "--write", "--zone", "tomatoes", "--farm", str(farm))
    with Broker(tmp_path / "broker") as broker:
        said, code = Listener(broker, *options).end()
        assert (code, f"added to {farm}: bed-1;" in said) == (0, True), said
        written = farm.read_text()
        said, code = Listener(broker, *options).end()
    assert (code, f"{farm} has all of it already" in said) == (0, True), said
    assert farm.read_text() == written
    (node,) = [node for node in load_farm(farm).nodes if node.board == "gateway"]
    assert [reading.channel for reading in node.readings] == ["soil_moisture_10cm", "soil_temperature"]


@pytest.mark.parametrize("write", [False, True])
def test_ctrl_c_shows_what_was_heard_and_writes_nothing(tmp_path: Path, write: bool) -> None:
    farm = tmp_path / "farm.yaml"
    farm.write_text(sample_farm_text())
    options = ("--write", "--zone", "tomatoes", "--farm", str(farm)) if write else ()
    with Broker(tmp_path / "broker") as broker:
        listener = Listener(broker, "--seconds", "60", *options)
        listener.interrupt()
        said, code = listener.end()
    assert "soil_moisture = 31" in said
    assert (code, f"broken off: nothing was added to {farm}" in said) == ((2, True) if write else (0, False))
    assert farm.read_text() == sample_farm_text()


@pytest.mark.parametrize("topic", ["zigbee2mqtt#", "a/#/b", ""])
def test_a_topic_that_cannot_be_is_one_clear_line(topic: str) -> None:
    said = cooee("map", "--listen", "--topic", topic)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"cooee: --topic {topic}: in an MQTT topic + stands for a whole level")
