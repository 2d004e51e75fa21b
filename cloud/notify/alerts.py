"""Incidents as retained MQTT messages, for Home Assistant and whoever else listens, and answers from there
(docs/SPEC.md, "Alerts")."""

import json
import logging
import queue
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from edge.contract import topics
from edge.farm import Farm
from edge.mqtt import client as mqtt

from .home_assistant import HomeAssistant
from .rules import Incident

log = logging.getLogger("cooee.notify")

LONGEST_ANSWER = 64
ANSWERS_HELD = 100
RETAINED_HELD = 100_000
ONLINE, OFFLINE = b"online", b"offline"


class Alerts:
    """Says what is open, anew after each connection, and to Home Assistant, if there is one, what the farm consists of.
    The network thread touches nothing but queues."""

    def __init__(self, farm: str, server: mqtt.Server, home: HomeAssistant | None = None) -> None:
        self._farm = farm
        self._home = home
        self._server = server
        self._complaints = mqtt.Complaints(server, log)
        self._payloads: dict[str, bytes] = {}
        self._retained: set[str] = set()
        self._found: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()
        self._connected: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._client = mqtt.new_client(f"cooee-notify-{farm}", server)
        if home:
            self._client.will_set(topics.notify_state(farm), OFFLINE, qos=1, retain=True)
        # paho doubles the pause from the first to the longest; both are drawn, so that many clients spread out.
        self._client.reconnect_delay_set(random.randint(1, 2), random.randint(8, 16))
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = lambda *_: self._complaints.say(mqtt.explain(sys.exc_info()[1]))
        self._client.on_message = self._on_message
        self._client.on_publish = self._complaints.say_refused
        self._client.connect_async(server.host, server.port, keepalive=mqtt.KEEPALIVE_S)

    def start(self) -> None:
        """Begins to connect; a broker that does not answer is tried again."""
        self._client.loop_start()

    def stop(self) -> None:
        """Leaves the broker, which then publishes the last will; what was said stays there, retained."""
        self._client.disconnect(reasoncode=ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in."""
        return self._client.is_connected()

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._complaints.say(mqtt.explain(reason))
            return
        own = self._home.filters(self._farm) if self._home else ()
        client.subscribe([(each, 1) for each in (topics.answers_to_alerts(self._farm), *own)])
        self._connected.put(True)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if topics.parse_answer(message.topic) is None:
            if self._found.qsize() < RETAINED_HELD:
                self._found.put((message.topic, bool(message.payload)))
        # A retained answer was given to an earlier trouble.
        elif not message.retain and len(message.payload) < LONGEST_ANSWER and self._answers.qsize() < ANSWERS_HELD:
            self._answers.put((message.topic, bytes(message.payload)))

    def say(self, farm: Farm, incidents: Sequence[Incident]) -> None:
        """Publishes what has changed, or everything after a connection."""
        payloads = {
            topic: _payload(incident)
            for incident in sorted(incidents, key=lambda incident: (incident.ended is None, incident.began))
            if (incident.ended is not None or incident.concern is not None)
            and topics.IDENTIFIER.fullmatch(incident.kind)
            and (topic := topics.alert(self._farm, incident.zone, incident.kind))
            and (incident.rings or incident.told or topic in self._payloads)
        }
        if not self._connected.empty():
            while not self._connected.empty():
                self._connected.get()
            log.info("connected to the broker %s", self._server)
            self._payloads.clear()
            self._retained.clear()
        if not self._client.is_connected():  # what is published then, the client would keep and send much later
            return
        if self._home:
            found = self._home.messages(farm, incidents)
            self._take_back(found)
            payloads |= found | {topics.notify_state(self._farm): ONLINE}
        for topic, payload in payloads.items():
            if self._payloads.get(topic) != payload and self._retain(topic, payload):
                self._payloads[topic] = payload

    def _take_back(self, wanted: Mapping[str, bytes]) -> None:
        """Removes what this or an earlier run has said to Home Assistant of what the farm has no more: the broker
        brings us all of it, and what we publish too."""
        while not self._found.empty():
            topic, there = self._found.get()
            (self._retained.add if there else self._retained.discard)(topic)
        for topic in self._retained - wanted.keys():
            if self._retain(topic, b""):
                self._retained.discard(topic)
                self._payloads.pop(topic, None)

    def _retain(self, topic: str, payload: bytes) -> bool:
        return self._client.publish(topic, payload, qos=1, retain=True).rc == paho.MQTT_ERR_SUCCESS

    def answers(self) -> Iterator[tuple[str, str, str]]:
        """Zone, kind and word of each answer that came."""
        while not self._answers.empty():
            topic, payload = self._answers.get()
            if key := topics.parse_answer(topic):
                yield *key, payload.decode("utf-8", "replace").strip()


def _payload(incident: Incident) -> bytes:
    state = "over" if incident.ended is not None else "open" if incident.rings else "in_hand"
    body: dict[str, Any] = {"v": 1, "state": state, "level": incident.level, "title": incident.title}
    body["began"] = incident.began
    if incident.ended is not None:
        body["ended"] = incident.ended
    if incident.concern is not None:
        body |= {"why": incident.concern.advice.why, "steps": list(incident.concern.advice.steps)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
