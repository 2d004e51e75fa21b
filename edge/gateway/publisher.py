"""From the outbox to the broker, and what comes from there: receipts, and what is meant for nodes.

The client's network thread changes nothing here but queues; all else happens in the caller's thread.
"""

import logging
import queue
import random
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ..contract import topics
from ..contract.errors import MessageError
from ..contract.messages import Status
from ..contract.payloads import dump, parse_receipt
from ..mqtt import client as mqtt
from .outbox import Outbox
from .outbox_schema import NodeState, Waiting
from .window import Window

log = logging.getLogger("cooee.gateway")

EXPIRY_S = 600
"""How long a broker keeps a copy for a client that is away. The outbox has the original; copies must not pile up."""
LARGEST_BYTES = 65_536
RECEIPTS_HELD = 1000
"""A larger message is no receipt, and more of them at once are not ingest's."""
COMMANDS_HELD = 1000
FOR_NODES = ("command", "sentinel")
"""Kinds of topics that bring something for nodes."""


class Publisher:
    """Publishes an outbox for one gateway. `status()` gives the gateway's own status now, None while it has no clock;
    `nodes()` what it knows of its nodes."""

    def __init__(
        self,
        farm: str,
        gateway: str,
        outbox: Outbox,
        *,
        server: mqtt.Server,
        will: Status,
        status: Callable[[], Status | None],
        nodes: Callable[[], list[NodeState]],
    ) -> None:
        self._farm = farm
        self._outbox = outbox
        self._status = status
        self._nodes = nodes
        self._receipt_topic = topics.topic(farm, gateway, "receipt")
        self._window = Window(outbox, self._publish)
        self._connected = False
        self._said_own = False
        self._connections: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._receipts: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._commands: queue.SimpleQueue[tuple[str, str, bytes]] = queue.SimpleQueue()
        self._server = server
        self._complaints = mqtt.Complaints(server, log)
        self._client = self._new_client(f"cooee-gateway-{farm}-{gateway}", will)
        properties = Properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = LARGEST_BYTES
        self._client.connect_async(server.host, server.port, keepalive=mqtt.KEEPALIVE_S, properties=properties)

    def _new_client(self, client_id: str, will: Status) -> paho.Client:
        client = mqtt.new_client(client_id, self._server)
        client.will_set(topics.topic(self._farm, will.node, "status"), dump(will), qos=1, retain=True)
        # paho doubles the pause from the first to the longest; both are drawn, so that many gateways spread out.
        client.reconnect_delay_set(random.randint(1, 2), random.randint(8, 16))
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._complaints.say_refused
        return client

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._complaints.say(mqtt.explain(reason))
            return
        client.subscribe(
            [(self._receipt_topic, 1), *((topics.subscription(self._farm, kind), 1) for kind in FOR_NODES)]
        )
        self._connections.put(True)

    def _on_connect_fail(self, _client: paho.Client, _data: Any) -> None:
        self._complaints.say(mqtt.explain(sys.exc_info()[1]))
        self._connections.put(False)

    def _on_disconnect(self, _client: paho.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._complaints.say(mqtt.explain(reason))
        elif not self._connected:
            self._complaints.say_silent()
        self._connections.put(False)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        topic = topics.parse_topic(message.topic)
        if topic is not None and topic.kind in FOR_NODES:
            if self._commands.qsize() < COMMANDS_HELD:
                self._commands.put((topic.kind, topic.device, bytes(message.payload)))
        elif self._receipts.qsize() < RECEIPTS_HELD:
            self._receipts.put(bytes(message.payload))

    def start(self) -> None:
        """Begins to connect; a broker that does not answer is tried again."""
        self._client.loop_start()

    def stop(self) -> None:
        """Settles what was receipted and leaves the broker, which then publishes the last will."""
        self._window.settle()
        self._client.disconnect(reasoncode=ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in."""
        return self._connected

    @property
    def busy(self) -> bool:
        """Whether receipts are awaited."""
        return self._window.busy

    def step(self) -> None:
        """Publishes what there is room for, takes receipts, publishes again what has waited too long for one."""
        self._follow_connection()
        self._take_receipts()
        self._window.step(connected=self._connected)

    def take_commands(self) -> Iterator[tuple[str, str, bytes]]:
        """(kind of topic, node, payload) of what has come for nodes."""
        while not self._commands.empty():
            yield self._commands.get()

    def say(self, status: Status) -> None:
        """Publishes a status, retained; without a broker it is dropped, the newest is said at the next connection."""
        if self._connected:
            self._retain(status.node, "status", dump(status), qos=1)

    def say_own(self, status: Status) -> None:
        """Publishes the gateway's own status. Nobody needs an old one: at QoS 0 it is not kept for who is away. The
        first of a connection asks for an answer, so that a broker which refuses it is noticed."""
        if not self._connected:
            return
        qos, expiry_s = (0, None) if self._said_own else (1, EXPIRY_S)
        self._said_own = True
        self._retain(status.node, "status", dump(status), qos=qos, expiry_s=expiry_s)

    def _retain(self, device: str, kind: str, payload: bytes, *, qos: int, expiry_s: int | None = None) -> None:
        topic = topics.topic(self._farm, device, kind)
        properties = _properties(self._now(), expiry_s=expiry_s)
        self._client.publish(topic, payload, qos=qos, retain=True, properties=properties)

    def say_node(self, node: NodeState) -> None:
        """Publishes the status of a node."""
        self.say(self._status_of(node))

    def _status_of(self, node: NodeState) -> Status:
        return Status(
            farm=self._farm,
            node=node.node,
            t=node.state_t,
            state=node.state,
            wake_interval_s=node.wake_interval_s,
            rssi=node.rssi,
            snr=node.snr,
        )

    def _follow_connection(self) -> None:
        while not self._connections.empty():
            connected = self._connections.get()
            if connected:
                log.info("connected to the broker %s", self._server)
                self._connected, self._said_own = True, False
                self._greet()
                self._window.reconnected()
            elif self._connected:
                self._complaints.say_lost()
                self._connected = False

    def _greet(self) -> None:
        """A broker may have forgotten everything: says the retained things anew, at QoS 0 so that they do not pile up
        for who is away."""
        if (own := self._status()) is not None:
            self.say_own(own)
        for node in self._nodes():
            self._retain(node.node, "status", dump(self._status_of(node)), qos=0)
        for identity, payload in self._outbox.last_calls():
            self._retain(identity.node, "call", payload, qos=0)

    def _publish(self, message: Waiting, retain: bool) -> paho.MQTTMessageInfo:
        properties = _properties(self._now(), self._receipt_topic, None if retain else EXPIRY_S)
        topic = topics.topic(self._farm, message.identity.node, message.kind)
        return self._client.publish(topic, message.payload, qos=1, retain=retain, properties=properties)

    def _now(self) -> str | None:
        """The clock that goes with every message when it is a simulated one: hours pass in a second, and ingest must
        not take a good message for one from the future because a status is late."""
        own = self._status()
        return str(own.t) if own is not None and own.simulated else None

    def _take_receipts(self) -> None:
        while not self._receipts.empty():
            payload = self._receipts.get()
            try:
                identities = parse_receipt(payload).identities
            except MessageError as error:
                log.warning("not a receipt on %s: %s", self._receipt_topic, error)
                continue
            self._window.receipt(identities)


@lru_cache(maxsize=16)
def _properties(now: str | None, response_topic: str | None = None, expiry_s: int | None = None) -> Properties:
    """MQTT 5 properties of a message. Cached, as making them costs more than all else of a publication."""
    properties = Properties(PacketTypes.PUBLISH)
    if now is not None:
        properties.UserProperty = (mqtt.NOW, now)
    if response_topic is not None:
        properties.ResponseTopic = response_topic
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    return properties
