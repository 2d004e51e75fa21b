"""Soil water of all field zones over a season, in 10-minute steps: rain, irrigation, two layers, and when that is a
trouble."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import Crop, Soil, crop, soil
from edge.farm import Zone
from edge.spells import runs_of_true

from ..events import StuckValve
from ..time_grid import STEP_S, STEPS_A_DAY
from ..weather.series import Daily, Weather, daily
from . import soil_column
from . import water_balance as water
from .irrigated_zones import Controllers, Irrigators, wetted_share
from .runoff import curve_number_today, usual_curve_number
from .runoff import runoff as runoff_of
from .water_balance import DIGITS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

AIR_NEEDED = 0.10
"""Roots suffer when less of the soil's volume than this is air for a day."""
SHORTEST_DRY_H = 24.0
"""A crop that is short of water for an afternoon only recovers overnight; that is no trouble yet."""
DEMAND_DAYS = 5.0
"""Days over which ETc is averaged where it shifts p (FAO-56 table 22, note): one hot day does not make a dry soil."""


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
    course = _Season(zones, weather, seed, stuck)
    for day in range(weather.days):
        course.advance(day, hour[day * STEPS_A_DAY : (day + 1) * STEPS_A_DAY])
    return course.soil_water()


class _Season:
    """The soil of all zones, day by day. Arrays as SoilWater has them."""

    def __init__(self, zones: Sequence[Zone], weather: Weather, seed: int, stuck: Sequence[StuckValve]) -> None:
        self._weather, self._by_day = weather, _days(zones, weather)
        self._ground, self._planted, self._harvested = ground_of(zones, weather)
        self._irrigators = Irrigators(zones, weather.days * STEPS_A_DAY, seed, stuck)
        self._controllers = Controllers(zones, self._ground, seed)
        self._wetted = np.array([wetted_share(z) for z in zones])
        self._curve_number = np.array([_curve_number(z) for z in zones])
        self._state, self._demand = water.initial_state(self._ground), np.zeros(len(zones))
        steps = weather.days * STEPS_A_DAY
        self._at_10, self._at_30, self._at_60, self._depletion = np.empty((4, len(zones), steps))
        self._short, self._airless = np.zeros((2, len(zones), steps), dtype=bool)
        self._raw, self._runoff = np.empty((2, len(zones), weather.days))

    def advance(self, day: int, hour: Floats) -> None:
        """The next day; `hour`: local hour of the day at its steps."""
        ground, state, by_day = self._ground, self._state, self._by_day
        part = slice(day * STEPS_A_DAY, (day + 1) * STEPS_A_DAY)
        raw_before = self._raw[:, day - 1] if day else np.full(len(self._wetted), 1e9)
        wanted_mm = self._controllers.wanted_mm(day - self._planted, state, raw_before)
        inflow = self._irrigators.day(day, wanted_mm, hour)
        rain, shares = self._weather.rain[part], _day_shares(self._weather.radiation[part])
        supply, infiltrating = _supply(rain, inflow, self._wetted, self._curve_number, ground, state)
        self._runoff[:, day] = supply.runoff
        today = water.coefficients(
            ground,
            state,
            day=day - self._planted,
            et0=by_day.et0[day],
            rh_min=by_day.rh_min[day],
            u2=by_day.u2[day],
            supply=supply,
        )
        self._keep(part, day, today, _course(ground, state, today, shares, infiltrating, self._runoff[:, day]))
        water.close_surface(ground, state, today, supply)
        for name in ("de", "top", "low", "surplus"):
            setattr(state, name, np.round(getattr(state, name), DIGITS))

    def _keep(self, part: slice, day: int, today: water.Day, course: water.State) -> None:
        """Notes what the soil was like in the steps of a day, and when that was too little or too much."""
        ground = self._ground
        moist_10, moist_30 = soil_column.moistures(ground, course)
        self._at_10[:, part], self._at_30[:, part] = moist_10.round(DIGITS).T, moist_30.round(DIGITS).T
        self._at_60[:, part] = soil_column.moisture_at_60(ground, course).round(DIGITS).T
        self._depletion[:, part] = course.depletion.T
        wanted = today.t_potential + today.evaporation
        self._demand = wanted if day == 0 else self._demand + (wanted - self._demand) / DEMAND_DAYS
        raw = np.clip(ground.p + 0.04 * (5 - self._demand), 0.1, 0.8) * today.taw
        self._raw[:, day] = raw
        self._short[:, part] = (np.round(course.depletion, DIGITS) > np.round(raw, DIGITS)).T
        self._airless[:, part] = (np.round(soil_column.air_filled_porosity(ground, course), DIGITS) < AIR_NEEDED).T

    def soil_water(self) -> SoilWater:
        """All of it, once the season is over."""
        days = np.arange(self._weather.days)
        in_ground = (days >= self._planted[:, None]) & (days < self._harvested[:, None])
        crop_there = np.repeat(in_ground, STEPS_A_DAY, axis=1)
        wet = np.stack([trailing_sum(row, STEPS_A_DAY) >= STEPS_A_DAY for row in self._airless])
        return SoilWater(
            at_10=self._at_10,
            at_30=self._at_30,
            at_60=self._at_60,
            depletion=self._depletion,
            raw=self._raw,
            runoff=self._runoff,
            in_ground=in_ground,
            dry=crop_there & _lasting(self._short, SHORTEST_DRY_H),
            wet=crop_there & wet,
            short=crop_there & self._short,
            airless=crop_there & self._airless,
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
    column = soil_column.column(ground, state, today, hours=STEP_S / 3600)
    top, low, surplus = np.empty((3, STEPS_A_DAY, len(runoff)))
    for i in range(STEPS_A_DAY):
        runoff += soil_column.advance_step(state, today, column, share=share[i], inflow=infiltrating[:, i]).runoff
        top[i], low[i], surplus[i] = state.top, state.low, state.surplus
    return water.State(
        de=state.de, top=top, low=low, surplus=surplus, deep=state.deep, fw=state.fw, h=state.h, zr=state.zr
    )


def planting_day(zone: Zone, weather: Weather) -> int:
    """Day of the season on which a zone's crop is planted or leafs out; negative before the first. A season of the
    south leads over New Year."""
    day = crop(zone.crop).planting_day(zone.planted) - weather.first_day_of_year
    return day + 365 if weather.latitude < 0 and day < -182 else day


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


def ground_of(zones: Sequence[Zone], weather: Weather) -> tuple[water.Ground, NDArray[np.int64], NDArray[np.int64]]:
    """Crop and soil columns, and the days of the season on which each crop is planted (or leafs out) and ends."""
    crops = [crop(z.crop) for z in zones]
    planted = np.array([planting_day(z, weather) for z in zones])
    ground = columns_of(crops, [soil(z.soil or "loam") for z in zones])
    return ground, planted, planted + np.array([sum(c.stages) for c in crops])


def columns_of(crops: Sequence[Crop], soils: Sequence[Soil]) -> water.Ground:
    """Of as many crops as soils, each in its own."""

    def column(values: list[float]) -> Floats:
        return np.array(values, dtype=float)

    return water.Ground.of(
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


def _day_shares(radiation: Floats) -> Floats:
    """Share of the day's evapotranspiration in each step: that of the radiation."""
    total = radiation.sum()
    return radiation / total if total > 0 else np.full(len(radiation), 1 / len(radiation))
