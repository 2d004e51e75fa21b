"""How our services reach the broker: MQTT 5 clients, the broker that options name, and what goes wrong on the way."""

import hmac
import logging
import os
import random
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ..contract.errors import CooeeError

BROKER = "127.0.0.1:1883"
"""Where every service looks for the broker unless --mqtt names another place."""
KEEPALIVE_S = 30
NOW = "now"
"""MQTT 5 user property: the simulated gateway's clock, UTC ms."""
FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 15.0
SAID_AGAIN_S = 600.0
AGAIN_S = 15.0
PASSWORD_VARIABLE = "COOEE_MQTT_PASSWORD"
PORTS = {"mqtt": 1883, "mqtts": 8883}
ADDRESS = re.compile(
    r"(?:(?P<scheme>mqtts?)://)?(?:(?P<user>[^@/:]+)@)?"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[\w-]{1,63}(?:\.[\w-]{1,63})*)(?::(?P<port>\d{1,5}))?/?",
    re.ASCII,
)

Kind = TypeVar("Kind", bound=paho.Client)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A broker and how it knows us. As text it is without the password."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return f"{'mqtts' if self.tls else 'mqtt'}://{user}{self.host}:{self.port}"


def parse_server(
    address: str,
    password_file: Path | None = None,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> Server:
    """The broker that the options name; CooeeError, which never repeats a password, for anything wrong in them."""
    if ":" in address.rpartition("@")[0].rpartition("//")[2]:
        raise CooeeError(
            f"--mqtt: everybody on this machine can read a password there: write USER@HOST:PORT and put the password "
            f"into ${PASSWORD_VARIABLE} or a file named with --mqtt-password-file"
        )
    found = ADDRESS.fullmatch(address)
    port = int(found["port"] or PORTS.get(found["scheme"], 0)) if found else 0
    if found is None or not 0 < port < 65536:
        raise CooeeError(f"--mqtt {address!r}: write HOST:PORT, as in {BROKER}, or mqtts://USER@HOST:PORT")
    secure = found["scheme"] == "mqtts"
    if not secure and (ca or certificate or key):
        raise CooeeError("--mqtt-ca, --mqtt-cert and --mqtt-key are for TLS: write --mqtt mqtts://HOST:PORT")
    password = _password(password_file)
    if password and not found["user"]:
        if password_file:
            raise CooeeError("--mqtt-password-file needs a user: write --mqtt USER@HOST:PORT")
        password = None
    tls = _tls(ca, certificate, key) if secure else None
    return Server(host=found["host"].strip("[]"), port=port, user=found["user"], password=password, tls=tls)


def _password(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(f"--mqtt-password-file {file}: cannot be read ({_brief(error)})") from None


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise CooeeError(f"--mqtt-ca {ca}: no certificates can be read there ({_brief(error)})") from None
    if key and not certificate:
        raise CooeeError("--mqtt-key needs its certificate: add --mqtt-cert")
    if certificate:
        try:
            context.load_cert_chain(certificate, key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            raise CooeeError(
                f"--mqtt-cert {certificate}, --mqtt-key {key}: no pair of certificate and unencrypted key "
                f"({_brief(error)})"
            ) from None
    return context


def new_client(client_id: str, server: Server | None = None) -> paho.Client:
    """A client of ours, not connected yet. Exceptions in its callbacks are raised, not hidden."""
    return new_client_of(paho.Client, client_id, server)


def new_client_of(kind: type[Kind], client_id: str, server: Server | None = None) -> Kind:
    """As `new_client`, of a class made from paho's.

    Whoever connects under the id of another client takes its place and its session, with any password that is good.
    So with a password of ours, ours ends in what nobody knows who does not know that password."""
    if server and server.user and server.password:
        secret = f"{client_id}@{server.user}".encode()
        client_id += "-" + hmac.new(server.password.encode(), secret, "sha256").hexdigest()[:16]
    client = kind(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
    if server and server.user:
        client.username_pw_set(server.user, server.password)
    if server and server.tls:
        client.tls_set_context(server.tls)
    return client


def explain(error: object) -> str:
    """What a failed connection (an exception, or a reason code of the broker's) means and how to mend it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message}): name its CA with --mqtt-ca"
    if isinstance(error, ssl.SSLError):
        return (
            f"no TLS with it ({_brief(error)}): is that a TLS port, and are --mqtt-cert and --mqtt-key what it wants?"
        )
    if isinstance(error, socket.gaierror):
        return "nobody knows a machine of that name: check --mqtt"
    if isinstance(error, ConnectionRefusedError):
        return "no broker there: is it running, is the port right?"
    if isinstance(error, ConnectionResetError):
        return "it ended the connection at once: is that a port of MQTT, with TLS for mqtts:// and without for mqtt://?"
    if isinstance(error, OSError):
        return f"it does not answer ({_brief(error)}): is it running, is the network there?"
    text = str(error)
    if text in ("Not authorized", "Bad user name or password"):
        return f"it refuses us ({text.lower()}): check the user, the password and the broker's access list"
    if text == "Session taken over":
        return TAKEN_OVER
    return f"it refuses us ({text.lower()})"


WHO = "is the user of --mqtt the one for this service and this farm? See the broker's access list"
TAKEN_OVER = "another client of the same name takes our place: does this service run twice for one farm?"


def silence(server: Server) -> str:
    """What it may mean that a broker ends a connection without an answer."""
    if server.tls:
        return "it ended the connection: does it want a certificate of ours (--mqtt-cert, --mqtt-key) or another one?"
    return "it ended the connection without an answer: does it want TLS (mqtts://)?"


class Complaints:
    """What is wrong with the broker, said at once and then rarely, each thing for itself."""

    def __init__(self, server: Server, log: logging.Logger) -> None:
        self._server = server
        self._log = log
        self._said: dict[str, float] = {}
        self._lost_at = -AGAIN_S

    def say_lost(self) -> None:
        """Logs that a connection that stood is gone. A broker before mosquitto 2.1 gives no reason: one that drops us
        again and again has let in another client of our name."""
        now = time.monotonic()
        if now - self._lost_at < AGAIN_S:
            self.say(TAKEN_OVER)
        else:
            self._log.warning("lost the broker %s; trying again", self._server)
        self._lost_at = now

    def say_silent(self) -> None:
        """Says that the broker ended a connection before it had let us in."""
        self.say(silence(self._server))

    def say_refused(
        self, _client: paho.Client, _data: Any, _mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        """A client's on_publish: says when the broker refused what we published."""
        if reason.is_failure:
            self.say(f"it refuses what we publish ({str(reason).lower()}): {WHO}")

    def say(self, what: str) -> None:
        """Logs one line, unless it has been said in the last ten minutes."""
        now = time.monotonic()
        if now - self._said.get(what, -SAID_AGAIN_S) >= SAID_AGAIN_S:
            self._said[what] = now
            self._log.warning("broker %s: %s", self._server, what)


def jittered(delay_s: float) -> float:
    """A delay spread over half to one and a half of itself, so that many clients do not come back at once."""
    return delay_s * random.uniform(0.5, 1.5)


def _brief(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return getattr(error, "strerror", None) or type(error).__name__
