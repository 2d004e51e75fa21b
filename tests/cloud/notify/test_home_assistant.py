"""What Home Assistant shows of the farm: its own core and MQTT integration, on a real broker."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.notify.alerts import Alerts
from cloud.notify.home_assistant import PREFIX, HomeAssistant, entities
from edge.broker import Broker
from edge.contract import topics
from edge.contract.channels import channel
from edge.contract.errors import CooeeError
from edge.contract.messages import Reading, Status
from edge.contract.payloads import dump
from edge.farm import Node, sample_farm_text
from edge.mqtt.client import new_client, parse_server
from edge.service.processes import free_port
from tests.dashboard.farm_data import MINUTE, NOW, reading
from tests.parts import fail_or_skip
from tests.transport.rig import wait_until

from .rig import Rig, Sink, person, rig

RUN = Path(__file__).parents[2] / "home_assistant/run.py"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cooee"
HOME = CACHE / "homeassistant-2024.3.3"
UNITS_OF_HOME = {"degC": ("°C", 1), "m3/m3": ("%", 100), "m/s": ("km/h", 3.6)}
"""A Home Assistant that is set to metric units turns wind into km/h by itself."""
KIND = {Reading: "telemetry", Status: "status"}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def farm(tmp_path: Path, sink: Sink) -> Iterator[Rig]:
    with rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        yield farm


@pytest.fixture
def alerts(broker: Broker) -> Iterator[Alerts]:
    opened = _alerts(broker)
    yield opened
    opened.stop()


def _alerts(broker: Broker) -> Alerts:
    alerts = Alerts("whately", parse_server(broker.address), HomeAssistant())
    alerts.start()
    return alerts


class Retained:
    """What a broker retains."""

    def __init__(self, broker: Broker) -> None:
        self.said: dict[str, bytes] = {}
        self.client = new_client("watcher")
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe("#", qos=1)
        self.client.loop_start()

    def _on_message(self, _client: object, _data: object, message: Any) -> None:
        self.said[message.topic] = message.payload

    def there(self) -> set[str]:
        """Topics with something."""
        return {topic for topic, payload in self.said.items() if payload}

    def publish(self, message: Reading | Status) -> None:
        topic = topics.topic(message.farm, message.node, KIND[type(message)])
        self.client.publish(topic, dump(message), qos=1, retain=isinstance(message, Status)).wait_for_publish(60)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def retained(broker: Broker) -> Iterator[Retained]:
    opened = Retained(broker)
    yield opened
    opened.close()


class Home:
    """A Home Assistant of its own process."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        if not (HOME / "complete").exists():
            fail_or_skip("no Home Assistant: make homeassistant")
        folder.mkdir()
        self._process = subprocess.Popen(
            [HOME / "bin/python", RUN, folder, str(broker.port), str(free_port())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.complaints: list[str] = []

    def shown(self) -> dict[str, Any]:
        """Entity id -> its state, attributes and device."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self.complaints = answer["complaints"]
        return dict(answer["shown"])

    def state(self, entity: str) -> str | None:
        found = self.shown().get(entity)
        return found and found["state"]

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


@pytest.fixture
def home(tmp_path: Path, broker: Broker) -> Iterator[Home]:
    opened = Home(tmp_path / "home", broker)
    yield opened
    opened.close()


def _status(node: str, state: str, *, gateway: bool = False) -> Status:
    return Status(farm="whately", node=node, t=NOW, state=state, wake_interval_s=600, gateway=gateway)  # type: ignore[arg-type]


def _measured(farm: Rig, node: Node, faults: tuple[str, ...]) -> Reading:
    """As a node says it: whole raw values."""
    plain = reading(farm.farm, node, NOW, faults=faults)
    raw = {name: channel(name).to_raw(value) for name, value in plain.values.items()}
    return replace(plain, values={name: raw[name] * channel(name).scale for name in raw})


def _tell_until(farm: Rig, alerts: Alerts, retained: Retained, topic: str, state: str) -> None:
    def said() -> bool:
        farm.notifier.step(alerts)
        return topic in retained.there() and json.loads(retained.said[topic])["state"] == state

    wait_until(said, what=f"{state} on {topic}")


def _values(shown: Mapping[str, Any], node: Node) -> dict[str, int | None]:
    """What is shown of a node's channels, as raw values."""
    found = {}
    for name in node.channels:
        entity, kind = shown[f"sensor.whately_node_{node.id.replace('-', '_')}_{name}"], channel(name)
        unit, times = UNITS_OF_HOME.get(kind.unit, (kind.unit, 1))
        assert entity["attributes"]["unit_of_measurement"] == unit
        assert entity["attributes"].get("device_class") == kind.device_class
        assert entity["device"] == node.id
        found[name] = None if entity["state"] == "unknown" else kind.to_raw(float(entity["state"]) / times)
    return found


def test_home_assistant_shows_what_was_measured_and_called(
    farm: Rig, alerts: Alerts, retained: Retained, home: Home
) -> None:
    retained.publish(_status("gateway", "online", gateway=True))
    for node in farm.farm.nodes:
        retained.publish(_status(node.id, "sleeping"))
    farm.frost()
    farm.at(0)
    apples = "cooee/whately/notify/zone/apples"
    _tell_until(farm, alerts, retained, apples, "open")
    count = len(list(entities(farm.farm)))
    wait_until(lambda: len(home.shown()) == count, within_s=180, what=f"{count} entities")
    faults = {"tomato-1": ("soil_moisture_10cm",)}
    readings = {node.id: _measured(farm, node, faults.get(node.id, ())) for node in farm.farm.nodes}

    def heard() -> bool:  # readings are not retained: what comes before it has subscribed is missed
        for each in readings.values():
            retained.publish(each)
        states = {entity: each["state"] for entity, each in home.shown().items() if "_node_" in entity}
        return len(states) > len(readings) and "unavailable" not in states.values()

    wait_until(heard, within_s=180, what="every reading")
    shown = home.shown()
    for node in farm.farm.nodes:
        values = readings[node.id].values
        expected = {name: channel(name).to_raw(values[name]) if name in values else None for name in node.channels}
        assert _values(shown, node) == expected, node.id
    assert shown["sensor.whately_node_tomato_1_heard"]["state"] == "2015-06-03T18:20:00+00:00"
    assert shown["binary_sensor.whately_node_tomato_1_faulty"]["state"] == "on"
    assert shown["binary_sensor.whately_node_tomato_2_faulty"]["state"] == "off"
    problem, sentence = shown["binary_sensor.whately_zone_apples_problem"], "sensor.whately_zone_apples_sentence"
    assert (problem["state"], problem["device"]) == ("on", farm.farm.zone_by_id["apples"].name)
    assert problem["attributes"]["kinds"] == ["frost"]
    assert shown[sentence]["state"] == json.loads(retained.said["cooee/whately/alert/apples/frost"])["title"]
    assert shown["binary_sensor.whately_zone_tomatoes_problem"]["state"] == "off"
    assert shown["binary_sensor.whately_gateway_connected"]["state"] == "on"
    farm.thaw()
    farm.at(5)
    _tell_until(farm, alerts, retained, apples, "fine")
    wait_until(lambda: home.state(sentence) == "Fine", what="that it is over")
    _silence(farm, alerts, retained, home)
    assert home.complaints == []


def _silence(farm: Rig, alerts: Alerts, retained: Retained, home: Home) -> None:
    """What has nothing to say any more is not shown as it was."""
    one, other = "sensor.whately_node_tomato_1_battery", "sensor.whately_node_tomato_2_battery"
    retained.publish(_status("tomato-1", "offline"))
    wait_until(lambda: home.state(one) == "unavailable", what="a node that is offline")
    assert home.state(other) != "unavailable"
    retained.publish(_status("gateway", "offline", gateway=True))
    wait_until(lambda: home.state(other) == "unavailable", what="nodes behind a gateway that is offline")
    assert home.state("binary_sensor.whately_gateway_connected") == "off"
    alerts.stop()
    zone = "binary_sensor.whately_zone_apples_problem"
    wait_until(lambda: home.state(zone) == "unavailable", what="zones while notify is away")


def _discovered(retained: Retained, node: str) -> set[str]:
    return {topic for topic in retained.there() if f"/cooee-whately/node-{node}-" in topic}


def test_a_node_that_leaves_farm_yaml_is_taken_back_by_whoever_notices(
    farm: Rig, broker: Broker, retained: Retained
) -> None:
    stranger = f"{PREFIX}/sensor/kitchen/config"
    retained.client.publish(stranger, b"{}", qos=1, retain=True).wait_for_publish(60)
    other_farm = f"{PREFIX}/sensor/cooee-elsewhere/node-tomato-1-battery/config"
    retained.client.publish(other_farm, b"{}", qos=1, retain=True).wait_for_publish(60)
    alerts = _alerts(broker)
    farm.at(0)
    _tell_until(farm, alerts, retained, "cooee/whately/notify/zone/apples", "fine")
    wait_until(lambda: bool(_discovered(retained, "tomato-1")), what="the node")
    _write_without(farm, "tomato-1")
    _until_gone(farm, alerts, retained, "tomato-1")
    alerts.stop()
    _write_without(farm, "tomato-1", "tomato-2")
    assert _discovered(retained, "tomato-2")
    again = _alerts(broker)  # another run, which has never said anything of it
    _until_gone(farm, again, retained, "tomato-2")
    again.stop()
    assert _discovered(retained, "tomato-3")
    assert {stranger, other_farm} < retained.there()


def _until_gone(farm: Rig, alerts: Alerts, retained: Retained, node: str) -> None:
    def gone() -> bool:
        farm.notifier.step(alerts)
        return not _discovered(retained, node)

    wait_until(gone, what=f"that {node} is taken back")


def _write_without(farm: Rig, *nodes: str) -> None:
    lines = sample_farm_text().splitlines(keepends=True)
    kept = [line for line in lines if not any(f"id: {node}," in line for node in nodes)]
    assert len(kept) == len(lines) - len(nodes)
    (farm.folder / "farm.yaml").write_text("".join(kept), encoding="utf-8")


def test_names_are_unique_and_stay(farm: Rig) -> None:
    found = [config["unique_id"] for _, _, config in entities(farm.farm)]
    assert len(set(found)) == len(found)
    assert "cooee-whately-node-tomato-1-soil_moisture_10cm" in found
    node = next(config for _, name, config in entities(farm.farm) if name == "node-tomato-1-battery")
    assert node["expire_after"] == 12 * farm.farm.node_by_id["tomato-1"].wake_interval_s + MINUTE // 1000


@pytest.mark.parametrize("prefix", ["", "a/b", "+", "cooee"])
def test_a_prefix_that_cannot_be_one_is_said(prefix: str) -> None:
    with pytest.raises(CooeeError, match="--home-assistant"):
        HomeAssistant(prefix)
