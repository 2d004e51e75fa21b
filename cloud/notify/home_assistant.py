"""Retained messages by which Home Assistant finds the farm: a device a node with its channels, one a zone with its
troubles, and the gateway (docs/OPERATIONS.md, docs/SPEC.md "Home Assistant").

One message an entity, which every Home Assistant with MQTT reads.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from edge.contract import topics
from edge.contract.channels import channel
from edge.contract.errors import CooeeError
from edge.contract.health import GRACE_S, dead_after_s
from edge.contract.version import VERSION
from edge.farm import Farm, Node, Zone

from ..advice.levels import badness, level_word
from ..language.names import channel_in_words
from ..language.speech import say
from .rules import Incident

PREFIX = "homeassistant"
"""Where Home Assistant looks unless it is told otherwise."""
UNITS = {"degC": ("°C", 1), "m3/m3": ("%", 100), "W/m2": ("W/m²", 1)}
"""Unit of ours -> Home Assistant's, and how many of those one of ours is. The others are called alike."""
LONGEST_STATE = 255
"""Letters that Home Assistant keeps of a state."""
UP = "{{ 'offline' if value_json.state == 'offline' else 'online' }}"
"""Of a status: a node that sleeps is as well as one that is awake."""
LAST_HEARD = "{{ (value_json.t / 1000) | timestamp_utc }}"
FAULTY = "{{ 'ON' if value_json.faults | default([]) else 'OFF' }}"
PROBLEM = "{{ 'ON' if value_json.state == 'open' else 'OFF' }}"
SENTENCE = f"{{{{ value_json.sentence[:{LONGEST_STATE}] }}}}"
CONNECTED = "{{ 'OFF' if value_json.state == 'offline' else 'ON' }}"

Entity = tuple[str, str, dict[str, Any]]
"""Component, object id and configuration."""


class HomeAssistant:
    """What is retained for Home Assistant, under `prefix`."""

    def __init__(self, prefix: str = PREFIX) -> None:
        """CooeeError for a prefix that is no single level of a topic, or is ours."""
        if not re.fullmatch(r"[\w-]{1,64}", prefix, re.ASCII) or prefix == topics.ROOT:
            raise CooeeError(f"--home-assistant {prefix!r}: write its discovery prefix, which is {PREFIX} as a rule")
        self._prefix = prefix
        self._farm: Farm | None = None
        self._discovery: dict[str, bytes] = {}

    def filters(self, farm: str) -> tuple[str, str]:
        """What matches all topics that are said here and nothing else."""
        return f"{self._prefix}/+/cooee-{farm}/+/config", topics.zone_summary(farm, "+")

    def messages(self, farm: Farm, incidents: Sequence[Incident]) -> dict[str, bytes]:
        """Topic -> what is to be retained there now, in the words of whoever is spoken to."""
        if farm is not self._farm:
            self._farm = farm
            self._discovery = {
                f"{self._prefix}/{component}/cooee-{farm.id}/{name}/config": _json(config)
                for component, name, config in entities(farm)
            }
        return self._discovery | {
            topics.zone_summary(farm.id, zone): _summary([each for each in incidents if each.zone == zone])
            for zone in (*farm.zone_by_id, farm.gateway)
        }


def entities(farm: Farm) -> Iterator[Entity]:
    """Everything of a farm that Home Assistant shows."""
    gateway = _device(farm, "gateway", farm.name)
    status = topics.topic(farm.id, farm.gateway, "status")
    connected = {"state_topic": status, "value_template": CONNECTED, "device_class": "connectivity", "name": None}
    yield _entity(farm, "binary_sensor", "gateway-connected", gateway, connected)
    yield from _of_zone(farm, farm.gateway, gateway, {"name": say("no word from the gateway")})
    for zone in farm.zones:
        yield from _of_zone(farm, zone.id, _device(farm, f"zone-{zone.id}", zone.name, zone), {"name": None})
    for node in farm.nodes:
        yield from _of_node(farm, node)


def _of_zone(farm: Farm, zone: str, device: dict[str, Any], named: dict[str, Any]) -> Iterator[Entity]:
    """Whether there is a trouble that nobody has answered, and the sentence of the worst one."""
    topic = topics.zone_summary(farm.id, zone)
    common = {"state_topic": topic, "json_attributes_topic": topic, "availability": [_up(topics.notify_state(farm.id))]}
    problem = common | {"value_template": PROBLEM, "device_class": "problem"} | named
    yield _entity(farm, "binary_sensor", f"zone-{zone}-problem", device, problem)
    sentence = common | {"value_template": SENTENCE, "name": say("What to do")}
    yield _entity(farm, "sensor", f"zone-{zone}-sentence", device, sentence)


def _of_node(farm: Farm, node: Node) -> Iterator[Entity]:
    device = _device(farm, f"node-{node.id}", node.id, farm.zone_by_id[node.zone])
    common: dict[str, Any] = {
        "state_topic": topics.topic(farm.id, node.id, "telemetry"),
        "expire_after": math.ceil(dead_after_s(node.wake_interval_s) + GRACE_S),
    }
    if node.link != "direct":  # such a node need not say how it is, and no gateway hears it
        statuses = (topics.topic(farm.id, device_id, "status") for device_id in (farm.gateway, node.id))
        common |= {"availability_mode": "all", "availability": [_up(topic, UP) for topic in statuses]}
    for name in node.channels:
        yield _entity(farm, "sensor", f"node-{node.id}-{name}", device, common | _channel(name))
    heard = {"value_template": LAST_HEARD, "device_class": "timestamp", "name": say("Last heard")}
    faulty = {"value_template": FAULTY, "device_class": "problem", "name": say("Probe faulty")}
    diagnostic = common | {"entity_category": "diagnostic"}
    yield _entity(farm, "sensor", f"node-{node.id}-heard", device, diagnostic | heard)
    yield _entity(farm, "binary_sensor", f"node-{node.id}-faulty", device, diagnostic | faulty)


def _channel(name: str) -> dict[str, Any]:
    """How a channel of a reading is shown; one that is missing or faulty is unknown."""
    kind = channel(name)
    unit, times = UNITS.get(kind.unit, (kind.unit, 1))
    digits = max(0, round(-math.log10(kind.scale * times)))
    value = f"value_json.{name}" if times == 1 else f"(value_json.{name} * {times}) | round({digits})"
    return {
        "name": channel_in_words(name).capitalize(),
        "value_template": f"{{{{ {value} if value_json.{name} is defined else none }}}}",
        "unit_of_measurement": unit,
        "state_class": "measurement",
        "suggested_display_precision": digits,
        **({"device_class": kind.device_class} if kind.device_class else {}),
        **({"entity_category": "diagnostic"} if name == "battery" else {}),
    }


def _device(farm: Farm, name: str, called: str, zone: Zone | None = None) -> dict[str, Any]:
    device = {"identifiers": [f"cooee-{farm.id}-{name}"], "name": called, "manufacturer": "Cooee"}
    return device | ({"suggested_area": zone.name, "via_device": f"cooee-{farm.id}-gateway"} if zone else {})


def _entity(farm: Farm, component: str, name: str, device: dict[str, Any], config: dict[str, Any]) -> Entity:
    unique = {"unique_id": f"cooee-{farm.id}-{name}", "object_id": f"{farm.id}_{name}", "device": device, "qos": 1}
    return component, name, config | unique | {"origin": {"name": "Cooee", "sw_version": VERSION}}


def _up(topic: str, template: str | None = None) -> dict[str, str]:
    return {"topic": topic} | ({"value_template": template} if template else {})


def _summary(incidents: Sequence[Incident]) -> bytes:
    """How a zone is by all its incidents: as the worst of those that nobody has answered, else of those in hand."""
    going_on = [each for each in incidents if each.ended is None and each.concern and (each.rings or each.told)]
    if not going_on:
        return _json({"v": 1, "state": "fine", "level": "fine", "sentence": level_word("fine"), "kinds": []})
    worst = min(going_on, key=lambda each: (not each.rings, badness(each.level)))
    assert worst.concern is not None
    return _json(
        {
            "v": 1,
            "state": "open" if worst.rings else "in_hand",
            "level": worst.level,
            "sentence": worst.title,
            "why": worst.concern.advice.why,
            "steps": list(worst.concern.advice.steps),
            "kinds": sorted({each.kind for each in going_on}),
        }
    )


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
