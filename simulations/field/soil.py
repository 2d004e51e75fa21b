"""Soil water of all field zones over a season, in 10-minute steps: rain, irrigation, two layers, and when that is a
trouble."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import crop, soil
from edge.farm import Zone
from edge.spells import runs_of_true

from ..events import StuckValve
from ..rng import stream
from ..time_grid import STEP_S, STEPS_A_DAY
from ..weather.series import Daily, Weather, daily
from . import irrigation
from . import water_balance as water
from .runoff import curve_number_today, usual_curve_number
from .runoff import runoff as runoff_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

AIR_NEEDED = 0.10
"""Roots suffer when less of the soil's volume than this is air for a day."""
SHORTEST_DRY_H = 24.0
"""A crop that is short of water for an afternoon only recovers overnight; that is no trouble yet."""
DEMAND_DAYS = 5.0
"""Days over which ETc is averaged where it shifts p (FAO-56 table 22, note): one hot day does not make a dry soil."""
DIGITS = 6
"""The state is rounded before anything is decided or drawn from it: processors differ in the last bits of exp and
log."""


@dataclass(frozen=True, kw_only=True)
class SoilWater:
    """Arrays (zones, steps): moistures at three depths (m3/m3), root-zone depletion (mm), troubles, and where a
    zone is `short` of water or of air (`airless`) for however little time; arrays (zones, days):
    `raw` readily available water, `runoff` rain and irrigation that ran off, shed by the surface or too much for full
    soil, mm; whether a crop is `in_ground`."""

    at_10: Floats
    at_30: Floats
    at_60: Floats
    depletion: Floats
    raw: Floats
    runoff: Floats
    in_ground: Bools
    dry: Bools
    wet: Bools
    short: Bools
    airless: Bools


def simulate_soil(
    zones: Sequence[Zone], weather: Weather, hour: Floats, seed: int, stuck: Sequence[StuckValve] = ()
) -> SoilWater:
    """A season of zones that have a soil. `hour`: local hour of the day, (steps,)."""
    ground, planted, harvested = ground_of(zones, weather)
    steps = weather.days * STEPS_A_DAY
    at_10, at_30, at_60, depletion = np.empty((4, len(zones), steps))
    short, airless = np.zeros((2, len(zones), steps), dtype=bool)
    raw, runoff = np.empty((2, len(zones), weather.days))
    state, demand = water.initial_state(ground), np.zeros(len(zones))
    by_day = _days(zones, weather)
    flow, wetted = _Irrigators(zones, steps, seed, stuck), np.array([_wetted(z) for z in zones])
    controller = _Controllers(zones, ground, seed)
    curve_number = np.array([_curve_number(z) for z in zones])
    for day in range(weather.days):
        part = slice(day * STEPS_A_DAY, (day + 1) * STEPS_A_DAY)
        inflow = flow.day(
            day,
            controller.wanted_mm(day - planted, state, raw[:, day - 1] if day else np.full(len(zones), 1e9)),
            hour[part],
        )
        supply, infiltrating = _supply(weather.rain[part], inflow, wetted, curve_number, ground, state)
        runoff[:, day] = supply.runoff
        today = water.coefficients(
            ground,
            state,
            day=day - planted,
            et0=by_day.et0[day],
            rh_min=by_day.rh_min[day],
            u2=by_day.u2[day],
            supply=supply,
        )
        course = _course(ground, state, today, _day_shares(weather.radiation[part]), infiltrating, runoff[:, day])
        moist_10, moist_30 = water.moistures(ground, course)
        at_10[:, part], at_30[:, part], depletion[:, part] = (
            moist_10.round(DIGITS).T,
            moist_30.round(DIGITS).T,
            course.depletion.T,
        )
        at_60[:, part] = water.moisture_at_60(ground, course).round(DIGITS).T
        wanted = today.t_potential + today.evaporation
        demand = wanted if day == 0 else demand + (wanted - demand) / DEMAND_DAYS
        raw[:, day] = np.clip(ground.p + 0.04 * (5 - demand), 0.1, 0.8) * today.taw
        short[:, part] = (np.round(course.depletion, DIGITS) > np.round(raw[:, day], DIGITS)).T
        airless[:, part] = (np.round(water.air_filled_porosity(ground, course), DIGITS) < AIR_NEEDED).T
        water.close_surface(ground, state, today, supply)
        for name in ("de", "top", "low", "surplus"):
            setattr(state, name, np.round(getattr(state, name), DIGITS))
    by_days = np.arange(weather.days)
    in_ground = (by_days >= planted[:, None]) & (by_days < harvested[:, None])
    crop_there = np.repeat(in_ground, STEPS_A_DAY, axis=1)
    wet = np.stack([trailing_sum(row, STEPS_A_DAY) >= STEPS_A_DAY for row in airless])
    return SoilWater(
        at_10=at_10,
        at_30=at_30,
        at_60=at_60,
        depletion=depletion,
        raw=raw,
        runoff=runoff,
        in_ground=in_ground,
        dry=crop_there & _lasting(short, SHORTEST_DRY_H),
        wet=crop_there & wet,
        short=crop_there & short,
        airless=crop_there & airless,
    )


def _supply(
    rain: Floats, inflow: Floats, wetted: Floats, curve_number: Floats, ground: water.Ground, state: water.State
) -> tuple[water.Supply, Floats]:
    """What a day brings the zones, and what of it enters the soil in each step, mm, (zones, steps)."""
    shed = _shed(rain, curve_number, ground, state)
    supply = water.Supply(
        rain=np.full(len(wetted), rain.sum()), irrigation=inflow.sum(axis=1), wetted=wetted, runoff=shed.sum(axis=1)
    )
    return supply, rain - shed + inflow


def _course(
    ground: water.Ground, state: water.State, today: water.Day, share: Floats, infiltrating: Floats, runoff: Floats
) -> water.State:
    """Water in the soil in each step of a day, (steps, zones); to `runoff` [mm], (zones,), comes what finds no room."""
    column = water.column(ground, state, today, hours=STEP_S / 3600)
    top, low, surplus = np.empty((3, STEPS_A_DAY, len(runoff)))
    for i in range(STEPS_A_DAY):
        runoff += water.advance_step(state, today, column, share=share[i], inflow=infiltrating[:, i]).runoff
        top[i], low[i], surplus[i] = state.top, state.low, state.surplus
    return water.State(
        de=state.de, top=top, low=low, surplus=surplus, deep=state.deep, fw=state.fw, h=state.h, zr=state.zr
    )


def planting_day(zone: Zone, weather: Weather) -> int:
    """Day of the season on which a zone's crop is planted or leafs out; negative before the first."""
    return crop(zone.crop).planting_day(zone.planted) - weather.first_day_of_year


def trailing_sum(flags: Bools, steps: int) -> NDArray[np.int64]:
    """How many of the last `steps` flags are set, at each."""
    total = np.concatenate([[0], np.cumsum(flags)])
    first = np.maximum(np.arange(1, len(total)) - steps, 0)
    return np.asarray(total[1:] - total[first])


def _lasting(happens: Bools, hours: float) -> Bools:
    """Rows of flags without the runs that are shorter than `hours`."""
    kept = happens.copy()
    for row in kept:
        for first, last in runs_of_true(row):
            row[first:last] = (last - first) * STEP_S >= hours * 3600
    return kept


class _Controllers:
    """What all zones are to be given. Arrays (zones,)."""

    def __init__(self, zones: Sequence[Zone], ground: water.Ground, seed: int) -> None:
        self._ground = ground
        self._timed, self._probed = (
            np.array([z.irrigation_control == by for z in zones]) for by in ("schedule", "probe")
        )
        self._every = np.array([irrigation.EVERY_DAYS[z.irrigation] if z.irrigation else 1 for z in zones])
        self._offset = np.array(
            [
                stream(seed, f"controller {z.id}").normal(0, irrigation.PROBE_OFFSET)
                if z.irrigation_control == "probe"
                else 0.0
                for z in zones
            ]
        )

    def wanted_mm(self, day: NDArray[np.int64], state: water.State, raw: Floats) -> Floats:
        """For a `day` after planting; `raw` is yesterday's readily available water, mm."""
        wanted = irrigation.wanted_mm(state.depletion, raw)
        if self._timed.any():
            wanted = np.where(self._timed, irrigation.timed_mm(day, self._every), wanted)
        if self._probed.any():
            ground, (at_10, at_30) = self._ground, water.moistures(self._ground, state)
            missing = (ground.fc - (at_10 + at_30) / 2 - self._offset) / (ground.fc - ground.wp)
            wanted = np.where(self._probed, irrigation.probed_mm(missing, ground.taw(state.zr), ground.p), wanted)
        return wanted


class _Irrigators:
    """Valves of all zones; those without irrigation give nothing. Arrays (zones, ...)."""

    def __init__(self, zones: Sequence[Zone], steps: int, seed: int, stuck: Sequence[StuckValve]) -> None:
        valves = {z.id: irrigation.simulate_valve(stream(seed, f"valve {z.id}"), steps, STEPS_A_DAY) for z in zones}
        for event in stuck:
            if event.zone in valves:
                valves[event.zone].stick(event.steps, event.state)
        watered = np.array([z.irrigation is not None for z in zones])[:, None]
        self._a_step = (
            np.array([irrigation.RATE_MM_H[z.irrigation] if z.irrigation else 0.0 for z in zones])[:, None]
            * STEP_S
            / 3600
        )
        self._closed = np.stack([v.closed for v in valves.values()])
        self._open = np.stack([v.open for v in valves.values()]) & watered

    def day(self, day: int, wanted: Floats, hour: Floats) -> Floats:
        """Water given in each step of a day, mm, array (zones, steps), of what is `wanted`, mm."""
        since = np.maximum((hour - irrigation.START_HOUR) * 3600 / STEP_S, -1)
        given = np.where(since >= 0, np.clip(wanted[:, None] - since * self._a_step, 0, self._a_step), 0)
        part = slice(day * STEPS_A_DAY, (day + 1) * STEPS_A_DAY)
        given[self._closed[:, part]] = 0
        given[self._open[:, part]] = irrigation.LEAK_MM_H * STEP_S / 3600
        return given.round(DIGITS)


def ground_of(zones: Sequence[Zone], weather: Weather) -> tuple[water.Ground, NDArray[np.int64], NDArray[np.int64]]:
    """Crop and soil columns, and the days of the season on which each crop is planted (or leafs out) and ends."""
    crops, soils = [crop(z.crop) for z in zones], [soil(z.soil or "loam") for z in zones]

    def column(values: list[float]) -> Floats:
        return np.array(values, dtype=float)

    ground = water.Ground.of(
        kcb_ini=column([c.kcb[0] for c in crops]),
        kcb_mid=column([c.kcb[1] for c in crops]),
        kcb_end=column([c.kcb[2] for c in crops]),
        l_ini=column([c.stages[0] for c in crops]),
        l_dev=column([c.stages[1] for c in crops]),
        l_mid=column([c.stages[2] for c in crops]),
        l_late=column([c.stages[3] for c in crops]),
        h_ini=column([c.height_m if c.kind == "perennial" else 0.05 for c in crops]),
        h_max=column([c.height_m for c in crops]),
        zr_ini=column([c.root_m[0] for c in crops]),
        zr_max=column([c.root_m[1] for c in crops]),
        p=column([c.p for c in crops]),
        fc=column([s.field_capacity for s in soils]),
        wp=column([s.wilting_point for s in soils]),
        sat=column([s.saturation for s in soils]),
        ze=0.10,
        rew=column([s.rew_mm for s in soils]),
        drain_h=column([s.drainage_h for s in soils]),
    )
    planted = np.array([planting_day(z, weather) for z in zones])
    return ground, planted, planted + np.array([sum(c.stages) for c in crops])


def _days(zones: Sequence[Zone], weather: Weather) -> Daily:
    """Daily weather of each zone, arrays (days, zones): shelter from the wind lowers ET0."""
    shelters = [z.wind_shelter for z in zones]
    known = {s: daily(replace(weather, wind=weather.wind * (1 - s))) for s in dict.fromkeys(shelters)}
    return Daily(**{f.name: np.stack([getattr(known[s], f.name) for s in shelters], axis=1) for f in fields(Daily)})


def _curve_number(zone: Zone) -> float:
    """0 where no rain runs off."""
    if zone.curve_number == "usual":
        return usual_curve_number(crop(zone.crop).kind, soil(zone.soil or "loam").hydrologic_group)
    return zone.curve_number or 0.0


def _shed(rain: Floats, curve_number: Floats, ground: water.Ground, state: water.State) -> Floats:
    """Rain that runs off in each step of a day, mm, (zones, steps): what the rain so far sheds more than it had."""
    shed = np.zeros((len(curve_number), len(rain)))
    some = curve_number > 0
    if some.any() and rain.any():
        today = curve_number_today(curve_number[some], de=state.de[some], rew=ground.rew[some], tew=ground.tew[some])
        shed[some] = np.diff(runoff_of(np.cumsum(rain), today[:, None]), axis=1, prepend=0.0)
    return shed.round(DIGITS)


def _wetted(zone: Zone) -> float:
    return irrigation.WETTED_SHARE[zone.irrigation] if zone.irrigation else 1.0


def _day_shares(radiation: Floats) -> Floats:
    """Share of the day's evapotranspiration in each step: that of the radiation."""
    total = radiation.sum()
    return radiation / total if total > 0 else np.full(len(radiation), 1 / len(radiation))
