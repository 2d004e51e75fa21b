"""Messages that other systems publish over MQTT."""

import logging
import queue
import sys
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .. import mqtt
from ..contract.errors import MessageError
from . import Said
from .payload import body_of

log = logging.getLogger("cooee.gateway")

LARGEST_BYTES = 65_536
HELD = 10_000
"""Messages that wait to be taken; what comes beyond is dropped, and said."""


class TopicInlet:
    """A client of the broker that hears the topics it is told to follow. It connects when there is a first one."""

    def __init__(self, server: mqtt.Server, client_id: str) -> None:
        self._server = server
        self._topics: set[str] = set()
        self._said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self._complaints = mqtt.Complaints(server, log)
        self._running = False
        self._client = mqtt.new_client(client_id, server)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = lambda _client, _data: self._complaints.say(mqtt.explain(sys.exc_info()[1]))
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def follow(self, places: set[str]) -> None:
        """See Inlet. A broker that does not answer is tried again."""
        gone, new = self._topics - places, places - self._topics
        self._topics = set(places)
        if places and not self._running:
            properties = Properties(PacketTypes.CONNECT)
            properties.MaximumPacketSize = LARGEST_BYTES
            host, port = self._server.host, self._server.port
            self._client.connect_async(host, port, keepalive=mqtt.KEEPALIVE_S, properties=properties)
            self._client.loop_start()
            self._running = True
        elif self._client.is_connected():
            for topic in gone:
                self._client.unsubscribe(topic)
            for topic in new:
                self._client.subscribe(topic, qos=1)

    def take(self) -> list[Said]:
        """See Inlet."""
        return [self._said.get() for _ in range(self._said.qsize())]

    def publish(self, topic: str, payload: bytes) -> None:
        """Publishes at QoS 1; without a connection it is lost."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=1)

    def close(self) -> None:
        """See Inlet."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._complaints.say(mqtt.explain(reason))
            return
        for topic in sorted(self._topics):
            client.subscribe(topic, qos=1)

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._complaints.say("it does not let us read a topic of farm.yaml's readings: check its access list")

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        received_ms = time.time_ns() // 1_000_000
        if self._said.qsize() >= HELD:
            log.warning("messages come faster than they can be taken; one on %s is dropped", message.topic)
            return
        try:
            body = body_of(bytes(message.payload))
        except MessageError as error:
            log.warning("%s: %s", message.topic, error)
            return
        self._said.put(Said(where=message.topic, body=body, received_ms=received_ms, retained=bool(message.retain)))
