"""Alerts as another program on the broker sees and answers them: a real mosquitto."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.notify.alerts import Alerts
from edge.broker import Broker
from edge.mqtt.client import new_client, parse_server
from tests.dashboard.farm_data import DAY
from tests.transport.rig import wait_until

from .rig import NOW, Rig, Sink, person, rig

FROST = "cooee/whately/alert/apples/frost"


class Listener:
    """A home automation: keeps the newest payload of each topic, and whether it came as retained."""

    def __init__(self, broker: Broker) -> None:
        self.heard: dict[str, dict[str, Any]] = {}
        self.retained: set[str] = set()
        self.client = new_client("automation")
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe("cooee/+/alert/+/+", qos=1)
        self.client.loop_start()

    def _on_message(self, _client: object, _data: object, message: Any) -> None:
        if message.retain:
            self.retained.add(message.topic)
        self.heard[message.topic] = json.loads(message.payload)

    def state(self, topic: str) -> str | None:
        return self.heard.get(topic, {}).get("state")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def alerts(broker: Broker) -> Iterator[Alerts]:
    opened = Alerts("whately", parse_server(broker.address))
    opened.start()
    yield opened
    opened.stop()


@pytest.fixture
def farm(tmp_path: Path, sink: Sink) -> Iterator[Rig]:
    with rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        yield farm


def _said(farm: Rig, alerts: Alerts, listener: Listener, topic: str, state: str) -> None:
    def told() -> bool:
        farm.notifier.step(alerts)
        return listener.state(topic) == state

    wait_until(told, what=f"{state} on {topic}")


def test_an_alert_is_told_answered_and_over(broker: Broker, alerts: Alerts, farm: Rig) -> None:
    farm.frost()
    farm.at(0)
    listener = Listener(broker)
    _said(farm, alerts, listener, FROST, "open")
    alert = listener.heard[FROST]
    assert (alert["v"], alert["level"], alert["began"]) == (1, "urgent", NOW)
    assert "Frost" in alert["title"]
    assert alert["steps"]
    listener.client.publish(f"{FROST}/answer", "perhaps", qos=1)
    listener.client.publish(f"{FROST}/answer", "handled", qos=1)
    _said(farm, alerts, listener, FROST, "in_hand")
    (judgement,) = farm.store.judgements(farm.farm.id, 0, NOW + DAY)
    assert (judgement.verdict, judgement.note[:4]) == ("handled", "MQTT")
    farm.thaw()
    farm.at(5)
    _said(farm, alerts, listener, FROST, "over")
    assert FROST not in listener.retained
    late = Listener(broker)
    wait_until(lambda: late.state(FROST) == "over", what="the retained alert")
    assert FROST in late.retained
    late.close()
    listener.close()


def test_a_retained_answer_was_given_to_another_trouble(broker: Broker, farm: Rig, alerts: Alerts) -> None:
    listener = Listener(broker)
    listener.client.publish(f"{FROST}/answer", "wrong", qos=1, retain=True).wait_for_publish(60)
    again = Alerts("whately", parse_server(broker.address))
    again.start()
    farm.frost()
    farm.at(0)
    _said(farm, again, listener, FROST, "open")
    listener.client.publish("cooee/whately/alert/apples/wind/answer", "wrong", qos=1).wait_for_publish(60)
    farm.notifier.step(again)
    assert farm.store.judgements(farm.farm.id, 0, NOW + DAY) == []
    again.stop()
    listener.close()


def test_alerts_are_said_anew_to_a_broker_that_forgot_them(broker: Broker, alerts: Alerts, farm: Rig) -> None:
    farm.frost()
    farm.at(0)
    listener = Listener(broker)
    _said(farm, alerts, listener, FROST, "open")
    listener.close()
    broker.stop()
    for kept in broker._folder.glob("*.db"):
        kept.unlink()
    broker.start()
    listener = Listener(broker)
    _said(farm, alerts, listener, FROST, "open")
    listener.close()
