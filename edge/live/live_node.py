"""A node that somebody works on: its readings as they come, and settings for it that are confirmed before one goes on.

Over a cable we are its gateway meanwhile, and keep all it says for the next one; else the gateway that runs tells us.
"""

import contextlib
import queue
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from .. import core
from ..contract import topics
from ..contract.errors import CooeeError, FrameError, MessageError
from ..contract.messages import Reading
from ..contract.payloads import parse
from ..farm import Farm, Node
from ..gateway.intake import Intake
from ..gateway.outbox import Outbox
from ..gateway.outbox_readers import read_values
from ..gateway.uplink import reading_of
from ..links import Heard
from ..links.serial_line import SerialLine
from ..links.serial_port import check_device
from ..links.several import SeveralLinks
from ..mqtt import client as mqtt
from ..mqtt.retained import publish
from ..node.keys import Keys
from ..node.settings import Command, block_of, new_version
from ..service.data_folder import claim
from ..service.quarantine import open_quarantine
from .gateway_heard import silent_gateway

LOOK_S = 0.1
PATIENCE = 3
"""Wakes after which a node that says nothing is given up."""
SPARE_S = 60.0
AGE_MS = 1000
"""Ages of frames are whole seconds."""


class LiveNode(ABC):
    """One node of a farm; `data` is the gateway's folder. Methods raise CooeeError when the node is not heard."""

    def __init__(self, farm: Farm, node: Node, data: Path) -> None:
        self.farm, self.node, self.data = farm, node, data
        self.wake_interval_s = node.wake_interval_s
        self._version = 0
        self._readings: queue.SimpleQueue[Reading | CooeeError] = queue.SimpleQueue()

    @abstractmethod
    def _send(self, command: Command) -> None:
        """Hands settings to the gateway."""

    def send(self, node: Node) -> None:
        """Sends settings as `node` has them: the node of the farm, or one that was changed a little."""
        self._version = max(new_version(), self._version + 1)
        self._send(Command(version=self._version, block=block_of(self.farm, node)))

    def use(self, node: Node) -> None:
        """Sends settings, and waits until the node uses them."""
        self.send(node)
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            known = read_values(self.data / "outbox.db", node.id).get(core.SETTINGS)
            if known and known.version == self._version and known.state == "confirmed":
                self.wake_interval_s = node.wake_interval_s
                return
            if known and known.version == self._version and known.state == "refused":
                raise CooeeError(
                    f"{node.id} refuses its settings, or nobody heard it with them: cooee status {node.id}"
                )
            self._check()
            time.sleep(LOOK_S)
        raise CooeeError(
            f"{node.id} has not taken its settings; does the gateway hear it, and is {self.data} its folder (--data)?"
        )

    def _check(self) -> None:
        """CooeeError when nothing more can come; readings that wait stay for nobody."""
        with contextlib.suppress(queue.Empty):
            if isinstance(came := self._readings.get_nowait(), CooeeError):
                raise came

    @property
    def _patience_s(self) -> float:
        return PATIENCE * self.wake_interval_s + SPARE_S

    def readings(self) -> Iterator[Reading]:
        """Readings that are taken from now on."""
        asked_ms = time.time_ns() // 1_000_000 - AGE_MS
        while True:
            try:
                came = self._readings.get(timeout=self._patience_s)
            except queue.Empty:
                raise CooeeError(f"{self.node.id} has said nothing for {self._patience_s:.0f} s") from None
            if isinstance(came, CooeeError):
                raise came
            if came.t >= asked_ms:
                yield came

    @abstractmethod
    def close(self) -> None:
        """Lets go of the link."""


class ByBroker(LiveNode):
    """Through the gateway that runs, by the broker."""

    def __init__(self, farm: Farm, node: Node, data: Path, server: mqtt.Server) -> None:
        super().__init__(farm, node, data)
        if silent := silent_gateway(server, farm):
            raise CooeeError(silent)
        self._server = server
        self._client = mqtt.new_client("", server)
        wanted = topics.topic(farm.id, node.id, "telemetry")
        self._client.on_connect = lambda client, _d, _f, reason, _p: (
            self._readings.put(CooeeError(f"broker {server}: {mqtt.explain(reason)}"))
            if reason.is_failure
            else client.subscribe(wanted, 1)
        )
        self._client.on_message = lambda _c, _d, message: self._take(message.topic, bytes(message.payload))
        try:
            self._client.connect(server.host, server.port)
        except OSError:
            raise CooeeError(f"broker {server}: {mqtt.explain(sys.exc_info()[1])}") from None
        self._client.loop_start()

    def _take(self, topic: str, payload: bytes) -> None:
        parsed = topics.parse_topic(topic)
        with contextlib.suppress(MessageError):
            if parsed and isinstance(came := parse(parsed, payload), Reading):
                self._readings.put(came)

    def _send(self, command: Command) -> None:
        publish(self._server, topics.topic(self.farm.id, self.node.id, "command"), command.dump(self.node.id))

    def close(self) -> None:
        """See LiveNode."""
        self._client.disconnect()
        self._client.loop_stop()


class ByCable(LiveNode):
    """Over a serial line, as a gateway that publishes nothing: what it hears is in the outbox for the next one."""

    def __init__(self, farm: Farm, node: Node, data: Path, port: str) -> None:
        super().__init__(farm, node, data)
        check_device(port)
        self._claim = claim(data, "gateway")
        self._port = port
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._hear, name="cable", daemon=True)
        self._thread.start()

    def _send(self, command: Command) -> None:
        self._commands.put(command)

    def _hear(self) -> None:
        try:
            link = SeveralLinks([SerialLine(self._port)])
            keys = Keys(self.data)
            with (
                contextlib.closing(link),
                contextlib.closing(Outbox(self.data / "outbox.db")) as outbox,
                contextlib.closing(open_quarantine(self.data, "gateway-quarantine.db")) as quarantine,
            ):
                intake = Intake(self.farm, keys, link, outbox, quarantine)
                done = False
                while not done:
                    done = self._done.is_set()  # what was sent before it goes to the outbox still
                    self._turn(intake, link, keys)
        except CooeeError as error:
            self._readings.put(error)

    def _turn(self, intake: Intake, link: SeveralLinks, keys: Keys) -> None:
        heard = link.receive(10, LOOK_S)
        while not self._commands.empty():
            intake.command(self.node.id, self._commands.get().dump(self.node.id))
        if heard:
            intake.take(heard)
            intake.write_refused()
        for each in heard:
            if (reading := self._reading(each, keys)) is not None:
                self._readings.put(reading)

    def _reading(self, heard: Heard, keys: Keys) -> Reading | None:
        with contextlib.suppress(FrameError):
            head = core.read_head(heard.frame)
            key = keys.key(self.node.id, head.incarnation)
            frame = core.decode(heard.frame, core.OPEN_KEY if key is None else key)
            is_ours = frame.address == self.node.address and frame.time != "earlier"
            if is_ours and isinstance(frame, core.Telemetry) and heard.received_ms:
                return reading_of(frame, self.farm.id, self.node.id, heard.received_ms - 1000 * frame.age_s)
        return None

    def close(self) -> None:
        """See LiveNode."""
        self._done.set()
        self._thread.join()
        self._claim.close()
