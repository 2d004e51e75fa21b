"""The gateway's LoRa modem, emulated on a pseudo-terminal: AT commands, an air that loses a fifth, a duty limit."""

import os
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.transport import acknowledged, farm_text, frame, write_farm_keys
from edge.farm.lora import Lora
from edge.gateway.outbox import Outbox
from edge.service.processes import Child
from tests.lora_modem import Air, Modem
from tests.transport.rig import wait_until

LOSS = 0.2
NODES = 3


class Farm:
    """A gateway with a modem and no broker."""

    def __init__(self, folder: Path, loss: float, duty_percent: float) -> None:
        self.folder = folder
        self.modem = Modem.at(folder / "modem", Air(loss))
        text = farm_text(NODES).replace("link: udp", "link: lora").replace("10 min", "1 h")
        lora = f"lora: {{frequency_hz: 868300000, network: 7, duty_percent: {duty_percent}}}\n"
        (folder / "farm.yaml").write_text(text + lora)
        write_farm_keys(folder, NODES)
        options = ["--farm", str(folder / "farm.yaml"), "--data", str(folder), "--mqtt", "127.0.0.1:9"]
        self.gateway = Child.cooee("gateway", *options, "--link", f"lora={folder}/modem", log=folder / "gateway.log")
        self.gateway.wait_ready()
        wait_until(lambda: len(self.modem.commands) >= 6, what="the modem's settings")

    def acknowledged(self) -> set[tuple[int, int]]:
        """(address, sequence) of what the nodes know to be acknowledged."""
        return {(a, s) for address, data in list(self.modem.heard) for a, _, s in acknowledged(data) if a == address}

    def close(self) -> None:
        self.gateway.stop()
        self.modem.close()


@pytest.fixture
def lossy(tmp_path: Path) -> Iterator[Farm]:
    farm = Farm(tmp_path, LOSS, 100)
    yield farm
    farm.close()


def test_through_an_air_that_loses_a_fifth_every_frame_comes_and_is_acknowledged(lossy: Farm) -> None:
    assert lossy.modem.commands == [
        "AT",
        "AT+ADDRESS=65535",
        "AT+NETWORKID=7",
        "AT+BAND=868300000",
        "AT+PARAMETER=9,7,1,12",
        "AT+CRFOP=13",
    ]
    wanted = {(address, sequence) for address in range(1, NODES + 1) for sequence in range(20)}
    deadline = time.monotonic() + 120
    tries = 0
    while missing := wanted - lossy.acknowledged():
        assert time.monotonic() < deadline, missing
        tries += 1
        lossy.modem.garble()
        for address, sequence in sorted(missing):
            lossy.modem.transmit(address, frame(address, 1, sequence, 0))
            time.sleep(0.005)
        time.sleep(0.3)
    assert tries > 1, "the air lost nothing"
    lossy.gateway.stop()
    outbox = Outbox(lossy.folder / "outbox.db")
    kept = sorted((m.identity.node, m.identity.seq) for m in outbox.waiting(0, 1000))
    nodes = outbox.nodes()
    outbox.close()
    assert kept == sorted((f"n{address}", sequence) for address, sequence in wanted)
    assert {n.node: (n.link, n.rssi, n.snr) for n in nodes.values()} == {
        f"n{address}": ("lora", -90 - address, address) for address in range(1, NODES + 1)
    }
    assert "refuses" not in lossy.gateway.output()


def test_answers_keep_the_duty_limit(tmp_path: Path) -> None:
    """At SF9 an acknowledgement of one sequence takes a third of a second; 0.05 % of an hour are 1.8 s."""
    farm = Farm(tmp_path, 0.0, 0.05)
    try:
        for sequence in range(12):
            farm.modem.transmit(1, frame(1, 1, sequence, 0))
            time.sleep(0.1)
        wait_until(lambda: "duty limit" in farm.gateway.output(), what="the duty limit")
        takes_s = [Lora().frame_on_air_s(len(data)) for _, data in farm.modem.sent]
        assert sum(takes_s) <= 1.8 < sum(takes_s) + takes_s[0]
        assert farm.gateway.output().count("duty limit") == 1
        outbox = Outbox(tmp_path / "outbox.db")
        wait_until(lambda: len(outbox.waiting(0, 100)) == 12, what="that what is not answered is kept all the same")
        outbox.close()
    finally:
        farm.close()


def test_a_device_that_is_no_modem_is_named(tmp_path: Path) -> None:
    end, far = os.openpty()
    tty.setraw(far)
    (tmp_path / "farm.yaml").write_text(farm_text(1).replace("link: udp", "link: lora"))
    options = ["--farm", str(tmp_path / "farm.yaml"), "--data", str(tmp_path), "--mqtt", "127.0.0.1:9"]
    gateway = Child.cooee("gateway", *options, "--link", f"lora={os.ttyname(far)}", log=tmp_path / "gateway.log")
    try:
        gateway.wait_ready()
        wait_until(lambda: "does not answer AT: is it a LoRa modem" in gateway.output(), what="that it is named")
    finally:
        gateway.stop()
        os.close(end)
        os.close(far)
