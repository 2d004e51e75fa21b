"""A farm with its zones and nodes, and what concerns it as a whole."""

import shlex
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from ..agronomy.crops import crop
from ..contract.errors import CooeeError
from .fields import Identifier, Name, Part, PlacedFile, check_unique
from .lora import Lora
from .node import SENSORS, Node
from .zone import Zone

Language = Literal["en", "es", "fr", "de", "hi", "sw"]
"""Languages that a farmer may read."""
Units = Literal["metric", "us"]


def _days(value: object) -> object:
    if value == "all" or (type(value) is int and 14 <= value <= 36_500):
        return value
    raise ValueError("write a whole number of days from 14 to 36500, or all")


Days = Annotated[int | Literal["all"], BeforeValidator(_days)]
"""A span of days, two weeks at least: the page reckons with the last ten days."""


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

    file: PlacedFile | None = None
    command: Annotated[PlacedFile, Field(max_length=2000)] | None = None

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
    `lora`: its radio. `map`: a GeoJSON file with outlines of zones (edge/farm/map.py). `forecast`: of those who
    have a weather service. `language`, `units`: of what a farmer reads, where they do not choose themselves."""

    id: Identifier
    name: Name
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
    map: PlacedFile | None = None
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
        check_unique("zone id", [z.id for z in zones])
        return zones

    @field_validator("zones")
    @classmethod
    def _not_the_gateway(cls, zones: tuple[Zone, ...], info: ValidationInfo) -> tuple[Zone, ...]:
        if info.data.get("gateway") in {zone.id for zone in zones}:
            raise ValueError(f"the gateway and a zone are both called {info.data['gateway']!r}")
        return zones

    @field_validator("zones")
    @classmethod
    def _seasons_of_the_south(cls, zones: tuple[Zone, ...], info: ValidationInfo) -> tuple[Zone, ...]:
        if info.data.get("latitude", 0) >= 0:
            return zones
        return tuple(
            zone.model_copy(update={"planted": crop(zone.crop).planted_in_the_south()})
            if zone.soil and zone.planted is None
            else zone
            for zone in zones
        )

    @field_validator("nodes")
    @classmethod
    def _consistent_nodes(cls, nodes: tuple[Node, ...], info: ValidationInfo) -> tuple[Node, ...]:
        check_unique("node id", [n.id for n in nodes])
        check_unique("node address", [n.address for n in nodes])
        if info.data.get("gateway") in {n.id for n in nodes}:
            raise ValueError(f"the gateway and a node are both called {info.data['gateway']!r}")
        zones = [z.id for z in info.data.get("zones", ())]
        for node in nodes:
            if zones and node.zone not in zones:
                raise ValueError(f"node {node.id!r} stands in zone {node.zone[:40]!r}; zones are {', '.join(zones)}")
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

    @model_validator(mode="after")
    def _links_carry_their_nodes(self) -> Self:
        for node in self.nodes:
            if node.link == "lora":
                self.lora.check_pace(node.id, node.wake_interval_s)
        return self

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


def node_named(farm: Farm, name: str) -> Node:
    """A node of a farm; CooeeError names those that there are."""
    if name not in farm.node_by_id:
        raise CooeeError(f"there is no node {name!r} in farm.yaml; there are {', '.join(farm.node_by_id)}")
    return farm.node_by_id[name]
