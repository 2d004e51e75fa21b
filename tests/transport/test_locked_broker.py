"""The broker that `cooee broker` makes: each role does what it must, and is refused what it must not, by mosquitto."""

import queue
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from typer.testing import CliRunner

import cooee
from bench.transport import Nodes, farm_text, write_farm_keys
from cloud.store import open_store
from edge.broker import Broker
from edge.broker.folder import FOLDER, BrokerFolder, open_folder
from edge.contract.messages import Call
from edge.contract.payloads import dump
from edge.mqtt.client import new_client, parse_server
from edge.service.processes import Child, free_port
from tests.transport.rig import FARM, free_udp_port, wait_until

USERS = {
    "other": "gateway",
    "wifi-1": "node",
    "wifi-2": "node",
    "air-1": "air",
    "home": "home",
    "operator": "operator",
    "zigbee": "source",
}
"""Beside gateway, ingest, notify and page, which every farm has."""
EVERYBODY = ("gateway", "ingest", "notify", "page", *USERS)
TOPICS = {
    "n1/telemetry": {"gateway", "other"},
    "wifi-1/call": {"wifi-1"},
    "wifi-2/status": {"wifi-2"},
    "gateway/status": {"gateway"},
    "other/status": {"other"},
    "gateway/receipt": {"ingest"},
    "ingest/keeper": {"ingest"},
    "alert/z1/frost": {"notify"},
    "alert/z1/frost/answer": {"home"},
    "notify/state": {"notify"},
    "notify/zone/z1": {"notify"},
    "wifi-1/command": {"operator"},
    "n1/sentinel": {"operator"},
    "doctor/command": {"page", "operator"},
    "air-1/air": {"air-1"},
    "air-1/answer": {"gateway", "other"},
}
"""Who may publish what."""
ZIGBEE = "zigbee2mqtt/bed 1"
DISCOVERY = f"homeassistant/sensor/cooee-{FARM}/node-n1-battery/config"
OUTSIDE = (
    "cooee/another/n1/telemetry",
    "cooee/another/gateway/receipt",
    "homeassistant/sensor/x/config",
    "homeassistant/sensor/cooee-another/node-n1-battery/config",
    "elsewhere",
)
UP = {topic for topic in TOPICS if topic.endswith(("telemetry", "call", "status"))}
HEARD = {
    "gateway": {"gateway/receipt", "n1/sentinel", "doctor/command", "air-1/air"},
    "other": {"n1/sentinel", "doctor/command", "air-1/air"},
    "wifi-1": {"wifi-1/command"},
    "wifi-2": set[str](),
    "air-1": {"air-1/answer"},
    "ingest": UP | {"ingest/keeper"},
    "notify": {"alert/z1/frost/answer", "notify/zone/z1"},
    "page": set(TOPICS),
    "home": set(TOPICS),
    "operator": set(TOPICS),
    "zigbee": set(),
}
"""Who hears what of it, having subscribed to everything."""


def broker(command: str, *options: str) -> str:
    done = CliRunner().invoke(cooee.build_app("broker"), ["broker", command, *options])
    assert done.exit_code == 0, done.output
    return done.output


class Locked:
    """What `cooee broker init` and `add` have made for the farm of the tests, and mosquitto started as it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.farm = folder / "farm.yaml"
        self.farm.write_text(farm_text(4))
        self.data = folder / "data with spaces"
        self.port = free_port()
        options = ("--farm", str(self.farm), "--data", str(self.data), "--port", str(self.port))
        self.said = broker("init", *options)
        for name, role in USERS.items():
            topics = ("--topic", "zigbee2mqtt/#") if role == "source" else ()
            broker("add", name, "--role", role, "--data", str(self.data), *topics)
        (self.command,) = [line for line in self.said.splitlines() if "mosquitto.conf" in line]
        with (folder / "mosquitto.log").open("wb") as log:
            self.process = subprocess.Popen(shlex.split(self.command), stderr=log)
        wait_until(lambda: listens(self.port), what="mosquitto")

    @property
    def broker(self) -> BrokerFolder:
        return open_folder(self.data / FOLDER)

    def options(self, user: str) -> list[str]:
        return self.broker.options(user)

    def printed(self, command: str) -> list[str]:
        """The options behind a service in what `init` said."""
        (line,) = [line for line in self.said.splitlines() if line.strip().startswith(f"cooee {command}")]
        return shlex.split(line)[2:]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    locked = Locked(tmp_path_factory.mktemp("locked"))
    yield locked
    locked.stop()


class Client:
    """A client with a user's own password."""

    def __init__(self, locked: Locked, user: str, *, client_id: str | None = None) -> None:
        options = locked.options(user)
        server = parse_server(options[1], Path(options[5]), Path(options[3]))
        self.heard: set[str] = set()
        self.ended = False
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._client = new_client(client_id or f"test-{user}", None if client_id else server)
        if client_id:  # as it stands, without the secret at the end of ours
            self._client.username_pw_set(user, server.password)
            assert server.tls
            self._client.tls_set_context(server.tls)
        self._client.on_connect = lambda _c, _d, _f, reason, _p: self._answers.put(reason)
        self._client.on_publish = lambda _c, _d, _mid, reason, _p: self._answers.put(reason)
        self._client.on_subscribe = lambda _c, _d, _mid, reasons, _p: self._answers.put(reasons[0])
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = lambda _c, _d, message: self.heard.add(message.topic)
        self._client.connect(server.host, server.port, clean_start=paho.MQTT_CLEAN_START_FIRST_ONLY)
        self._client.loop_start()
        self.answer = str(self._answers.get(timeout=60))

    def _on_disconnect(self, *_: object) -> None:
        self.ended = True
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes = b"x") -> str:
        self._client.publish(topic, payload, qos=1)
        return str(self._answers.get(timeout=60))

    def subscribe(self, pattern: str) -> None:
        self._client.subscribe(pattern, qos=1)
        self._answers.get(timeout=60)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_each_role_publishes_and_hears_what_it_must_and_nothing_else(locked: Locked) -> None:
    clients = {user: Client(locked, user) for user in EVERYBODY}
    assert {client.answer for client in clients.values()} == {"Success"}
    for client in clients.values():
        client.subscribe("#")
    for topic, may in TOPICS.items():
        answers = {user: client.publish(f"cooee/{FARM}/{topic}") for user, client in clients.items()}
        assert {user for user, answer in answers.items() if answer != "Not authorized"} == may, topic
    for topic in OUTSIDE:
        assert {client.publish(topic) for client in clients.values()} == {"Not authorized"}, topic
    answers = {user: client.publish(DISCOVERY) for user, client in clients.items()}
    assert {user for user, answer in answers.items() if answer != "Not authorized"} == {"notify"}
    answers = {user: client.publish(ZIGBEE) for user, client in clients.items()}
    assert {user for user, answer in answers.items() if answer != "Not authorized"} == {"zigbee"}
    for user, expected in HEARD.items():
        topics = {f"cooee/{FARM}/{topic}" for topic in expected}
        wait_until(lambda user=user, topics=topics: clients[user].heard >= topics, what=f"{user}: {topics}")  # type: ignore[misc]
    # Each hears what comes to it in the order of its publication, so that nothing late is missed but after the last.
    for user, expected in HEARD.items():
        foreign = {ZIGBEE} if USERS.get(user, user) in ("gateway", "source") else set()
        foreign |= {DISCOVERY} if user in ("notify", "home") else set()
        wait_until(lambda user=user, foreign=foreign: clients[user].heard >= foreign, what=ZIGBEE)  # type: ignore[misc]
        assert clients[user].heard == {f"cooee/{FARM}/{topic}" for topic in expected} | foreign, user
        clients[user].close()


def test_the_gateway_answers_through_networks(locked: Locked) -> None:
    gateway = Client(locked, "gateway")
    assert gateway.publish("v3/farm@ttn/devices/soil-1/down/replace") != "Not authorized"
    assert gateway.publish("application/12/device/a81758fffe0634d2/command/down") != "Not authorized"
    assert gateway.publish("application/12/device/a81758fffe0634d2/event/up") == "Not authorized"
    gateway.close()


def a_call(t: int) -> Call:
    return Call(
        farm=FARM,
        node="n1",
        boot=9,
        seq=1,
        t=t,
        sentinel="soil",
        kind="too_dry",
        version="0badcafe",
        confidence=90,
        state="raised",
        raised_t=t,
        why=(),
    )


def test_from_a_nodes_frame_to_alert_and_doctor_as_init_says(locked: Locked) -> None:
    """Gateway, ingest, notify and doctor, each with the options that `cooee broker init` printed for it."""
    port = free_udp_port()
    write_farm_keys(locked.data, 4)
    people = locked.data / "people.toml"
    people.touch(0o600)
    people.write_text('[[people]]\nname = "Anna"\nurls = ["json://127.0.0.1:9"]\n')
    more = ["--farm", str(locked.farm), "--data", str(locked.data)]
    services = {
        "ingest": (),
        "gateway": ("--listen", str(port)),
        "notify": ("--listen", f"127.0.0.1:{free_port()}"),
    }
    page = Client(locked, "page")
    page.subscribe(f"cooee/{FARM}/#")
    with ExitStack() as stack:
        children = {}
        for name, options in services.items():
            log = locked.folder / f"{name}.log"
            children[name] = Child.cooee(name, *locked.printed(name), *more, *options, log=log)
            stack.callback(children[name].stop)
            children[name].wait_ready()
        nodes = Nodes(port, range(1, 5))
        nodes.run(5)
        store = open_store(f"sqlite={locked.data / 'cooee.db'}", read_only=True)
        stack.callback(store.close)
        wait_until(lambda: store.counts(FARM)["reading"] == 20, what="20 readings in the store")
        said = ""

        def settled() -> bool:
            nonlocal said
            arguments = ["doctor", *locked.printed("doctor"), *more]
            said = CliRunner().invoke(cooee.build_app("doctor"), arguments).output
            return "0 messages wait at the gateway" in said and "of a simulated farm is online" in said

        wait_until(settled, what="receipts for all of them")
        assert "lets us in, takes a message and gives it back" in said
        assert "keeps the farm in" in said
        nodes.close()
        hears = Client(locked, "other")
        hears.publish(f"cooee/{FARM}/n1/call", dump(a_call(nodes.now_ms)))
        alert = f"cooee/{FARM}/alert/block/too_dry"
        wait_until(lambda: alert in page.heard, what="the alert")
        assert f"cooee/{FARM}/gateway/receipt" in page.heard
        hears.close()
    for name, child in children.items():
        assert "refuse" not in child.output(), name
    page.close()


@pytest.mark.parametrize(
    ("service", "user"), [("gateway", "other"), ("gateway", "wifi-1"), ("ingest", "gateway"), ("ingest", "page")]
)
def test_a_service_under_anothers_name_is_told_so(locked: Locked, tmp_path: Path, service: str, user: str) -> None:
    port = free_udp_port()
    write_farm_keys(tmp_path, 1)
    more = ("--listen", str(port)) if service == "gateway" else ()
    options = ("--farm", str(locked.farm), "--data", str(tmp_path), *locked.options(user), *more)
    words = "it refuses what we publish (not authorized): is the user of --mqtt the one for this service"
    child = Child.cooee(service, *options, log=tmp_path / "log")
    try:
        child.wait_ready()
        if service == "gateway":
            nodes = Nodes(port, range(1, 2))
            nodes.run(1)
            nodes.close()
        wait_until(lambda: words in child.output(), what=f"{words!r} in {child.log}")
    finally:
        child.stop()
    assert child.output().count(words) == 1


def doctor(locked: Locked, *options: str) -> str:
    arguments = ["doctor", "--farm", str(locked.farm), "--data", str(locked.data), *options]
    return CliRunner().invoke(cooee.build_app("doctor"), arguments).output


def test_strangers_are_told_what_keeps_them_out(locked: Locked, tmp_path: Path) -> None:
    plain, ca = f"127.0.0.1:{locked.port}", str(locked.broker.path / "ca.crt")
    assert "does it want TLS (mqtts://)?" in doctor(locked, "--mqtt", plain)
    assert "it refuses us (not authorized)" in doctor(locked, "--mqtt", f"mqtts://{plain}", "--mqtt-ca", ca)
    assert "its certificate is not to be trusted" in doctor(locked, "--mqtt", f"mqtts://page@{plain}")
    wrong = tmp_path / "password"
    wrong.write_text("guessed\n")
    said = doctor(locked, "--mqtt", f"mqtts://page@{plain}", "--mqtt-ca", ca, "--mqtt-password-file", str(wrong))
    assert "it refuses us (not authorized)" in said
    assert "it does not let us publish" in doctor(locked, *locked.options("wifi-1"))
    listener = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(locked.port), "-t", "#", "-C", "1", "-W", "3"]
    for options in ((), ("--cafile", ca)):
        heard = subprocess.run([*listener, *options], capture_output=True, text=True, check=False, timeout=60)
        assert (heard.returncode != 0, heard.stdout) == (True, "")


def test_nobody_takes_the_place_of_a_service_by_its_clients_name(locked: Locked, tmp_path: Path) -> None:
    child = Child.cooee(
        "ingest",
        *("--farm", str(locked.farm), "--data", str(tmp_path)),
        *locked.options("ingest"),
        log=tmp_path / "log",
    )
    try:
        child.wait_ready()
        intruder = Client(locked, "wifi-1", client_id=f"cooee-ingest-{FARM}")
        assert intruder.answer == "Success"
        assert "keeps the farm in" in doctor(locked, *locked.options("page"))
        time.sleep(0.5)
        assert "lost the broker" not in child.output()
        intruder.close()
    finally:
        child.stop()


def test_a_running_broker_knows_at_once_who_came_and_who_went(locked: Locked) -> None:
    assert "The broker knows." in broker("add", "wifi-3", "--role", "node", "--data", str(locked.data))
    node = Client(locked, "wifi-3")
    assert node.publish(f"cooee/{FARM}/wifi-3/status") != "Not authorized"
    gateway = Client(locked, "gateway")
    assert gateway.publish(f"cooee/{FARM}/wifi-3/status") == "Not authorized"
    options = locked.options("wifi-3")
    kept = locked.folder / "kept"
    kept.write_text(Path(options[5]).read_text())
    assert "The broker knows." in broker("remove", "wifi-3", "--data", str(locked.data))
    wait_until(lambda: node.ended, what="its connection ended")
    assert "it refuses us (not authorized)" in doctor(locked, *options[:5], str(kept))
    assert gateway.publish(f"cooee/{FARM}/wifi-3/status") != "Not authorized"
    gateway.close()


def test_a_new_certificate_holds_at_once_and_for_other_names(locked: Locked) -> None:
    def serial() -> str:
        ask = f"openssl s_client -connect 127.0.0.1:{locked.port} -CAfile ca.crt -verify_return_error"
        shown = subprocess.run(
            ask.split(), cwd=locked.broker.path, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
        )
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        return shown.stdout[shown.stdout.index(begin) : shown.stdout.index(end)]

    before = serial()
    assert "The broker knows." in broker("renew", "--data", str(locked.data))
    wait_until(lambda: serial() != before, what="the new certificate")


def test_no_password_is_in_a_log_or_on_a_command_line(locked: Locked) -> None:
    passwords = [path.read_text().strip() for path in (locked.broker.path / "users").iterdir()]
    assert len(passwords) == len(EVERYBODY)
    assert "ready" in (locked.folder / "ingest.log").read_text()
    shown = locked.said + "".join(path.read_text() for path in locked.folder.glob("*.log"))
    assert [password for password in passwords if password in shown] == []


@pytest.mark.parametrize(("days", "said"), [(30, True), (61, False)])
def test_doctor_says_when_the_certificate_is_about_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, said: bool
) -> None:
    monkeypatch.setattr("edge.broker.certificates.BROKER_DAYS", days)
    farm = tmp_path / "farm.yaml"
    farm.write_text(farm_text(1))
    broker("init", "--farm", str(farm), "--data", str(tmp_path))
    folder = open_folder(tmp_path / FOLDER)
    with Broker(folder.path, locked=True) as running:
        options = ("--farm", str(farm), "--data", str(tmp_path), *folder.options("page", running.port))
        output = CliRunner().invoke(cooee.build_app("doctor"), ["doctor", *options]).output
    assert "lets us in, takes a message and gives it back" in output
    assert ("certificate ends in 30 days, and then nobody gets in: cooee broker renew" in output) == said
