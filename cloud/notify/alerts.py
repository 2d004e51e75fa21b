"""Incidents as retained MQTT messages, for Home Assistant and whoever else listens, and answers from there
(docs/SPEC.md, "Alerts")."""

import json
import logging
import queue
import random
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import paho.mqtt.client as paho

from edge import mqtt
from edge.contract import topics

from .rules import Incident

log = logging.getLogger("cooee.notify")

LONGEST_ANSWER = 64
ANSWERS_HELD = 100

Key = tuple[str, str]
"""Zone and kind."""


class Alerts:
    """Says what is open, anew after each connection. The network thread touches nothing but two queues."""

    def __init__(self, farm: str, server: mqtt.Server) -> None:
        self._farm = farm
        self._server = server
        self._complaints = mqtt.Complaints(server, log)
        self._payloads: dict[Key, bytes] = {}
        self._connected: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._client = mqtt.new_client(f"cooee-notify-{farm}", server)
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
        """Leaves the broker; what was said stays there, retained."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._complaints.say(mqtt.explain(reason))
            return
        client.subscribe(topics.answers_to_alerts(self._farm), qos=1)
        self._connected.put(True)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        # A retained answer was given to an earlier trouble.
        if not message.retain and len(message.payload) < LONGEST_ANSWER and self._answers.qsize() < ANSWERS_HELD:
            self._answers.put((message.topic, bytes(message.payload)))

    def say(self, incidents: Sequence[Incident]) -> None:
        """Publishes what has changed, or everything after a connection."""
        payloads = {
            (incident.zone, incident.kind): _payload(incident)
            for incident in sorted(incidents, key=lambda incident: (incident.ended is None, incident.began))
            if (incident.ended is not None or incident.concern is not None)
            and topics.IDENTIFIER.fullmatch(incident.kind)
            and (incident.rings or incident.told or (incident.zone, incident.kind) in self._payloads)
        }
        if not self._connected.empty():
            while not self._connected.empty():
                self._connected.get()
            log.info("connected to the broker %s", self._server)
            self._payloads.clear()
        if not self._client.is_connected():  # what is published then, the client would keep and send much later
            return
        for key, payload in payloads.items():
            if self._payloads.get(key) != payload:
                sent = self._client.publish(topics.alert(self._farm, *key), payload, qos=1, retain=True)
                if sent.rc == paho.MQTT_ERR_SUCCESS:
                    self._payloads[key] = payload

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
