"""The links of a gateway, named on its command line, as one."""

import logging
import select
import time
from collections.abc import Sequence

from ..contract.errors import CooeeError
from ..farm import Farm
from ..mqtt.client import Server
from ..mqtt.subscription import Subscription
from . import Heard, Line, Link, ReplyAddress
from .lora_modem import LoraModem
from .lorawan import LorawanAir
from .mqtt_air import MqttAir
from .radio import SimulatedRadio
from .serial_line import SerialLine

log = logging.getLogger("cooee.gateway")

OVER_MQTT = ("mqtt", "lorawan")
"""Links that need nothing but the broker."""


class SeveralLinks:
    """Real links, heard in turn. An acknowledgement goes back by the link whose `where` its address names."""

    simulated = False

    def __init__(self, links: Sequence[Line]) -> None:
        self._links = {link.where: link for link in links}
        self.where = ", ".join(self._links) or "no link"

    def receive(self, limit: int, wait_s: float) -> list[Heard]:
        """See Link. What one read brought is taken whole, also beyond `limit`."""
        waiting = {number: link for link in self._links.values() if (number := link.fileno()) is not None}
        ready = [waiting[number] for number in select.select(list(waiting), [], [], wait_s)[0]]
        heard: list[Heard] = []
        for link in (*ready, *(link for link in self._links.values() if link.fileno() is None)):
            if len(heard) < limit:
                heard += link.receive()
        return heard

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """See Link."""
        self._links[reply_to[0]].send(frame, reply_to)

    def now_ms(self) -> int:
        """The time of day."""
        return time.time_ns() // 1_000_000

    def close(self) -> None:
        """See Link."""
        for link in self._links.values():
            link.close()


def links_of(farm: Farm) -> list[str]:
    """What `--link` is when it is not given: the links of the farm's nodes, udp for those that name none. CooeeError
    for one that needs a device."""
    kinds = {node.link or "udp" for node in farm.nodes if node.board != "gateway"} - {"direct"}
    for kind in ("serial", "lora"):
        if kind in kinds:
            raise CooeeError(
                f"farm.yaml has nodes with link: {kind}; name the device, as in --link {kind}=/dev/ttyUSB0"
            )
    return sorted(kinds)


def warn_of_unheard(farm: Farm, names: Sequence[str]) -> None:
    """Says which nodes have a link that is not among those that are open, a line a link."""
    kinds = {name.partition("=")[0] for name in names} | {"direct", None}
    for link in sorted({node.link for node in farm.nodes if node.link} - kinds):
        first, *others = [node.id for node in farm.nodes if node.link == link]
        more = f" and {len(others)} more" if others else ""
        log.warning("%s%s: link: %s in farm.yaml, but no --link %s is given", first, more, link, link)


def open_links(
    names: Sequence[str], farm: Farm, server: Server, *, udp_port: int, now_ms: int | None, own: Sequence[Line] = ()
) -> Link:
    """The links that `--link` names: `udp`, whose clock goes on from `now_ms`, or any of `serial=DEVICE`,
    `lora=DEVICE`, `mqtt` and `lorawan`, with those of the gateway's `own` nodes. CooeeError says what is wrong."""
    if set(names) == {"udp"}:
        return SimulatedRadio(udp_port, now_ms=now_ms)
    if "udp" in names:
        raise CooeeError("--link udp is the simulated radio, which brings its own time; give it a gateway of its own")
    if len(set(names)) < len(names):
        raise CooeeError("--link names the same link twice")
    for name in names:
        kind, _, device = name.partition("=")
        if name not in OVER_MQTT and (kind not in ("serial", "lora") or not device):
            raise CooeeError(
                f"--link {name}: write udp, mqtt, lorawan, serial=DEVICE or lora=DEVICE, as in serial=/dev/ttyUSB0"
            )
    return SeveralLinks([*(_open(name, farm, server) for name in names), *own])


def _open(name: str, farm: Farm, server: Server) -> Line:
    kind, _, device = name.partition("=")
    if kind == "serial":
        return SerialLine(device)
    if kind == "lora":
        return LoraModem(device, farm.lora)
    subscription = Subscription(server, f"cooee-gateway-{farm.id}-{farm.gateway}-{name}")
    return MqttAir(subscription, farm.id) if name == "mqtt" else LorawanAir(subscription)
