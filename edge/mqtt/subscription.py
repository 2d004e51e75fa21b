"""What others publish over MQTT, heard in a thread of its own and held until it is taken."""

import logging
import queue
import sys
import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from . import client as mqtt

log = logging.getLogger("cooee.gateway")

LARGEST_BYTES = 65_536
HELD = 10_000
"""Messages that wait to be taken; what comes beyond is dropped, and said."""


@dataclass(frozen=True, slots=True)
class Published:
    """A message, when it came (UTC ms), and whether the broker had kept it from before."""

    topic: str
    payload: bytes
    received_ms: int
    retained: bool


class Subscription:
    """A client of the broker that hears the topics it is told to follow, and connects when there is a first one. It is
    no lasting session: what is published while it is away, it does not hear."""

    def __init__(self, server: mqtt.Server, client_id: str) -> None:
        self._server = server
        self._topics: set[str] = set()
        self._heard: queue.SimpleQueue[Published] = queue.SimpleQueue()
        self._complaints = mqtt.Complaints(server, log)
        self._running = False
        self._client = mqtt.new_client(client_id, server)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = lambda _client, _data: self._complaints.say(mqtt.explain(sys.exc_info()[1]))
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def follow(self, topics: set[str]) -> None:
        """From now on hears these topics. A broker that does not answer is tried again."""
        gone, new = self._topics - topics, topics - self._topics
        self._topics = set(topics)
        if topics and not self._running:
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

    def take(self) -> list[Published]:
        """What has come since the last time, in order."""
        return [self._heard.get() for _ in range(self._heard.qsize())]

    def publish(self, topic: str, payload: bytes) -> None:
        """Publishes at QoS 1; without a connection it is lost."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=1)

    def close(self) -> None:
        """Leaves the broker."""
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
            self._complaints.say("it does not let us read a topic that we need: check its access list")

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if self._heard.qsize() >= HELD:
            log.warning("messages come faster than they can be taken; one on %s is dropped", message.topic)
            return
        now_ms = time.time_ns() // 1_000_000
        self._heard.put(Published(message.topic, bytes(message.payload), now_ms, bool(message.retain)))
