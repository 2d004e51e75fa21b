"""Frames into the outbox: checked, named by (node, boot, sequence), timed once, acknowledged once on disk."""

import logging
import sqlite3
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace

from . import core
from .contract.errors import FrameError
from .contract.health import health
from .contract.messages import EARLIEST_MS, LATEST_MS, StatusState, dump
from .farm import Farm, Node
from .links import Heard, Link, ReplyAddress
from .outbox import NodeState, Outbox
from .quarantine import Quarantine, Refused
from .uplink import call_of, reading_of

log = logging.getLogger("cooee.gateway")

FORGET_EVERY = 2048
"""Frames between two prunings of the outbox's memory."""
REFUSED_EVERY_S = 1.0
REFUSED_HELD = 2000
"""Refused frames are written once a second, at most so many: a flood of noise must not cost a disk commit each."""
ACKNOWLEDGED_MAX = 6
"""Sequences in an acknowledgement."""
BODY = slice(12, -2)
"""A frame without its head, which holds the age, and its checksum."""


class Intake:
    """Takes what a link heard. `nodes` is what is known of every node heard so far, by its id."""

    def __init__(self, farm: Farm, link: Link, outbox: Outbox, quarantine: Quarantine) -> None:
        self.farm = farm
        self._link = link
        self._outbox = outbox
        self._quarantine = quarantine
        self.nodes = outbox.nodes()
        self._changed: dict[str, NodeState] = {}
        self._refused: list[Refused] = []
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
        acks: dict[tuple[ReplyAddress, int, int], list[int]] = {}
        self._changed = {}
        try:
            with self._outbox.transaction():
                for each in heard:
                    if (frame := self._keep(each)) is not None and each.reply_to:
                        acks.setdefault((each.reply_to, frame.address, frame.boot), []).append(frame.sequence)
                self._outbox.save_nodes(self._changed.values())
                self._forget(len(heard))
        except sqlite3.Error as error:
            if not self._disk_full:
                log.error("cannot keep frames (%s): free space on the disk; the nodes keep theirs until then", error)
            self._disk_full = True
            return []
        if self._disk_full:
            log.info("frames can be kept again")
        self._disk_full = False
        for (reply_to, address, boot), sequences in acks.items():
            for first in range(0, len(sequences), ACKNOWLEDGED_MAX):
                part = sequences[first : first + ACKNOWLEDGED_MAX]
                self._link.send(core.encode_ack(address, boot, part), reply_to)
        return self._adopt()

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

    def _keep(self, heard: Heard) -> core.Frame | None:
        """Puts one frame into the open transaction; returns it when it is to be acknowledged."""
        if heard.received_ms is None:
            self._refuse(heard, "datagram", "no time before it, or one too far from the clock")
            return None
        try:
            frame = core.decode(heard.frame)
        except FrameError as error:
            self._refuse(heard, "frame", str(error))
            return None
        node = self.farm.node_by_address.get(frame.address)
        if node is None:
            self._refuse(heard, "unknown address", f"address {frame.address} is not in farm.yaml")
            return None
        if isinstance(frame, core.Ack):
            self._refuse(heard, "frame", "an acknowledgement, which no node sends")
            return None
        t = heard.received_ms - 1000 * frame.age_s
        if not EARLIEST_MS <= t < LATEST_MS:
            self._refuse(heard, "time", f"an age of {frame.age_s} s, which is before the year 2000")
            return None
        wake_interval_s = node.wake_interval_s
        if isinstance(frame, core.Hello):
            wake_interval_s = frame.wake_interval_s or wake_interval_s
        elif not self._keep_message(heard, frame, node, t):
            return frame
        self._see(node.id, frame.boot, t, wake_interval_s, heard.received_ms)
        return frame

    def _keep_message(self, heard: Heard, frame: core.Telemetry | core.CallFrame, node: Node, t: int) -> bool:
        """Adds a new message to the outbox; false when it is there already."""
        identity = (node.id, frame.boot, frame.sequence)
        digest = zlib.crc32(heard.frame[BODY], heard.frame[0])
        known = self._outbox.known(identity)
        if known is not None:
            if known != digest:
                self._refuse(
                    heard,
                    "identity used twice",
                    f"{node.id} used boot {frame.boot} sequence {frame.sequence} for another message before; "
                    "give a replaced board a new id and address in farm.yaml",
                )
            return False
        t = self._outbox.free_time(node.id, t)
        if isinstance(frame, core.Telemetry):
            self._outbox.keep(identity, t, digest, "telemetry", dump(reading_of(frame, self.farm.id, node.id, t)))
            return True
        sentinel, kind = core.call_kind(frame.sentinel, frame.class_id)
        call = call_of(frame, self.farm.id, node.id, t, self._outbox.raised(node.id, sentinel, kind))
        self._outbox.remember_raise(node.id, sentinel, kind, call.raised_t)
        self._outbox.keep(identity, t, digest, "call", dump(call))
        return True

    def _see(self, node: str, boot: int, t: int, wake_interval_s: int, received_ms: int) -> None:
        old = self._changed.get(node) or self.nodes.get(node)
        if old is None:
            self._changed[node] = NodeState(
                node=node, boot=boot, seen_t=t, wake_interval_s=wake_interval_s, state="sleeping", state_t=received_ms
            )
            return
        booted = boot > old.boot
        seen = replace(
            old,
            boot=max(boot, old.boot),
            seen_t=max(t, old.seen_t),
            wake_interval_s=wake_interval_s,
            state_t=received_ms if booted else old.state_t,
        )
        self._changed[node] = _judged(seen, received_ms)

    def _forget(self, taken: int) -> None:
        self._since_forget += taken
        if self._since_forget >= FORGET_EVERY:
            self._since_forget = 0
            self._outbox.forget(self.nodes)

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
