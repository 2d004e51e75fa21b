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


class AnotherKeeper(CooeeError):
    """Another ingest keeps this farm, in another store."""


class Keeper:
    """What this ingest says of itself: `store` is the name of its store on this machine, without secrets."""

    def __init__(self, farm: Farm, store: str) -> None:
        self.topic = topics.topic(farm.id, farm.gateway, "keeper")
        self._farm = farm.id
        self._store = store
        self._host = socket.gethostname()

    def claim(self) -> bytes:
        """The retained payload that tells the others; an empty one (the last will) takes it back."""
        return json.dumps({"v": 1, "store": self._store, "host": self._host}).encode()

    def check(self, payload: bytes) -> None:
        """AnotherKeeper when a claim is another store's."""
        try:
            claim = json.loads(payload)
            store, host = str(claim["store"])[:200], str(claim["host"])[:64]
        except (ValueError, TypeError, LookupError, RecursionError):
            return
        if (store, host) != (self._store, self._host):
            raise AnotherKeeper(
                f"another ingest keeps farm {self._farm} in {store} (on {host}): stop it, or when it is gone for "
                "good, start this one with --take-over"
            )

    def ask(self, server: mqtt.Server) -> None:
        """Asks the broker who keeps the farm; AnotherKeeper. A broker that does not answer, or does not let us in,
        raises OSError or says nothing: whoever connects after this will hear why."""
        client = mqtt.new_client(f"cooee-ingest-{self._farm}-ask-{secrets.token_hex(4)}", server)
        heard: list[bytes] = []
        subscribed: list[Any] = []
        client.on_message = lambda _client, _data, message: heard.append(bytes(message.payload))
        client.on_subscribe = lambda *_: subscribed.append(None)
        client.on_connect = self._subscribe_twice
        client.connect(server.host, server.port)
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        # What is retained comes before the answer to the second subscription.
        while len(subscribed) < 2 and time.monotonic() < deadline:
            if client.loop(0.1) != paho.MQTT_ERR_SUCCESS:
                break
        client.disconnect()
        for payload in heard[:1]:
            self.check(payload)

    def _subscribe_twice(self, client: paho.Client, *_connected: object) -> None:
        for _ in range(2):
            client.subscribe(self.topic, qos=1)
