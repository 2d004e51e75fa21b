"""What came over MQTT: a row for the store, or something for quarantine, and what its sender's receipt would name."""

import logging
import re
from typing import Any, NamedTuple, Self

from edge.contract import topics
from edge.contract.errors import MessageError
from edge.contract.messages import Identity, Message, Status
from edge.contract.payloads import identity_of, json_object, message_of
from edge.farm import Farm
from edge.service.quarantine import WAITING, Entry, Refused

from ..store import Stored
from .farm_clock import FarmClock
from .wire import Publication

log = logging.getLogger("cooee.ingest")

UNKNOWN_ZONE = "unknown"


class Arrived(NamedTuple):
    """A message as it came: `mid` belongs to its connection, `reply_to` is its MQTT 5 response topic, `said_ms` the
    simulated time (UTC ms) that came with it. At QoS 0 nobody has another copy, and nobody waits for an
    acknowledgement; so it is with what comes again from quarantine, where it is `entry`."""

    topic: str
    payload: bytes
    qos: int = 0
    mid: int = 0
    reply_to: str | None = None
    said_ms: int | None = None
    entry: int | None = None

    @classmethod
    def from_mqtt(cls, came: Publication) -> Self:
        """What the broker sent."""
        topic, payload, qos, mid, reply_to, now = came
        return cls(topic, payload, qos, mid, reply_to, int(now) if now and re.fullmatch(r"\d{1,15}", now) else None)

    @classmethod
    def from_quarantine(cls, entry: Entry) -> Self:
        """What was refused before and is to be tried again."""
        refused = entry.refused
        return cls(
            topic=refused.source,
            payload=refused.content,
            reply_to=refused.reply_to,
            said_ms=refused.heard_ms,
            entry=entry.id,
        )

    def refused(self, kind: str, reason: str) -> Refused:
        """This message, for quarantine."""
        return Refused(
            source=self.topic,
            kind=kind,
            reason=reason,
            content=self.payload,
            heard_ms=self.said_ms,
            reply_to=self.reply_to,
        )


class Judged(NamedTuple):
    """A message with what becomes of it, and the identity that a receipt for it names (None: it names nothing)."""

    arrived: Arrived
    outcome: Stored | Refused
    identity: Identity | None

    @property
    def waits(self) -> bool:
        """Whether it is refused for a clock's fault: it gets no receipt, so that its sender keeps it too."""
        return isinstance(self.outcome, Refused) and self.outcome.kind in WAITING


def judge(arrived: Arrived, farm: Farm, clock: FarmClock) -> Judged:
    """Reads a message, and moves the farm's clock when it is its gateway's."""
    topic = topics.parse_topic(arrived.topic)
    if topic is None:
        reason = f"topic {arrived.topic!r:.100} is not cooee/<farm>/<device>/<kind>"
        return Judged(arrived, arrived.refused("topic", reason), None)
    body: dict[str, Any] = {}
    try:
        body = json_object(arrived.payload)
        message = message_of(topic, body)
    except MessageError as error:
        return Judged(arrived, arrived.refused("payload", str(error)), identity_of(topic, body))
    except Exception as error:  # A payload that finds a bug of ours must not come back for ever.
        log.exception("bug: a payload on %s cannot be parsed", arrived.topic)
        return Judged(arrived, arrived.refused("bug", repr(error)), identity_of(topic, body))
    identity = None if isinstance(message, Status) else Identity(message.node, message.boot, message.seq, message.inc)
    if fault := clock.fault(message, arrived.said_ms):
        return Judged(arrived, arrived.refused(*fault), identity)
    return Judged(arrived, Stored(zone=_zone(farm, message), message=message), identity)


def _zone(farm: Farm, message: Message) -> str:
    node = farm.node_by_id.get(message.node)
    return node.zone if node else UNKNOWN_ZONE
