"""Scenarios: a farm, a season's weather, and what goes wrong when, from a YAML file; the cases that hurt people come
with the program."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract.channels import channel_names
from edge.contract.errors import CooeeError
from edge.farm import Farm, load_farm, parse_farm, sample_farm_text
from edge.farm.yaml_text import fault_of, plain_values
from edge.farm_fields import MonthDay
from edge.field_faults import what_is_wrong

from ..events import BadRadio, Events, FaultShape, Gas, Outage, PowerCut, ProbeFault, StuckValve, WeakCell
from ..nodes.sensors import SOIL_PROBES
from ..time_grid import STEPS_A_DAY
from ..weather import extremes as spells
from ..weather.climate import CLIMATES, bundled, read_climate
from ..weather.climate import generate as generate_climate
from ..weather.files import Site
from ..weather.resampled import generate
from ..weather.ten_minutes import Weather, new_york, read_weather, whately

FOLDER = files(__package__)
STATIONS: dict[str, Callable[[], Weather]] = {
    "whately-2015": whately,
    "ewr-2013": lambda: new_york("EWR"),
    "jfk-2013": lambda: new_york("JFK"),
    "lga-2013": lambda: new_york("LGA"),
}
LIKE = "like-"
"""Before a station's name: weather that never was, drawn from the station's year by the seed."""
CLIMATE = "climate-"
"""Before a climate's name: weather that never was, generated from what is known of many years."""
WEATHERS = (*STATIONS, *(LIKE + name for name in STATIONS), *(CLIMATE + name for name in CLIMATES))


class OwnWeather(BaseModel):
    """A file of weather in steps of an hour or less (simulations/weather/ten_minutes.py, read_weather), beside the
    scenario, and where it was measured; `station` where it has several."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str
    station: str | None = None
    latitude: float = Field(ge=-66, le=66)
    elevation_m: float = Field(ge=-430, le=6000)
    utc_offset_h: float = Field(ge=-12, le=14)
    wind_height_m: float = Field(default=2.0, ge=1, le=50)


class OwnClimate(BaseModel):
    """A climate's own file (simulations/weather/climate_fit.py writes one), beside the scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    climate: str


class _Event(BaseModel):
    """Something that lasts from `day` of the season for `days`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    day: float = Field(ge=0)
    days: float = Field(gt=0)


class Valve(_Event):
    """The valve of a zone sticks."""

    kind: Literal["valve"]
    zone: str
    state: Literal["open", "closed"]


class GasLeak(_Event):
    """Ethylene enters a store, uL/h."""

    kind: Literal["gas"]
    zone: str
    ul_h: float = Field(gt=0)


class Probe(_Event):
    """A channel of a node reads wrong; `size` in its unit (of a drift: a day)."""

    kind: Literal["probe"]
    node: str
    channel: Literal[channel_names()]  # type: ignore[valid-type]  # names read from files
    shape: FaultShape
    size: float = 0.0


class Gateway(_Event):
    """The gateway is off."""

    kind: Literal["gateway"]


class Radio(_Event):
    """The air loses frames: always (`loss`), and more in bursts."""

    kind: Literal["radio"]
    loss: float = Field(default=0.0, ge=0, le=1)
    burst_loss: float = Field(default=0.9, ge=0, le=1)
    bursts_a_day: float = Field(default=0.0, ge=0, le=144)
    burst_hours: float = Field(default=1.0, gt=0, le=240)
    duplication: float = Field(default=0.0, ge=0, le=1)
    reordering: float = Field(default=0.0, ge=0, le=1)


class Power(_Event):
    """A node has no power, and starts anew when it has again."""

    kind: Literal["power"]
    node: str


class Battery(_Event):
    """A node's cell has only a share of its charge left; after these days it gets a full one."""

    kind: Literal["cell"]
    node: str
    charge: float = Field(ge=0, le=1)


class Heat(_Event):
    """A heat wave, degC above what it was."""

    kind: Literal["heat"]
    degc: float = Field(gt=0, le=20)


class Frost(_Event):
    """Frost nights: of radiation (clear, calm) or black (dry wind), down to a station temperature."""

    kind: Literal["frost"]
    type: Literal["radiation", "black"]
    degc: float = Field(ge=-25, lt=5)


class Gale(_Event):
    """A storm that rises to a gust (m/s) and falls."""

    kind: Literal["gale"]
    gust: float = Field(gt=5, le=60)


class Drought(_Event):
    """No rain falls."""

    kind: Literal["drought"]


class Humid(_Event):
    """Mild days with wet nights."""

    kind: Literal["humid"]
    degc: float = Field(ge=5, le=30)


AnyEvent = Annotated[
    Valve | GasLeak | Probe | Gateway | Radio | Power | Battery | Heat | Drought | Frost | Gale | Humid,
    Field(discriminator="kind"),
]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1, max_length=120)
    farm: str | None = None
    weather: Literal[WEATHERS] | OwnWeather | OwnClimate = "whately-2015"  # type: ignore[valid-type]  # names read from files
    start: MonthDay = "04-15"
    days: int = Field(default=120, ge=1, le=365)
    events: tuple[AnyEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario ready to run: weather with its spells, and the events of the field."""

    name: str
    title: str
    farm: Farm
    weather: Weather
    events: Events


def names() -> list[str]:
    """Scenarios that come with the program."""
    return sorted(entry.name.removesuffix(".yaml") for entry in FOLDER.iterdir() if entry.name.endswith(".yaml"))


def title(name: str) -> str:
    """What a scenario that comes with the program is about, in a line."""
    return _read(FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), name).title


def load(name_or_file: str, *, days: int | None = None, seed: int = 1) -> Scenario:
    """A scenario by its name or from a YAML file, for its own number of days or another; `seed` is for generated
    weather. CooeeError says what is wrong and where."""
    if name_or_file in names():
        with as_file(FOLDER) as folder:
            return _load(folder / f"{name_or_file}.yaml", days, seed)
    path = Path(name_or_file)
    if not path.is_file():
        raise CooeeError(f"scenario {name_or_file!r}: there is no such file, and the names are {', '.join(names())}")
    return _load(path, days, seed)


def _load(path: Path, days: int | None, seed: int) -> Scenario:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(f"{path}: cannot be read ({error})") from None
    read = _read(text, str(path))
    farm = load_farm(path.parent / read.farm) if read.farm else parse_farm(sample_farm_text(), source="sample farm")
    month, day = map(int, read.start.split("-"))
    length = read.days if days is None else days
    weather = _weather(read.weather, path.parent, seed).season(month, day, length)
    for event in read.events:
        _check(event, farm, path)
    # What begins after the last day does not happen.
    happening = [event for event in read.events if event.day < length]
    return Scenario(
        name=path.stem,
        title=read.title,
        farm=farm,
        weather=_spells(weather, happening),
        events=_events(happening, length),
    )


def _weather(named: str | OwnWeather | OwnClimate, folder: Path, seed: int) -> Weather:
    if isinstance(named, OwnClimate):
        return generate_climate(read_climate(folder / named.climate), seed)
    if isinstance(named, OwnWeather):
        weather = read_weather(
            folder / named.file, site=Site(**named.model_dump(exclude={"file", "station"})), station=named.station
        )
        if isinstance(weather, Weather):
            return weather
        raise CooeeError(
            f"{named.file}: has a line a day; a season needs weather every 10 minutes, or every hour at least"
        )
    if named.startswith(CLIMATE):
        return generate_climate(bundled(named.removeprefix(CLIMATE)), seed)
    station = STATIONS[named.removeprefix(LIKE)]()
    return generate(station, seed) if named.startswith(LIKE) else station


def _read(text: str, source: str) -> _File:
    try:
        return _File.model_validate(plain_values(text) or {})
    except (yaml.YAMLError, RecursionError) as error:
        raise CooeeError(f"{source}: {fault_of(error)}") from None
    except ValidationError as error:
        fault = error.errors()[0]
        named = [part for part in fault["loc"] if not str(part).startswith("literal[")]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in named)
        raise CooeeError(f"{source}: {where or 'scenario'}: {what_is_wrong(fault)}{_found(fault)}") from None


def _found(fault: Any) -> str:
    return "" if isinstance(fault["input"], dict) else f" (found {fault['input']!r})"


def _check(event: BaseModel, farm: Farm, path: Path) -> None:
    """CooeeError when an event names a zone or node that the farm lacks, or that it cannot happen to."""
    zones = {"valve": [z.id for z in farm.zones if z.irrigation], "gas": [z.id for z in farm.zones if z.store]}
    match event:
        case Valve() | GasLeak() if event.zone not in zones[event.kind]:
            what = "irrigated zones" if event.kind == "valve" else "stores"
            raise CooeeError(
                f"{path}: {event.kind}: zone is {event.zone!r}; {what} of the farm are "
                f"{', '.join(zones[event.kind]) or 'none'}"
            )
        case Probe() | Power() | Battery() if event.node not in farm.node_by_id:
            raise CooeeError(
                f"{path}: {event.kind}: node is {event.node!r}; nodes of the farm are {', '.join(farm.node_by_id)}"
            )
        case Probe() if event.shape == "swapped" and event.channel not in SOIL_PROBES:
            raise CooeeError(
                f"{path}: probe: shape is swapped and channel {event.channel!r}; only {' and '.join(SOIL_PROBES)} "
                f"can be swapped"
            )
        case Probe() if event.channel not in farm.node_by_id[event.node].channels:
            raise CooeeError(
                f"{path}: probe: node {event.node} does not measure {event.channel}; it measures "
                f"{', '.join(farm.node_by_id[event.node].channels)}"
            )


def _spells(weather: Weather, events: Sequence[BaseModel]) -> Weather:
    for event in events:
        match event:
            case Heat():
                weather = spells.heat_wave(weather, event.day, event.days, degc=event.degc)
            case Drought():
                weather = spells.drought(weather, event.day, event.days)
            case Frost():
                weather = spells.frost_nights(
                    weather, event.day, event.days, degc=event.degc, calm=event.type == "radiation"
                )
            case Gale():
                weather = spells.gale(weather, event.day, event.days, gust=event.gust)
            case Humid():
                weather = spells.humid_days(weather, event.day, event.days, degc=event.degc)
    return weather


def _events(events: Sequence[BaseModel], days: int) -> Events:
    def steps(event: _Event) -> dict[str, int]:
        return {
            "first": round(event.day * STEPS_A_DAY),
            "last": min(round((event.day + event.days) * STEPS_A_DAY), days * STEPS_A_DAY),
        }

    return Events(
        valves=tuple(StuckValve(zone=e.zone, state=e.state, **steps(e)) for e in events if isinstance(e, Valve)),
        gases=tuple(Gas(zone=e.zone, ul_h=e.ul_h, **steps(e)) for e in events if isinstance(e, GasLeak)),
        probes=tuple(
            ProbeFault(node=e.node, channel=e.channel, shape=e.shape, size=e.size, **steps(e))
            for e in events
            if isinstance(e, Probe)
        ),
        outages=tuple(Outage(**steps(e)) for e in events if isinstance(e, Gateway)),
        radio=tuple(
            BadRadio(**steps(e), **e.model_dump(exclude={"kind", "day", "days"}))
            for e in events
            if isinstance(e, Radio)
        ),
        cuts=tuple(PowerCut(node=e.node, **steps(e)) for e in events if isinstance(e, Power)),
        cells=tuple(WeakCell(node=e.node, charge=e.charge, **steps(e)) for e in events if isinstance(e, Battery)),
    )
