"""Air frames that WiFi nodes publish over MQTT (docs/SPEC.md, "Frames over MQTT")."""

from ..contract import topics
from ..mqtt.subscription import Subscription
from . import Heard, ReplyAddress


class MqttAir:
    """Frames on cooee/<farm>/<node>/air; what goes to a node is published on its topic `answer`."""

    where = "mqtt"

    def __init__(self, subscription: Subscription, farm: str) -> None:
        self._subscription = subscription
        self._farm = farm
        subscription.follow({topics.subscription(farm, "air")})

    def fileno(self) -> None:
        """Nothing to wait on: it is looked at every time."""

    def receive(self) -> list[Heard]:
        """What has come. One that the broker had kept is old, and its age would be wrong."""
        heard = []
        for each in self._subscription.take():
            topic = topics.parse_topic(each.topic)
            if topic and not each.retained:
                answer = topics.topic(self._farm, topic.device, "answer")
                heard.append(Heard(each.payload, each.received_ms, (self.where, answer), "mqtt"))
        return heard

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """See Link."""
        self._subscription.publish(str(reply_to[1]), frame)

    def close(self) -> None:
        """See Link."""
        self._subscription.close()
