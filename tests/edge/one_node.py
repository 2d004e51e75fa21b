"""One node, a gateway and the air between them: the node's own C, the real intake, a radio that loses and doubles."""

import contextlib
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import yaml

from bench.transport import START_MS, enrolled, farm_text, write_farm_keys
from edge.contract.channels import MISSING, channel_names
from edge.core import Nodes, Piece, decode, read_head
from edge.farm import Farm, parse_farm
from edge.farm.lora import Lora
from edge.gateway.intake import Intake
from edge.gateway.outbox import Outbox
from edge.gateway.outbox_schema import WantedValue
from edge.links import Heard, ReplyAddress
from edge.links.lora_modem import LoraModem
from edge.links.radio import TIME, SimulatedRadio
from edge.links.several import SeveralLinks
from edge.node.commission import node_config
from edge.node.keys import Keys
from edge.node.sentinel_images import SentinelImage, dump_images
from edge.node.settings import Command, block_of
from edge.service.quarantine import Quarantine
from tests.lora_modem import Air, Modem
from tests.transport.rig import wait_until

POINTS = [[mv, 0.4 - mv / 20_000] for mv in (1000, 1500, 2000, 2500, 3000)]


def farm_of(wake: str = "10 min", crop: str = "tomato", **fields: object) -> Farm:
    farm = yaml.safe_load(farm_text(1))
    calibration = {"soil_moisture_10cm": POINTS}
    farm["zones"][0]["crop"] = crop
    farm["nodes"][0] |= {"sensors": ["soil_probe"], "wake_interval": wake, "calibration": calibration} | fields
    return parse_farm(yaml.safe_dump(farm), source="farm.yaml")


class Field:
    """One node, a gateway, and the air between them."""

    def __init__(self, folder: Path) -> None:
        write_farm_keys(folder, 1)
        self.radio = SimulatedRadio()
        self.outbox = Outbox(folder / "outbox.db")
        self.quarantine = Quarantine(folder / "quarantine.db")
        self.farm = farm_of()
        self.keys = Keys(folder)
        self.intake = Intake(self.farm, self.keys, self.radio, self.outbox, self.quarantine)
        self.node = Nodes(
            [
                replace(
                    node_config(self.farm, self.farm.nodes[0], date(2026, 5, 1), enrolled=enrolled(1)),
                    resend_after_s=60,
                )
            ]
        )
        self.now_s = 0
        self.sent_down: list[bytes] = []
        self.lose: Callable[[], bool] = lambda: False
        self.double: Callable[[], bool] = lambda: False
        self.there = True
        self.reading = {"battery": 3300}

    def start_anew(self, farm: Farm) -> None:
        """Another gateway with the same outbox, and a farm.yaml that may have changed."""
        self.intake = Intake(farm, self.keys, self.radio, self.outbox, self.quarantine)
        self.intake.follow(farm)

    def command(self, version: int, wake: str = "20 min", block: bytes | None = None) -> None:
        farm = farm_of(wake)
        command = Command(version=version, block=block_of(farm, farm.nodes[0]) if block is None else block)
        self.intake.command("n1", command.dump("n1"))

    def image(self, version: int, data: bytes) -> None:
        images = {"soil": SentinelImage(id=0, version=version, data=data)}
        self.intake.sentinel("n1", dump_images("n1", images))

    def wake(self) -> None:
        """A wake, and as much talk as there is."""
        self.now_s += self.node.settings(0).wake_interval_s
        row = np.full((1, len(channel_names())), MISSING, dtype=np.int16)
        for name, raw in self.reading.items():
            row[0, channel_names().index(name)] = raw + self.now_s // 600 % 7
        self.node.wake(self.now_s, row)
        for _ in range(40):
            up = [frame for _, frame in self.node.transmit(self.now_s)]
            if not self.there or not sum(self._exchange(frame) for frame in up):
                return

    def _exchange(self, frame: bytes) -> bool:
        heard = False
        for answer in self._answers(frame):
            self.sent_down.append(answer)
            for _ in range(2 if self.double() else 1):
                heard = (not self.lose() and self.node.receive(answer)) or heard
        return heard

    def _answers(self, frame: bytes) -> list[bytes]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.sendto(TIME.pack(START_MS + 1000 * self.now_s) + frame, ("127.0.0.1", self.radio.port))
            self.intake.take(self.radio.receive(10, 2))
            sock.setblocking(False)
            answers = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    answers.append(sock.recv(256))
        return answers

    @property
    def known(self) -> WantedValue:
        return self.outbox.values()[0]

    @property
    def used(self) -> tuple[int, int, int]:
        """Version, wake interval, acknowledged wakes until they are proved."""
        found = self.node.settings(0)
        return found.version, found.wake_interval_s, found.trial

    @property
    def runs(self) -> int:
        """Version of its sentinel."""
        return self.node.sentinel(0, 0)

    def calls(self) -> list[tuple[str, str]]:
        """(version of the sentinel, state) of the calls that came."""
        waiting = [json.loads(m.payload) for m in self.outbox.waiting(0, 1000) if m.kind == "call"]
        return [(call["version"], call["state"]) for call in waiting]

    def pieces(self) -> int:
        return sum(read_head(frame).type == 12 for frame in self.sent_down)

    def offsets(self) -> list[int]:
        """Of the pieces that were sent."""
        frames = [decode(frame, enrolled(1).key) for frame in self.sent_down]
        return [frame.offset for frame in frames if isinstance(frame, Piece)]

    def close(self) -> None:
        self.radio.close()
        self.outbox.close()
        self.quarantine.close()


class LoraField(Field):
    """The same with a LoRa modem between them, whose air loses what `lose` says, both ways."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._modem = Modem.at(folder / "modem", Air(0.0))
        self._line = _Counted(str(folder / "modem"), Lora(duty_percent=100))
        self._link = SeveralLinks([self._line])
        self.intake = Intake(self.farm, self.keys, self._link, self.outbox, self.quarantine)
        self._answered = 0
        wait_until(lambda: self._link.receive(1, 0.01) == [] and len(self._modem.commands) == 6, what="a modem set up")

    def _answers(self, frame: bytes) -> list[bytes]:
        if self.lose():
            return []
        self._modem.hear(1, frame)
        heard: list[Heard] = []
        while not heard:
            heard = self._link.receive(10, 0.01)
        self.intake.take(heard)
        wait_until(
            lambda: self._link.receive(1, 0.01) == [] and len(self._modem.heard) == self._line.sent, what="all answers"
        )
        answers = [data for _, data in self._modem.heard[self._answered :]]
        self._answered = self._line.sent
        return answers

    def close(self) -> None:
        super().close()
        self._modem.close()
        self._link.close()


class _Counted(LoraModem):
    sent = 0

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        self.sent += 1
        super().send(frame, reply_to)
