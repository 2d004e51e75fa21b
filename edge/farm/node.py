"""A node of a farm: its board, its sensors, how it is heard, and what it runs."""

import logging
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from ..contract.channels import channel_names
from ..contract.kinds import kinds
from ..core import NODE_CHANNELS, PolicyChange, sentinels
from . import calibration as probes
from .fields import Identifier, Metres, Part, Seconds, check_unique, one_of
from .mapping import MappedReading
from .policies import Policy, policy_changes

log = logging.getLogger("cooee.farm")

SENSORS: dict[str, tuple[str, ...]] = {
    "soil_probe": ("soil_moisture_10cm", "soil_moisture_30cm", "soil_temperature"),
    "soil_probe_10cm": ("soil_moisture_10cm",),
    "soil_probe_30cm": ("soil_moisture_30cm",),
    "soil_probe_60cm": ("soil_moisture_60cm",),
    "soil_thermometer": ("soil_temperature",),
    "ethylene_cell": ("ethylene",),
    "ethylene_metal_oxide": ("ethylene",),
    "sht3x": ("air_temperature", "humidity"),
    "anemometer": ("wind", "gust"),
    "rain_gauge": ("rain",),
    "barometer": ("pressure",),
    "pyranometer": ("solar_radiation",),
}
"""Sensors a node can carry and the channels each gives; every node also measures its battery."""

Board = Literal["uno", "stm32", "esp32", "host", "other", "gateway"]
"""uno, stm32: `cooee build` makes its program. esp32: `cooee build` makes what ESPHome makes it of. host: a program on
a computer. other: a port of your own. gateway: no board at all, the gateway runs the node with readings from
elsewhere."""
LinkName = Literal["udp", "serial", "lora", "mqtt", "lorawan", "direct"]
"""How a node is heard. udp: the simulated radio. lora: by a modem at the gateway. mqtt: its frames come over
MQTT. lorawan: through a network's server. direct: it publishes its readings itself, no gateway hears it."""
EARLIER_WORDS = {"board": {"cortex-m3": "other"}, "link": {"radio": "udp"}}
"""What earlier versions called it, by field."""
WakeInterval = Annotated[Seconds, Field(ge=60, le=43_200)]


class Node(Part):
    """A sensor node: where it stands, what it is made of and how often it wakes (position: metres east and north of the
    farm's corner). Without `link` it may be heard over any. `calibration`: points of its probes by channel, where the
    program's own do not serve (edge/farm/calibration.py). `policies`: when a kind of trouble becomes a call, where the
    sentinel's own policy does not serve."""

    id: Identifier
    address: int = Field(ge=1, le=65534)
    zone: str
    position: tuple[Metres, Metres]
    board: Board = "uno"
    sensors: tuple[str, ...] = ()
    readings: tuple[MappedReading, ...] = ()
    link: LinkName | None = None
    wake_interval_s: WakeInterval = Field(alias="wake_interval")
    calibration: dict[str, probes.Points] = Field(default_factory=dict)
    policies: dict[str, Policy] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _earlier_words(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        now = {
            field: words[data[field]]
            for field, words in EARLIER_WORDS.items()
            if isinstance(data.get(field), str) and data[field] in words
        }
        for field, word in now.items():
            log.warning("farm.yaml: node %s: %s: %s is called %s now", data.get("id"), field, data[field], word)
        return data | now

    @field_validator("sensors")
    @classmethod
    def _known_sensors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("the same sensor twice")
        known = tuple(one_of(sensor, list(SENSORS)) for sensor in value)
        if len({c for sensor in known for c in SENSORS[sensor]}) < sum(len(SENSORS[sensor]) for sensor in known):
            raise ValueError("two sensors for the same channel")
        return known

    @field_validator("calibration")
    @classmethod
    def _sound_calibration(cls, value: dict[str, probes.Points], info: ValidationInfo) -> dict[str, probes.Points]:
        sensors = info.data.get("sensors", ())
        return probes.check([c for sensor in sensors for c in SENSORS[sensor]], value) if sensors else value

    _in_store: bool = PrivateAttr(False)
    """Set by the farm, which knows the zones."""

    @model_validator(mode="after")
    def _sensors_or_readings(self) -> Self:
        if self.board == "gateway":
            if self.sensors or self.link or not self.readings:
                raise ValueError("board: gateway has readings, and neither sensors nor link: its sensors are elsewhere")
            check_unique("a reading of channel", [reading.channel for reading in self.readings])
        elif self.readings:
            raise ValueError("readings are for board: gateway; a node that measures itself has sensors")
        elif not self.sensors:
            raise ValueError("sensors: at least one is needed, or board: gateway with readings")
        if len(self.channels) > NODE_CHANNELS:
            many = f"it measures {len(self.channels)} channels, and a frame holds {NODE_CHANNELS}"
            raise ValueError(f"{many}: make two nodes of it")
        return self

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels this node measures."""
        if self.board == "gateway":
            mapped = {reading.channel for reading in self.readings}
            return tuple(name for name in channel_names() if name in mapped)
        return (*(c for sensor in self.sensors for c in SENSORS[sensor]), "battery")

    @cached_property
    def sentinels(self) -> tuple[str, ...]:
        """Names of the built-in sentinels that this node runs: those whose channels it measures, in a store without
        those of the open air."""
        return tuple(
            s.name
            for s in sentinels()
            if set(s.channels) <= set(self.channels)
            and not (self._in_store and any(kinds()[kind].outdoors for kind in s.classes[1:]))
        )

    @cached_property
    def policy_changes(self) -> tuple[PolicyChange, ...]:
        """What it has otherwise than its sentinels' own alarm policies; ValueError when that cannot be."""
        return policy_changes(self.sentinels, self.policies)
