"""What a command leaves with the broker for who is away: retained messages, written and read once."""

import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from ..contract.errors import CooeeError
from . import client as mqtt

ANSWER_WITHIN_S = 10.0
RETAINED_WITHIN_S = 1.0
"""After its answer to a subscription a broker sends at once what it has."""

Answers = queue.SimpleQueue[str | None]
"""The broker's answers to what was asked of it, None for yes; a refusal, or the end of the connection, in words."""


def publish(server: mqtt.Server, topic: str, payload: bytes) -> None:
    """Publishes what is meant for a node, retained. CooeeError: no broker takes it."""
    with _connected(server) as (client, answers):
        client.on_publish = lambda _c, _d, _m, reason, _p: answers.put(_refusal(reason))
        client.publish(topic, payload, qos=1, retain=True)
        _await(server, answers)


def read(server: mqtt.Server, topic: str) -> bytes | None:
    """What is retained on a topic; None for nothing. CooeeError: no broker says so."""
    with _connected(server) as (client, answers):
        payloads: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        client.on_message = lambda _c, _d, message: payloads.put(bytes(message.payload))
        client.on_subscribe = lambda _c, _d, _m, reasons, _p: answers.put(_refusal(reasons[0]))
        client.subscribe(topic, qos=1)
        _await(server, answers)
        try:
            return payloads.get(timeout=RETAINED_WITHIN_S)
        except queue.Empty:
            if not answers.empty():  # the connection ended before anything could come
                _await(server, answers)
            return None


def _refusal(reason: ReasonCode) -> str | None:
    return mqtt.explain(reason) if reason.is_failure else None


def _await(server: mqtt.Server, answers: Answers) -> None:
    try:
        refusal = answers.get(timeout=ANSWER_WITHIN_S)
    except queue.Empty:
        refusal = mqtt.silence(server)
    if refusal is not None:
        raise CooeeError(f"broker {server}: {refusal}")


@contextmanager
def _connected(server: mqtt.Server) -> Iterator[tuple[paho.Client, Answers]]:
    client = mqtt.new_client("", server)
    answers: Answers = queue.SimpleQueue()
    client.on_connect = lambda _c, _d, _f, reason, _p: answers.put(_refusal(reason))
    # It comes before paho's next connection, whose yes answers nothing that was asked on this one.
    client.on_disconnect = lambda _c, _d, flags, reason, _p: answers.put(
        mqtt.explain(reason) if flags.is_disconnect_packet_from_server else mqtt.silence(server)
    )
    client.connect_timeout = ANSWER_WITHIN_S
    try:
        client.connect(server.host, server.port)
        client.loop_start()
        _await(server, answers)
        yield client, answers
    except OSError:
        raise CooeeError(f"broker {server}: {mqtt.explain(sys.exc_info()[1])}") from None
    finally:
        client.disconnect()
        client.loop_stop()
