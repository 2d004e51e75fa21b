"""Ingest's lasting session at the broker: connected again when it is lost, and kept by one store of the farm alone.

Everything happens in the caller's thread, so a message id is never acknowledged on a connection that it did not come
from.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.contract import topics
from edge.farm import Farm
from edge.mqtt import client as mqtt

from .farm_keeper import WORKER, Claim, Keeper, read_claim
from .wire import Publication, Wire, WireClient

log = logging.getLogger("cooee.ingest")

RECEIVE_MAXIMUM = 2000
"""Unacknowledged messages the broker may send: the bound of what ingest holds while the store is away."""
LARGEST_BYTES = 65_536
"""A larger message is none of ours; the broker drops it for us."""
SESSION_EXPIRY_S = 30 * 86_400
"""How long the broker keeps messages for an ingest that is away."""
ANSWERS_WITHIN_S = 5.0
LEAVES_WITHIN_S = 2.0


class BrokerSession:
    """`connected()` is called on each new connection, before its first message; `came` with every message of the farm
    but the keepers', `heard` with the name of another worker and what it claims. That of an heir takes what waits, and
    nothing new."""

    def __init__(
        self,
        farm: Farm,
        server: mqtt.Server,
        keeper: Keeper,
        *,
        take_over: bool,
        connected: Callable[[], None],
        came: Callable[[Publication], None],
        heard: Callable[[str, Claim | None], None],
    ) -> None:
        self._farm = farm
        self._server = server
        self._keeper = keeper
        self._connected = connected
        self._came = came
        self._heard = heard
        self._complaints = mqtt.Complaints(server, log)
        self._ask_first = not take_over
        self._doubted = False
        self._answered = False
        self._leaving = False
        self.ready = False
        self._wire: Wire | None = None
        client_id = f"cooee-ingest-{farm.id}" + ("" if keeper.worker == WORKER else f":{keeper.worker}")
        self._client = mqtt.new_client_of(WireClient, client_id, server)
        self._client.opened = self._opened
        self._client.came = self._on_publication
        if not keeper.heir:
            self._client.will_set(keeper.topic, keeper.claim(gone=True), qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_unsubscribe = self._on_unsubscribe
        self._client.on_publish = self._complaints.say_refused

    def step(self, wait_s: float, stop: Callable[[], bool]) -> bool:
        """Takes what comes in `wait_s`; connects first when it must, until `stop()`. False when nothing could come.
        AnotherKeeper when another ingest keeps the farm in another store."""
        if not self._client.is_connected() and not self._connect(stop):
            return False
        if not self._loop(wait_s):
            # A broker that drops us at once, as for a second ingest of this farm, must not see us in a tight loop.
            time.sleep(mqtt.jittered(mqtt.FIRST_RETRY_S))
            return False
        if self._doubted:
            self._doubted = False
            with contextlib.suppress(OSError):  # lost again: whoever connects asks
                self._keeper.ask(self._server)
        return True

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in."""
        return self._client.is_connected()

    def publish(self, topic: str, payload: bytes) -> None:
        """Publishes at QoS 1."""
        self._client.publish(topic, payload, qos=1)

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Tells the broker that messages of this connection need not come again."""
        if self._wire and mids:
            self._wire.acknowledge(mids)

    def _loop(self, wait_s: float) -> bool:
        """Takes what comes, and sends what waits; False when the connection is gone."""
        if self._wire:
            self._wire.flush()
        return self._client.loop(wait_s) == paho.MQTT_ERR_SUCCESS

    def _opened(self, wire: Wire) -> None:
        self._wire = wire
        self._connected()

    def leave(self) -> None:
        """Says that this worker is gone, and goes once the broker has heard that: a connection that is closed before
        may take our last acknowledgements along. An heir ends the session, which has nothing left, and the claim."""
        self._leaving = True
        farewell = b"" if self._keeper.heir else self._keeper.claim(gone=True)
        told = self._client.publish(self._keeper.topic, farewell, qos=1, retain=True)
        deadline = time.monotonic() + LEAVES_WITHIN_S
        while self._client.is_connected() and not told.is_published() and time.monotonic() < deadline:
            self._loop(0.1)
        ending = Properties(PacketTypes.DISCONNECT)
        if self._keeper.heir and told.is_published():
            ending.SessionExpiryInterval = 0
        self._client.disconnect(properties=ending)

    def _connect(self, stop: Callable[[], bool]) -> bool:
        """Tries until the broker has accepted us (its CONNACK came), with growing, jittered pauses."""
        delay = mqtt.FIRST_RETRY_S
        while not stop():
            try:
                if self._ask_first:
                    self._keeper.ask(self._server)
                if self._try_once():
                    self._ask_first = True
                    return True
            except OSError as error:
                self._complaints.say(mqtt.explain(error))
            until = time.monotonic() + mqtt.jittered(delay)
            while time.monotonic() < until and not stop():
                time.sleep(0.05)
            delay = min(2 * delay, mqtt.LONGEST_RETRY_S)
        return False

    def _try_once(self) -> bool:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = LARGEST_BYTES
        self._answered = False
        self._client.connect(
            self._server.host, self._server.port, keepalive=mqtt.KEEPALIVE_S, clean_start=False, properties=properties
        )
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while not self._client.is_connected() and time.monotonic() < deadline:
            if not self._loop(0.2):
                break
        if not self._answered:
            self._complaints.say_silent()
        return self._client.is_connected()

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._answered = True
        if reason.is_failure:
            self._complaints.say(mqtt.explain(reason))
            return
        # Readings are shared with the other workers. What is rare goes to each: calls and states are retained, which a
        # shared subscription would not bring, and each worker needs the gateway's clock.
        readings, *rare = [topics.subscription(self._farm.id, kind) for kind in topics.UP]
        wanted = [topics.shared(readings), *rare, self._keeper.topics]
        if self._keeper.heir:
            client.unsubscribe(wanted)
            return
        client.publish(self._keeper.topic, self._keeper.claim(), qos=1, retain=True)
        client.unsubscribe(readings)  # of a session from before workers
        client.subscribe([(each, 1) for each in wanted])

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

    def _on_unsubscribe(self, *_: object) -> None:
        self.ready |= self._keeper.heir

    def _on_publication(self, message: Publication) -> None:
        of = topics.parse_topic(message.topic)
        if of is None or of.kind != "keeper":
            self._came(message)
            return
        if message.qos:
            self.acknowledge([message.mid])
        if self._keeper.heir:
            return
        # A claim was perhaps made long ago: the broker is asked once more before it is believed.
        self._doubted |= self._keeper.doubts(message.topic, message.payload)
        claim = read_claim(message.topic, message.payload)
        if message.topic != self._keeper.topic:
            self._heard(of.device, claim)
        elif (claim is None or claim.gone) and not self._leaving:
            self._client.publish(self._keeper.topic, self._keeper.claim(), qos=1, retain=True)
