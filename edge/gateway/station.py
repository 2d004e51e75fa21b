"""What nodes without a weather station are told of one: evapotranspiration and rain (docs/SPEC.md, frame 13).

The gateway says it of what it hears, a simulation of what it has simulated, training of what was recorded: by the same
rules.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..agronomy import et0
from ..agronomy.crops import extraterrestrial_radiation
from ..contract.channels import MISSING, channel
from ..core import ET0_UNKNOWN, NOTHING_HEARD
from ..farm import Farm, Node

Floats = NDArray[np.float64]

HOUR_MS, DAY_MS, TOLD_EVERY_MS = 3_600_000, 86_400_000, 1_800_000
"""ET0 is of the last day; a node is told at most so often, as its water filter steps."""
KNOWN_SHARE = 0.8
"""Of the last day's air, at least, for an ET0."""
MAST_M, WIND_UNKNOWN = 3.0, 2.0
"""Height of a farm's anemometer; m/s at 2 m where there is none (FAO-56, p. 63)."""
RADIATION_KNOWN_SHARE = 0.95
"""Of the last day's radiation: an hour at noon is an eighth of a day's."""
DARKEST = 0.02
"""Of the radiation outside the air: with less, or with more than that, a day was not measured."""
LEAST, MOST = 0.10, 0.25
"""Bounds of Hargreaves' adjustment on a day: dull ones, and the clear ones of a dry place."""
USUAL_DAYS, MEMORY_DAYS = 5, 60
"""What is usual inland weighs as so many days; so many weigh, for a season passes."""
AIR = ("air_temperature", "humidity", "wind", "solar_radiation")
NEEDED = {"air_temperature", "rain"}


class Choice:
    """Which station of a farm a node is told of. `stations`: those that measure air temperature and rain."""

    def __init__(self, farm: Farm) -> None:
        self.stations = [node for node in farm.nodes if set(node.channels) >= NEEDED]
        self._in_zone = {node.zone: node for node in reversed(self.stations)}
        self._places = np.array([node.position for node in self.stations], dtype=float).reshape(-1, 2)

    def of(self, node: Node) -> Node | None:
        """That of the node's own zone, else the nearest. None for nodes without soil probes or with a rain gauge, and
        on farms without a station."""
        has_soil_probe = any(name.startswith("soil_moisture") for name in node.channels)
        return self.near(node) if has_soil_probe and "rain" not in node.channels else None

    def near(self, node: Node) -> Node | None:
        """That of a node's own zone, else the nearest; None on farms without a station."""
        if not self.stations:
            return None
        nearest = int(np.square(self._places - node.position).sum(axis=1).argmin())
        return self._in_zone.get(node.zone, self.stations[nearest])


@dataclass(frozen=True, kw_only=True)
class Sunshine:
    """How bright a station's days are beside their range of temperature: Hargreaves' adjustment (FAO-56 eq. 50), as
    the days say on which radiation was measured, of which there were `days`."""

    adjustment: float = et0.INLAND
    days: int = 0

    def after(self, day: float) -> Self:
        """With one more day's."""
        weight = 1 / min(self.days + 1 + USUAL_DAYS, MEMORY_DAYS)
        bounded = min(max(day, LEAST), MOST)
        return type(self)(adjustment=self.adjustment + weight * (bounded - self.adjustment), days=self.days + 1)


@dataclass(frozen=True, kw_only=True)
class _Days:
    """Days of which enough is known (`known`, of all): range of temperature [degC], radiation outside the air and the
    measured one [MJ/m2/d], NaN for none."""

    known: NDArray[np.bool_]
    t_max: Floats
    t_min: Floats
    ra: Floats
    rs: Floats


def _days(air: Mapping[str, Floats], day_of_year: NDArray[np.int64], farm: Farm) -> _Days:
    temperature = air["air_temperature"]
    known = (~np.isnan(temperature)).mean(axis=1) >= KNOWN_SHARE
    ra = extraterrestrial_radiation(farm.latitude, day_of_year[known])
    rs = et0.MJ_A_DAY * _mean(air["solar_radiation"][known], RADIATION_KNOWN_SHARE)
    return _Days(
        known=known,
        t_max=np.nanmax(temperature[known], axis=1, initial=-np.inf),
        t_min=np.nanmin(temperature[known], axis=1, initial=np.inf),
        ra=ra,
        rs=np.where((rs >= DARKEST * ra) & (rs <= ra), rs, np.nan),
    )


def evapotranspiration(
    air: Mapping[str, Floats], day_of_year: NDArray[np.int64], farm: Farm, adjustment: Floats | float = et0.INLAND
) -> Floats:
    """Reference evapotranspiration of days, mm, NaN where too little is known: FAO-56 Penman-Monteith, with radiation
    by Hargreaves where none was measured, and its `adjustment` (days,) or of all. `air`: AIR by name (days, readings),
    NaN where missing; `day_of_year` (days,)."""
    of = _days(air, day_of_year, farm)
    humid = et0.saturation_vapour_pressure(air["air_temperature"][of.known]) * air["humidity"][of.known] / 100
    ea, u2 = _mean(humid), et0.wind_at_2m(_mean(air["wind"][of.known]), MAST_M)
    adjusted = np.broadcast_to(adjustment, of.known.shape)[of.known]
    by_temperature = et0.radiation_from_temperature(of.t_max, of.t_min, of.ra, adjusted)
    days = np.full(len(of.known), np.nan)
    days[of.known] = et0.reference_et(
        t_max=of.t_max,
        t_min=of.t_min,
        ea=np.where(np.isnan(ea), et0.saturation_vapour_pressure(of.t_min), ea),  # eq. 48
        rs=np.where(np.isnan(of.rs), by_temperature, of.rs),
        u2=np.where(np.isnan(u2), WIND_UNKNOWN, u2),
        ra=of.ra,
        elevation_m=farm.elevation_m,
    )
    return days


def brightness(air: Mapping[str, Floats], day_of_year: NDArray[np.int64], farm: Farm) -> Floats:
    """Of days as in `evapotranspiration`, what Hargreaves' adjustment would have to be (eq. 50); NaN where no radiation
    was measured."""
    days = np.full(len(day_of_year), np.nan)
    if np.isnan(air["solar_radiation"]).all():
        return days
    of = _days(air, day_of_year, farm)
    days[of.known] = of.rs / (np.sqrt(np.maximum(of.t_max - of.t_min, 1.0)) * of.ra)
    return days


def _mean(rows: Floats, known_share: float = KNOWN_SHARE) -> Floats:
    """Of each row, NaN for one of which less is known."""
    known = ~np.isnan(rows)
    enough = known.mean(axis=1) >= known_share
    return np.where(enough, np.where(known, rows, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1), np.nan)


def _day_of_year(t: NDArray[np.int64]) -> NDArray[np.int64]:
    """UTC ms to the day of the year, 1 the first."""
    days = t.astype("datetime64[ms]").astype("datetime64[D]")
    return np.asarray((days - days.astype("datetime64[Y]")).astype(np.int64) + 1)


def said(readings: NDArray[np.int16], t: NDArray[np.int64], farm: Farm) -> NDArray[np.uint16]:
    """What a gateway says of a station after each of its readings (steps, channels) at `t` (UTC ms, evenly): ET0 and
    gauge as edge.core.WeatherFrame has them, (steps, 2)."""
    step_ms = int(t[1] - t[0])
    every, window = max(1, TOLD_EVERY_MS // step_ms), max(1, DAY_MS // step_ms)
    air = {}
    for name in AIR:
        measured = channel(name)
        raw = readings[:, measured.id]
        values = np.where(raw == MISSING, np.nan, raw * measured.scale)
        values[(values < measured.low) | (values > measured.high)] = np.nan
        padded = np.concatenate([np.full(window - 1, np.nan), values])
        air[name] = np.lib.stride_tricks.sliding_window_view(padded, window)[::every]
    told_on = _day_of_year(t[::every])
    adjustments = _learnt(brightness(air, told_on, farm), window // every)
    days = np.repeat(evapotranspiration(air, told_on, farm, adjustments), every)[: len(t)]
    rain = readings[:, channel("rain").id].astype(np.int64)
    gauge = np.cumsum(np.where(rain == MISSING, 0, rain)) // 10
    return np.stack([_told(days), gauge % 65_536], axis=1).astype(np.uint16)


def _learnt(bright: Floats, a_day: int) -> Floats:
    """Hargreaves' adjustment at each of some times, `a_day` a day, from the brightness of the days that end then."""
    sunshine, adjustments = Sunshine(), np.full(len(bright), et0.INLAND)
    for first in range(a_day, len(bright), a_day):
        if not np.isnan(bright[first]):
            sunshine = sunshine.after(float(bright[first]))
        adjustments[first : first + a_day] = sunshine.adjustment
    return adjustments


def heard(told: NDArray[np.uint16], at: NDArray[np.int64], t: NDArray[np.int64]) -> NDArray[np.uint16]:
    """What a node that wakes at `t` (UTC ms, evenly) hears of a station of which `told` is said from `at` on,
    (len(t), 2)."""
    every = max(1, round(TOLD_EVERY_MS / int(t[1] - t[0])))
    place = np.searchsorted(at, t, side="right") - 1
    rows = np.where((place >= 0)[:, None], told[place], (NOTHING_HEARD, 0))
    rows[np.arange(len(t)) % every != 0, 0] = NOTHING_HEARD
    return rows.astype(np.uint16)


def _told(mm: Floats) -> NDArray[np.int64]:
    """0.1 mm, as it is sent."""
    return np.where(np.isnan(mm), ET0_UNKNOWN, np.clip(np.rint(np.nan_to_num(mm) * 10), 0, ET0_UNKNOWN - 1)).astype(
        np.int64
    )


class Station:
    """A station as the gateway has heard it since it started; `sunshine` is of longer."""

    def __init__(self, sunshine: Sunshine | None = None) -> None:
        self.is_heard = False
        self.sunshine = sunshine or Sunshine()
        self._learns_at = 0
        self._air: deque[tuple[int, tuple[float, ...]]] = deque()

    def hear(self, t: int, values: Mapping[str, float]) -> None:
        """Takes a reading at `t` (UTC ms), values in the channels' units."""
        self._learns_at = self._learns_at if self.is_heard else t + DAY_MS
        self.is_heard = True
        self._air.append((t, tuple(values.get(name, np.nan) for name in AIR)))
        newest = max(t for t, _ in self._air)
        while self._air[0][0] <= newest - DAY_MS:
            self._air.popleft()

    def learn(self, farm: Farm) -> Sunshine | None:
        """What its days are like, once a day on which radiation was measured; None when nothing is new."""
        if not self._air or self._air[-1][0] < self._learns_at or (day := self._day()) is None:
            return None
        self._learns_at = self._air[-1][0] + DAY_MS
        bright = float(brightness(*day, farm)[0])
        if np.isnan(bright):
            return None
        self.sunshine = self.sunshine.after(bright)
        return self.sunshine

    def et0(self, farm: Farm) -> int | None:
        """ET0 of the last day, 0.1 mm; None while the station has not been heard for most of a day."""
        if (day := self._day()) is None:
            return None
        told = int(_told(evapotranspiration(*day, farm, self.sunshine.adjustment))[0])
        return None if told == ET0_UNKNOWN else told

    def _day(self) -> tuple[dict[str, Floats], NDArray[np.int64]] | None:
        """The last day's air and its day of the year; of radiation the means of its hours: gaps count by the clock."""
        times = np.array([t for t, _ in self._air])
        if not len(times) or np.ptp(times) < KNOWN_SHARE * DAY_MS:
            return None
        air = dict(zip(AIR, np.array([row for _, row in self._air]).T, strict=True))
        air["solar_radiation"] = _by_hour(times.max() - times, air["solar_radiation"])
        return {name: row[None] for name, row in air.items()}, _day_of_year(times.max(keepdims=True))


def _by_hour(ago_ms: NDArray[np.int64], values: Floats) -> Floats:
    """Means of the last 24 hours, NaN for those without a value."""
    known = ~np.isnan(values)
    hours, day = ago_ms[known] // HOUR_MS, DAY_MS // HOUR_MS
    count = np.bincount(hours, minlength=day)
    return np.where(count > 0, np.bincount(hours, values[known], minlength=day) / np.maximum(count, 1), np.nan)


class Stations:
    """All stations of a farm, and who is told of which and when."""

    def __init__(self, farm: Farm, sunshine: Mapping[str, Sunshine] | None = None) -> None:
        """`sunshine`: by station, what was learnt before."""
        self.farm = farm
        self._choice = Choice(farm)
        self._stations = {node.id: Station((sunshine or {}).get(node.id)) for node in self._choice.stations}
        self._of: dict[str, str | None] = {}
        self._told_ms: dict[str, int] = {}

    def follow(self, farm: Farm) -> None:
        """Takes up what farm.yaml says now."""
        if farm is not self.farm:
            new = Stations(farm)
            new._stations |= {name: known for name, known in self._stations.items() if name in new._stations}
            self.farm, self._choice, self._stations, self._of = farm, new._choice, new._stations, {}

    def hear(self, node: str, t: int, values: Mapping[str, float]) -> bool:
        """Takes a node's reading; whether it is a station."""
        if node not in self._stations:
            return False
        self._stations[node].hear(t, values)
        return True

    def learn(self, station: str) -> Sunshine | None:
        """As Station has it."""
        return self._stations[station].learn(self.farm)

    def due(self, node: str, now_ms: int) -> str | None:
        """The station of which a node is to be told now; None for none, or one not heard yet, or when it has been
        lately."""
        if node not in self._of:
            station = self._choice.of(self.farm.node_by_id[node])
            self._of[node] = station.id if station else None
        name = self._of[node]
        if name is None or not self._stations[name].is_heard:
            return None
        if now_ms - self._told_ms.get(node, now_ms - TOLD_EVERY_MS) < TOLD_EVERY_MS:
            return None
        self._told_ms[node] = now_ms
        return name

    def et0(self, station: str) -> int | None:
        """As Station has it."""
        return self._stations[station].et0(self.farm)
