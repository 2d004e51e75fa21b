"""Air frames through a LoRaWAN network: uplinks of The Things Stack v3 and of ChirpStack v3 and v4 over MQTT
(docs/SPEC.md, "Frames over LoRaWAN")."""

import base64
import binascii
import json
import logging
import re
from typing import Any

from ..contract.errors import MessageError
from ..contract.payloads import json_object
from ..foreign_payload import at, time_of
from ..mqtt.subscription import Published, Subscription
from . import Heard, ReplyAddress

log = logging.getLogger("cooee.gateway")

PORT = 51
"""LoRaWAN's FPort of an air frame, either way; uplinks of other ports are somebody else's."""
ANSWER_EVERY_S = 8640
"""The Things Network's fair use: ten downlinks a day."""
LATEST_S = 86_400
"""A network's time is believed when it is at most so old, and not ahead."""
TOPICS = {"v3/+/devices/+/up", "application/+/device/+/event/up", "application/+/device/+/rx"}
THINGS_STACK = re.compile(r"(v3/[^/]+/devices/[^/]+)/up")
CHIRPSTACK = re.compile(r"(application/[^/]+/device/([^/]+))/(?:event/up|rx)")


class LorawanAir:
    """Frames in uplinks; a downlink is queued for the node's next uplink."""

    where = "lorawan"

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        subscription.follow(TOPICS)

    def fileno(self) -> None:
        """Nothing to wait on: it is looked at every time."""

    def receive(self) -> list[Heard]:
        """What has come on our port."""
        heard = []
        for each in self._subscription.take():
            if each.retained:
                continue
            try:
                frame = _frame_of(each)
            except MessageError as error:
                log.warning("%s: %s", each.topic, error)
                continue
            if frame is not None:
                heard.append(frame)
        return heard

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """See Link."""
        data = base64.b64encode(frame).decode()
        device = str(reply_to[1])
        if device.startswith("v3/"):
            downlink: dict[str, Any] = {"downlinks": [{"f_port": PORT, "frm_payload": data, "priority": "NORMAL"}]}
            topic = f"{device}/down/replace"  # Of two answers the older one is of no use.
        else:
            downlink = {"devEui": device.rpartition("/")[2], "confirmed": False, "fPort": PORT, "data": data}
            topic = f"{device}/command/down"
        self._subscription.publish(topic, json.dumps(downlink).encode())

    def close(self) -> None:
        """See Link."""
        self._subscription.close()


def _frame_of(uplink: Published) -> Heard | None:
    """The frame in an uplink, None on another port; MessageError when it is no uplink of these networks."""
    if found := THINGS_STACK.fullmatch(uplink.topic):
        paths = ("uplink_message.f_port", "uplink_message.frm_payload", "received_at")
    elif found := CHIRPSTACK.fullmatch(uplink.topic):
        paths = ("fPort", "data", "time")
    else:
        return None
    body = json_object(uplink.payload)
    port, data, time = (at(body, path) for path in paths)
    if port != PORT:
        return None
    try:
        frame = base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise MessageError(f"{paths[1]}: Base64 is needed, found {data!r:.60}") from None
    received_ms = _received_ms(time, uplink.received_ms)
    return Heard(frame, received_ms, (LorawanAir.where, found[1]), "lorawan", ANSWER_EVERY_S)


def _received_ms(time: object, now_ms: int) -> int:
    """When the network heard it, UTC ms: what it says, unless that cannot be. ChirpStack v3 says it only for gateways
    with a clock."""
    try:
        said = time_of(time)
    except MessageError:
        return now_ms
    return said if now_ms - 1000 * LATEST_S <= said <= now_ms else now_ms
