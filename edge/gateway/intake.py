"""Frames into the outbox: opened, named, timed once, acknowledged once on disk."""

import logging
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

from .. import core
from ..contract.messages import EARLIEST_MS, LATEST_MS, Identity
from ..contract.payloads import dump
from ..farm import Farm, Node
from ..links import Heard, Link
from ..node.commission import other_sensors
from ..node.keys import Keys
from ..service.quarantine import Quarantine
from .admission import NotTaken, open_frame
from .desk import Desk
from .downlink import Downlink, Sender
from .outbox import Outbox
from .outbox_schema import NodeState
from .refused_frames import RefusedFrames
from .registry import Registry
from .station import Stations
from .uplink import call_of, reading_of

log = logging.getLogger("cooee.gateway")

FORGET_EVERY = 2048
"""Frames between two prunings of the outbox's memory."""
V1 = 0x10
"""In the digest of a message, whatever the version of its frame: outboxes of the first version hold such ones."""


class Intake:
    """Takes what a link heard. `nodes` is what is known of every node heard so far, by its id; `stored` counts the
    messages that were put on disk since the start, by kind."""

    def __init__(self, farm: Farm, keys: Keys, link: Link, outbox: Outbox, quarantine: Quarantine) -> None:
        self.farm = farm
        self._keys = keys
        self._link = link
        self._outbox = outbox
        self._quarantine = RefusedFrames(quarantine)
        self._registry = Registry(outbox)
        self.nodes = self._registry.nodes
        self._desk = Desk(outbox)
        self._stations = Stations(farm, outbox.sunshine())
        self._downlink = Downlink(link, keys, outbox, self._registry, self._desk, self._stations)
        self.stored: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._said_links: set[tuple[str, str, str]] = set()
        self._said_sensors: set[str] = set()
        self._since_forget = 0
        self._disk_full = False

    def now_ms(self) -> int | None:
        """The gateway's clock (UTC ms): the link's."""
        return self._link.now_ms()

    def take(self, heard: Sequence[Heard]) -> list[NodeState]:
        """Keeps frames, acknowledges them once they are on disk, and returns the nodes whose status is new. On a full
        disk nothing is acknowledged: the nodes keep their frames and send them again."""
        self._stations.follow(self.farm)
        self._registry.begin()
        self._kept.clear()
        try:
            with self._outbox.transaction():
                answers = self._downlink.answers(self.farm, self._keep_all(heard))
                self._registry.save()
                self._forget(len(heard))
        except sqlite3.Error as error:
            if not self._disk_full:
                log.error("cannot keep frames (%s): free space on the disk; the nodes keep theirs until then", error)
            self._disk_full = True
            self._desk.reload()
            return []
        self.stored += self._kept
        if self._disk_full:
            log.info("frames can be kept again")
        self._disk_full = False
        self._downlink.send(answers)
        return self._registry.adopt()

    def follow(self, farm: Farm) -> None:
        """Goes by what farm.yaml says now, and sends nodes the settings that have changed there."""
        self._desk.follow(farm)
        self.farm = farm

    def command(self, node: str, payload: bytes) -> None:
        """Takes settings that were published for a node."""
        self._desk.command(self.farm, node, payload)

    def sentinel(self, node: str, payload: bytes) -> None:
        """Takes images that were published for a node."""
        self._desk.sentinel(self.farm, node, payload)

    def check_silence(self) -> list[NodeState]:
        """Marks nodes that have been silent for too long, and returns them."""
        now_ms = self.now_ms()
        return [] if now_ms is None else self._registry.check_silence(now_ms)

    def write_refused(self) -> None:
        """Writes what was refused to quarantine, at most once a second."""
        self._quarantine.write()

    def take_again(self) -> list[NodeState]:
        """Takes once more what a person has marked in quarantine; what is refused again stays there."""
        try:
            entries = self._quarantine.marked()
            if not entries:
                return []
            changed = self.take(
                [Heard(bytes.fromhex(e.refused.content.decode()), e.refused.heard_ms, None) for e in entries]
            )
            if not self._disk_full:
                self._quarantine.settle(entries)
        except sqlite3.Error as error:
            log.error("cannot read quarantine (%s): marked frames are tried again later", error)
            return []
        return changed

    def _keep_all(self, heard: Iterable[Heard]) -> list[tuple[Sender, core.Frame]]:
        """Puts frames into the open transaction; returns those to be acknowledged, after their senders."""
        taken = []
        for each in heard:
            kept = self._keep(each)
            if kept is not None and each.reply_to:
                node, frame = kept
                sender = Sender(each.reply_to, node, frame.address, frame.incarnation, frame.boot, each.answer_every_s)
                taken.append((sender, frame))
        return taken

    def _keep(self, heard: Heard) -> tuple[str, core.Frame] | None:
        """Puts one frame into the open transaction; returns its node with it when it is to be acknowledged."""
        try:
            if heard.received_ms is None:
                raise NotTaken("datagram", "no time before it, or one too far from the clock")
            node, frame, plain = open_frame(self.farm, self._keys, heard.frame)
            t = self._event_time(node, frame, heard.received_ms)
            if not EARLIEST_MS <= t < LATEST_MS:
                raise NotTaken("time", f"an age of {frame.age_s} s, which is before the year 2000")
            wake_interval_s = node.wake_interval_s
            if isinstance(frame, core.Hello):
                wake_interval_s = frame.wake_interval_s
            elif isinstance(frame, core.Telemetry | core.CallFrame) and not self._keep_message(frame, plain, node, t):
                return node.id, frame
        except NotTaken as refused:
            self._quarantine.add(heard, refused.kind, refused.reason)
            return refused.sound
        self._hear_clock(node, frame, t)
        self._check_link(node, heard.link)
        seen = self._registry.see(node.id, frame, t, wake_interval_s, heard)
        if isinstance(frame, core.Hello):
            self._check_sensors(node, seen)
        self._desk.hear(node.id, frame)
        return node.id, frame

    def _event_time(self, node: Node, frame: core.Frame, received_ms: int) -> int:
        """UTC ms of its measurement; NotTaken when it says the clock of a boot that was never heard."""
        if frame.time != "earlier":
            return received_ms - 1000 * frame.age_s
        known = self._outbox.clock(node.id, frame.incarnation, frame.boot)
        if known is None:
            reason = f"{node.id} was not heard while its boot {frame.boot} ran: nothing tells when that was"
            raise NotTaken("time", reason, (node.id, frame))
        t, clock_s = known
        half = core.CLOCK_PERIOD_S // 2
        return min(t + 1000 * ((frame.clock_s - clock_s + half) % core.CLOCK_PERIOD_S - half), received_ms)

    def _hear_clock(self, node: Node, frame: core.Frame, t: int) -> None:
        """Sets the clock of a frame's boot. A hello may be an old one, sent again by anybody: it sets none anew."""
        boot = (node.id, frame.incarnation, frame.boot)
        if frame.time == "now" and not (isinstance(frame, core.Hello) and self._outbox.clock(*boot)):
            self._outbox.set_clock(*boot, t, frame.clock_s)

    def _check_link(self, node: Node, link: str | None) -> None:
        """Says once that a node comes over another link than farm.yaml says."""
        if link and node.link and link != node.link and (node.id, link, node.link) not in self._said_links:
            self._said_links.add((node.id, link, node.link))
            log.warning("%s came over %s, farm.yaml says link: %s; it is taken all the same", node.id, link, node.link)

    def check_sensors(self) -> None:
        """Says which of the nodes heard so far measure something else than farm.yaml says, once."""
        for known in self.nodes.values():
            if known.node in self.farm.node_by_id:
                self._check_sensors(self.farm.node_by_id[known.node], known)

    def _check_sensors(self, node: Node, known: NodeState) -> None:
        says = other_sensors(node, known.channels.split(",")) if known.channels else None
        if says and says not in self._said_sensors:
            self._said_sensors.add(says)
            log.warning("%s; mend farm.yaml, or build its program anew", says)

    def _keep_message(self, frame: core.Telemetry | core.CallFrame, plain: bytes, node: Node, t: int) -> bool:
        """Adds a new message to the outbox; false when it is there already, NotTaken when it cannot be new."""
        identity = Identity(node.id, frame.boot, frame.sequence, frame.incarnation)
        digest = zlib.crc32(plain[core.PLAIN_HEAD :], V1 | plain[0] & 15)
        known = self._outbox.known(identity)
        said = f"{node.id} boot {frame.boot} sequence {frame.sequence}"
        if known not in (None, digest):
            mend = f"for a board in its place: cooee enrol {node.id} --replace"
            raise NotTaken("identity used twice", f"{said} was another message before; {mend}", (node.id, frame))
        if known is not None:
            return False
        if self._outbox.is_too_old(identity):
            reason = f"{said} is older than all that is remembered of it"
            raise NotTaken("too old to tell", reason, (node.id, frame))
        t = self._outbox.free_time(node.id, t)
        self._kept["telemetry" if isinstance(frame, core.Telemetry) else "call"] += 1
        if isinstance(frame, core.Telemetry):
            self._outbox.keep(identity, t, digest, "telemetry", dump(reading_of(frame, self.farm.id, node.id, t)))
            if self._stations.hear(node.id, t, frame.values):
                self._outbox.add_to_gauge(node.id, frame.raw.get("rain", 0))
                if sunshine := self._stations.learn(node.id):
                    self._outbox.keep_sunshine(node.id, sunshine)
            return True
        sentinel, kind = core.call_kind(frame.sentinel, frame.class_id)
        call = call_of(frame, self.farm.id, node.id, t, self._outbox.raised(node.id, sentinel, kind))
        self._outbox.remember_raise(node.id, sentinel, kind, call.raised_t)
        self._outbox.keep(identity, t, digest, "call", dump(call))
        return True

    def _forget(self, taken: int) -> None:
        self._since_forget += taken
        if self._since_forget >= FORGET_EVERY:
            self._since_forget = 0
            self._outbox.forget()
