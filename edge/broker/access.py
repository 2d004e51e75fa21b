"""Who may say what to the broker: the rules of each role, as mosquitto's access list and password file."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..contract import topics
from ..contract.errors import CooeeError

HASH_ROUNDS = 101
"""mosquitto's own number. Our passwords are 192 random bits: more rounds would only slow every connection."""
SALT_BYTES = 12


class Role(StrEnum):
    """What a user of the broker is."""

    GATEWAY = "gateway"
    NODE = "node"
    AIR = "air"
    INGEST = "ingest"
    NOTIFY = "notify"
    PAGE = "page"
    HOME = "home"
    OPERATOR = "operator"
    SOURCE = "source"


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody that the broker knows: `name` is in the topics of a gateway or a node (`topics.IDENTIFIER`). `topics`
    are what a source has for itself, outside the farm's (see `check_foreign`)."""

    name: str
    role: Role
    topics: tuple[str, ...] = ()


DEVICES = (Role.GATEWAY, Role.NODE)
_EVERYTHING = "read {farm}/#"
_PROBE = "readwrite {farm}/doctor/command"
RULES: dict[Role, tuple[str, ...]] = {
    # A gateway speaks for the nodes that it hears, but for no device that has a user of its own: see access_list.
    Role.GATEWAY: (
        *(f"write {{farm}}/+/{kind}" for kind in topics.UP),
        "read {farm}/{name}/receipt",
        "read {farm}/+/command",
        "read {farm}/+/sentinel",
        "read {farm}/+/air",
        "write {farm}/+/answer",
        "write v3/+/devices/+/down/replace",  # Answers through LoRaWAN networks, whose uplinks are a source's.
        "write application/+/device/+/command/down",
    ),
    # A WiFi node that publishes frames: the gateway speaks for it.
    Role.AIR: ("write {farm}/{name}/air", "read {farm}/{name}/answer"),
    Role.NODE: (
        *(f"write {{farm}}/{{name}}/{kind}" for kind in topics.UP),
        "read {farm}/{name}/command",
        "read {farm}/{name}/sentinel",
    ),
    Role.INGEST: (
        *(f"read {{farm}}/+/{kind}" for kind in topics.UP),
        "write {farm}/+/receipt",
        "readwrite {farm}/+/keeper",
    ),
    Role.NOTIFY: (
        "write {farm}/alert/+/+",
        "read {farm}/alert/+/+/answer",
        "write {farm}/notify/state",
        "readwrite {farm}/notify/zone/+",
        "readwrite +/+/cooee-{farm}/+/config",  # Home Assistant's discovery, under whatever prefix.
    ),
    Role.PAGE: (_EVERYTHING, _PROBE),
    Role.HOME: (_EVERYTHING, "write {farm}/alert/+/+/answer", "read +/+/cooee-{farm}/+/config"),
    Role.SOURCE: (),  # its own topics alone, which gateways read: docs/SENSORS.md
    Role.OPERATOR: (_EVERYTHING, _PROBE, "write {farm}/+/command", "write {farm}/+/sentinel"),
}
"""What each role may read and write; a farm's topics are below ours. Whatever is not here is refused."""


def farm_users(gateway: str) -> tuple[User, ...]:
    """Who speaks on every farm: its gateway, and a user a service, called as its role. CooeeError when the gateway has
    one of these names."""
    services = tuple(User(name=role.value, role=role) for role in (Role.INGEST, Role.NOTIFY, Role.PAGE))
    if gateway in [user.name for user in services]:
        raise CooeeError(f"a gateway cannot be called {gateway}, as a service is: give it another name in farm.yaml")
    return (User(name=gateway, role=Role.GATEWAY), *services)


def access_list(farm: str, users: Sequence[User]) -> str:
    """mosquitto's acl_file for a farm's users. A `deny` stands above all else of its user."""
    devices = [user.name for user in users if user.role in DEVICES]
    foreign = sorted({each for user in users for each in user.topics})
    text = "# Written by `cooee broker`, anew with each change.\n"
    for user in users:
        text += f"\nuser {user.name}\n"
        if user.role is Role.GATEWAY:
            text += "".join(f"topic deny {topics.ROOT}/{farm}/{name}/#\n" for name in devices if name != user.name)
        for rule in RULES[user.role]:
            access, _, pattern = rule.partition(" ")
            root = f"{topics.ROOT}/" if pattern.startswith("{farm}") else ""
            text += f"topic {access} {root}{pattern.format(farm=farm, name=user.name)}\n"
        text += "".join(f"topic readwrite {each}\n" for each in user.topics)
        if user.role is Role.GATEWAY:
            text += "".join(f"topic read {each}\n" for each in foreign)
    return text


def check_foreign(pattern: str) -> None:
    """CooeeError for what is no filter of MQTT, or could match a topic of ours or of the broker's own."""
    levels = pattern.split("/")
    whole = all("#" not in level and (level == "+" or "+" not in level) for level in levels[:-1])
    last = levels[-1] in ("#", "+") or not set("#+") & set(levels[-1])
    if not (whole and last and pattern.isprintable()) or levels[0] in ("", "#", "+", topics.ROOT) or pattern[0] == "$":
        raise CooeeError(f"--topic {pattern!r}: write what another system publishes on, as in zigbee2mqtt/#")


def new_password() -> str:
    """192 random bits as letters that every shell, file and device takes."""
    return secrets.token_urlsafe(24)


def password_line(name: str, password: str) -> str:
    """The line of mosquitto's password_file: PBKDF2 with SHA-512, as mosquitto_passwd writes it."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS)
    return f"{name}:$7${HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
