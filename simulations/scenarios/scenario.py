"""Scenarios: a farm, a season's weather, and what goes wrong when; the cases that hurt people come with the program."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from pydantic import BaseModel

from edge.contract.errors import CooeeError
from edge.edited_file import edited_text, why_unreadable
from edge.farm import Farm, load_farm, parse_farm, sample_farm_text

from ..events import BadRadio, Events, Gas, Outage, PowerCut, ProbeFault, StuckValve, WeakCell
from ..nodes.sensors import SOIL_PROBES
from ..time_grid import STEPS_A_DAY
from ..weather import extremes as spells
from ..weather.climate import bundled, read_climate
from ..weather.climate import generate as generate_climate
from ..weather.format import Site
from ..weather.resampled import generate
from ..weather.series import Weather
from ..weather.ten_minutes import read_weather
from .scenario_file import (
    CLIMATE,
    LIKE,
    STATIONS,
    Battery,
    Drought,
    Event,
    Frost,
    Gale,
    GasLeak,
    Gateway,
    Heat,
    Humid,
    OwnClimate,
    OwnWeather,
    Power,
    Probe,
    Radio,
    Valve,
    parse,
)

FOLDER = files(__package__)


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
    return parse(FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), name).title


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
        text = edited_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(f"{path}: cannot be read ({why_unreadable(error)})") from None
    read = parse(text, str(path))
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
    def steps(event: Event) -> dict[str, int]:
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
