"""Ingest: MQTT to store. A message is acknowledged, and receipted to its gateway, only after the store has committed.

One thread: the client's network loop and the writes take turns, so a message id is never acknowledged on a connection
that it did not come from. While the store is away the buffer is kept, and the broker holds what does not fit.
"""

import logging
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import paho.mqtt.client as paho
import typer
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge import mqtt
from edge.contract import topics
from edge.contract.errors import MessageError, StoreError, StoreUnavailable
from edge.contract.messages import Identity, Message, Receipt, Status, dump, identity_of, json_object, message_of
from edge.data_folder import DATA, claim, embedded_store
from edge.farm import Farm, load_farm
from edge.processes import READY
from edge.quarantine import Quarantine, Refused, open_quarantine

from .store import Store, Stored, open_store

log = logging.getLogger("cooee.ingest")

BATCH = 500
"""Messages a commit; also what a receipt names at most."""
BATCH_WAIT_S = 0.1
"""A smaller batch is committed after this time."""
RECEIVE_MAXIMUM = 2000
"""Unacknowledged messages the broker may send: the buffer's bound while the store is away."""
HELD_MOST = 2 * RECEIVE_MAXIMUM
"""Messages held while the store is away; the broker bounds those at QoS 1, the rest may be published at QoS 0."""
LARGEST_BYTES = 65_536
"""A larger message is none of ours; the broker drops it for us."""
SESSION_EXPIRY_S = 30 * 86_400
"""How long the broker keeps messages for an ingest that is away."""
AHEAD_MS = 3_600_000
BEHIND_MS = 400 * 86_400_000
UNKNOWN_ZONE = "unknown"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came: `mid` belongs to its connection, `reply_to` is its MQTT 5 response topic, `said_ms` the
    simulated time (UTC ms) that came with it. At QoS 0 nobody has another copy, and nobody waits for an
    acknowledgement."""

    topic: str
    payload: bytes
    qos: int
    mid: int
    reply_to: str | None
    said_ms: int | None


class FarmClock:
    """Now, on the farm (docs/SPEC.md): the newest time that its simulated gateway said, else the time of day."""

    def __init__(self, farm: Farm, now_ms: int, simulated: bool) -> None:
        self._gateway = farm.gateway
        self._newest_ms = now_ms if simulated else None
        self._real = False

    def hear(self, status: Status) -> None:
        """Takes the time from a status of the farm's own gateway."""
        if status.gateway and status.node == self._gateway:
            self._real = not status.simulated
            if status.simulated and status.t:
                self._newest_ms = max(self._newest_ms or 0, status.t)

    def fault(self, t: int, said_ms: int | None) -> tuple[str, str] | None:
        """Kind and reason when an event time cannot be right. `said_ms` is the time that came with the message: it
        vouches for that message alone, and not on a farm whose gateway lives by the time of day."""
        simulated_ms = max(self._newest_ms or 0, said_ms or 0)
        now = simulated_ms if simulated_ms and not self._real else time.time_ns() // 1_000_000
        if t > now + AHEAD_MS:
            return "future", f"t {t} is {(t - now) / 3_600_000:.1f} h ahead of the farm's clock: set the sender's"
        if t < now - BEHIND_MS:
            return "ancient", f"t {t} is {(now - t) / 86_400_000:.0f} days behind the farm's clock: set the sender's"
        return None


class Ingest:
    """Writes what comes up from one farm into `store`, and what cannot be read into `quarantine`."""

    def __init__(self, farm: Farm, store: Store, quarantine: Quarantine, *, host: str, port: int) -> None:
        self._farm = farm
        self._store = store
        self._quarantine = quarantine
        self._address = (host, port)
        self._clock = FarmClock(farm, *store.farm_now(farm.id))
        self._receipt_topic = topics.topic(farm.id, farm.gateway, "receipt")
        self._buffer: list[Arrived] = []
        self._lost = 0
        self._oldest = 0.0
        self._not_before = 0.0
        self._delay = 0.0
        self.ready = False
        self._client = mqtt.new_client(f"cooee-ingest-{farm.id}", manual_ack=True)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def run(self, stop: Callable[[], bool], *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Works until `stop()` is true, then writes what it holds and leaves. Without a broker it tries again."""
        said_ready = False
        while not stop():
            if not self._client.is_connected() and not self._connect(stop):
                continue
            if self._client.loop(BATCH_WAIT_S / 2) != paho.MQTT_ERR_SUCCESS:
                log.warning("lost the broker %s:%d; trying again", *self._address)
                # A broker that drops us at once, as for a second ingest of this farm, must not see us in a tight loop.
                time.sleep(mqtt.jittered(mqtt.FIRST_RETRY_S))
                continue
            if self.ready and not said_ready:
                said_ready = True
                on_ready()
            if self._due():
                self._flush()
        self._flush()
        self._client.disconnect()
        self._client.loop(0.2)

    def _connect(self, stop: Callable[[], bool]) -> bool:
        """Tries until the broker has accepted us (its CONNACK came), with growing, jittered pauses."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = LARGEST_BYTES
        delay, complained = mqtt.FIRST_RETRY_S, False
        while not stop():
            try:
                self._client.connect(
                    *self._address, keepalive=mqtt.KEEPALIVE_S, clean_start=False, properties=properties
                )
                deadline = time.monotonic() + 5
                while not self._client.is_connected() and time.monotonic() < deadline:
                    if self._client.loop(0.2) != paho.MQTT_ERR_SUCCESS:
                        break
                if self._client.is_connected():
                    return True
            except OSError as error:
                if not complained:
                    log.warning("the broker %s:%d does not answer (%s); trying again", *self._address, error)
                    complained = True
            until = time.monotonic() + mqtt.jittered(delay)
            while time.monotonic() < until and not stop():
                time.sleep(0.05)
            delay = min(2 * delay, mqtt.LONGEST_RETRY_S)
        return False

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        # Message ids of the last connection mean nothing on this one; the broker sends again what was not acknowledged.
        self._buffer = [arrived for arrived in self._buffer if arrived.qos == 0]
        if reason.is_failure:
            log.error("the broker refused us: %s", reason)
            return
        wanted: list[tuple[str, int]] = [(topics.subscription(self._farm.id, kind), 1) for kind in topics.UP]
        client.subscribe(wanted)

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("the broker does not let us subscribe: %s", ", ".join(map(str, reasons)))
        else:
            self.ready = True

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if message.qos == 0 and len(self._buffer) >= HELD_MOST:
            self._lost += 1
            return
        if not self._buffer:
            self._oldest = time.monotonic()
        reply_to = getattr(message.properties, "ResponseTopic", None)
        said = dict(getattr(message.properties, "UserProperty", [])).get(mqtt.NOW, "")
        self._buffer.append(
            Arrived(
                message.topic,
                bytes(message.payload),
                message.qos,
                message.mid,
                reply_to,
                int(said) if re.fullmatch(r"\d{1,15}", said) else None,
            )
        )

    def _due(self) -> bool:
        now = time.monotonic()
        return (
            bool(self._buffer)
            and now >= self._not_before
            and (len(self._buffer) >= BATCH or now - self._oldest >= BATCH_WAIT_S)
        )

    def _flush(self) -> None:
        """Stores the buffer; receipts and acknowledges it when that is durable, else keeps it and backs off."""
        batch = self._buffer[:]
        if not batch:
            return
        try:
            settled = self._keep(batch)
        except (StoreUnavailable, sqlite3.Error) as error:
            self._delay = min(max(2 * self._delay, mqtt.FIRST_RETRY_S), mqtt.LONGEST_RETRY_S)
            if self._delay == mqtt.FIRST_RETRY_S:
                log.error("cannot store, keeping messages back until it works: %s", error)
            self._not_before = time.monotonic() + mqtt.jittered(self._delay)
            return
        if self._delay:
            log.info("the store is back")
        self._delay = 0.0
        del self._buffer[: len(batch)]
        self._oldest = time.monotonic()
        for first in range(0, len(settled), BATCH):
            receipt = Receipt(identities=tuple(settled[first : first + BATCH]))
            self._client.publish(self._receipt_topic, dump(receipt), qos=1)
        for arrived in batch:
            if arrived.qos:
                self._client.ack(arrived.mid, arrived.qos)
        if self._lost:
            log.warning("%d messages published at QoS 0 were lost while the store was away", self._lost)
            self._lost = 0

    def _keep(self, batch: list[Arrived]) -> list[Identity]:
        """Commits rows and quarantine; returns the identities whose gateway waits for a receipt."""
        rows: list[Stored] = []
        sources: list[Arrived] = []
        refused: list[Refused] = []
        settled: list[Identity] = []
        for arrived in batch:
            outcome, identity = self._read(arrived)
            if isinstance(outcome, Refused):
                refused.append(outcome)
            else:
                rows.append(outcome)
                sources.append(arrived)
            if identity and arrived.reply_to == self._receipt_topic:
                settled.append(identity)
        refused += [_refused(sources[i], "refused by the store", reason) for i, reason in self._append(rows, 0)]
        if refused:
            self._quarantine.add(refused)
            for each in refused:
                self._quarantine.say(each, log)
        return settled

    def _read(self, arrived: Arrived) -> tuple[Stored | Refused, Identity | None]:
        """The row that a message makes or why it makes none, and what a receipt for it names. A payload in quarantine
        gets its receipt too, or its gateway would send it for ever and have no room for others."""
        topic = topics.parse_topic(arrived.topic)
        if topic is None:
            return _refused(arrived, "topic", f"topic {arrived.topic!r:.100} is not cooee/<farm>/<device>/<kind>"), None
        identity = None
        try:
            body = json_object(arrived.payload)
            identity = identity_of(topic, body)
            message = message_of(topic, body)
        except MessageError as error:
            return _refused(arrived, "payload", str(error)), identity
        except Exception as error:  # A payload that finds a bug of ours must not come back for ever.
            log.exception("bug: a payload on %s cannot be parsed", arrived.topic)
            return _refused(arrived, "bug", repr(error)), identity
        if isinstance(message, Status):
            self._clock.hear(message)
        if not (isinstance(message, Status) and message.t == 0) and (
            fault := self._clock.fault(message.t, arrived.said_ms)
        ):
            return _refused(arrived, *fault), identity
        return Stored(zone=self._zone(message), message=message), identity

    def _zone(self, message: Message) -> str:
        node = self._farm.node_by_id.get(message.node)
        return node.zone if node else UNKNOWN_ZONE

    def _append(self, rows: list[Stored], first: int) -> list[tuple[int, str]]:
        """Stores rows; where the store refuses, halves them until the bad ones stand alone: its index and why."""
        if not rows:
            return []
        try:
            self._store.append(rows)
        except StoreUnavailable:
            raise
        except StoreError as error:
            if len(rows) == 1:
                return [(first, str(error))]
            half = len(rows) // 2
            return self._append(rows[:half], first) + self._append(rows[half:], first + half)
        return []


def _refused(arrived: Arrived, kind: str, reason: str) -> Refused:
    return Refused(source=arrived.topic, kind=kind, reason=reason, content=arrived.payload)


def command(
    farm: Annotated[Path, typer.Option(help="The farm.yaml whose messages are stored.")] = Path("farm.yaml"),
    data: Annotated[Path, typer.Option(help="Folder for the quarantine and the embedded store.")] = DATA,
    mqtt_address: Annotated[str, typer.Option("--mqtt", help="HOST:PORT of the broker.")] = "127.0.0.1:1883",
    store: Annotated[
        str | None,
        typer.Option(
            help="sqlite=PATH or influx=http://TOKEN@HOST:PORT/ORG/BUCKET; without it, sqlite in the data folder."
        ),
    ] = None,
) -> None:
    """Keeps what comes over MQTT in the store, and sends receipts."""
    host, port = mqtt.parse_address(mqtt_address)
    loaded = load_farm(farm)
    claimed = claim(data, "ingest")
    quarantine = open_quarantine(data, "quarantine.db")
    opened = open_store(store or embedded_store(data))
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        ingest = Ingest(loaded, opened, quarantine, host=host, port=port)
        ingest.run(lambda: stopping, on_ready=lambda: typer.echo(READY))
    finally:
        opened.close()
        quarantine.close()
        claimed.close()
