"""farm.yaml: the farm, its zones (crop, soil) and its nodes (board, sensors, position, link), validated.

`load_farm` raises FarmError with one line a fault: the file's line, the field, what was found and what is allowed.
"""

import logging
import shlex
from collections.abc import Iterable
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from . import calibration as probes
from .agronomy import crops, soils
from .contract.channels import channel_names
from .contract.errors import FarmError
from .contract.kinds import kinds
from .core import PolicyChange, sentinels
from .farm_fields import Identifier, Part, Ring, Seconds, one_of
from .lora import Lora
from .policies import Policy, policy_changes
from .sources.mapping import MappedReading

log = logging.getLogger("cooee.farm")

FARM_FILE = Path("farm.yaml")
"""Where every command looks for the farm unless told otherwise."""

SENSORS: dict[str, tuple[str, ...]] = {
    "soil_probe": ("soil_moisture_10cm", "soil_moisture_30cm", "soil_temperature"),
    "soil_probe_10cm": ("soil_moisture_10cm",),
    "soil_probe_30cm": ("soil_moisture_30cm",),
    "soil_thermometer": ("soil_temperature",),
    "ethylene_cell": ("ethylene",),
    "ethylene_metal_oxide": ("ethylene",),
    "sht3x": ("air_temperature", "humidity"),
    "anemometer": ("wind", "gust"),
    "rain_gauge": ("rain",),
    "barometer": ("pressure",),
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
Language = Literal["en", "es", "fr", "de", "hi", "sw"]
"""Languages that a farmer may read."""
Units = Literal["metric", "us"]

COLD_AIR_POOLING_DEGC = 1.5
"""On clear calm nights air at crop height is colder than at the station; level open ground, assumed."""

Days = Annotated[int, Field(ge=14, le=36_500)] | Literal["all"]
"""A span of days, two weeks at least: the page reckons with the last ten days."""
WakeInterval = Annotated[Seconds, Field(ge=60, le=43_200)]


class ColdStore(Part):
    """A cold store: its volume and the produce in it at the start of the season."""

    volume_m3: float = Field(gt=0, le=1e6)
    load_kg: float = Field(gt=0, le=1e8)


class Zone(Part):
    """A block of one crop on one soil, or a store of one crop (then without soil and irrigation). `flow_mm_h`: what its
    irrigation gives in an hour, from which the page reckons how long to run it. `outline`: its corners on the map, as
    positions of nodes are written. `irrigation_control`: waters by reckoned depletion, by a timer, or by a probe.
    `curve_number`: USDA's, for rain that runs off. Its micro-climate: how much colder than at the station it gets on
    clear calm nights, and the share of the wind that hedges, nets or windbreaks keep off."""

    id: Identifier
    name: str = Field(min_length=1, max_length=60)
    crop: str
    soil: str | None = None
    area_ha: float = Field(gt=0, le=1e5)
    planted: str | None = Field(default=None, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    irrigation: Literal["drip", "sprinkler", "flood"] | None = None
    irrigation_control: Literal["depletion", "schedule", "probe"] = "depletion"
    flow_mm_h: float | None = Field(default=None, gt=0, le=200)
    outline: Ring | None = None
    curve_number: float | Literal["usual"] | None = None
    cold_air_pooling_degc: float = Field(default=COLD_AIR_POOLING_DEGC, ge=0, le=10)
    wind_shelter: float = Field(default=0.0, ge=0, le=0.9)
    store: ColdStore | None = None

    @field_validator("crop")
    @classmethod
    def _known_crop(cls, value: str) -> str:
        return one_of(value, sorted(crops()))

    @field_validator("soil")
    @classmethod
    def _known_soil(cls, value: str | None) -> str | None:
        return value if value is None else one_of(value, sorted(soils()))

    @field_validator("curve_number", mode="before")
    @classmethod
    def _curve_number(cls, value: object) -> object:
        if value is None or value == "usual" or (isinstance(value, int | float) and 30 <= value <= 100):
            return value
        raise ValueError("write usual, or a number from 30 (all rain soaks in) to 100 (none does)")

    @model_validator(mode="after")
    def _field_or_store(self) -> Self:
        if (self.soil is None) == (self.store is None):
            raise ValueError("a zone has either a soil (a field) or a store, not both and not neither")
        if self.store and self.irrigation:
            raise ValueError("a store has no irrigation")
        if self.flow_mm_h and not self.irrigation:
            raise ValueError("flow_mm_h is what irrigation gives in an hour; write irrigation too, or leave both out")
        if self.irrigation_control != "depletion" and not self.irrigation:
            raise ValueError("irrigation_control says when irrigation waters; write irrigation too, or leave both out")
        if self.store and self.curve_number is not None:
            raise ValueError("a store has no curve_number: no rain falls in it")
        if self.store and (self.cold_air_pooling_degc, self.wind_shelter) != (COLD_AIR_POOLING_DEGC, 0.0):
            raise ValueError("a store has no micro-climate: cold_air_pooling_degc and wind_shelter are for fields")
        return self


class Node(Part):
    """A sensor node: where it stands, what it is made of and how often it wakes (position: metres east and north of the
    farm's corner). Without `link` it may be heard over any. `calibration`: points of its probes by channel, where the
    program's own do not serve (edge/calibration.py). `policies`: when a kind of trouble becomes a call, where the
    sentinel's own policy does not serve."""

    id: Identifier
    address: int = Field(ge=1, le=65534)
    zone: str
    position: tuple[float, float]
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
            _unique("a reading of channel", [reading.channel for reading in self.readings])
        elif self.readings:
            raise ValueError("readings are for board: gateway; a node that measures itself has sensors")
        elif not self.sensors:
            raise ValueError("sensors: at least one is needed, or board: gateway with readings")
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


class Keep(Part):
    """How long the store keeps readings and hourly rollups [days]; "all": for ever. Daily rollups, calls and judgements
    stay for ever."""

    readings_days: Days = 400
    hourly_days: Days = 1200

    @model_validator(mode="after")
    def _rollups_outlive_readings(self) -> Self:
        if self.hourly_days != "all" and (self.readings_days == "all" or self.hourly_days < self.readings_days):
            raise ValueError("hourly_days is less than readings_days: rollups are for what readings no longer tell")
        return self


class ForecastSource(Part):
    """Where a weather service's forecast comes from: a file, or a command that prints it; both are found from the
    folder of farm.yaml (docs/FORECAST.md)."""

    file: str | None = Field(default=None, min_length=1, max_length=500)
    command: str | None = Field(default=None, max_length=2000)

    @field_validator("command")
    @classmethod
    def _words(cls, value: str | None) -> str | None:
        if value is not None and not shlex.split(value):
            raise ValueError("is empty")
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.file is None) == (self.command is None):
            raise ValueError("write either file or command")
        return self


class Farm(Part):
    """A farm with its zones and nodes, checked: ids and addresses are unique and every node stands in a zone of the
    farm. `security`: whether only frames of enrolled nodes are taken, or everybody's. `keep`: bounds of the store.
    `lora`: its radio. `map`: a GeoJSON file with outlines of zones (edge/farm_map.py). `forecast`: of those who
    have a weather service. `language`, `units`: of what a farmer reads, where they do not choose themselves."""

    id: Identifier
    name: str = Field(min_length=1, max_length=60)
    latitude: float = Field(ge=-66, le=66)
    longitude: float = Field(ge=-180, le=180)
    elevation_m: float = Field(ge=-430, le=6000)
    timezone: str = "UTC"
    language: Language = "en"
    units: Units = "metric"
    gateway: Identifier = "gateway"
    security: Literal["sealed", "open"] = "sealed"
    keep: Keep = Keep()
    lora: Lora = Lora()
    map: str | None = Field(default=None, min_length=1, max_length=500)
    forecast: ForecastSource | None = None
    zones: tuple[Zone, ...] = Field(min_length=1)
    nodes: tuple[Node, ...] = Field(min_length=1)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, ZoneInfoNotFoundError):
            raise ValueError(
                "write a name of the IANA time zone list, as in Europe/Berlin or America/New_York"
            ) from None
        return value

    @field_validator("zones")
    @classmethod
    def _unique_zones(cls, zones: tuple[Zone, ...]) -> tuple[Zone, ...]:
        _unique("zone id", [z.id for z in zones])
        return zones

    @field_validator("nodes")
    @classmethod
    def _consistent_nodes(cls, nodes: tuple[Node, ...], info: ValidationInfo) -> tuple[Node, ...]:
        _unique("node id", [n.id for n in nodes])
        _unique("node address", [n.address for n in nodes])
        if info.data.get("gateway") in {n.id for n in nodes}:
            raise ValueError(f"the gateway and a node are both called {info.data['gateway']!r}")
        zones = [z.id for z in info.data.get("zones", ())]
        for node in nodes:
            if zones and node.zone not in zones:
                raise ValueError(f"node {node.id!r} stands in zone {node.zone!r}; zones are {', '.join(zones)}")
        stores = {z.id for z in info.data.get("zones", ()) if z.store}
        for node in nodes:
            soil = next((s for s in node.sensors if SENSORS[s][0].startswith("soil_")), None)
            soil = soil or next((name for name in node.channels if name.startswith("soil_")), None)
            if node.zone in stores and soil is not None:
                raise ValueError(f"node {node.id!r} has a {soil}, but zone {node.zone!r} is a store, which has no soil")
            node._in_store = node.zone in stores
            try:
                _ = node.policy_changes
            except ValueError as error:
                raise ValueError(f"node {node.id!r}: policies: {error}") from None
        return nodes

    def with_only(self, zones: Iterable[Zone], nodes: Iterable[Node]) -> Self:
        """This farm with other zones and nodes, which are not checked again."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return self.model_construct(**fields | {"zones": tuple(zones), "nodes": tuple(nodes)})

    @cached_property
    def zone_by_id(self) -> dict[str, Zone]:
        """Zones by their id."""
        return {z.id: z for z in self.zones}

    @cached_property
    def node_by_id(self) -> dict[str, Node]:
        """Nodes by their id."""
        return {n.id: n for n in self.nodes}

    def nodes_of(self, zone: str) -> list[Node]:
        """The nodes of a zone."""
        return self._nodes_by_zone.get(zone, [])

    @cached_property
    def _nodes_by_zone(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.zone, []).append(node)
        return found

    @cached_property
    def node_by_address(self) -> dict[int, Node]:
        """Nodes by their address on the radio."""
        return {n.address: n for n in self.nodes}


def sample_farm_text() -> str:
    """The commented farm.yaml that `cooee init` writes and `cooee demo` runs."""
    return files(__package__).joinpath("sample_farm.yaml").read_text(encoding="utf-8")


def load_farm(path: Path | str) -> Farm:
    """Reads and checks a farm.yaml; FarmError names every line that is wrong."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise FarmError(f"{path}: cannot be read ({reason}); `cooee init {path}` writes a new one") from None
    return parse_farm(text, source=str(path))


def parse_farm(text: str, *, source: str) -> Farm:
    """Reads farm.yaml from text; `source` is how errors name it."""
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise FarmError(f"{source}: {where}not YAML: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(data, dict):
        raise FarmError(f"{source}: line 1: a farm with id, name, zones and nodes is needed, found {_found(data)}")
    try:
        return Farm.model_validate(data)
    except ValidationError as error:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        assert root is not None, "it was a mapping"
        found = error.errors()
        within = {fault["loc"][:1] for fault in found if len(fault["loc"]) > 1}
        # A list is not too short when what is in it was refused.
        told = [fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in within]
        faults = [_fault(root, fault) for fault in told]
        raise FarmError("\n".join(f"{source}: {fault}" for fault in faults)) from None


def _fault(root: yaml.Node, fault: Any) -> str:
    """One line for one fault: where, which field, what was found, what is allowed."""
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    allowed = fault["msg"].removeprefix("Value error, ")
    line = _line(root, fault["loc"])
    if fault["type"] == "missing":
        return f"line {line}: {field}: is missing"
    if fault["type"] == "extra_forbidden":
        return f"line {line}: {field}: there is no such field"
    value = fault["input"]
    found = "" if isinstance(value, dict | list) else f" (found {_found(value)})"
    return f"line {line}: {field or 'farm'}: {allowed}{found}"


def _line(node: yaml.Node, loc: tuple[int | str, ...]) -> int:
    """Line of the deepest part of `loc` that the file has."""
    for part in loc:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1


def _found(value: object) -> str:
    return "nothing" if value is None else repr(value)[:60]


def _unique(what: str, values: list[Any]) -> None:
    twice = next((v for v in values if values.count(v) > 1), None)
    if twice is not None:
        raise ValueError(f"{what} {twice!r} is used twice")
