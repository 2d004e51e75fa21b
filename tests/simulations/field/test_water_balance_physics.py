"""Physical sense of the water balance, for any weather, crop and soil: nothing is lost or made, nothing leaves its
bounds."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.agronomy.crops import crops, soils
from simulations.field.runoff import curve_number_today, runoff
from simulations.field.soil import columns_of
from simulations.field.soil_column import advance_step, air_filled_porosity, column, moisture_at_60, moistures
from simulations.field.water_balance import (
    Day,
    Fluxes,
    Ground,
    State,
    Supply,
    advance_day,
    close_surface,
    coefficients,
    initial_state,
)

Floats = NDArray[np.float64]
STEPS = 24


def ground_of(crop_name: str, soil_name: str) -> Ground:
    return columns_of([crops()[crop_name]], [soils()[soil_name]])


grounds = st.builds(ground_of, st.sampled_from(sorted(crops())), st.sampled_from(sorted(soils())))
days = st.fixed_dictionaries(
    {
        "et0": st.floats(0, 15),
        "rain": st.one_of(st.just(0.0), st.floats(0, 200)),
        "irrigation": st.one_of(st.just(0.0), st.floats(0, 120)),
        "curve_number": st.floats(30, 100),
        "rh_min": st.floats(0, 100),
        "u2": st.floats(0, 25),
        "wetted": st.floats(0.1, 1.0),
    }
)
seasons = st.lists(days, min_size=1, max_size=25)


def supply_of(day: dict[str, float]) -> Supply:
    return Supply(**{name: np.array([day[name]], dtype=float) for name in ("rain", "irrigation", "wetted")})


def shedding(day: dict[str, float], ground: Ground, state: State) -> Supply:
    today = curve_number_today(np.array([day["curve_number"]]), de=state.de, rew=ground.rew, tew=ground.tew)
    return replace(supply_of(day), runoff=runoff(np.array([day["rain"]]), today))


def stored(state: State) -> float:
    return float((state.surplus - state.top - state.low - state.deep)[0])


def left(out: Fluxes) -> float:
    return float((out.evaporation + out.transpiration + out.percolation + out.runoff)[0])


def check_bounds(ground: Ground, state: State, out: Fluxes) -> None:
    for values in (
        state.top,
        state.low,
        state.deep,
        state.surplus,
        out.evaporation,
        out.transpiration,
        out.percolation,
        out.runoff,
    ):
        assert values[0] >= -1e-9
    assert 0 <= state.de[0] <= ground.tew[0] + 1e-9
    assert state.surplus[0] <= 1000 * (ground.sat - ground.fc)[0] * max(state.zr[0], 0.2) + 1e-9
    assert -1e-9 <= air_filled_porosity(ground, state)[0] <= ground.sat[0]
    for moisture in (*moistures(ground, state), moisture_at_60(ground, state)):
        assert 0.5 * ground.wp[0] <= moisture[0] <= ground.sat[0]


def of_day(ground: Ground, state: State, day: dict[str, float], number: int, supply: Supply) -> Day:
    return coefficients(
        ground,
        state,
        day=np.array([number]),
        et0=day["et0"],
        rh_min=day["rh_min"],
        u2=day["u2"],
        supply=supply,
    )


@settings(max_examples=60, deadline=None)
@given(ground=grounds, season=seasons, first_day=st.integers(-5, 200), dry=st.floats(0, 1))
def test_in_steps_the_balance_closes_and_stays_in_bounds(
    ground: Ground, season: list[dict[str, float]], first_day: int, dry: float
) -> None:
    state = initial_state(
        ground,
        depletion=dry * ground.taw(ground.zr_ini),
        deep=dry * (ground.taw(ground.zr_max) - ground.taw(ground.zr_ini)),
    )
    for i, day in enumerate(season):
        supply = shedding(day, ground, state)
        before_growth = stored(state)
        today = of_day(ground, state, day, first_day + i, supply)
        assert abs(stored(state) - before_growth) <= 1e-9, "roots that grow move water and make none"
        soil = column(ground, state, today, hours=1.0)
        for _ in range(STEPS):
            inflow, shed = (day["rain"] + day["irrigation"]) / STEPS, float(np.sum(supply.runoff)) / STEPS
            before = stored(state)
            out = advance_step(state, today, soil, share=1 / STEPS, inflow=np.array([inflow - shed]))
            out = replace(out, runoff=out.runoff + shed)
            flowed = inflow + left(out)
            assert abs(stored(state) - before - (inflow - left(out))) <= 1e-9 * max(flowed, 1e-3)
            check_bounds(ground, state, out)
        close_surface(ground, state, today, supply)


@settings(max_examples=60, deadline=None)
@given(ground=grounds, season=seasons, first_day=st.integers(-5, 200), dry=st.floats(0, 1))
def test_by_day_the_balance_closes_and_stays_in_bounds(
    ground: Ground, season: list[dict[str, float]], first_day: int, dry: float
) -> None:
    state = initial_state(ground, depletion=dry * ground.taw(ground.zr_ini))
    for i, day in enumerate(season):
        supply = shedding(day, ground, state)
        today = of_day(ground, state, day, first_day + i, supply)
        before = stored(state)
        out = advance_day(state, today, supply)
        inflow = day["rain"] + day["irrigation"]
        assert abs(stored(state) - before - (inflow - left(out))) <= 1e-9 * max(inflow + left(out), 1e-3)
        assert state.depletion[0] <= today.taw[0] + 1e-9
        close_surface(ground, state, today, supply)
        check_bounds(ground, state, out)


@settings(max_examples=100, deadline=None)
@given(ground=grounds, day=days, more=st.floats(0, 60), dry=st.floats(0, 1), age=st.integers(0, 150))
def test_more_rain_never_means_more_depletion(
    ground: Ground, day: dict[str, float], more: float, dry: float, age: int
) -> None:
    def after(inflow: float, *, in_steps: bool) -> float:
        state = initial_state(ground, depletion=dry * ground.taw(ground.zr_ini))
        today = coefficients(
            ground,
            state,
            day=np.array([age]),
            et0=day["et0"],
            rh_min=day["rh_min"],
            u2=day["u2"],
            supply=supply_of(day | {"rain": 0, "irrigation": 0}),
        )
        rains = shedding(day | {"rain": inflow, "irrigation": 0}, ground, state)
        if not in_steps:
            advance_day(state, today, rains)
        soil = column(ground, state, today, hours=1.0)
        for _ in range(STEPS if in_steps else 0):
            advance_step(state, today, soil, share=1 / STEPS, inflow=np.asarray((inflow - rains.runoff) / STEPS))
        return float(state.depletion[0])

    for in_steps in (False, True):
        assert after(day["rain"] + more, in_steps=in_steps) <= after(day["rain"], in_steps=in_steps) + 1e-9
