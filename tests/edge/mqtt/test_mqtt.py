"""The broker's client side against real brokers: TLS, passwords, and one clear line for each thing that goes wrong."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cooee
from bench.transport import farm_text
from edge.broker.process import find_mosquitto
from edge.contract.errors import CooeeError
from edge.mqtt.client import PASSWORD_VARIABLE, parse_server
from edge.service.processes import Child, free_port
from tests.transport.rig import wait_until

SECRET = "correct-horse"


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, and certificates that it signed: for the broker on 127.0.0.1, for one elsewhere, and for a gateway."""
    folder = tmp_path_factory.mktemp("pki")
    curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    _openssl(folder, *f"req -x509 {curve} -days 2 -subj /CN=ca -keyout ca.key -out ca.crt".split())
    for name, address in (("broker", "127.0.0.1"), ("elsewhere", "192.0.2.1"), ("gateway", "127.0.0.1")):
        (folder / "san").write_text(f"subjectAltName=IP:{address}\n")
        _openssl(folder, *f"req {curve} -subj /CN={name} -keyout {name}.key -out {name}.csr".split())
        signed = f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san"
        _openssl(folder, *signed.split(), "-out", f"{name}.crt")
    return folder


class Guarded:
    """A mosquitto with a password file on a plain port, TLS on the second, client certificates on the third, and on the
    fourth a certificate of another address."""

    def __init__(self, folder: Path, pki: Path) -> None:
        self.plain, self.tls, self.mutual, self.elsewhere = free_port(), free_port(), free_port(), free_port()
        passwords = folder / "passwords"
        passwords.touch()
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), "gate", SECRET], check=True, capture_output=True)
        keys, others = (
            f"cafile {pki}/ca.crt\ncertfile {pki}/{name}.crt\nkeyfile {pki}/{name}.key\n"
            for name in ("broker", "elsewhere")
        )
        (folder / "acl").write_text("user gate\ntopic readwrite cooee/bench/#\n")
        config = folder / "mosquitto.conf"
        config.write_text(
            f"user root\npassword_file {passwords}\nacl_file {folder}/acl\nallow_anonymous false\n"
            f"listener {self.plain} 127.0.0.1\n"
            f"listener {self.tls} 127.0.0.1\n{keys}"
            f"listener {self.mutual} 127.0.0.1\n{keys}require_certificate true\n"
            f"listener {self.elsewhere} 127.0.0.1\n{others}"
        )
        self.process = subprocess.Popen(
            [find_mosquitto(), "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for port in (self.plain, self.tls, self.mutual, self.elsewhere):
            wait_until(lambda port=port: _listens(port), what="mosquitto")  # type: ignore[misc]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[Guarded]:
    guarded = Guarded(tmp_path_factory.mktemp("guarded"), pki)
    yield guarded
    guarded.process.terminate()
    guarded.process.wait()


@pytest.fixture
def password(tmp_path: Path) -> str:
    (tmp_path / "password").write_text(SECRET + "\n")
    return f"--mqtt-password-file={tmp_path / 'password'}"


def _ca(pki: Path) -> str:
    return f"--mqtt-ca={pki / 'ca.crt'}"


class Services:
    """Gateways and ingests that are stopped at the end."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        (folder / "farm.yaml").write_text(farm_text(1))

    def start(self, service: str, *options: str, name: str = "first") -> Child:
        data = self.folder / name
        data.mkdir(exist_ok=True)
        more = ("--listen", "0") if service == "gateway" else ()
        child = Child.cooee(
            service,
            "--farm",
            str(self.folder / "farm.yaml"),
            "--data",
            str(data),
            *options,
            *more,
            log=data / f"{service}.log",
        )
        self.stack.callback(child.stop)
        return child


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with ExitStack() as stack:
        yield Services(tmp_path, stack)


def _says(child: Child, words: str) -> str:
    wait_until(lambda: words in child.output(), what=f"{words!r} in {child.log}")
    assert SECRET not in child.output()
    return child.output()


@pytest.mark.parametrize("service", ["gateway", "ingest"])
def test_tls_with_password_and_client_certificate(
    services: Services, guarded: Guarded, pki: Path, password: str, service: str
) -> None:
    pair = (f"--mqtt-cert={pki / 'gateway.crt'}", f"--mqtt-key={pki / 'gateway.key'}")
    address = f"--mqtt=mqtts://gate@127.0.0.1:{guarded.mutual}"
    child = services.start(service, address, password, _ca(pki), *pair)
    _says(child, "connected to the broker mqtts://gate@127.0.0.1" if service == "gateway" else "ready")


@pytest.mark.parametrize(
    ("address", "options", "words"),
    [
        ("mqtt://gate@127.0.0.1:{plain}", (), "it refuses us (not authorized): check the user, the password"),
        ("127.0.0.1:{plain}", (), "it refuses us (not authorized): check the user, the password"),
        ("mqtts://gate@127.0.0.1:{tls}", ("{password}",), "its certificate is not to be trusted"),
        ("mqtts://gate@127.0.0.1:{elsewhere}", ("{password}", "{ca}"), "its certificate is not to be trusted"),
        ("mqtts://gate@127.0.0.1:{mutual}", ("{password}", "{ca}"), "does it want a certificate of ours"),
        ("mqtts://gate@127.0.0.1:{plain}", ("{password}", "{ca}"), "is that a port of MQTT, with TLS"),
        ("gate@127.0.0.1:{tls}", ("{password}",), "does it want TLS (mqtts://)"),
        ("127.0.0.1:9", (), "no broker there: is it running"),
    ],
)
def test_what_is_wrong_is_one_line_at_once(
    services: Services, guarded: Guarded, pki: Path, password: str, address: str, options: tuple[str, ...], words: str
) -> None:
    known = {"password": password, "ca": _ca(pki), **vars(guarded)}
    filled = [option.format(**known) for option in options]
    children = [
        services.start(service, f"--mqtt={address.format(**known)}", *filled) for service in ("gateway", "ingest")
    ]
    for child in children:
        said = [line for line in _says(child, words).splitlines() if words in line]
        assert len(said) == 1
        assert "Traceback" not in child.output()


def test_a_session_taken_over_is_said_and_not_every_second(services: Services, guarded: Guarded, password: str) -> None:
    address = f"--mqtt=gate@127.0.0.1:{guarded.plain}"
    first = services.start("gateway", address, password)
    _says(first, "connected")
    second = services.start("gateway", address, password, name="second")
    _says(first, "another client of the same name takes our place")
    _says(second, "another client of the same name takes our place")
    for child in (first, second):
        assert child.output().count("takes our place") == 1


@pytest.mark.parametrize(
    "address",
    [f"gate:{SECRET}@127.0.0.1:1883", f"mqtts://gate:{SECRET}@host:8883", f"mqtt://:{SECRET}@host", f"a@b:{SECRET}@c"],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(CooeeError, match="everybody on this machine can read a password there") as caught:
        parse_server(address)
    assert SECRET not in str(caught.value)


def test_addresses_with_and_without_scheme_user_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, SECRET)
    texts = {
        "127.0.0.1:1883": "mqtt://127.0.0.1:1883",
        "mqtt://broker.farm": "mqtt://broker.farm:1883",
        "mqtts://gate@broker.farm/": "mqtts://gate@broker.farm:8883",
        "gate@[::1]:7": "mqtt://gate@::1:7",
    }
    assert {text: str(parse_server(text)) for text in texts} == texts
    server = parse_server("gate@h:1")
    assert server.password == SECRET
    assert SECRET not in repr(server)
    assert parse_server("h:1").password is None


def test_options_that_do_not_fit_are_one_clear_line(tmp_path: Path, pki: Path) -> None:
    missing = tmp_path / "missing"
    for arguments, words in (
        (("gate@h:1", missing), "cannot be read"),
        (("h:1", None, pki / "ca.crt"), "write --mqtt mqtts://"),
        (("mqtts://h", None, missing), "no certificates can be read"),
        (
            ("mqtts://h", None, None, pki / "gateway.crt", pki / "broker.key"),
            "no pair of certificate and unencrypted key",
        ),
        (("mqtts://h", None, None, None, pki / "broker.key"), "add --mqtt-cert"),
    ):
        with pytest.raises(CooeeError, match=words):
            parse_server(*arguments)


def test_doctor_says_ok_only_when_a_message_came_back(
    services: Services, guarded: Guarded, password: str, pki: Path
) -> None:
    def doctor(*options: str) -> str:
        options = ("doctor", "--farm", str(services.folder / "farm.yaml"), "--data", str(services.folder), *options)
        return CliRunner().invoke(cooee.build_app("doctor"), options).output

    address = f"mqtts://gate@127.0.0.1:{guarded.tls}"
    assert "lets us in, takes a message and gives it back" in doctor("--mqtt", address, password, _ca(pki))
    refused = doctor("--mqtt", address, _ca(pki))
    assert "it refuses us (not authorized)" in refused
    (services.folder / "farm.yaml").write_text(farm_text(1).replace("id: bench", "id: other"))
    assert "it does not let us publish" in doctor("--mqtt", address, password, _ca(pki))
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert "WRONG  broker" in doctor("--mqtt", f"127.0.0.1:{mute.getsockname()[1]}")
