"""Steps within a day of the water balance, in two layers, with water above field capacity that takes time to drain; and
what probes in them would read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .water_balance import Day, Fluxes, Ground, State

Floats = NDArray[np.float64]

TOP_LAYER_M = 0.2
"""The upper layer, which a probe at 10 cm sees."""
LEAST_LOWER_LAYER_M = 0.25
"""Lower layer at least: a probe at 30 cm sees soil that young roots have not reached."""
DEEP_PROBE_M = 0.6


@dataclass(frozen=True, kw_only=True)
class Column:
    """The soil column of a day, arrays (zones,): most that the two layers can lose (mm), room above field capacity
    (mm), share of the roots' pull on each layer when both are wet, share of the surplus that drains in a step."""

    top_max: Floats
    low_max: Floats
    room: Floats
    pull_top: Floats
    pull_low: Floats
    drains: Floats


def column(ground: Ground, state: State, today: Day, *, hours: float) -> Column:
    """The column for steps of `hours`; a day's roots do not grow within it."""
    top_m = np.minimum(TOP_LAYER_M, state.zr)
    return Column(
        top_max=1000 * (ground.fc - 0.5 * ground.wp) * top_m,
        low_max=np.maximum(today.taw - 1000 * (ground.fc - ground.wp) * top_m, 1e-9),
        room=1000 * (ground.sat - ground.fc) * np.maximum(state.zr, TOP_LAYER_M),
        pull_top=np.minimum(TOP_LAYER_M / state.zr * 1.6, 1.0),
        pull_low=np.maximum(1 - TOP_LAYER_M / state.zr * 1.6, 0.0),
        drains=1 - np.exp(-hours / ground.drain_h),
    )


def advance_step(state: State, today: Day, soil: Column, *, share: float, inflow: Floats) -> Fluxes:
    """A step within the day in two layers: `share` of the day's evapotranspiration, `inflow` (mm) of rain and
    irrigation that do not run off.

    Infiltration fills the upper layer, then the lower one, and what is over waits as surplus, which drains as a linear
    reservoir. Evaporation takes from the upper layer, roots from both by the water that is left in each; at night
    neither takes any.
    """
    into_top = np.minimum(inflow, state.top)
    into_low = np.minimum(inflow - into_top, state.low)
    top, low = state.top - into_top, state.low - into_low
    over = state.surplus + (inflow - into_top - into_low)
    surplus = np.minimum(over, soil.room)
    runoff = over - surplus
    evaporation = transpiration = np.zeros_like(top)
    if share:
        evaporation, surplus, top = _take(today.evaporation * share, surplus, top, soil.top_max)
        weight_top = soil.pull_top * (np.maximum(soil.top_max - top, 0) / soil.top_max)
        weight_low = soil.pull_low * (np.maximum(soil.low_max - low, 0) / soil.low_max)
        wanted = today.transpiration * share
        from_top, surplus, top = _take(
            wanted * weight_top / np.maximum(weight_top + weight_low, 1e-12), surplus, top, soil.top_max
        )
        from_low, surplus, low = _take(wanted - from_top, surplus, low, soil.low_max)
        transpiration = from_top + from_low
    drained = surplus * soil.drains
    into_deep = np.minimum(drained, state.deep)
    state.top, state.low, state.surplus, state.deep = top, low, surplus - drained, state.deep - into_deep
    return Fluxes(evaporation=evaporation, transpiration=transpiration, percolation=drained - into_deep, runoff=runoff)


def _take(wanted: Floats, surplus: Floats, depletion: Floats, most: Floats) -> tuple[Floats, Floats, Floats]:
    """Takes water from the surplus, then from a layer down to its limit: what was taken, the surplus and the depletion
    left, mm."""
    from_surplus = np.minimum(wanted, surplus)
    from_layer = np.minimum(wanted - from_surplus, np.maximum(most - depletion, 0))
    return from_surplus + from_layer, surplus - from_surplus, depletion + from_layer


def air_filled_porosity(ground: Ground, state: State) -> Floats:
    """Share of the root zone's volume that is air."""
    moisture = ground.fc + (state.surplus - state.depletion) / (1000 * np.maximum(state.zr, TOP_LAYER_M))
    return np.asarray(ground.sat - moisture)


def moistures(ground: Ground, state: State) -> tuple[Floats, Floats]:
    """Water contents (m3/m3) that perfect probes at 10 and 30 cm would read."""
    lower_m = np.maximum(state.zr - TOP_LAYER_M, LEAST_LOWER_LAYER_M)
    above = state.surplus / (1000 * np.maximum(state.zr, TOP_LAYER_M + LEAST_LOWER_LAYER_M))
    at_10 = ground.fc - state.top / (1000 * TOP_LAYER_M) + above
    at_30 = ground.fc - state.low / (1000 * lower_m) + above
    return np.clip(at_10, 0.5 * ground.wp, ground.sat), np.clip(at_30, 0.5 * ground.wp, ground.sat)


def moisture_at_60(ground: Ground, state: State) -> Floats:
    """Water content (m3/m3) that a perfect probe at 60 cm would read: in the lower layer once roots are there, else in
    the soil that they have still to reach."""
    unrooted_m = np.maximum(ground.zr_max - state.zr, LEAST_LOWER_LAYER_M)
    below = np.clip(ground.fc - state.deep / (1000 * unrooted_m), 0.5 * ground.wp, ground.sat)
    return np.asarray(np.where(state.zr >= DEEP_PROBE_M, moistures(ground, state)[1], below))
