"""What stands in a scenario's YAML file: its farm, weather, days and events, checked one by one."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract.channels import channel_names
from edge.contract.errors import CooeeError
from edge.farm.field_faults import what_is_wrong
from edge.farm.fields import MonthDay
from edge.farm.yaml_text import fault_of, plain_values

from ..events import FaultShape
from ..weather.climate import CLIMATES
from ..weather.series import Weather
from ..weather.ten_minutes import new_york, whately

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
    scenario, and where it was measured; `station` where it has several, `zone` (IANA) where its times are of a clock
    that is put forward and back, or "standard" where they are not."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str
    station: str | None = None
    latitude: float = Field(ge=-66, le=66)
    elevation_m: float = Field(ge=-430, le=6000)
    utc_offset_h: float = Field(ge=-12, le=14)
    wind_height_m: float = Field(default=2.0, ge=1, le=50)
    zone: str | None = None


class OwnClimate(BaseModel):
    """A climate's own file (simulations/weather/climate_fit.py writes one), beside the scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    climate: str


class Event(BaseModel):
    """Something that lasts from `day` of the season for `days`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    day: float = Field(ge=0)
    days: float = Field(gt=0)


class Valve(Event):
    """The valve of a zone sticks."""

    kind: Literal["valve"]
    zone: str
    state: Literal["open", "closed"]


class GasLeak(Event):
    """Ethylene enters a store, uL/h."""

    kind: Literal["gas"]
    zone: str
    ul_h: float = Field(gt=0)


class Probe(Event):
    """A channel of a node reads wrong; `size` in its unit (of a drift: a day)."""

    kind: Literal["probe"]
    node: str
    channel: Literal[channel_names()]  # type: ignore[valid-type]  # names read from files
    shape: FaultShape
    size: float = 0.0


class Gateway(Event):
    """The gateway is off."""

    kind: Literal["gateway"]


class Radio(Event):
    """The air loses frames: always (`loss`), and more in bursts."""

    kind: Literal["radio"]
    loss: float = Field(default=0.0, ge=0, le=1)
    burst_loss: float = Field(default=0.9, ge=0, le=1)
    bursts_a_day: float = Field(default=0.0, ge=0, le=144)
    burst_hours: float = Field(default=1.0, gt=0, le=240)
    duplication: float = Field(default=0.0, ge=0, le=1)
    reordering: float = Field(default=0.0, ge=0, le=1)


class Power(Event):
    """A node has no power, and starts anew when it has again."""

    kind: Literal["power"]
    node: str


class Battery(Event):
    """A node's cell has only a share of its charge left; after these days it gets a full one."""

    kind: Literal["cell"]
    node: str
    charge: float = Field(ge=0, le=1)


class Heat(Event):
    """A heat wave, degC above what it was."""

    kind: Literal["heat"]
    degc: float = Field(gt=0, le=20)


class Frost(Event):
    """Frost nights: of radiation (clear, calm) or black (dry wind), down to a station temperature."""

    kind: Literal["frost"]
    type: Literal["radiation", "black"]
    degc: float = Field(ge=-25, lt=5)


class Gale(Event):
    """A storm that rises to a gust (m/s) and falls."""

    kind: Literal["gale"]
    gust: float = Field(gt=5, le=60)


class Drought(Event):
    """No rain falls."""

    kind: Literal["drought"]


class Humid(Event):
    """Mild days with wet nights."""

    kind: Literal["humid"]
    degc: float = Field(ge=5, le=30)


AnyEvent = Annotated[
    Valve | GasLeak | Probe | Gateway | Radio | Power | Battery | Heat | Drought | Frost | Gale | Humid,
    Field(discriminator="kind"),
]


class ScenarioFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1, max_length=120)
    farm: str | None = None
    weather: Literal[WEATHERS] | OwnWeather | OwnClimate = "whately-2015"  # type: ignore[valid-type]  # names read from files
    start: MonthDay = "04-15"
    days: int = Field(default=120, ge=1, le=365)
    events: tuple[AnyEvent, ...] = ()


def parse(text: str, source: str) -> ScenarioFile:
    try:
        return ScenarioFile.model_validate(plain_values(text) or {})
    except (yaml.YAMLError, RecursionError) as error:
        raise CooeeError(f"{source}: {fault_of(error)}") from None
    except ValidationError as error:
        fault = error.errors()[0]
        named = [part for part in fault["loc"] if not str(part).startswith("literal[")]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in named)
        raise CooeeError(f"{source}: {where or 'scenario'}: {what_is_wrong(fault)}{_found(fault)}") from None


def _found(fault: Any) -> str:
    return "" if isinstance(fault["input"], dict) else f" (found {fault['input']!r})"
