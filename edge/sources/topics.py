"""Messages that other systems publish over MQTT."""

import logging

from ..contract.errors import MessageError
from ..foreign_payload import body_of
from ..mqtt.subscription import Subscription
from . import Said

log = logging.getLogger("cooee.gateway")


class TopicInlet:
    """What is published on the topics that it is told to follow."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    def follow(self, places: set[str]) -> None:
        """See Inlet."""
        self._subscription.follow(places)

    def take(self) -> list[Said]:
        """See Inlet."""
        said = []
        for each in self._subscription.take():
            try:
                body = body_of(each.payload)
            except MessageError as error:
                log.warning("%s: %s", each.topic, error)
                continue
            said.append(Said(where=each.topic, body=body, received_ms=each.received_ms, retained=each.retained))
        return said

    def close(self) -> None:
        """See Inlet."""
        self._subscription.close()
