"""What came over MQTT: a row for the store, or something for quarantine, and what its sender's receipt would name."""

import logging
import re
from dataclasses import dataclass
from typing import Self

import paho.mqtt.client as paho

from edge import mqtt
from edge.contract import topics
from edge.contract.errors import MessageError
from edge.contract.messages import Identity, Message, identity_of, json_object, message_of
from edge.farm import Farm
from edge.quarantine import WAITING, Entry, Refused

from .farm_clock import FarmClock
from .store import Stored

log = logging.getLogger("cooee.ingest")

UNKNOWN_ZONE = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
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
    def from_mqtt(cls, message: paho.MQTTMessage) -> Self:
        """What the client hands over."""
        said = dict(getattr(message.properties, "UserProperty", [])).get(mqtt.NOW, "")
        return cls(
            topic=message.topic,
            payload=bytes(message.payload),
            qos=message.qos,
            mid=message.mid,
            reply_to=getattr(message.properties, "ResponseTopic", None),
            said_ms=int(said) if re.fullmatch(r"\d{1,15}", said) else None,
        )

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


@dataclass(frozen=True, slots=True)
class Judged:
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
    identity = None
    try:
        body = json_object(arrived.payload)
        identity = identity_of(topic, body)
        message = message_of(topic, body)
    except MessageError as error:
        return Judged(arrived, arrived.refused("payload", str(error)), identity)
    except Exception as error:  # A payload that finds a bug of ours must not come back for ever.
        log.exception("bug: a payload on %s cannot be parsed", arrived.topic)
        return Judged(arrived, arrived.refused("bug", repr(error)), identity)
    if fault := clock.fault(message, arrived.said_ms):
        return Judged(arrived, arrived.refused(*fault), identity)
    return Judged(arrived, Stored(zone=_zone(farm, message), message=message), identity)


def _zone(farm: Farm, message: Message) -> str:
    node = farm.node_by_id.get(message.node)
    return node.zone if node else UNKNOWN_ZONE
