"""One farm, one store: a worker of ingest says at the broker which store it keeps the farm in, and asks before that.

Two that keep a farm in different stores would split its readings between them, each receipted by one of them. Those of
one store share the work, each under a name of its own.
"""

import json
import re
import secrets
import socket
import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho

from edge.contract import topics
from edge.contract.errors import CooeeError
from edge.farm import Farm
from edge.mqtt import client as mqtt

ANSWERS_WITHIN_S = 5.0
LONGEST = 300
"""Letters of a store's and a host's name."""
WORKER = "ingest"
"""What a machine's first worker is called unless --name says otherwise."""
HERE = re.compile(r"sqlite=|influx=https?://(localhost|127\.|\[::1\])")
"""Stores that are another one on another machine."""


class AnotherKeeper(CooeeError):
    """Another ingest keeps this farm, in another store."""


@dataclass(frozen=True)
class Claim:
    """What a worker says of itself; `store` is the name of its store, without secrets. `gone`: what the broker says of
    one that was there: messages may wait for it (cloud/ingest/heirs.py)."""

    worker: str
    store: str
    host: str
    gone: bool = False

    def same_store(self, other: "Claim") -> bool:
        """Whether both mean one store: on one machine, or by an address that means the same on every machine."""
        return self.store == other.store and (self.host == other.host or not HERE.match(self.store))


class Keeper:
    """What this worker says of itself: `store` is the name of its store on this machine, without secrets."""

    def __init__(self, farm: Farm, store: str, worker: str = WORKER, *, heir: bool = False) -> None:
        """`heir`: not the worker itself, but who takes over what waits for it."""
        self.heir = heir
        self.topic = topics.topic(farm.id, worker, "keeper")
        self.topics = topics.subscription(farm.id, "keeper")
        self.worker = worker
        self._farm = farm
        self._own = Claim(worker, store[:LONGEST], socket.gethostname()[:LONGEST])

    def claim(self, *, gone: bool = False) -> bytes:
        """The retained payload that tells the others; with `gone` the one that the broker, as the last will, or the
        worker itself leaves behind. An heir empties it."""
        body = {"v": 1, "store": self._own.store, "host": self._own.host} | ({"gone": True} if gone else {})
        return json.dumps(body).encode()

    def doubts(self, topic: str, payload: bytes) -> bool:
        """Whether a claim, of this worker or another, is not as it should be."""
        other = read_claim(topic, payload)
        return bool(payload) and (other is None or not (other.gone or self._agrees(other)))

    def ask(self, server: mqtt.Server) -> None:
        """Asks the broker who keeps the farm. AnotherKeeper when it is another store, or when this worker's name is in
        use on another machine; OSError as `who_keeps`."""
        for other in who_keeps(self._farm, server):
            if self.heir and other.worker == self.worker:
                raise AnotherKeeper(f"{other.worker} is at work on {other.host}: there is nothing to take over")
            if not other.same_store(self._own):
                raise AnotherKeeper(
                    f"another ingest keeps farm {self._farm.id} in {other.store} (on {other.host}): stop it, or when "
                    "it is gone for good, start this one with --take-over"
                )
            if not self._agrees(other):
                raise AnotherKeeper(
                    f"{other.host} has a worker called {other.worker} already: give those of this machine another name "
                    "with --name, or when it is gone for good, start them with --take-over"
                )

    def _agrees(self, other: Claim) -> bool:
        return other.same_store(self._own) and (other.worker != self.worker or other.host == self._own.host)


def who_keeps(farm: Farm, server: mqtt.Server) -> list[Claim]:
    """The workers that keep a farm, as the broker knows them; none when it does not let us in: whoever connects after
    this will hear why. Raises OSError."""
    client = mqtt.new_client(f"cooee-ingest-{farm.id}-ask-{secrets.token_hex(4)}", server)
    heard: dict[str, bytes] = {}
    subscribed: list[Any] = []

    def subscribe_twice(client: paho.Client, *_connected: object) -> None:
        for _ in range(2):
            client.subscribe(topics.subscription(farm.id, "keeper"), qos=1)

    client.on_connect = subscribe_twice
    client.on_message = lambda _client, _data, message: heard.update({message.topic: bytes(message.payload)})
    client.on_subscribe = lambda *_: subscribed.append(None)
    client.connect(server.host, server.port)
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    # What is retained comes before the answer to the second subscription.
    while len(subscribed) < 2 and time.monotonic() < deadline:
        if client.loop(0.1) != paho.MQTT_ERR_SUCCESS:
            break
    client.disconnect()
    claims = [read_claim(topic, payload) for topic, payload in sorted(heard.items())]
    return [claim for claim in claims if claim and not claim.gone]


def read_claim(topic: str, payload: bytes) -> Claim | None:
    """The claim in a message of a keeper's topic; None when there is none."""
    name = topics.parse_topic(topic)
    try:
        body = json.loads(payload)
        store, host = (str(body[key])[:LONGEST] for key in ("store", "host"))
        return Claim(name.device, store, host, gone=body.get("gone") is True) if name else None
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
