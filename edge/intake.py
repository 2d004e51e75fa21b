"""Frames into the outbox: opened, named, timed once, acknowledged once on disk."""

import logging
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from . import core
from .commission import days_since_2000, other_sensors
from .contract.errors import FrameError, SealError
from .contract.health import health
from .contract.messages import EARLIEST_MS, LATEST_MS, Identity, StatusState, dump
from .desk import Desk
from .farm import Farm, Node
from .keys import Keys
from .links import Heard, Link, ReplyAddress
from .outbox import Outbox
from .outbox_schema import NodeState
from .quarantine import Quarantine, Refused
from .settings import piece_of
from .station import Stations
from .uplink import call_of, reading_of

log = logging.getLogger("cooee.gateway")

FORGET_EVERY = 2048
"""Frames between two prunings of the outbox's memory."""
V1 = 0x10
"""In the digest of a message, whatever the version of its frame: outboxes of the first version hold such ones."""
OWED = 256
"""Acknowledgements that wait for their time, a node: a node's own outbox is smaller."""
REFUSED_EVERY_S = 1.0
REFUSED_HELD = 2000
"""Refused frames are written once a second, at most so many: a flood of noise must not cost a disk commit each."""


class _NotTaken(Exception):
    """A frame goes to quarantine: `kind` is what to count it by. `sound`: it is its node's all the same, which need not
    send it again."""

    def __init__(self, kind: str, reason: str, sound: tuple[str, core.Frame] | None = None) -> None:
        super().__init__(reason)
        self.kind, self.reason, self.sound = kind, reason, sound


@dataclass(frozen=True, slots=True)
class _Sender:
    """Whom an acknowledgement goes to."""

    reply_to: ReplyAddress
    node: str
    address: int
    incarnation: int
    boot: int
    every_s: int


class Intake:
    """Takes what a link heard. `nodes` is what is known of every node heard so far, by its id; `stored` counts the
    messages that were put on disk since the start, by kind."""

    def __init__(self, farm: Farm, keys: Keys, link: Link, outbox: Outbox, quarantine: Quarantine) -> None:
        self.farm = farm
        self._keys = keys
        self._link = link
        self._outbox = outbox
        self._quarantine = quarantine
        self.nodes = outbox.nodes()
        self._desk = Desk(outbox)
        self._stations = Stations(farm)
        self.stored: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._changed: dict[str, NodeState] = {}
        self._owed: dict[_Sender, list[int]] = {}
        self._answer_after: dict[str, float] = {}
        self._refused: list[Refused] = []
        self._said_links: set[tuple[str, str, str]] = set()
        self._said_sensors: set[str] = set()
        self._next_refused = 0.0
        self._since_forget = 0
        self._disk_full = False
        self._quarantine_away = False

    def now_ms(self) -> int | None:
        """The gateway's clock (UTC ms): the link's."""
        return self._link.now_ms()

    def take(self, heard: Sequence[Heard]) -> list[NodeState]:
        """Keeps frames, acknowledges them once they are on disk, and returns the nodes whose status is new. On a full
        disk nothing is acknowledged: the nodes keep their frames and send them again."""
        self._stations.follow(self.farm)
        acks: dict[_Sender, list[int]] = {}
        asked: dict[_Sender, core.Wanted] = {}
        answers: list[tuple[bytes, ReplyAddress]] = []
        self._changed = {}
        self._kept.clear()
        try:
            with self._outbox.transaction():
                for each in heard:
                    if (kept := self._keep(each)) is not None and each.reply_to:
                        node, frame = kept
                        sender = _Sender(
                            each.reply_to, node, frame.address, frame.incarnation, frame.boot, each.answer_every_s
                        )
                        acks.setdefault(sender, []).append(frame.sequence)
                        if isinstance(frame, core.Wanted):
                            asked[sender] = frame
                acks = {
                    sender: now_due for sender, heard_of in acks.items() if (now_due := self._due(sender, heard_of))
                }
                for sender, sequences in acks.items():
                    # A node stops listening once it has nothing to send: what else there is for it comes first.
                    answers += self._pieces(sender, asked.get(sender))
                    answers += self._weather(sender)
                    answers += self._answers(sender, sequences)
                self._outbox.save_nodes(self._changed.values())
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
        for sender in acks:
            self._answer_after[sender.node] = time.monotonic() + sender.every_s
        for answer, reply_to in answers:
            self._link.send(answer, reply_to)
        return self._adopt()

    def _due(self, sender: _Sender, sequences: list[int]) -> list[int]:
        """What is to be acknowledged now: everything, but to a node that may be answered seldom only as much as one
        frame holds, once in a while. The rest waits here; it comes again when the gateway starts anew meanwhile."""
        if not sender.every_s:
            return sequences
        owed = list(dict.fromkeys([*self._owed.get(sender, []), *sequences]))
        is_due = time.monotonic() >= self._answer_after.get(sender.node, 0.0)
        now = owed[: core.ACKNOWLEDGED_MAX] if is_due else []
        self._owed[sender] = owed[len(now) :][-OWED:]
        return now

    def follow(self, farm: Farm) -> None:
        """Goes by what farm.yaml says now, and sends nodes the settings that have changed there."""
        self._desk.follow(self.farm, farm)
        self.farm = farm

    def command(self, node: str, payload: bytes) -> None:
        """Takes settings that were published for a node."""
        self._desk.command(self.farm, node, payload)

    def sentinel(self, node: str, payload: bytes) -> None:
        """Takes images that were published for a node."""
        self._desk.sentinel(self.farm, node, payload)

    def _pieces(self, sender: _Sender, asked: core.Wanted | None) -> Iterator[tuple[bytes, ReplyAddress]]:
        """A piece of what waits for a node, to be sent as acknowledgements are; none over a link that may be answered
        seldom, and none for a boot that is over."""
        due = None if sender.every_s or self._is_past(sender) else self._desk.offset(sender.node, asked)
        if due and sender.incarnation and (key := self._key(sender.node, sender.incarnation)):
            wanted, offset = due
            piece = piece_of(
                wanted.kind,
                wanted.version,
                wanted.data,
                offset,
                address=sender.address,
                incarnation=sender.incarnation,
                boot=sender.boot,
                seq=self._outbox.next_down(sender.node, sender.incarnation),
            )
            yield core.encode(piece, key), sender.reply_to

    def _is_past(self, sender: _Sender) -> bool:
        """Whether that boot of its node is over."""
        known = self._changed.get(sender.node) or self.nodes.get(sender.node)
        return known is not None and (sender.incarnation, sender.boot) != (known.inc, known.boot)

    def _weather(self, sender: _Sender) -> Iterator[tuple[bytes, ReplyAddress]]:
        """Word of a weather station for a node that has none, sent as pieces are."""
        now_ms = self.now_ms()
        if sender.every_s or not sender.incarnation or now_ms is None or self._is_past(sender):
            return
        station, key = self._stations.due(sender.node, now_ms), self._key(sender.node, sender.incarnation)
        if station and key:
            word = core.WeatherFrame(
                address=sender.address,
                incarnation=sender.incarnation,
                boot=sender.boot,
                sequence=self._outbox.next_down(sender.node, sender.incarnation),
                et0=self._stations.et0(station),
                rain=self._outbox.gauge(station) // 10 % 65_536,
            )
            yield core.encode(word, key), sender.reply_to

    def _answers(self, sender: _Sender, sequences: Sequence[int]) -> Iterator[tuple[bytes, ReplyAddress]]:
        """Acknowledgements, to be sent once the open transaction is on disk: it keeps their own sequence, too."""
        for first in range(0, len(sequences), core.ACKNOWLEDGED_MAX):
            part = tuple(sequences[first : first + core.ACKNOWLEDGED_MAX])
            if not sender.incarnation:
                yield core.encode_ack_v1(sender.address, sender.boot, part), sender.reply_to
            elif key := self._key(sender.node, sender.incarnation):
                ack = core.Ack(
                    address=sender.address,
                    incarnation=sender.incarnation,
                    boot=sender.boot,
                    sequence=self._outbox.next_down(sender.node, sender.incarnation),
                    age_s=self._day(),
                    sequences=part,
                )
                yield core.encode(ack, key), sender.reply_to

    def _day(self) -> int:
        """Days since 2000, which an acknowledgement has in its age's place; 0 before the gateway has a clock."""
        now_ms = self.now_ms()
        return 0 if now_ms is None else days_since_2000(datetime.fromtimestamp(now_ms / 1000, UTC).date())

    def check_silence(self) -> list[NodeState]:
        """Marks nodes that have been silent for too long, and returns them."""
        now = self.now_ms()
        if now is None:
            return []
        self._changed = {n.node: _judged(n, now) for n in self.nodes.values() if n.state != "offline"}
        try:
            with self._outbox.transaction():
                self._outbox.save_nodes(n for n in self._changed.values() if n.state == "offline")
        except sqlite3.Error:
            return []
        return self._adopt()

    def write_refused(self) -> None:
        """Writes what was refused to quarantine, at most once a second; while that fails, REFUSED_HELD wait."""
        now = time.monotonic()
        if not self._refused or now < self._next_refused:
            return
        self._next_refused = now + REFUSED_EVERY_S
        try:
            self._quarantine.add(self._refused)
        except sqlite3.Error as error:
            if not self._quarantine_away:
                log.error("cannot write to quarantine (%s): free space on the disk", error)
            self._quarantine_away = True
            return
        self._quarantine_away = False
        self._refused = []

    def take_again(self) -> list[NodeState]:
        """Takes once more what a person has marked in quarantine; what is refused again stays there."""
        try:
            entries = self._quarantine.marked(REFUSED_HELD)
            if not entries or self._refused:
                return []
            changed = self.take(
                [Heard(bytes.fromhex(e.refused.content.decode()), e.refused.heard_ms, None) for e in entries]
            )
            if not self._disk_full:
                self._quarantine.add(self._refused)
                self._refused = []
                self._quarantine.remove(entry.id for entry in entries)
        except sqlite3.Error as error:
            log.error("cannot read quarantine (%s): marked frames are tried again later", error)
            return []
        return changed

    def _keep(self, heard: Heard) -> tuple[str, core.Frame] | None:
        """Puts one frame into the open transaction; returns its node with it when it is to be acknowledged."""
        try:
            if heard.received_ms is None:
                raise _NotTaken("datagram", "no time before it, or one too far from the clock")
            node, frame, plain = self._open(heard.frame)
            t = self._event_time(node, frame, heard.received_ms)
            if not EARLIEST_MS <= t < LATEST_MS:
                raise _NotTaken("time", f"an age of {frame.age_s} s, which is before the year 2000")
            wake_interval_s = node.wake_interval_s
            if isinstance(frame, core.Hello):
                wake_interval_s = frame.wake_interval_s
            elif isinstance(frame, core.Telemetry | core.CallFrame) and not self._keep_message(frame, plain, node, t):
                return node.id, frame
        except _NotTaken as refused:
            self._refuse(heard, refused.kind, refused.reason)
            return refused.sound
        self._hear_clock(node, frame, t)
        self._check_link(node, heard.link)
        self._see(node.id, frame, t, wake_interval_s, heard)
        if isinstance(frame, core.Hello):
            self._check_sensors(node, self._changed[node.id])
        self._desk.hear(node.id, frame)
        return node.id, frame

    def _event_time(self, node: Node, frame: core.Frame, received_ms: int) -> int:
        """UTC ms of its measurement; _NotTaken when it says the clock of a boot that was never heard."""
        if frame.time != "earlier":
            return received_ms - 1000 * frame.age_s
        known = self._outbox.clock(node.id, frame.incarnation, frame.boot)
        if known is None:
            reason = f"{node.id} was not heard while its boot {frame.boot} ran: nothing tells when that was"
            raise _NotTaken("time", reason, (node.id, frame))
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

    def _open(self, data: bytes) -> tuple[Node, core.Frame, bytes]:
        """The frame, plain too, after the node that sealed it; _NotTaken when it is none of this farm's."""
        try:
            old = core.decode_v1(data) if core.is_v1(data) else None
            head = old or core.read_head(data)
        except FrameError as error:
            raise _NotTaken("frame", str(error)) from None
        node = self.farm.node_by_address.get(head.address)
        if node is None:
            raise _NotTaken("unknown address", f"address {head.address} is not in farm.yaml")
        if isinstance(head, core.Ack) or (isinstance(head, core.Head) and head.type >= core.FIRST_DOWN):
            raise _NotTaken("reflected", "a frame to a node, which no node sends")
        if old and self.farm.security == "open":
            return node, old, core.encode_plain(old)
        if old:
            raise _NotTaken("open frame", "version 1 of the air, which is heard with security: open alone")
        key = self._key(node.id, head.incarnation)
        if key is None:
            who = f"{node.id} is not enrolled as {head.incarnation:08x}"
            raise _NotTaken("unknown incarnation", f"{who}: cooee enrol {node.id}, or security: open in farm.yaml")
        try:
            return node, *core.decode_with_plain(data, key)
        except FrameError as error:
            kind = "seal" if isinstance(error, SealError) else "frame"
            raise _NotTaken(kind, f"{node.id}: {error}") from None

    def _key(self, node: str, incarnation: int) -> bytes | None:
        """An incarnation's key; on an open farm whoever is not enrolled has the open one, but for the gateway's own."""
        is_open = self.farm.security == "open" and self.farm.node_by_id[node].board != "gateway"
        return self._keys.key(node, incarnation) or (core.OPEN_KEY if is_open else None)

    def _keep_message(self, frame: core.Telemetry | core.CallFrame, plain: bytes, node: Node, t: int) -> bool:
        """Adds a new message to the outbox; false when it is there already, _NotTaken when it cannot be new."""
        identity = Identity(node.id, frame.boot, frame.sequence, frame.incarnation)
        digest = zlib.crc32(plain[core.PLAIN_HEAD :], V1 | plain[0] & 15)
        known = self._outbox.known(identity)
        said = f"{node.id} boot {frame.boot} sequence {frame.sequence}"
        if known not in (None, digest):
            mend = f"for a board in its place: cooee enrol {node.id} --replace"
            raise _NotTaken("identity used twice", f"{said} was another message before; {mend}", (node.id, frame))
        if known is not None:
            return False
        if self._outbox.is_too_old(identity):
            reason = f"{said} is older than all that is remembered of it"
            raise _NotTaken("too old to tell", reason, (node.id, frame))
        t = self._outbox.free_time(node.id, t)
        self._kept["telemetry" if isinstance(frame, core.Telemetry) else "call"] += 1
        if isinstance(frame, core.Telemetry):
            self._outbox.keep(identity, t, digest, "telemetry", dump(reading_of(frame, self.farm.id, node.id, t)))
            if self._stations.hear(node.id, t, frame.values):
                self._outbox.add_to_gauge(node.id, frame.raw.get("rain", 0))
            return True
        sentinel, kind = core.call_kind(frame.sentinel, frame.class_id)
        call = call_of(frame, self.farm.id, node.id, t, self._outbox.raised(node.id, sentinel, kind))
        self._outbox.remember_raise(node.id, sentinel, kind, call.raised_t)
        self._outbox.keep(identity, t, digest, "call", dump(call))
        return True

    def _see(self, node: str, frame: core.Frame, t: int, wake_interval_s: int, heard: Heard) -> None:
        received_ms = heard.received_ms
        assert received_ms is not None, "its event time follows from it"
        old = self._changed.get(node) or self.nodes.get(node)
        channels = ",".join(frame.channels) if isinstance(frame, core.Hello) else ""
        sentinels = ",".join(f"{v:08x}" for v in frame.sentinels) if isinstance(frame, core.Hello) else ""
        if old is None:
            self._changed[node] = NodeState(
                node=node,
                inc=frame.incarnation,
                boot=frame.boot,
                seen_t=t,
                wake_interval_s=wake_interval_s,
                state="sleeping",
                state_t=received_ms,
                link=heard.link or "",
                rssi=heard.signal[0] if heard.signal else None,
                snr=heard.signal[1] if heard.signal else None,
                channels=channels,
                sentinels=sentinels,
            )
            return
        # What another board held comes late; it is the present one that measured last.
        booted = frame.boot > old.boot if frame.incarnation == old.inc else t > old.seen_t
        is_present = booted or (frame.incarnation, frame.boot) == (old.inc, old.boot)
        seen = replace(
            old,
            inc=frame.incarnation if booted else old.inc,
            boot=frame.boot if booted else old.boot,
            seen_t=max(t, old.seen_t),
            wake_interval_s=wake_interval_s,
            state_t=received_ms if booted else old.state_t,
            link=heard.link or old.link,
            rssi=heard.signal[0] if heard.signal else old.rssi,
            snr=heard.signal[1] if heard.signal else old.snr,
            channels=channels if channels and is_present else old.channels,
            sentinels=sentinels if channels and is_present else old.sentinels,
        )
        self._changed[node] = _judged(seen, received_ms)

    def _forget(self, taken: int) -> None:
        self._since_forget += taken
        if self._since_forget >= FORGET_EVERY:
            self._since_forget = 0
            self._outbox.forget()

    def _adopt(self) -> list[NodeState]:
        """Takes over the changes that are on disk now; returns the nodes whose status differs."""
        new = [n for n in self._changed.values() if not (old := self.nodes.get(n.node)) or old.state_t != n.state_t]
        self.nodes |= self._changed
        return new

    def _refuse(self, heard: Heard, kind: str, reason: str) -> None:
        refused = Refused(
            source="radio", kind=kind, reason=reason, content=heard.frame.hex().encode(), heard_ms=heard.received_ms
        )
        self._quarantine.say(refused, log)
        if len(self._refused) < REFUSED_HELD:
            self._refused.append(refused)


def _judged(node: NodeState, now_ms: int) -> NodeState:
    """The node with the status that its silence gives it at `now_ms`."""
    dead = health(node.seen_t, now_ms, node.wake_interval_s) == "dead"
    state: StatusState = "offline" if dead else "sleeping"
    return node if state == node.state else replace(node, state=state, state_t=now_ms)
