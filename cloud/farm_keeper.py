"""One farm, one store: an ingest says at the broker which store it keeps the farm in, and asks before it comes.

Two that keep a farm in different stores would split its readings between them, each receipted by one of them.
"""

import json
import secrets
import socket
import time
from typing import Any

import paho.mqtt.client as paho

from edge import mqtt
from edge.contract import topics
from edge.contract.errors import CooeeError
from edge.farm import Farm

ANSWERS_WITHIN_S = 5.0
LONGEST = 300
"""Letters of a store's and a host's name."""


class AnotherKeeper(CooeeError):
    """Another ingest keeps this farm, in another store."""


class Keeper:
    """What this ingest says of itself: `store` is the name of its store on this machine, without secrets."""

    def __init__(self, farm: Farm, store: str) -> None:
        self.topic = _topic(farm)
        self._farm = farm
        self._own = (store[:LONGEST], socket.gethostname()[:LONGEST])

    def claim(self) -> bytes:
        """The retained payload that tells the others; an empty one (the last will) takes it back."""
        store, host = self._own
        return json.dumps({"v": 1, "store": store, "host": host}).encode()

    def ask(self, server: mqtt.Server) -> None:
        """Asks the broker who keeps the farm; AnotherKeeper when it is another store, else as `who_keeps`."""
        other = who_keeps(self._farm, server)
        if other is not None and other != self._own:
            raise AnotherKeeper(
                f"another ingest keeps farm {self._farm.id} in {other[0]} (on {other[1]}): stop it, or when it is gone "
                "for good, start this one with --take-over"
            )


def who_keeps(farm: Farm, server: mqtt.Server) -> tuple[str, str] | None:
    """Store and host of the ingest that keeps a farm, as the broker knows it; None when there is none, or when the
    broker does not let us in: whoever connects after this will hear why. Raises OSError."""
    client = mqtt.new_client(f"cooee-ingest-{farm.id}-ask-{secrets.token_hex(4)}", server)
    heard: list[bytes] = []
    subscribed: list[Any] = []

    def subscribe_twice(client: paho.Client, *_connected: object) -> None:
        for _ in range(2):
            client.subscribe(_topic(farm), qos=1)

    client.on_connect = subscribe_twice
    client.on_message = lambda _client, _data, message: heard.append(bytes(message.payload))
    client.on_subscribe = lambda *_: subscribed.append(None)
    client.connect(server.host, server.port)
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    # What is retained comes before the answer to the second subscription.
    while len(subscribed) < 2 and time.monotonic() < deadline:
        if client.loop(0.1) != paho.MQTT_ERR_SUCCESS:
            break
    client.disconnect()
    return _read(heard[0]) if heard else None


def _topic(farm: Farm) -> str:
    return topics.topic(farm.id, farm.gateway, "keeper")


def _read(claim: bytes) -> tuple[str, str] | None:
    try:
        body = json.loads(claim)
        return str(body["store"])[:LONGEST], str(body["host"])[:LONGEST]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
