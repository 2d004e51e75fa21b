"""MQTT topics: cooee/<farm>/<node or gateway>/<kind> (docs/SPEC.md, "Topics")."""

import re
from functools import lru_cache
from typing import NamedTuple

ROOT = "cooee"
UP = ("telemetry", "call", "status")
DOWN = ("command", "sentinel", "receipt", "keeper")
AIR = ("air", "answer")
"""Air frames of a WiFi node, and those to it."""
KINDS = UP + DOWN + AIR
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""What a farm, zone, node or gateway may be called: safe in a topic, a tag and a URL."""


class Topic(NamedTuple):
    """A topic taken apart."""

    farm: str
    device: str
    kind: str


def topic(farm: str, device: str, kind: str) -> str:
    """The topic of `kind` for a node or gateway of a farm; ValueError for a word that cannot stand in a topic."""
    if kind not in KINDS or not IDENTIFIER.fullmatch(farm) or not IDENTIFIER.fullmatch(device):
        raise ValueError(f"no such topic: farm {farm!r}, device {device!r}, kind {kind!r}")
    return f"{ROOT}/{farm}/{device}/{kind}"


def subscription(farm: str, kind: str) -> str:
    """The filter that matches `kind` from every device of a farm ("+": every farm)."""
    return f"{ROOT}/{farm}/+/{kind}"


def shared(of: str) -> str:
    """The filter by which the workers of ingest share what `of` matches: each message goes to one of them."""
    return f"$share/ingest/{of}"


@lru_cache(maxsize=16_384)
def parse_topic(text: str) -> Topic | None:
    """Takes a topic apart; None when it is not one of ours."""
    parts = text.split("/")
    if len(parts) != 4 or parts[0] != ROOT or parts[3] not in KINDS:
        return None
    if not (IDENTIFIER.fullmatch(parts[1]) and IDENTIFIER.fullmatch(parts[2])):
        return None
    return Topic(*parts[1:])


def alert(farm: str, zone: str, kind: str) -> str:
    """The topic of a trouble of a zone as `cooee notify` tells it; ValueError for a word that cannot stand in a
    topic."""
    if not all(IDENTIFIER.fullmatch(word) for word in (farm, zone, kind)):
        raise ValueError(f"no such topic: farm {farm!r}, zone {zone!r}, kind {kind!r}")
    return f"{ROOT}/{farm}/alert/{zone}/{kind}"


def answers_to_alerts(farm: str) -> str:
    """The filter that matches what people answer to the alerts of a farm."""
    return f"{ROOT}/{farm}/alert/+/+/answer"


def parse_answer(text: str) -> tuple[str, str] | None:
    """Zone and kind of the topic of an answer; None when it is none."""
    parts = text.split("/")
    return (parts[3], parts[4]) if len(parts) == 6 and parts[2] == "alert" and parts[5] == "answer" else None


def notify_state(farm: str) -> str:
    """The topic on which `cooee notify` is `online`, or by its last will `offline`."""
    return f"{ROOT}/{farm}/notify/state"


def zone_summary(farm: str, zone: str) -> str:
    """The topic of how a zone, or the gateway, is by all its troubles ("+": of each)."""
    return f"{ROOT}/{farm}/notify/zone/{zone}"
