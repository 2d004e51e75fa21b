"""While ingest was away the broker's queue for it grew without bound: retained calls published again every 30 s, the
gateway's status every second; and the gateway's outbox had no size. Of each boot of a node that may be answered seldom
the gateway remembered for ever what it owed."""

import sqlite3
import struct
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench.transport import farm_text, frame, write_farm_keys
from edge.broker import Broker
from edge.contract.messages import Identity, Receipt, Status
from edge.contract.payloads import dump
from edge.farm import parse_farm
from edge.gateway import outbox as module
from edge.gateway import window
from edge.gateway.intake import Intake
from edge.gateway.outbox import Outbox
from edge.gateway.outbox_readers import read_backlog
from edge.gateway.publisher import Publisher
from edge.links import Heard
from edge.links.radio import SimulatedRadio
from edge.mqtt.client import new_client, parse_server
from edge.node.keys import Keys
from edge.service.quarantine import Quarantine
from tests.transport.rig import FARM, Rig, wait_until

T = 1_430_438_400_000


def _keep(outbox: Outbox, seq: int, kind: str) -> None:
    outbox.keep(Identity("n1", 1, seq), T + seq, 7, kind, b"%d" % seq)


def test_a_full_outbox_drops_the_oldest_telemetry_first_and_calls_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 50)
    monkeypatch.setattr(module, "ROOM", 10)
    outbox = Outbox(tmp_path / "outbox.db")
    for seq in range(60):
        with outbox.transaction():
            _keep(outbox, seq, "call" if seq < 30 else "telemetry")
    left = [(m.identity[2], m.kind) for m in outbox.waiting(0, 100)]
    assert [seq for seq, kind in left if kind == "call"] == list(range(30))
    assert [seq for seq, kind in left if kind == "telemetry"] == list(range(41, 60))
    assert read_backlog(tmp_path / "outbox.db") == (49, {"telemetry": 11})
    for seq in range(60, 110):
        with outbox.transaction():
            _keep(outbox, seq, "call")
    waiting, dropped = read_backlog(tmp_path / "outbox.db")
    assert waiting <= 50
    assert dropped["telemetry"] == 30
    assert waiting + sum(dropped.values()) == 110
    assert outbox.known(Identity("n1", 1, 0)) == 7, "a repetition does not bring it back"
    outbox.close()


def test_the_count_survives_receipts_failures_and_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 5)
    monkeypatch.setattr(module, "ROOM", 0)
    outbox = Outbox(tmp_path / "outbox.db")
    with outbox.transaction():
        for seq in range(4):
            _keep(outbox, seq, "telemetry")
        outbox.settle([Identity("n1", 1, 0), Identity("n1", 1, 0), Identity("n1", 9, 9)])
    with pytest.raises(sqlite3.IntegrityError), outbox.transaction():
        outbox.keep(Identity("n1", 1, 3), T + 9, 7, "telemetry", b"")
    outbox.close()
    outbox = Outbox(tmp_path / "outbox.db")
    for seq in range(4, 7):
        with outbox.transaction():
            _keep(outbox, seq, "telemetry")
    assert [m.identity[2] for m in outbox.waiting(0, 100)] == [2, 3, 4, 5, 6]
    outbox.close()


def test_the_brokers_queue_does_not_grow_while_ingest_is_away(tmp_path: Path) -> None:
    """The queue is counted by a client that comes back to a session of its own, as ingest does."""
    with Rig(tmp_path, count=1) as rig:
        rig.send(1).join(120)
        rig.wait_stored()
        rig.children["ingest"].stop()
        watcher = _session(rig, [])
        watcher.disconnect()
        body = struct.pack("<BLBBB", 200, 1, 3, 88, 0) + bytes(3) + b"\x00"
        rig.nodes.datagram(rig.nodes.now_ms, frame(1, 1, 1, 0, kind=2, body=body))
        time.sleep(5)
        heard: list[str] = []
        watcher = _session(rig, heard)
        wait_until(lambda: "cooee/bench/n1/call" in heard, what="the call")
        watcher.disconnect()
        assert heard.count("cooee/bench/gateway/status") <= 3, "the retained one, and what comes just now"
        assert heard.count("cooee/bench/n1/call") <= 3


def _session(rig: Rig, heard: list[str]) -> paho.Client:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 600
    client = new_client("watcher")
    ready: list[int] = []
    client.on_message = lambda _c, _d, message: heard.append(message.topic)
    client.on_subscribe = lambda *_: ready.append(1)
    client.connect("127.0.0.1", rig.broker.port, clean_start=False, properties=properties)
    client.loop_start()
    client.subscribe(f"cooee/{FARM}/+/+", qos=1)
    wait_until(lambda: bool(ready), what="the subscription")
    return client


def test_messages_that_get_no_receipt_make_room_and_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ingest that receipts n2's messages alone, as it does when n1's wait for a clock."""
    for name, value in (("WINDOW", 50), ("RETRY_S", 0.2), ("LONGEST_RETRY_S", 0.3), ("ROUND_S", 1.0)):
        monkeypatch.setattr(window, name, value)
    outbox = Outbox(tmp_path / "outbox.db")
    with outbox.transaction():
        for node, count in (("n1", 200), ("n2", 200)):
            for seq in range(count):
                outbox.keep(Identity(node, 1, seq), T + seq, 7, "telemetry", b"%d" % seq)
    published: dict[str, int] = {}

    def answer(client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        node, seq = message.topic.split("/")[2], int(message.payload)
        published[f"{node} {seq}"] = published.get(f"{node} {seq}", 0) + 1
        if node == "n2":
            client.publish(f"cooee/{FARM}/gateway/receipt", dump(Receipt(identities=(Identity(node, 1, seq),))), qos=1)

    with Broker(tmp_path / "broker") as broker:
        ingest = new_client("ingest")
        ingest.on_message = answer
        ingest.connect("127.0.0.1", broker.port)
        ingest.subscribe(f"cooee/{FARM}/+/telemetry", qos=1)
        ingest.loop_start()
        will = Status(farm=FARM, node="gateway", t=0, state="offline", wake_interval_s=1, gateway=True)
        sender = Publisher(
            FARM, "gateway", outbox, server=parse_server(broker.address), will=will, status=lambda: None, nodes=list
        )
        sender.start()

        def all_settled_and_again() -> bool:
            sender.step()
            again = published.get("n1 199", 0) > window.TRIES
            return again and {m.identity[0] for m in outbox.waiting(0, 1000)} == {"n1"}

        wait_until(all_settled_and_again, what="n2's receipts, and n1's messages again")
        sender.stop()
        ingest.loop_stop()
    outbox.close()


def test_what_is_owed_to_a_node_goes_with_its_boot(tmp_path: Path) -> None:
    write_farm_keys(tmp_path, 1)
    outbox, quarantine = Outbox(tmp_path / "outbox.db"), Quarantine(tmp_path / "quarantine.db")
    radio = SimulatedRadio()
    intake = Intake(parse_farm(farm_text(1), source="farm.yaml"), Keys(tmp_path), radio, outbox, quarantine)
    for boot in range(1, 100):
        answered_seldom = Heard(frame(1, boot, 0, 0), T + boot * 1000, ("udp", radio.port), "udp", answer_every_s=600)
        intake.take([answered_seldom])
    assert outbox.backlog == 99
    assert len(intake._downlink._owed) == 1
    radio.close()
    quarantine.close()
    outbox.close()
