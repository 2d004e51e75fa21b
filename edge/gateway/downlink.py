"""Frames to nodes: acknowledgements, and with them settings, sentinels and the weather (docs/SPEC.md)."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .. import core
from ..farm import Farm
from ..links import Link, ReplyAddress
from ..node.commission import days_since_2000
from ..node.keys import Keys
from ..node.settings import piece_of
from .admission import key_of
from .desk import Desk
from .outbox import Outbox
from .registry import Registry
from .station import Stations

OWED = 256
"""Acknowledgements that wait for their time, a node: a node's own outbox is smaller."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom an acknowledgement goes to: a boot of a node, which may be answered once in `every_s`."""

    reply_to: ReplyAddress
    node: str
    address: int
    incarnation: int
    boot: int
    every_s: int


class Downlink:
    """Answers what was taken. Its frames are numbered within the outbox's open transaction, and sent after it."""

    def __init__(
        self, link: Link, keys: Keys, outbox: Outbox, registry: Registry, desk: Desk, stations: Stations
    ) -> None:
        self._link = link
        self._keys = keys
        self._outbox = outbox
        self._registry = registry
        self._desk = desk
        self._stations = stations
        self._owed: dict[str, tuple[Sender, list[int]]] = {}
        self._answer_after: dict[str, float] = {}

    def answers(self, farm: Farm, taken: Iterable[tuple[Sender, core.Frame]]) -> dict[Sender, list[bytes]]:
        """What goes now to the senders of frames that were taken."""
        sequences: dict[Sender, list[int]] = {}
        asked: dict[Sender, core.Wanted] = {}
        for sender, frame in taken:
            sequences.setdefault(sender, []).append(frame.sequence)
            if isinstance(frame, core.Wanted):
                asked[sender] = frame
        due = {sender: now for sender, heard_of in sequences.items() if (now := self._due(sender, heard_of))}
        return {sender: [*self._frames(farm, sender, now, asked.get(sender))] for sender, now in due.items()}

    def send(self, answers: Mapping[Sender, Sequence[bytes]]) -> None:
        """Sends answers whose numbers are on disk."""
        for sender in answers:
            self._answer_after[sender.node] = time.monotonic() + sender.every_s
        for sender, frames in answers.items():
            for frame in frames:
                self._link.send(frame, sender.reply_to)

    def _due(self, sender: Sender, sequences: list[int]) -> list[int]:
        """What is to be acknowledged now: everything, but to a node that may be answered seldom only as much as one
        frame holds, once in a while. The rest waits here; it comes again when gateway or node start anew meanwhile."""
        if not sender.every_s:
            return sequences
        known, waiting = self._owed.get(sender.node, (sender, []))
        owed = list(dict.fromkeys([*(waiting if known == sender else ()), *sequences]))
        is_due = time.monotonic() >= self._answer_after.get(sender.node, 0.0)
        now = owed[: core.ACKNOWLEDGED_MAX] if is_due else []
        self._owed[sender.node] = sender, owed[len(now) :][-OWED:]
        return now

    def _frames(
        self, farm: Farm, sender: Sender, sequences: Sequence[int], asked: core.Wanted | None
    ) -> Iterator[bytes]:
        now_ms = self._link.now_ms()
        if not sender.incarnation:
            for part in _parts(sequences):
                yield core.encode_ack_v1(sender.address, sender.boot, part)
        elif key := key_of(farm, self._keys, sender.node, sender.incarnation):
            # A node stops listening once it has nothing to send: what else there is for it comes first.
            if not sender.every_s and not self._is_past(sender):
                yield from self._piece(sender, key, asked)
                yield from self._weather(sender, key, now_ms)
            for part in _parts(sequences):
                yield self._acknowledgement(sender, key, part, now_ms)

    def _is_past(self, sender: Sender) -> bool:
        """Whether that boot of its node is over."""
        known = self._registry.newest(sender.node)
        return known is not None and (sender.incarnation, sender.boot) != (known.inc, known.boot)

    def _piece(self, sender: Sender, key: bytes, asked: core.Wanted | None) -> Iterator[bytes]:
        """A piece of what waits for a node."""
        if due := self._desk.offset(sender.node, asked):
            wanted, offset = due
            piece = piece_of(
                wanted.kind,
                wanted.version,
                wanted.data,
                offset,
                address=sender.address,
                incarnation=sender.incarnation,
                boot=sender.boot,
                seq=self._next(sender),
            )
            yield core.encode(piece, key)

    def _weather(self, sender: Sender, key: bytes, now_ms: int | None) -> Iterator[bytes]:
        """Word of a weather station for a node that has none."""
        if now_ms is not None and (station := self._stations.due(sender.node, now_ms)):
            word = core.WeatherFrame(
                address=sender.address,
                incarnation=sender.incarnation,
                boot=sender.boot,
                sequence=self._next(sender),
                et0=self._stations.et0(station),
                rain=self._outbox.gauge(station) // 10 % 65_536,
            )
            yield core.encode(word, key)

    def _acknowledgement(self, sender: Sender, key: bytes, sequences: tuple[int, ...], now_ms: int | None) -> bytes:
        """It has the day in its age's place; 0 before the gateway has a clock."""
        ack = core.Ack(
            address=sender.address,
            incarnation=sender.incarnation,
            boot=sender.boot,
            sequence=self._next(sender),
            age_s=0 if now_ms is None else days_since_2000(datetime.fromtimestamp(now_ms / 1000, UTC).date()),
            sequences=sequences,
        )
        return core.encode(ack, key)

    def _next(self, sender: Sender) -> int:
        return self._outbox.next_down(sender.node, sender.incarnation)


def _parts(sequences: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """As much as one acknowledgement holds, each."""
    for first in range(0, len(sequences), core.ACKNOWLEDGED_MAX):
        yield tuple(sequences[first : first + core.ACKNOWLEDGED_MAX])
