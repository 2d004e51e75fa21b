"""The gateway: frames from a link to MQTT, nothing lost and nothing twice (docs/SPEC.md, docs/SECURITY.md).

A frame is put on disk, then acknowledged to its node (intake), then published until ingest says that the store has it
(publisher). Intake and publishing take turns in one thread.
"""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from . import mqtt
from .contract.messages import Status, StatusState
from .data_folder import DATA, claim
from .farm import FARM_FILE
from .farm_file import FarmFile
from .intake import Intake
from .keys import Keys
from .links import Link
from .links.several import links_of, open_links, warn_of_unheard
from .outbox import Outbox, newest_time
from .processes import READY
from .publisher import Publisher
from .quarantine import Quarantine, open_quarantine

BATCH = 256
"""Frames a commit at most. While one is written the next ones gather in the link's buffer."""
STATUS_S = {True: 1, False: 60}
"""Seconds between the gateway's own status messages, by whether its farm is simulated."""
TICK_S = 0.5


class Gateway:
    """A farm's gateway between a link and a broker."""

    def __init__(
        self, file: FarmFile, keys: Keys, link: Link, outbox: Outbox, quarantine: Quarantine, server: mqtt.Server
    ) -> None:
        self._file = file
        self._farm = farm = file.farm
        self._link = link
        self._intake = Intake(farm, keys, link, outbox, quarantine)
        self._publisher = Publisher(
            farm.id,
            farm.gateway,
            outbox,
            server=server,
            will=self._own("offline", 0),
            status=self._own_now,
            nodes=lambda: list(self._intake.nodes.values()),
        )
        self._next_tick = 0.0
        self._next_status = 0.0

    def run(self, stop: Callable[[], bool], *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Works until `stop()` is true. It is ready at once: frames are kept with or without a broker."""
        self._publisher.start()
        on_ready()
        try:
            while not stop():
                self._step()
        finally:
            self._publisher.stop()

    def _step(self) -> None:
        heard = self._link.receive(BATCH, 0.005 if self._publisher.busy else 0.05)
        if heard:
            for node in self._intake.take(heard):
                self._publisher.say_node(node)
        self._publisher.step()
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + TICK_S
            self._tick(now)

    def _tick(self, now: float) -> None:
        self._intake.farm = self._file.refresh()
        self._intake.write_refused()
        for node in self._intake.take_again() + self._intake.check_silence():
            self._publisher.say_node(node)
        if now >= self._next_status and (own := self._own_now()) is not None:
            self._next_status = now + STATUS_S[self._link.simulated]
            self._publisher.say_own(own)

    def _own_now(self) -> Status | None:
        now_ms = self._intake.now_ms()
        return None if now_ms is None else self._own("online", now_ms)

    def _own(self, state: StatusState, t: int) -> Status:
        return Status(
            farm=self._farm.id,
            node=self._farm.gateway,
            t=t,
            state=state,
            gateway=True,
            simulated=self._link.simulated,
            wake_interval_s=STATUS_S[self._link.simulated],
        )


def command(
    farm: Annotated[Path, typer.Option(help="The farm.yaml that names the nodes.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder for the outbox and the quarantine.")] = DATA,
    address: mqtt.AddressOption = mqtt.BROKER,
    password_file: mqtt.PasswordOption = None,
    ca: mqtt.CaOption = None,
    certificate: mqtt.CertificateOption = None,
    key: mqtt.KeyOption = None,
    listen: Annotated[
        int, typer.Option(help="UDP port of the simulated radio on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
    ] = 47_000,
    links: Annotated[
        list[str] | None,
        typer.Option(
            "--link",
            help="Where frames come from: udp (the simulated radio), or serial=DEVICE, as in serial=/dev/ttyUSB0. "
            "May be given several times; without it, the links of the nodes in farm.yaml.",
        ),
    ] = None,
) -> None:
    """Hears the nodes, keeps their frames, publishes them over MQTT."""
    server = mqtt.parse_server(address, password_file, ca, certificate, key)
    file = FarmFile(farm)
    names = links or links_of(file.farm)
    warn_of_unheard(file.farm, names)
    claimed = claim(data, "gateway")
    keys = Keys(data)
    quarantine = open_quarantine(data, "gateway-quarantine.db")
    outbox = Outbox(data / "outbox.db")
    link = open_links(names, listen, newest_time(outbox))
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    def ready() -> None:
        typer.echo(f"listening on {link.where}")
        typer.echo(READY)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        Gateway(file, keys, link, outbox, quarantine, server).run(lambda: stopping, on_ready=ready)
    finally:
        link.close()
        outbox.close()
        quarantine.close()
        claimed.close()
