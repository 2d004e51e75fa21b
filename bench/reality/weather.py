"""Measured stations: what was frost, disease weather and wind there, and what sentinel and published rules called."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel, channel_names
from edge.contract.errors import CooeeError
from edge.contract.kinds import kinds
from edge.core import Site as SoilSite
from edge.scoring import HOUR_MS, MONTH_H, CallSpan, Episode, spells
from simulations.field.air import air_troubles, growing_months, nearly_air_troubles
from simulations.scoring.published_rules import WEATHER_RULES
from simulations.time_grid import STEP_S
from simulations.weather.format import Site as StationSite
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_measured

from ..bootstrap import Tally, count_events
from .node import SENTINEL, calls_at

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Tallies = dict[tuple[str, str], Tally]
"""Tallies by kind and caller."""

QUANTITIES = {
    "air_temperature": "temperature",
    "humidity": "humidity",
    "wind": "wind",
    "gust": "gust",
    "rain": "rain",
    "pressure": "pressure",
}
"""Channels of a weather node, and what a station calls them."""
DAY_MS, NOON_MS = 24 * HOUR_MS, 12 * HOUR_MS


@dataclass(frozen=True, kw_only=True)
class Station:
    """A station's months of growth. `measured`: by quantity, bool (steps,)."""

    name: str
    weather: Weather
    measured: Mapping[str, Bools]

    def seen(self, quantity: str) -> Bools:
        """Where a quantity was measured."""
        return self.measured.get(quantity, np.zeros(len(self.weather.temperature), dtype=bool))

    @property
    def air(self) -> dict[str, Floats]:
        """Channels, NaN where nothing was measured."""
        return {
            name: np.where(self.seen(quantity), getattr(self.weather, quantity), np.nan)
            for name, quantity in QUANTITIES.items()
        }

    @property
    def readings(self) -> NDArray[np.int16]:
        """What a node there reads, raw (1, steps, channels)."""
        raw = np.full((1, len(self.weather.temperature), len(channel_names())), MISSING, dtype=np.int16)
        for name, values in self.air.items():
            known = ~np.isnan(values)
            raw[0, known, channel(name).id] = np.rint(values[known] / channel(name).scale)
        return raw

    def day(self, t: int) -> int:
        """The night, from noon to noon of local standard time, that a time (UTC ms) is in."""
        return (t + round(self.weather.utc_offset_h * HOUR_MS) - NOON_MS) // DAY_MS


def read_stations(folder: Path) -> Iterator[Station]:
    """Every station of a folder of weather files; sites.toml says where those stand that do not say it themselves."""
    sites = _sites(folder / "sites.toml")
    files = sorted(path for path in folder.iterdir() if path.name.endswith((".csv", ".csv.gz", ".txt", ".psv")))
    if not files:
        raise CooeeError(f"{folder}: has no weather files (.csv, .csv.gz, .txt, .psv)")
    for path in files:
        yield from stations_of(path, sites)


def stations_of(path: Path, sites: Mapping[str, StationSite]) -> Iterator[Station]:
    """The stations of one file; `sites` by file name."""
    for weather, measured in read_measured(path, site=sites.get(path.name)):
        yield Station(name=weather.name, weather=weather, measured=measured)


def score_stations(found: Sequence[Station]) -> Tallies:
    """Tallies of the sentinel and the published rules at all stations."""
    tallies: Tallies = {}
    for station in found:
        _score(station, tallies)
    return tallies


def _score(station: Station, tallies: Tallies) -> None:
    weather, growing = station.weather, growing_months(station.weather)
    t = weather.times_ms()
    calls = _calls(station, t)
    troubles, close = _truth(station)
    for (kind, who), own in calls.items():
        if kind not in troubles:
            continue
        tally = tallies.setdefault((kind, who), Tally(unit="station-month"))
        seen = station.seen("gust" if kind == "wind" else "temperature") & growing
        for day, steps in zip(*np.unique(np.vectorize(station.day)(t[seen]), return_counts=True), strict=True):
            tally.add(station.name, int(day), exposure=float(steps) * STEP_S / 3600 / MONTH_H)
        count_events(
            tally,
            _episodes(station, kind, troubles[kind]),
            _in_growth(own, t, growing),
            _episodes(station, kind, close[kind]),
            day=station.day,
        )


def frost_at(station: Station) -> tuple[list[CallSpan], list[Episode], list[Episode], float]:
    """The sentinel's calls of frost in a station's months of growth, the frosts and what was nearly one, and how many
    months of it were measured."""
    t, growing = station.weather.times_ms(), growing_months(station.weather)
    calls = _in_growth(_calls(station, t)["frost", SENTINEL], t, growing)
    happens, close = (_episodes(station, "frost", of["frost"]) for of in _truth(station))
    return calls, happens, close, float((station.seen("temperature") & growing).sum()) * STEP_S / 3600 / MONTH_H


def _in_growth(calls: Sequence[CallSpan], t: NDArray[np.int64], growing: Bools) -> list[CallSpan]:
    """Those that are raised, or still open, in a month of growth: a call of 31 March answers a frost of 1 April."""

    def counts(when: int) -> bool:
        return bool(growing[min(int(np.searchsorted(t, when)), len(t) - 1)])

    return [call for call in calls if counts(call.raised) or counts(call.cleared)]


def _truth(station: Station) -> tuple[dict[str, Bools], dict[str, Bools]]:
    """What was true on measured hours, and what was close to it, by kind: humid hours count where they were measured,
    wind where gusts were."""
    weather = station.weather
    air = {name: getattr(weather, quantity) for name, quantity in QUANTITIES.items()}
    air["humidity"] = np.where(station.seen("humidity"), weather.humidity, 0.0)
    truth, close = air_troubles(weather, air), nearly_air_troubles(weather, air)
    for happens in (truth, close):
        happens["frost"] &= station.seen("temperature")
        if "gust" in station.measured:
            happens["wind"] &= station.seen("gust")
        else:
            del happens["wind"]
    return truth, close


def _episodes(station: Station, kind: str, happens: Bools) -> list[Episode]:
    t = station.weather.times_ms()
    return [
        Episode(zone=station.name, kind=kind, start=start, end=end)
        for start, end in spells(happens, t, kinds()[kind].gap_h)
    ]


def _calls(station: Station, t: NDArray[np.int64]) -> dict[tuple[str, str], list[CallSpan]]:
    """Calls by kind and caller: the sentinel's through a whole node, the rules' on what the node reads."""
    air = station.air
    found: dict[tuple[str, str], list[CallSpan]] = {}
    for kind in ("frost", "wind"):
        found |= calls_at(station.name, station.readings, t, kind=kind, channels=tuple(QUANTITIES), site=SoilSite())
    for kind, rules in WEATHER_RULES.items():
        for name, rule in rules.items():
            found[kind, name] = [
                CallSpan(zone=station.name, node=station.name, kind=kind, raised=start, cleared=end)
                for start, end in spells(rule(air), t, 0.0)
            ]
    return found


def _sites(path: Path) -> dict[str, StationSite]:
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: StationSite(**row) for name, row in table.items()}
    except TypeError:
        wanted = ", ".join(row.name for row in fields(StationSite))
        raise CooeeError(
            f'{path}: write a table a file, ["FILE"], with latitude and elevation_m, and none but {wanted}'
        ) from None
    except (OSError, ValueError) as error:
        raise CooeeError(f"{path}: cannot be read ({error})") from None
