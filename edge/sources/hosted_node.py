"""A node that the gateway runs itself: the C core, with values of sensors that are elsewhere for probes."""

import json
import logging
import math
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
from paho.mqtt.client import topic_matches_sub

from .. import core
from ..contract.channels import MISSING, channel, channel_names
from ..contract.errors import MessageError
from ..farm import Farm, Node
from ..farm.mapping import MappedReading
from ..foreign_payload import at, number_of, time_of
from ..node.commission import node_config
from ..node.keys import Enrolled
from . import Said
from .values import AHEAD_MS, Value

log = logging.getLogger("cooee.gateway")

OUTBOX_FRAMES = 128
RESEND_S = 60
"""Frames that could not be kept, as on a full disk, are offered again after so long."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A node as it is kept on disk: who it is, the core's state (empty: none), the values as JSON, and what a board
    would keep without power (empty: nothing)."""

    incarnation: int
    boot: int
    core: bytes
    values: str
    kept: bytes = b""

    @classmethod
    def new(cls) -> Self:
        """Of a node that was never there."""
        return cls(incarnation=1 + secrets.randbelow(2**32 - 2), boot=0, core=b"", values="{}")


class HostedNode:
    """One node. Its frames are sealed with a key of this process, which nobody else ever has."""

    def __init__(self, farm: Farm, node: Node, saved: Saved) -> None:
        """Goes on from `saved`; where that is of another build, other channels or other sentinels, as the node's next
        boot, with windows that begin anew."""
        self.node = node
        self.zone = farm.zone_by_id[node.zone]
        self._farm = farm
        self.incarnation, self.boot = saved.incarnation, saved.boot
        self.key = secrets.token_bytes(core.KEY_SIZE)
        kept = json.loads(saved.values)
        self._measured_s: int | None = kept.get("measured_s")
        self._values = {r.channel: Value.from_json(kept.get(_name(r), {})) for r in node.readings}
        self._doubted: set[str] = set()
        self._next_offer_s = 0.0
        self._core = self._new_core(saved.kept)
        if not (saved.core and self._core.restore(0, saved.core)):
            if saved.core:
                log.warning("%s begins anew: its channels or sentinels are others than before", node.id)
            self._begin()
        elif kept.get("stopped"):
            self._core.forgive(0)
        self._core.requeue()

    def _new_core(self, kept: bytes) -> core.Nodes:
        enrolled = Enrolled(node=self.node.id, incarnation=self.incarnation, key=self.key)
        config = node_config(
            self._farm, self.node, date.today(), boot=self.boot, enrolled=enrolled, resend_after_s=RESEND_S
        )
        nodes = core.Nodes([config], OUTBOX_FRAMES)
        if kept and not nodes.keep(0, kept):
            log.warning("%s runs the sentinels of this program again: send it others anew", self.node.id)
        return nodes

    def _begin(self) -> None:
        self.boot += 1
        self._measured_s = None
        self._core = self._new_core(self._core.kept(0))

    def save(self, *, stopped: bool = False) -> Saved:
        """What is to be kept on disk. `stopped`: on purpose, so that its next start is no reset."""
        if stopped:
            self._core.forgive(0)
        values = {_name(r): self._values[r.channel].to_json() for r in self.node.readings}
        return Saved(
            incarnation=self.incarnation,
            boot=self.boot,
            core=self._core.save(0) if self._measured_s is not None else b"",
            values=json.dumps(values | {"measured_s": self._measured_s, "stopped": stopped}),
            kept=self._core.kept(0),
        )

    def hear(self, said: Said) -> bool:
        """Takes the values that a message has for this node; false when it has none."""
        mapped = [reading for reading in self.node.readings if _comes_from(reading, said.where)]
        for reading in mapped:
            try:
                self._take(reading, said)
            except MessageError as error:
                self._doubt(reading, f"{said.where}: {error}")
        return bool(mapped)

    def _take(self, reading: MappedReading, said: Said) -> None:
        if said.retained and reading.time is None:
            return
        number = number_of(at(said.body, reading.path))
        if number is None:
            return
        t = time_of(at(said.body, reading.time)) if reading.time else said.received_ms
        if t > said.received_ms + AHEAD_MS:
            raise MessageError(f"its time is {(t - said.received_ms) / 60_000:.0f} min ahead of this computer's")
        doubt = reading.doubt(number)
        if doubt:
            self._doubt(reading, doubt)
            if channel(reading.channel).plausible(reading.value(number)):
                return  # The core would not see what is wrong with it; anything else it calls a fault.
        else:
            self._doubted.discard(reading.channel)
        value = self._values[reading.channel]
        value.since = value.since or said.received_ms
        value.hear(reading, number, t)

    def _doubt(self, reading: MappedReading, what: str) -> None:
        if reading.channel not in self._doubted:
            self._doubted.add(reading.channel)
            log.warning("%s, %s: %s", self.node.id, reading.channel, what)

    def wake(self, now_ms: int) -> bool:
        """Wakes the node when it is time and it has a value other than the battery's. A node that nothing is known of
        any more is silent, and is seen to be."""
        now_s = now_ms // 1000
        if self._measured_s is not None and now_s < self._measured_s - self.node.wake_interval_s:
            log.warning("%s begins anew: the clock was set back", self.node.id)
            self._values = {name: Value() for name in self._values}
            self._begin()
        if not self._is_due(now_ms):
            return False
        row = np.full((1, len(channel_names())), MISSING, dtype=np.int16)
        unmoved, silent = set(), True
        for reading in self.node.readings:
            value, carried = self._values[reading.channel].take(reading, now_ms)
            row[0, channel(reading.channel).id] = channel(reading.channel).to_raw(value)
            silent = silent and (math.isnan(value) or reading.channel == "battery")
            # Per cent are too coarse to tell a probe that is stuck from a soil that is slow.
            if carried or (reading.channel.startswith("soil_moisture") and reading.unit == "%"):
                unmoved.add(reading.channel)
        if silent:
            return False
        self._core.excuse(0, unmoved)
        self._core.wake(now_s, row)
        self._measured_s = now_s
        self._next_offer_s = 0.0
        return True

    def _is_due(self, now_ms: int) -> bool:
        if self._measured_s is not None:
            return now_ms // 1000 >= self._measured_s + self.node.wake_interval_s
        # Its first wake is when every channel has a value, or a wake interval after the first one came.
        known = [value.since for value in self._values.values() if value.since is not None]
        late_ms = 1000 * self.node.wake_interval_s
        return bool(known) and (len(known) == len(self._values) or now_ms >= min(known) + late_ms)

    def transmit(self, now_ms: int) -> list[bytes]:
        """Frames that wait to be sent."""
        now_s = now_ms // 1000
        if now_s < self._next_offer_s:
            return []
        frames = [frame for _, frame in self._core.transmit(now_s)]
        self._next_offer_s = now_s + RESEND_S if self._core.outbox_used()[0] else math.inf
        return frames

    def receive(self, frame: bytes) -> bool:
        """Takes an acknowledgement, or a piece of a sentinel. True: it has an answer to that, which is to be sent once
        the node is on disk."""
        before = self._core.outbox_used()[0]
        self._core.receive(frame)
        answers = bool(self._core.outbox_used()[0] > before)
        if answers:
            self._next_offer_s = 0.0
        return answers


def _comes_from(reading: MappedReading, where: str) -> bool:
    if reading.topic is None:
        return reading.http == where
    return topic_matches_sub(reading.topic, where)


def _name(reading: MappedReading) -> str:
    """Names a reading on disk: what is known of it is of no use once it is mapped otherwise."""
    return reading.model_dump_json(exclude={"carry"})
