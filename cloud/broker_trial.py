"""What `cooee doctor` tries at a broker: to get a message through it, and how long its certificate holds."""

import math
import queue
import secrets
import socket
import ssl
import time
from typing import Any

import paho.mqtt.client as paho

from edge.mqtt import client as mqtt

ANSWERS_WITHIN_S = 3.0


def round_trip(server: mqtt.Server, topic: str) -> str | None:
    """What keeps a message from coming back; None when it does."""
    proof = secrets.token_hex(8).encode()
    answers: queue.SimpleQueue[str | bytes] = queue.SimpleQueue()

    def connected(client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            answers.put(mqtt.explain(reason))
        else:
            client.subscribe(topic, qos=1)

    def subscribed(client: paho.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if reasons[0].is_failure:
            answers.put(f"it does not let us read {topic}: check its access list")
        else:
            client.publish(topic, proof, qos=1)

    def published(_client: paho.Client, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            answers.put(f"it does not let us publish to {topic} ({str(reason).lower()}): check its access list")

    client = mqtt.new_client(f"cooee-doctor-{secrets.token_hex(4)}", server)
    client.on_connect, client.on_subscribe, client.on_publish = connected, subscribed, published
    client.on_message = lambda _client, _data, message: answers.put(bytes(message.payload))
    client.connect_timeout = ANSWERS_WITHIN_S
    try:
        client.connect(server.host, server.port)
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < deadline:
            if client.loop(0.1) != paho.MQTT_ERR_SUCCESS and answers.empty():
                return mqtt.silence(server)
            if not answers.empty():
                answer = answers.get()
                if isinstance(answer, str):
                    return answer
                if answer == proof:
                    return None
        return "it let us in, but our own message did not come back"
    except OSError as error:
        return mqtt.explain(error)
    finally:
        client.disconnect()


def days_left(server: mqtt.Server, tls: ssl.SSLContext) -> float:
    """Days until the broker's certificate ends; infinite when it does not answer any more."""
    try:
        with socket.create_connection((server.host, server.port), ANSWERS_WITHIN_S) as plain:
            certificate = tls.wrap_socket(plain, server_hostname=server.host).getpeercert()
    except OSError:
        return math.inf
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"])) if certificate else math.inf
    return (ends - time.time()) / 86_400
