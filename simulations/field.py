"""The simulated field: a season of a farm under given weather, with the truth of every zone and what every node reads."""

import zlib
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from edge.agronomy import crop, soil
from edge.contract.channels import channels
from edge.farm import Farm, Node, Zone
from edge.scoring import KINDS

from . import irrigation, water
from .fruit import ORCHARD_PPM, simulate_store
from .sensors import sense
from .weather import STEP_S, STEPS_A_DAY, Weather, daily

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

AIR_NEEDED = 0.10
"""Roots suffer when less of the soil's volume than this is air for a day."""
DAMAGING_GUST_MS = 10.8
"""Beaufort 6, strong breeze: large branches move, row covers and young shoots tear. Orchard fruit drop has no published limit."""
HUTTON_DEGC, HUTTON_HUMIDITY, HUTTON_HOURS = 10.0, 90.0, 6
"""Hutton criterion for potato and tomato blight: two days of at least 10 degC with 6 h at 90 % each (James Hutton Institute, 2017),
here over the last 48 h instead of calendar days."""
COLD_POOL_DEGC, COLD_POOL_WIND_MS = 1.5, 2.0
"""On clear calm nights air at crop height is colder than at the station, the more the calmer."""
SHORTEST_DRY_H = 12.0
"""A crop that is short of water for an afternoon only recovers overnight; that is no trouble yet."""
DEMAND_DAYS = 5.0
"""Days over which ETc is averaged where it shifts p (FAO-56 table 22, note): one hot day does not make a dry soil."""
DRAINAGE_H = {"sand": 6.0, "loamy_sand": 9.0, "sandy_loam": 18.0, "loam": 30.0, "silt_loam": 40.0, "sandy_clay_loam": 45.0,
              "clay_loam": 60.0, "silty_clay_loam": 70.0, "sandy_clay": 80.0, "silty_clay": 90.0, "clay": 96.0}
"""Hours in which water above field capacity falls to 1/e: from a day in light to some days in heavy soil."""
DIGITS = 6
"""The state is rounded before anything is decided or drawn from it: processors differ in the last bits of exp and log."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Consecutive steps: `t` UTC ms (steps,), readings int16 (nodes, steps, channels)."""

    first_step: int
    t: NDArray[np.int64]
    readings: NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class Season:
    """A farm's season: `t` UTC ms (steps,), readings int16 (nodes, steps, channels), faulty bool (nodes, steps, channels), truth by kind
    bool (zones, steps). Zones and nodes are in farm.yaml's order."""

    farm: Farm
    weather: str
    seed: int
    t: NDArray[np.int64]
    readings: NDArray[np.int16]
    faulty: Bools
    truth: dict[str, Bools]
    depletion: Floats = field(repr=False)

    def blocks(self, steps: int = STEPS_A_DAY) -> list[Block]:
        """The season in pieces of at most `steps` steps."""
        return [Block(first_step=i, t=self.t[i : i + steps], readings=self.readings[:, i : i + steps])
                for i in range(0, len(self.t), steps)]


def simulate(farm: Farm, weather: Weather, seed: int) -> Season:
    """A season of `farm` under `weather`; the same seed gives the same bytes."""
    hour = ((weather.times_ms() / 3_600_000 + weather.utc_offset_h) % 24).round(6)
    zones = {zone.id: _store(zone, weather, hour, seed) if zone.store else None for zone in farm.zones}
    fields = [zone for zone in farm.zones if zone.store is None]
    zones |= _fields(fields, weather, hour, seed)
    steps = len(weather.temperature)
    truth = {kind: np.zeros((len(farm.zones), steps), dtype=bool) for kind in KINDS}
    depletion = np.zeros((len(farm.zones), steps))
    for row, zone in enumerate(farm.zones):
        found = _found(zones[zone.id])
        depletion[row] = found.depletion
        for kind, happens in found.troubles.items():
            truth[kind][row] = happens
    working = (hour >= 7) & (hour < 17)
    sensed = [sense(_truth_of(node, _found(zones[node.zone]), weather), rng=_rng(seed, f"node {node.address}"),
                    steps_a_day=STEPS_A_DAY, working=working) for node in farm.nodes]
    return Season(farm=farm, weather=weather.name, seed=seed, t=weather.times_ms(), truth=truth, depletion=depletion,
                  readings=np.stack([s.readings for s in sensed]), faulty=np.stack([s.faulty for s in sensed]))


@dataclass(frozen=True, kw_only=True)
class _ZoneTruth:
    """What perfect sensors would read (channel name to (steps,)), troubles by kind, root-zone depletion (mm)."""

    values: dict[str, Floats]
    troubles: dict[str, Bools]
    depletion: Floats


def _found(zone: _ZoneTruth | None) -> _ZoneTruth:
    if zone is None:
        raise ValueError("every zone is a store or a field")
    return zone


def _rng(seed: int, what: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(what.encode())]))


def _store(zone: Zone, weather: Weather, hour: Floats, seed: int) -> _ZoneTruth:
    if zone.store is None:
        raise ValueError(f"zone {zone.id} is no store")
    room = simulate_store(rng=_rng(seed, f"store {zone.id}"), volume_m3=zone.store.volume_m3, load_kg=zone.store.load_kg,
                          outside=weather.temperature, hour=hour, step_s=STEP_S)
    humidity = np.full(len(hour), 92.0)
    return _ZoneTruth(values={"ethylene": room.ethylene, "air_temperature": room.temperature, "humidity": humidity},
                      troubles={"ripening": room.ripening}, depletion=np.zeros(len(hour)))


def _fields(zones: list[Zone], weather: Weather, hour: Floats, seed: int) -> dict[str, _ZoneTruth | None]:
    """All field zones at once: soil water step by step, air by step."""
    if not zones:
        return {}
    soil_water = _soil_water(zones, weather, hour, seed)
    air = _air(weather, hour)
    troubles = _air_troubles(weather, air["air_temperature"])
    return {zone.id: _ZoneTruth(values=air | {"soil_moisture_10cm": soil_water.at_10[row], "soil_moisture_30cm": soil_water.at_30[row],
                                              "ethylene": np.full(len(hour), ORCHARD_PPM)},
                                troubles=troubles | {"too_dry": soil_water.dry[row], "waterlogged": soil_water.wet[row]},
                                depletion=soil_water.depletion[row])
            for row, zone in enumerate(zones)}


def _air(weather: Weather, hour: Floats) -> dict[str, Floats]:
    """Channels of the air at crop height and of the soil's temperature."""
    calm_night = (weather.radiation < 1) * np.clip(1 - weather.wind / COLD_POOL_WIND_MS, 0, 1)
    pool = _smooth(np.asarray(COLD_POOL_DEGC * calm_night, dtype=float), hours=2)
    temperature = np.round(weather.temperature - pool, DIGITS)
    return {"air_temperature": temperature, "humidity": weather.humidity, "wind": weather.wind, "gust": weather.gust,
            "rain": weather.rain, "pressure": weather.pressure,
            "soil_temperature": np.round(_smooth(temperature, hours=18), DIGITS)}


def _air_troubles(weather: Weather, temperature: Floats) -> dict[str, Bools]:
    month = (weather.times_ms() + weather.utc_offset_h * 3_600_000).astype("datetime64[ms]").astype("datetime64[M]").astype(int) % 12 + 1
    growing = (month >= 4) & (month <= 10)
    humid = weather.humidity >= HUTTON_HUMIDITY
    enough = _trailing_sum(humid, STEPS_A_DAY) >= HUTTON_HOURS * 3600 // STEP_S
    enough_before = np.concatenate([np.zeros(STEPS_A_DAY, dtype=bool), enough[:-STEPS_A_DAY]])
    mild = _trailing_sum(temperature < HUTTON_DEGC, 2 * STEPS_A_DAY) == 0
    mild[: 2 * STEPS_A_DAY] = False
    return {"frost": growing & (temperature < 0), "wind": growing & (weather.gust >= DAMAGING_GUST_MS),
            "disease": growing & mild & enough & enough_before}


def _smooth(values: Floats, *, hours: float) -> Floats:
    """First-order lag."""
    keep = np.exp(-STEP_S / 3600 / hours)
    smoothed, _ = lfilter([1 - keep], [1, -keep], values, zi=[keep * values[0]])
    return np.asarray(smoothed)


def _lasting(happens: Bools, hours: float) -> Bools:
    """Rows of flags without the runs that are shorter than `hours`."""
    kept = happens.copy()
    for row in kept:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            row[first:last] = (last - first) * STEP_S >= hours * 3600
    return kept


def _trailing_sum(flags: Bools, steps: int) -> NDArray[np.int64]:
    total = np.concatenate([[0], np.cumsum(flags)])
    first = np.maximum(np.arange(1, len(total)) - steps, 0)
    return np.asarray(total[1:] - total[first])


@dataclass(frozen=True, kw_only=True)
class _SoilWater:
    """Arrays (zones, steps): moistures (m3/m3), depletion (mm), troubles."""

    at_10: Floats
    at_30: Floats
    depletion: Floats
    dry: Bools
    wet: Bools


def _soil_water(zones: list[Zone], weather: Weather, hour: Floats, seed: int) -> _SoilWater:
    ground, planted, harvested = _ground(zones, weather)
    steps = len(hour)
    at_10, at_30, depletion, raw, air = (np.empty((len(zones), steps)) for _ in range(5))
    state = water.initial_state(ground)
    demand = np.zeros(len(zones))
    by_day = daily(weather)
    flow, wetted = _Irrigators(zones, steps, seed), np.array([_wetted(z) for z in zones])
    for day in range(weather.days):
        first = day * STEPS_A_DAY
        today_steps = slice(first, first + STEPS_A_DAY)
        inflow = flow.day(day, state.depletion, raw[:, first - 1] if day else np.full(len(zones), 1e9), hour[today_steps])
        rain = weather.rain[today_steps]
        supply = water.Supply(rain=np.full(len(zones), rain.sum()), irrigation=inflow.sum(axis=1), wetted=wetted)
        today = water.coefficients(ground, state, day=day - planted, et0=by_day.et0[day], rh_min=by_day.rh_min[day],
                                   u2=by_day.u2[day], supply=supply)
        share = _day_shares(weather.radiation[today_steps])
        column = water.column(ground, state, today, hours=STEP_S / 3600)
        for i in range(STEPS_A_DAY):
            water.advance_step(state, today, column, share=share[i], inflow=rain[i] + inflow[:, i])
            at_10[:, first + i], at_30[:, first + i] = water.moistures(ground, state)
            depletion[:, first + i] = state.depletion
            air[:, first + i] = water.air_filled_porosity(ground, state)
        demand = today.t_potential + today.evaporation if day == 0 else demand + (today.t_potential + today.evaporation - demand) / DEMAND_DAYS
        p = np.clip(ground.p + 0.04 * (5 - demand), 0.1, 0.8)
        raw[:, today_steps] = (p * today.taw)[:, None]
        water.close_surface(ground, state, today, supply)
        for name in ("de", "top", "low", "surplus"):
            setattr(state, name, np.round(getattr(state, name), DIGITS))
    day_of_step = np.arange(steps) // STEPS_A_DAY
    in_ground = (day_of_step >= planted[:, None]) & (day_of_step < harvested[:, None])
    wet = np.stack([_trailing_sum(row, STEPS_A_DAY) >= STEPS_A_DAY for row in np.round(air, DIGITS) < AIR_NEEDED])
    dry = _lasting(np.round(depletion, DIGITS) > np.round(raw, DIGITS), SHORTEST_DRY_H)
    return _SoilWater(at_10=at_10.round(DIGITS), at_30=at_30.round(DIGITS), depletion=depletion, dry=in_ground & dry, wet=in_ground & wet)


class _Irrigators:
    """Controllers and valves of all zones; those without irrigation give nothing."""

    def __init__(self, zones: list[Zone], steps: int, seed: int) -> None:
        self._zones = zones
        self._valves = [irrigation.simulate_valve(_rng(seed, f"valve {z.id}"), steps, STEPS_A_DAY) for z in zones]

    def day(self, day: int, depletion: Floats, raw: Floats, hour: Floats) -> Floats:
        """Water given in each step of a day, mm, array (zones, steps)."""
        given = np.zeros((len(self._zones), STEPS_A_DAY))
        wanted = irrigation.wanted_mm(depletion, raw)
        for row, (zone, valve) in enumerate(zip(self._zones, self._valves, strict=True)):
            if zone.irrigation is None:
                continue
            a_step = irrigation.RATE_MM_H[zone.irrigation] * STEP_S / 3600
            since = np.maximum((hour - irrigation.START_HOUR) * 3600 / STEP_S, -1)
            given[row] = np.where(since >= 0, np.clip(wanted[row] - since * a_step, 0, a_step), 0)
            part = slice(day * STEPS_A_DAY, (day + 1) * STEPS_A_DAY)
            given[row, valve.closed[part]] = 0
            given[row, valve.open[part]] = irrigation.LEAK_MM_H * STEP_S / 3600
        return given.round(DIGITS)


def _ground(zones: list[Zone], weather: Weather) -> tuple[water.Ground, NDArray[np.int64], NDArray[np.int64]]:
    """Crop and soil columns, and the days of the season on which each crop is planted (or leafs out) and ends."""
    crops, soils = [crop(z.crop) for z in zones], [soil(z.soil or "loam") for z in zones]

    def column(values: list[float]) -> Floats:
        return np.array(values, dtype=float)

    ground = water.Ground.of(
        kcb_ini=column([c.kcb[0] for c in crops]), kcb_mid=column([c.kcb[1] for c in crops]), kcb_end=column([c.kcb[2] for c in crops]),
        l_ini=column([c.stages[0] for c in crops]), l_dev=column([c.stages[1] for c in crops]),
        l_mid=column([c.stages[2] for c in crops]), l_late=column([c.stages[3] for c in crops]),
        h_ini=column([c.height_m if c.kind == "perennial" else 0.05 for c in crops]), h_max=column([c.height_m for c in crops]),
        zr_ini=column([c.root_m[0] for c in crops]), zr_max=column([c.root_m[1] for c in crops]), p=column([c.p for c in crops]),
        fc=column([s.field_capacity for s in soils]), wp=column([s.wilting_point for s in soils]),
        sat=column([s.saturation for s in soils]), ze=0.10, rew=column([s.rew_mm for s in soils]),
        drain_h=column([DRAINAGE_H[s.name] for s in soils]))
    days = [tuple(map(int, (z.planted or c.planted).split("-"))) for z, c in zip(zones, crops, strict=True)]
    planted = np.array([date(2001, *d).timetuple().tm_yday - weather.first_day_of_year for d in days])
    return ground, planted, planted + np.array([sum(c.stages) for c in crops])


def _wetted(zone: Zone) -> float:
    return irrigation.WETTED_SHARE[zone.irrigation] if zone.irrigation else 1.0


def _day_shares(radiation: Floats) -> Floats:
    """Share of the day's evapotranspiration in each step: that of the radiation."""
    total = radiation.sum()
    return radiation / total if total > 0 else np.full(len(radiation), 1 / len(radiation))


def _truth_of(node: Node, zone: _ZoneTruth, weather: Weather) -> dict[str, Floats]:
    """True values of the channels of a node; a battery sags slowly and in the cold."""
    known = zone.values | {"battery": 3.7 - 0.002 * np.arange(len(weather.temperature)) / STEPS_A_DAY
                           - 0.004 * np.clip(20 - weather.temperature, 0, 40)}
    return {c.name: known[c.name] for c in channels() if c.name in node.channels}
