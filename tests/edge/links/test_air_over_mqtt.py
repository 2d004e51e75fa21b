"""Air frames that come over MQTT, from WiFi nodes and through LoRaWAN networks: real mosquitto, a running gateway."""

import base64
import contextlib
import json
import queue
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.subscribeoptions import SubscribeOptions

from bench.transport import acknowledged, enrolled, farm_text, frame, write_farm_keys
from edge.broker import Broker
from edge.gateway.outbox import Outbox
from edge.mqtt.client import new_client
from edge.service.processes import Child
from tests.transport.rig import wait_until

THINGS_STACK = "v3/farm@ttn/devices/soil-2"
CHIRPSTACK = "application/7f0e7e42-6b0b-4f53-9d3e-2f4d6f7c9a11/device/a81758fffe0634d2"
CHIRPSTACK_3 = "application/12/device/0004a30b001c0530"
DOWN = {
    "cooee/bench/+/answer",
    f"{THINGS_STACK}/down/replace",
    f"{CHIRPSTACK}/command/down",
    f"{CHIRPSTACK_3}/command/down",
}


class Air:
    """A gateway with both links, and a client that publishes frames and hears the answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        links = ("mqtt", "lorawan", "lorawan", "lorawan")
        text = farm_text(4)
        for link in links:
            text = text.replace("link: udp", f"link: {link}", 1)
        (folder / "farm.yaml").write_text(text)
        write_farm_keys(folder, 4)
        self.broker = Broker(folder / "broker").start()
        self.answers: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.client = new_client("air")
        subscribed: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.client.on_subscribe = lambda *_: subscribed.put(True)
        self.client.on_message = lambda _client, _data, message: self.answers.put(
            (message.topic, bytes(message.payload))
        )
        self.client.connect("127.0.0.1", self.broker.port)
        self.client.loop_start()
        self.client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in sorted(DOWN)])
        assert subscribed.get(timeout=60)
        self.options = ["--farm", str(folder / "farm.yaml"), "--data", str(folder), "--mqtt", self.broker.address]
        self.start_gateway()

    def start_gateway(self) -> None:
        self.gateway = Child.cooee("gateway", *self.options, log=self.folder / "gateway.log")
        self.gateway.wait_ready()

    def next_answer(self, topic: str, within_s: float = 60) -> tuple[str, bytes]:
        """To whoever publishes on this topic; late ones to others are passed over. queue.Empty: none came in time."""
        who = topic.removesuffix("/air").removesuffix("/up").removesuffix("/event")
        deadline = time.monotonic() + within_s
        while True:
            answer = self.answers.get(timeout=max(0.0, deadline - time.monotonic()))
            if answer[0].startswith(f"{who}/"):
                return answer

    def answer(self, topic: str, payload: bytes) -> tuple[str, bytes]:
        """Publishes until there is an answer: the gateway may not have subscribed yet."""
        for _ in range(60):
            self.client.publish(topic, payload, qos=1)
            with contextlib.suppress(queue.Empty):
                return self.next_answer(topic, 1)
        raise AssertionError("no answer")

    def no_answer(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1)
        with pytest.raises(queue.Empty):
            self.next_answer(topic, 0.7)

    def kept(self) -> dict[tuple[str, int], int]:
        """(node, sequence) of what is in the gateway's outbox, with its event time."""
        outbox = Outbox(self.folder / "outbox.db")
        found = {(m.identity.node, m.identity.seq): m.t for m in outbox.waiting(0, 1000)}
        outbox.close()
        return found

    def close(self) -> None:
        self.gateway.stop()
        self.client.loop_stop()
        self.client.disconnect()
        self.broker.stop()


@pytest.fixture(scope="module")
def air(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Air]:
    air = Air(tmp_path_factory.mktemp("air"))
    yield air
    air.close()


def uplink(network: str, data: bytes, *, port: int = 51, at: datetime | None = None) -> tuple[str, bytes]:
    """Topic and payload of an uplink, shaped as the network documents it."""
    payload, z = base64.b64encode(data).decode(), (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
    body: dict[str, Any]
    if network == THINGS_STACK:
        message = {"f_port": port, "f_cnt": 12, "frm_payload": payload, "rx_metadata": [{"rssi": -101, "snr": 5.5}]}
        body = {"end_device_ids": {"device_id": "soil-2"}, "received_at": z, "uplink_message": message}
        return f"{network}/up", json.dumps(body).encode()
    if network == CHIRPSTACK:
        info = {"tenantName": "Farm", "deviceName": "soil-3", "devEui": "a81758fffe0634d2"}
        body = {"time": z, "deviceInfo": info, "dr": 5, "fCnt": 12, "fPort": port, "data": payload}
    else:
        body = {"applicationID": "12", "deviceName": "soil-4", "devEUI": "AASjCwAcBTA=", "fPort": port, "data": payload}
    return f"{network}/event/up", json.dumps(body).encode()


def frame_of(topic: str, payload: bytes) -> bytes:
    """The air frame in a downlink."""
    body = json.loads(payload)
    if topic == f"{THINGS_STACK}/down/replace":
        (downlink,) = body["downlinks"]
        assert downlink["f_port"] == 51
        return base64.b64decode(downlink["frm_payload"])
    assert (body["devEui"], body["fPort"], body["confirmed"]) == (topic.split("/")[3], 51, False)
    return base64.b64decode(body["data"])


def test_a_wifi_node_is_heard_and_answered(air: Air) -> None:
    air_topic = "cooee/bench/n1/air"
    topic, payload = air.answer(air_topic, frame(1, 1, 0, 30))
    assert topic == "cooee/bench/n1/answer"
    assert acknowledged(payload) == [(1, 1, 0)]
    for sequence in range(1, 4):
        air.client.publish(air_topic, frame(1, 1, sequence, 0), qos=1)
        while (answered := acknowledged(air.next_answer(air_topic)[1])) == [(1, 1, 0)]:
            pass  # published twice, while the gateway had not subscribed
        assert answered == [(1, 1, sequence)]
    assert sorted(seq for node, seq in air.kept() if node == "n1") == [0, 1, 2, 3]


def test_a_retained_frame_is_an_old_one(air: Air) -> None:
    air.client.publish("cooee/bench/n1/air", frame(1, 1, 90, 0), qos=1, retain=True)
    air.answers.get(timeout=60)
    air.gateway.stop()
    air.start_gateway()
    air.answer("cooee/bench/n1/air", frame(1, 1, 91, 0))
    heard = [
        acknowledged(payload) for _, payload in iter(lambda: air.answers.get() if air.answers.qsize() else None, None)
    ]
    assert [(1, 1, 90)] not in heard
    air.client.publish("cooee/bench/n1/air", b"", qos=1, retain=True)


@pytest.mark.parametrize(("network", "address"), [(THINGS_STACK, 2), (CHIRPSTACK, 3), (CHIRPSTACK_3, 4)])
def test_a_node_behind_a_network_is_heard_and_answered_seldom(air: Air, network: str, address: int) -> None:
    measured = datetime.now(UTC).replace(microsecond=0)
    topic, payload = air.answer(*uplink(network, frame(address, 1, 0, 60), at=measured))
    assert acknowledged(frame_of(topic, payload)) == [(address, 1, 0)]
    for sequence in range(1, 9):
        air.client.publish(*uplink(network, frame(address, 1, sequence, 0)), qos=1)
    air.no_answer(*uplink(network, frame(address, 1, 0, 60)))
    wanted = {(f"n{address}", sequence) for sequence in range(9)}
    wait_until(lambda: wanted <= air.kept().keys(), what="all frames")
    kept = air.kept()
    assert {each for each in kept if each[0] == f"n{address}"} == wanted
    slack = 0 if network != CHIRPSTACK_3 else 5000
    assert abs(kept[f"n{address}", 0] - (measured.timestamp() * 1000 - 60_000)) <= slack


def test_uplinks_of_others_are_left_alone(air: Air) -> None:
    before = len(air.kept())
    air.no_answer(*uplink(THINGS_STACK, b"\x01\x67\x00\xe1", port=2))
    air.no_answer(f"{THINGS_STACK}/up", b'{"uplink_message": {"f_port": 51, "frm_payload": "%%"}}')
    air.no_answer(f"{CHIRPSTACK}/event/up", b"no JSON")
    wait_until(lambda: "Base64 is needed" in air.gateway.output(), what="the refusal")
    assert len(air.kept()) == before


def test_a_node_that_comes_over_the_other_link_is_named(air: Air) -> None:
    air.answer("cooee/bench/n2/air", frame(2, 1, 200, 0))
    assert "n2 came over mqtt, farm.yaml says link: lorawan" in air.gateway.output()
    assert ("n2", 200) in air.kept()
    assert enrolled(2).node == "n2"
