"""Ingest: MQTT to store. A message is acknowledged, and receipted to its gateway, only after the store has committed.

One thread: the client's network loop and the writes take turns, so a message id is never acknowledged on a connection
that it did not come from. While the store is away the buffer is kept, and the broker holds what does not fit.
"""

import logging
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import paho.mqtt.client as paho
import typer
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge import mqtt
from edge.contract import topics
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import Identity, Receipt, dump
from edge.data_folder import DATA, claim, embedded_store
from edge.farm import FARM_FILE
from edge.farm_file import FarmFile
from edge.processes import READY
from edge.quarantine import WAITING, Quarantine, Refused, open_quarantine

from .arrivals import Arrived, Judged, judge
from .farm_clock import FarmClock
from .farm_keeper import Keeper
from .store import Store, Stored, open_store, public_name

log = logging.getLogger("cooee.ingest")

BATCH = 500
"""Messages a commit; also what a receipt names at most."""
BATCH_WAIT_S = 0.1
"""A smaller batch is committed after this time."""
RECEIVE_MAXIMUM = 2000
"""Unacknowledged messages the broker may send: the buffer's bound while the store is away."""
HELD_MOST = 2 * RECEIVE_MAXIMUM
"""Messages held while the store is away; the broker bounds those at QoS 1, the rest may be published at QoS 0."""
REFUSED_HELD = 500
"""Refused messages held while quarantine cannot be written; beyond it they are let go, so that good ones can come."""
LARGEST_BYTES = 65_536
"""A larger message is none of ours; the broker drops it for us."""
SESSION_EXPIRY_S = 30 * 86_400
"""How long the broker keeps messages for an ingest that is away."""
QUARANTINE_RETRY_S = 2.0
LOOK_S = 1.0
"""How often quarantine is asked for what a person wants tried again."""
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
    ) -> None:
        self._file = file
        self._farm = farm = file.farm
        self._store = store
        self._quarantine = quarantine
        self._server = server
        self._complaints = mqtt.Complaints(server, log)
        self._answered = False
        self._keeper = keeper
        self._ask_first = not take_over
        self._doubted = False
        self._clock = FarmClock(farm, store.statuses(farm.id))
        self._receipt_topic = topics.topic(farm.id, farm.gateway, "receipt")
        self._buffer: list[Arrived] = []
        self._refused: list[Judged] = []
        self._lost = 0
        self._next_look = 0.0
        self._next_waiting = 0.0
        self._quarantine_not_before = 0.0
        self._oldest = 0.0
        self._not_before = 0.0
        self._delay = 0.0
        self.ready = False
        self._client = mqtt.new_client(f"cooee-ingest-{farm.id}", server, manual_ack=True)
        self._client.will_set(keeper.topic, b"", qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def run(self, stop: Callable[[], bool], *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Works until `stop()` is true, then writes what it holds and leaves. Without a broker it tries again.
        AnotherKeeper, with nothing more written, when another ingest keeps the farm in another store."""
        said_ready = False
        while not stop():
            if not self._client.is_connected() and not self._connect(stop):
                continue
            if self._client.loop(BATCH_WAIT_S / 2) != paho.MQTT_ERR_SUCCESS:
                # A broker that drops us at once, as for a second ingest of this farm, must not see us in a tight loop.
                time.sleep(mqtt.jittered(mqtt.FIRST_RETRY_S))
                continue
            if self.ready and not said_ready:
                said_ready = True
                on_ready()
            if self._doubted:
                self._doubted = False
                self._keeper.ask(self._server)
            if self._due():
                self._flush()
            self._look_into_quarantine()
        self._flush()
        self._client.publish(self._keeper.topic, b"", qos=1, retain=True)
        self._client.disconnect()
        self._client.loop(0.2)

    def _connect(self, stop: Callable[[], bool]) -> bool:
        """Tries until the broker has accepted us (its CONNACK came), with growing, jittered pauses."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = LARGEST_BYTES
        delay = mqtt.FIRST_RETRY_S
        while not stop():
            try:
                self._answered = False
                if self._ask_first:
                    self._keeper.ask(self._server)
                self._client.connect(
                    self._server.host,
                    self._server.port,
                    keepalive=mqtt.KEEPALIVE_S,
                    clean_start=False,
                    properties=properties,
                )
                deadline = time.monotonic() + 5
                while not self._client.is_connected() and time.monotonic() < deadline:
                    if self._client.loop(0.2) != paho.MQTT_ERR_SUCCESS:
                        break
                if self._client.is_connected():
                    self._ask_first = True
                    return True
                if not self._answered:
                    self._complaints.say_silent()
            except OSError as error:
                self._complaints.say(mqtt.explain(error))
            until = time.monotonic() + mqtt.jittered(delay)
            while time.monotonic() < until and not stop():
                time.sleep(0.05)
            delay = min(2 * delay, mqtt.LONGEST_RETRY_S)
        return False

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        # Message ids of the last connection mean nothing on this one; the broker sends again what was not acknowledged.
        self._buffer = [arrived for arrived in self._buffer if arrived.qos == 0]
        self._refused = [judged for judged in self._refused if judged.arrived.qos == 0]
        self._answered = True
        if reason.is_failure:
            self._complaints.say(mqtt.explain(reason))
            return
        wanted: list[tuple[str, int]] = [(topics.subscription(self._farm.id, kind), 1) for kind in topics.UP]
        client.publish(self._keeper.topic, self._keeper.claim(), qos=1, retain=True)
        client.subscribe([*wanted, (self._keeper.topic, 1)])

    def _on_disconnect(self, _client: paho.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._complaints.say(mqtt.explain(reason))
        elif self.ready and reason.is_failure:
            self._complaints.say_lost()

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._complaints.say("it does not let us subscribe: check the broker's access list")
        else:
            self.ready = True

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if message.topic == self._keeper.topic:
            self._hear_keeper(bytes(message.payload))
            if message.qos:
                self._client.ack(message.mid, message.qos)
            return
        if message.qos == 0 and len(self._buffer) >= HELD_MOST:
            self._lost += 1
            return
        if not self._buffer:
            self._oldest = time.monotonic()
        self._buffer.append(Arrived.from_mqtt(message))

    def _hear_keeper(self, payload: bytes) -> None:
        """What others say of this farm, perhaps long ago: the broker is asked once more before it is believed."""
        if payload:
            self._doubted = payload != self._keeper.claim()
        else:
            self._client.publish(self._keeper.topic, self._keeper.claim(), qos=1, retain=True)

    def _due(self) -> bool:
        now = time.monotonic()
        return (
            bool(self._buffer)
            and now >= self._not_before
            and (len(self._buffer) >= BATCH or now - self._oldest >= BATCH_WAIT_S)
        )

    def _flush(self) -> None:
        """Stores the buffer; receipts and acknowledges it when that is durable, else keeps it and backs off. What is
        refused goes to quarantine after it, and holds nothing up."""
        if not self._buffer:
            return
        judged = [judge(arrived, self._farm, self._clock) for arrived in self._buffer]
        good = [each for each in judged if isinstance(each.outcome, Stored)]
        try:
            bad = self._append(good)
        except StoreUnavailable as error:
            self._delay = min(max(2 * self._delay, mqtt.FIRST_RETRY_S), mqtt.LONGEST_RETRY_S)
            if self._delay == mqtt.FIRST_RETRY_S:
                log.error("cannot store, keeping messages back until it works: %s", error)
            self._not_before = time.monotonic() + mqtt.jittered(self._delay)
            return
        if self._delay:
            log.info("the store is back")
        self._delay = 0.0
        self._buffer.clear()
        refused_by_store = {id(each.arrived) for each in bad}
        self._settle([each for each in good if id(each.arrived) not in refused_by_store])
        self._refused += [each for each in judged if isinstance(each.outcome, Refused)] + bad
        self._write_refused()
        if self._lost:
            log.warning("%d messages were lost: nobody could keep them meanwhile", self._lost)
            self._lost = 0

    def _write_refused(self) -> None:
        """Puts what is refused into quarantine, then receipts and acknowledges it: all but what waits for a clock gets
        its receipt, or its gateway would send it for ever."""
        now = time.monotonic()
        refused = [each.outcome for each in self._refused if isinstance(each.outcome, Refused)]
        if not refused or now < self._quarantine_not_before:
            self._let_go()
            return
        try:
            dropped = self._quarantine.add(refused)
        except sqlite3.Error as error:
            if not self._quarantine_not_before:
                log.error("cannot write to quarantine (%s): what is refused waits, the rest goes on", error)
            self._quarantine_not_before = now + QUARANTINE_RETRY_S
            self._let_go()
            return
        self._quarantine_not_before = 0.0
        for each in refused:
            self._quarantine.say(each, log)
        self._receipt([each for each, gone in zip(self._refused, dropped, strict=True) if gone or not each.waits])
        self._acknowledge(self._refused)
        self._remove(self._refused)
        self._refused.clear()

    def _let_go(self) -> None:
        """Makes room for good messages. No receipt: a gateway sends its own again."""
        beyond = self._refused[REFUSED_HELD:]
        del self._refused[REFUSED_HELD:]
        self._lost += len(beyond)
        self._acknowledge(beyond)

    def _settle(self, stored: Sequence[Judged]) -> None:
        """Tells everybody that the store has these."""
        self._receipt(stored)
        self._acknowledge(stored)
        self._remove(stored)

    def _remove(self, judged: Sequence[Judged]) -> None:
        """Lets quarantine go of what came from it and has been stored, or refused for another reason."""
        entries = [each.arrived.entry for each in judged if each.arrived.entry is not None]
        try:
            if entries:
                self._quarantine.remove(entries)
        except sqlite3.Error as error:
            log.warning("taken, but still in quarantine (%s): it will be tried again", error)

    def _receipt(self, judged: Sequence[Judged]) -> None:
        """Names to the farm's gateway what need not be sent again."""
        named: list[Identity] = [
            each.identity for each in judged if each.identity and each.arrived.reply_to == self._receipt_topic
        ]
        for first in range(0, len(named), BATCH):
            receipt = Receipt(identities=tuple(named[first : first + BATCH]))
            self._client.publish(self._receipt_topic, dump(receipt), qos=1)

    def _acknowledge(self, judged: Sequence[Judged]) -> None:
        for each in judged:
            if each.arrived.qos:
                self._client.ack(each.arrived.mid, each.arrived.qos)

    def _look_into_quarantine(self) -> None:
        """Takes once more what a person has marked, and what waits for a clock that has been set."""
        now = time.monotonic()
        if now < self._next_look or self._buffer:
            return
        self._next_look = now + LOOK_S
        self._farm = self._file.refresh()
        self._write_refused()
        try:
            if self._clock.mended() or now >= self._next_waiting:
                self._next_waiting = now + WAITING_AGAIN_S
                self._quarantine.again(kinds=WAITING)
            self._buffer = [Arrived.from_quarantine(entry) for entry in self._quarantine.marked(BATCH)]
        except sqlite3.Error:
            return
        if self._buffer:
            self._next_look = now

    def _append(self, judged: Sequence[Judged]) -> list[Judged]:
        """Stores rows; where the store refuses, halves them until the bad ones stand alone: those, with its reason."""
        rows = [each.outcome for each in judged if isinstance(each.outcome, Stored)]
        if not rows:
            return []
        try:
            self._store.append(rows)
        except StoreUnavailable:
            raise
        except StoreError as error:
            if len(rows) == 1:
                (one,) = judged
                return [Judged(one.arrived, one.arrived.refused("refused by the store", str(error)), one.identity)]
            half = len(rows) // 2
            return self._append(judged[:half]) + self._append(judged[half:])
        return []


def command(
    farm: Annotated[Path, typer.Option(help="The farm.yaml whose messages are stored.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Folder for the quarantine and the embedded store.")] = DATA,
    address: mqtt.AddressOption = mqtt.BROKER,
    password_file: mqtt.PasswordOption = None,
    ca: mqtt.CaOption = None,
    certificate: mqtt.CertificateOption = None,
    key: mqtt.KeyOption = None,
    store: Annotated[
        str | None,
        typer.Option(
            help="sqlite=PATH or influx=http://HOST:PORT/ORG/BUCKET (token: $COOEE_INFLUX_TOKEN); else "
            "sqlite in the data folder."
        ),
    ] = None,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Keep the farm from now on, although another ingest keeps it elsewhere.")
    ] = False,
) -> None:
    """Keeps what comes over MQTT in the store, and sends receipts."""
    server = mqtt.parse_server(address, password_file, ca, certificate, key)
    file = FarmFile(farm)
    claimed = claim(data, "ingest")
    quarantine = open_quarantine(data, "quarantine.db")
    url = store or embedded_store(data)
    opened = open_store(url)
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        keeper = Keeper(file.farm, public_name(url))
        ingest = Ingest(file, opened, quarantine, server, keeper, take_over=take_over)
        ingest.run(lambda: stopping, on_ready=lambda: typer.echo(READY))
    finally:
        opened.close()
        quarantine.close()
        claimed.close()
