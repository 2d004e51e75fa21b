"""Ingest: MQTT to store. A message is acknowledged, and receipted to its gateway, only after the store has committed.

One thread receives, judges and acknowledges; another writes a batch into the store meanwhile. While the store is away
the buffer is kept, and the broker holds what does not fit.
"""

import logging
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing

from edge.contract import topics
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import Call, Identity, Reading, Receipt, Status
from edge.contract.payloads import dump
from edge.farm.file import FarmFile
from edge.mqtt import client as mqtt
from edge.service.metrics import Counts, Metrics
from edge.service.quarantine import WAITING, Quarantine, Refused

from ..store import Store, Stored
from .arrivals import Arrived, Judged, judge
from .broker_session import RECEIVE_MAXIMUM, BrokerSession
from .farm_clock import FarmClock
from .farm_keeper import Keeper
from .heirs import GONE_FOR_MIN, QUIET_S, Heirs
from .refused_messages import RefusedMessages
from .store_writer import StoreWriter
from .wire import Publication

log = logging.getLogger("cooee.ingest")

BATCH = 1000
"""Messages a commit."""
NAMED = 500
"""Identities a receipt names at most."""
BATCH_WAIT_S = 0.1
"""A smaller batch is committed after this time."""
WRITTEN_LOOK_S = 0.002
"""How often it looks, while nothing comes, whether a batch has been written."""
HELD_MOST = 2 * RECEIVE_MAXIMUM
"""Messages held while the store is away or slow. Beyond it those at QoS 0 are lost, and nothing more is read:
mosquitto 2.0 sends all it has after a few acknowledgements, whatever our Receive Maximum."""
LOOK_S = 1.0
"""How often quarantine is asked for what a person wants tried again."""
KIND: dict[type[object], str] = {Reading: "telemetry", Call: "call", Status: "status"}
TEND_S = 5.0
TEND_AT_LAST_S = 60.0
"""How often the store keeps itself in bounds, and how long a flood of messages may put that off."""
WAITING_AGAIN_S = 600.0
"""How often what waits for a clock is tried again, besides when a clock was set."""


class Ingest:
    """Writes what comes up from one farm into `store`, and what cannot be read into `quarantine`."""

    def __init__(
        self,
        file: FarmFile,
        store: Store,
        quarantine: Quarantine,
        server: mqtt.Server,
        keeper: Keeper,
        *,
        take_over: bool = False,
        alone: bool = True,
        metrics: Metrics | None = None,
        gone_for_s: float = 60 * GONE_FOR_MIN,
    ) -> None:
        """`alone`: no other worker looks after this quarantine and this store. `gone_for_s`: after how long an heir
        takes over what waits for another worker."""
        self._alone = alone
        self._metrics = metrics
        self._stored: Counter[str] = Counter()
        self._dropped = 0
        self._newest = 0
        self._file = file
        self._farm = farm = file.farm
        self._store = store
        self._quarantine = quarantine
        self._clock = FarmClock(farm, store.statuses(farm.id))
        self._receipt_topic = topics.topic(farm.id, farm.gateway, "receipt")
        self._buffer: list[Judged] = []
        self._writer = StoreWriter(store)
        self._refused = RefusedMessages(quarantine)
        self._lost = 0
        self._next_look = 0.0
        self._next_waiting = 0.0
        self._next_tend = 0.0
        self._tend_at_last = 0.0
        self._oldest = 0.0
        self._not_before = 0.0
        self._delay = 0.0
        self._heirs = None if keeper.heir else Heirs(keeper.worker, gone_for_s)
        self._heard_at = math.inf
        self._session = BrokerSession(
            farm,
            server,
            keeper,
            take_over=take_over,
            connected=self._begin,
            came=self._take,
            heard=self._heirs.hear if self._heirs else lambda *_: None,
        )

    def run(self, stop: Callable[[], bool], *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Works until `stop()` is true, an heir until all is stored that waited, then writes what it holds and leaves.
        Without a broker it tries again.
        AnotherKeeper, with nothing more written, when another ingest keeps the farm in another store."""
        said_ready = False
        with closing(self._writer):
            while not stop() and not self._inherited():
                if self._held >= HELD_MOST:
                    time.sleep(WRITTEN_LOOK_S)
                elif not self._session.step(WRITTEN_LOOK_S if self._writer.busy else BATCH_WAIT_S / 2, stop):
                    continue
                if self._session.ready and not said_ready:
                    said_ready = True
                    self._heard_at = time.monotonic()
                    on_ready()
                if self._writer.done:
                    self._end_write()
                if self._due():
                    self._begin_write()
                self._look_after()
                if self._metrics and self._metrics.due():
                    self._metrics.say(self._count())
            self._end_write()
            if self._buffer:
                self._begin_write()
                self._end_write()
        self._session.leave()
        if self._heirs:
            self._heirs.end()

    def _inherited(self) -> bool:
        """Whether this is an heir that has stored all that waited."""
        idle = not self._held and not self._refused.held and time.monotonic() - self._heard_at >= QUIET_S
        return self._heirs is None and self._session.connected and idle

    @property
    def _held(self) -> int:
        """Messages that came and are not stored."""
        return len(self._buffer) + len(self._writer.batch)

    def _count(self) -> Counts:
        return Counts(
            waiting=self._held + len(self._refused.held),
            connected=self._session.connected,
            stored=self._stored.copy(),
            refused=self._quarantine.counts() if self._alone else {},
            dropped={"any": self._dropped + self._lost},
            newest_age_s=(self._clock.now_ms - self._newest) / 1000 if self._newest else None,
        )

    def _begin(self) -> None:
        """Message ids of the last connection mean nothing on a new one; the broker sends again what was not
        acknowledged."""
        for held in (self._buffer, self._writer.batch, self._refused.held):
            held[:] = [judged for judged in held if judged.arrived.qos == 0]

    def _take(self, message: Publication) -> None:
        self._heard_at = time.monotonic()
        if message.qos == 0 and self._held >= HELD_MOST:
            self._lost += 1
            return
        if not self._buffer:
            self._oldest = time.monotonic()
        self._buffer.append(judge(Arrived.from_mqtt(message), self._farm, self._clock))

    def _due(self) -> bool:
        now = time.monotonic()
        return (
            bool(self._buffer)
            and not self._writer.busy
            and now >= self._not_before
            and (len(self._buffer) >= BATCH or now - self._oldest >= BATCH_WAIT_S)
        )

    def _begin_write(self) -> None:
        batch, self._buffer = self._buffer, []
        self._writer.begin(batch)

    def _end_write(self) -> None:
        """Waits for what is being written; receipts and acknowledges it when that is durable, else keeps it and backs
        off. What is refused goes to quarantine after it, and holds nothing up."""
        if not self._writer.busy:
            return
        try:
            judged = self._writer.end()
        except StoreUnavailable as error:
            self._buffer, self._writer.batch = self._writer.batch + self._buffer, []
            self._delay = min(max(2 * self._delay, mqtt.FIRST_RETRY_S), mqtt.LONGEST_RETRY_S)
            if self._delay == mqtt.FIRST_RETRY_S:
                log.error("cannot store, keeping messages back until it works: %s", error)
            self._not_before = time.monotonic() + mqtt.jittered(self._delay)
            return
        if self._delay:
            log.info("the store is back")
        self._delay = 0.0
        self._settle([each for each in judged if isinstance(each.outcome, Stored)])
        self._refused.held += [each for each in judged if isinstance(each.outcome, Refused)]
        self._write_refused()
        if self._lost:
            log.warning("%d messages were lost: nobody could keep them meanwhile", self._lost)
            self._dropped += self._lost
            self._lost = 0

    def _write_refused(self) -> None:
        """Brings what is refused to quarantine, then receipts and acknowledges it: all but what waits for a clock gets
        its receipt, or its gateway would send it for ever. What quarantine has no room for gets none."""
        written = self._refused.write()
        self._receipt(written.settled)
        self._acknowledge([*written.kept, *written.let_go])
        self._refused.remove(written.kept)
        self._lost += len(written.let_go)

    def _settle(self, stored: Sequence[Judged]) -> None:
        """Tells everybody that the store has these."""
        messages = [each.outcome.message for each in stored if isinstance(each.outcome, Stored)]
        self._newest = max([self._newest, *(message.t for message in messages if isinstance(message, Reading))])
        self._stored.update(KIND[type(message)] for message in messages)
        self._receipt(stored)
        self._acknowledge(stored)
        self._refused.remove(stored)

    def _receipt(self, judged: Sequence[Judged]) -> None:
        """Names to the farm's gateway what need not be sent again."""
        named: list[Identity] = [
            each.identity for each in judged if each.identity and each.arrived.reply_to == self._receipt_topic
        ]
        for first in range(0, len(named), NAMED):
            receipt = Receipt(identities=tuple(named[first : first + NAMED]))
            self._session.publish(self._receipt_topic, dump(receipt))

    def _acknowledge(self, judged: Sequence[Judged]) -> None:
        self._session.acknowledge([each.arrived.mid for each in judged if each.arrived.qos])

    def _look_after(self) -> None:
        """Keeps farm.yaml, quarantine and store as they should be."""
        now = time.monotonic()
        if now >= self._next_look and not self._tries_again():
            self._next_look = now + LOOK_S
            self._farm = self._file.refresh()
            self._write_refused()
            self._look_into_quarantine()
        if self._alone:
            self._tend()
        if self._heirs:
            self._heirs.look()

    def _tries_again(self) -> bool:
        """Whether something of quarantine's is on its way into the store."""
        return any(each.arrived.entry is not None for each in (*self._buffer, *self._writer.batch))

    def _look_into_quarantine(self) -> None:
        """Takes once more what a person has marked, and what waits for a clock that has been set. Each worker marks
        that when its own clock is, for it may have refused it; one takes what is marked."""
        now = time.monotonic()
        try:
            if self._clock.mended() or (self._alone and now >= self._next_waiting):
                self._next_waiting = now + WAITING_AGAIN_S
                self._quarantine.again(kinds=WAITING)
            if not self._alone:
                return
            again = [Arrived.from_quarantine(entry) for entry in self._quarantine.marked(BATCH)]
        except sqlite3.Error:
            return
        self._buffer += [judge(arrived, self._farm, self._clock) for arrived in again]
        if again:
            self._next_look = now

    def _tend(self) -> None:
        """Lets the store keep itself in bounds, a piece at a time: while nothing waits, or else once a minute."""
        now = time.monotonic()
        if now < self._next_tend or (self._held and now < self._tend_at_last):
            return
        more = False
        try:
            more = self._store.tend(self._farm.id, self._farm.keep, self._clock.now_ms)
        except StoreError as error:
            log.warning("the store cannot be kept in bounds now: %s", error)
        self._next_tend = time.monotonic() + (0 if more else TEND_S)
        self._tend_at_last = time.monotonic() + TEND_AT_LAST_S
