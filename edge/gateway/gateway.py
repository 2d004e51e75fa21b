"""The gateway: frames from a link to MQTT, nothing lost and nothing twice (docs/SPEC.md, docs/SECURITY.md).

A frame is put on disk, then acknowledged to its node (intake), then published until ingest says that the store has it
(publisher). Intake and publishing take turns in one thread.
"""

import logging
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..contract.errors import CooeeError
from ..contract.messages import Status, StatusState
from ..farm import FARM_FILE, Farm
from ..farm.file import FarmFile
from ..links import Link
from ..links.several import links_of, open_links, warn_of_unheard
from ..mqtt import client as mqtt
from ..mqtt.options import with_broker
from ..mqtt.subscription import Subscription
from ..node.keys import Keys
from ..options import FarmOfNodes
from ..service.data_folder import DATA, claim
from ..service.metrics import Counts, Metrics, MetricsOption
from ..service.processes import READY
from ..service.quarantine import Quarantine, open_quarantine
from ..sources.hosted_nodes import FILE, HostedNodes, NodesFile
from ..sources.topics import TopicInlet
from ..sources.uploads import LISTEN, UploadInlet
from .intake import Intake
from .outbox import Outbox, newest_time
from .publisher import Publisher

log = logging.getLogger("cooee.gateway")

BATCH = 256
"""Frames a commit at most. While one is written the next ones gather in the link's buffer."""
STATUS_S = {True: 1, False: 60}
"""Seconds between the gateway's own status messages, by whether its farm is simulated."""
TICK_S = 0.5
NOT_BESIDE_UDP = (
    "the simulated radio (udp) brings its own time, and nodes with board: gateway live in ours: give them a gateway of "
    "their own, or write the link of every other node into farm.yaml"
)


class Gateway:
    """A farm's gateway between a link and a broker."""

    def __init__(
        self,
        file: FarmFile,
        keys: Keys,
        link: Link,
        outbox: Outbox,
        quarantine: Quarantine,
        server: mqtt.Server,
        hosted: HostedNodes | None = None,
        links: Sequence[str] = ("udp",),
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._outbox = outbox
        self._quarantine = quarantine
        self._hosted = hosted
        self._links = links
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
        self._intake.follow(self._farm)
        self._intake.check_sensors()
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
        for kind, device, payload in self._publisher.take_commands():
            (self._intake.command if kind == "command" else self._intake.sentinel)(device, payload)
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + TICK_S
            self._tick(now)

    def _tick(self, now: float) -> None:
        self._follow_farm()
        self._intake.write_refused()
        for node in self._intake.take_again() + self._intake.check_silence():
            self._publisher.say_node(node)
        if now >= self._next_status and (own := self._own_now()) is not None:
            self._next_status = now + STATUS_S[self._link.simulated]
            self._publisher.say_own(own)
        if self._metrics and self._metrics.due():
            self._metrics.say(self._count())

    def _count(self) -> Counts:
        now_ms, newest = self._intake.now_ms(), max((node.seen_t for node in self._intake.nodes.values()), default=None)
        return Counts(
            waiting=self._outbox.backlog,
            connected=self._publisher.connected,
            stored=self._intake.stored.copy(),
            refused=self._quarantine.counts(),
            dropped=self._outbox.dropped(),
            newest_age_s=None if now_ms is None or newest is None else (now_ms - newest) / 1000,
        )

    def _follow_farm(self) -> None:
        farm = self._file.refresh()
        if farm is self._intake.farm:
            return
        self._intake.follow(farm)
        self._intake.check_sensors()
        warn_of_unheard(farm, self._links)
        try:
            if self._hosted:
                self._hosted.follow(farm)
            elif any(node.board == "gateway" for node in farm.nodes):
                log.error("%s; nodes with board: gateway are not heard", NOT_BESIDE_UDP)
        except CooeeError as error:
            log.error("%s: start the gateway again when that is mended", error)

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


def _hosted(farm: Farm, keys: Keys, data: Path, server: mqtt.Server, http: str) -> HostedNodes:
    topics = TopicInlet(Subscription(server, f"cooee-gateway-{farm.id}-{farm.gateway}-readings"))
    return HostedNodes(farm, keys, NodesFile(data / FILE), topics, UploadInlet(http))


Data = Annotated[Path, typer.Option(help="Folder for the outbox and the quarantine.")]
RadioPort = Annotated[
    int, typer.Option(help="UDP port of the simulated radio on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
]
Links = Annotated[
    list[str] | None,
    typer.Option(
        "--link",
        help="Where frames come from: udp (the simulated radio), serial=DEVICE, as in serial=/dev/ttyUSB0, "
        "lora=DEVICE (an AT modem), mqtt (published by WiFi nodes), lorawan (The Things Stack or ChirpStack, over "
        "MQTT). May be given several times; without it, the links of the nodes in farm.yaml.",
    ),
]
Uploads = Annotated[
    str, typer.Option(help="HOST:PORT where stations upload, for readings of farm.yaml that come over http.")
]


@with_broker
def command(
    farm: FarmOfNodes = FARM_FILE,
    data: Data = DATA,
    *,
    server: mqtt.Server,
    listen: RadioPort = 47_000,
    links: Links = None,
    http: Uploads = LISTEN,
    metrics: MetricsOption = None,
) -> None:
    """Hears the nodes, keeps their frames, publishes them over MQTT."""
    file = FarmFile(farm)
    names = links or links_of(file.farm)
    simulated = set(names) == {"udp"}
    if simulated and any(node.board == "gateway" for node in file.farm.nodes):
        raise CooeeError(NOT_BESIDE_UDP)
    warn_of_unheard(file.farm, names)
    claimed = claim(data, "gateway")
    keys = Keys(data)
    quarantine = open_quarantine(data, "gateway-quarantine.db")
    outbox = Outbox(data / "outbox.db")
    hosted = None if simulated else _hosted(file.farm, keys, data, server, http)
    own = [hosted] if hosted else []
    link = open_links(names, file.farm, server, udp_port=listen, now_ms=newest_time(outbox), own=own)
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
        with Metrics("gateway").served(metrics) as counts:
            gateway = Gateway(file, keys, link, outbox, quarantine, server, hosted, names, counts)
            gateway.run(lambda: stopping, on_ready=ready)
    finally:
        link.close()
        outbox.close()
        quarantine.close()
        claimed.close()
