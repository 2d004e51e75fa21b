"""Which of the outbox's messages are published when: in order, within a window, again until ingest's receipt."""

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import paho.mqtt.client as paho

from ..contract.messages import Identity
from ..mqtt.client import jittered
from .outbox import Outbox
from .outbox_schema import Waiting

WINDOW = 2000
"""Published messages without a receipt; what is later waits on disk."""
RETRY_S = 5.0
LONGEST_RETRY_S = 30.0
"""A message without a receipt is published again after RETRY_S, doubling up to the longest."""
RETRY_AFTER_RECONNECT_S = 2.0
"""Time for ingest to come back to the broker too: what it publishes while nobody listens is lost."""
AWAY_S = 30.0
"""Without any receipt for so long ingest is away, and one message is published again where all would be."""
TRIES = 4
"""Publications of a message, while others get their receipts, until it makes room in the window: ingest holds it back,
as for a clock's fault. It comes again every ROUND_S."""
ROUND_S = 600.0
LATE_WINDOW = 500
"""Such messages published at once, beside the window."""
LOOK_S = 0.5
"""How often it looks whether messages are due again."""
SETTLE_WAIT_S = 0.2


@dataclass(slots=True)
class Open:
    """A published message without a receipt; `due` is when to publish it again (monotonic seconds)."""

    message: Waiting
    sent: paho.MQTTMessageInfo
    due: float
    delay: float = RETRY_S
    tries: int = 1
    late: bool = False


class Window:
    """The published messages of an outbox that have no receipt yet. `publish(message, retain)` hands one to the client,
    to be retained or not."""

    def __init__(self, outbox: Outbox, publish: Callable[[Waiting, bool], paho.MQTTMessageInfo]) -> None:
        self._outbox = outbox
        self._publish = publish
        self._open: dict[Identity, Open] = {}
        self._cursor = 0
        self._generation = outbox.generation
        self._settled: set[Identity] = set()
        self._next_settle = 0.0
        self._next_look = 0.0
        self._late_cursor: int | None = None
        self._next_round = time.monotonic() + ROUND_S
        self._answered = 0.0

    @property
    def busy(self) -> bool:
        """Whether receipts are awaited."""
        return bool(self._open)

    def step(self, *, connected: bool) -> None:
        """Publishes what there is room for, and again what has waited too long for a receipt; what has got one leaves
        the outbox."""
        now = time.monotonic()
        if connected:
            self._publish_new(now)
            if now >= self._next_look:
                self._next_look = now + LOOK_S
                self._publish_again(now)
                self._publish_late(now)
        if self._settled and now >= self._next_settle:
            self._next_settle = now + SETTLE_WAIT_S
            self.settle()

    def reconnected(self) -> None:
        """The broker may have forgotten everything: lets no open message wait long."""
        self._answered = time.monotonic()
        for each in self._open.values():
            each.due, each.delay = self._answered + RETRY_AFTER_RECONNECT_S, RETRY_S

    def receipt(self, identities: Iterable[Identity]) -> None:
        """These are stored."""
        settled = {identity for identity in identities if self._open.pop(identity, None) is not None}
        if settled:
            self._answered = time.monotonic()
        self._settled |= settled

    def settle(self) -> None:
        """Lets the outbox go of what is stored."""
        try:
            with self._outbox.transaction():
                self._outbox.settle(self._settled)
        except sqlite3.Error:
            # On a full disk they stay to be settled: at worst they are published again after a restart.
            return
        self._settled = set()

    def _publish_new(self, now: float) -> None:
        if self._generation != self._outbox.generation:
            self._cursor, self._generation = 0, self._outbox.generation
        if not self._open:
            self._answered = now
        for message in self._outbox.waiting(self._cursor, max(0, WINDOW - len(self._open))):
            self._cursor = message.id
            if message.identity not in self._open:
                retain = message.kind == "call" and self._outbox.is_last_call(message.identity)
                self._open[message.identity] = Open(message, self._publish(message, retain), now + RETRY_S)

    def _publish_again(self, now: float) -> None:
        away = now - self._answered > AWAY_S
        for each in list(self._open.values())[: 1 if away else None]:
            # Until the broker's acknowledgement the client itself sends again, over reconnections too.
            if each.due > now or not _left(each.sent):
                continue
            if each.tries >= TRIES and not away:
                del self._open[each.message.identity]
                continue
            each.tries += not away
            each.delay = min(2 * each.delay, LONGEST_RETRY_S)
            each.due = now + jittered(each.delay)
            each.sent = self._publish(each.message, False)

    def _publish_late(self, now: float) -> None:
        """Goes once more through what left the window without a receipt."""
        if self._late_cursor is None:
            if now < self._next_round:
                return
            self._late_cursor = 0
        room = LATE_WINDOW - sum(each.late for each in self._open.values())
        found = self._outbox.waiting(self._late_cursor, room) if room > 0 else []
        for message in found:
            self._late_cursor = message.id
            if message.id <= self._cursor and message.identity not in self._open:
                sent = self._publish(message, False)
                self._open[message.identity] = Open(message, sent, now + RETRY_S, tries=TRIES, late=True)
        if self._late_cursor >= self._cursor or (room > 0 and not found):
            self._late_cursor, self._next_round = None, now + ROUND_S


def _left(sent: paho.MQTTMessageInfo) -> bool:
    """Whether the client is done with a message: the broker has it, or it could not be handed over."""
    return sent.rc != paho.MQTT_ERR_SUCCESS or sent.is_published()
