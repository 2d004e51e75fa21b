"""Soil water by FAO-56's dual crop coefficient (Allen et al. 1998; equation numbers are theirs), all zones at once.

`coefficients` is a day's crop and soil coefficients. `advance_day` closes the day in one step, as FAO-56 does;
soil_column spreads it over steps in two layers.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from edge.agronomy.crops import basal_coefficient, root_depth_m

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DIGITS = 6
"""The state is rounded before anything is decided or drawn from it: processors differ in the last bits of exp and
log."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What does not change over a season, arrays (zones,): crop coefficients at the initial and middle stage and the
    end, stage lengths (days), heights and rooting depths (m), p, soil water contents (m3/m3), depth of the evaporating
    layer (m), readily evaporable water (mm), drainage time of water above field capacity (h)."""

    kcb_ini: Floats
    kcb_mid: Floats
    kcb_end: Floats
    l_ini: Floats
    l_dev: Floats
    l_mid: Floats
    l_late: Floats
    h_ini: Floats
    h_max: Floats
    zr_ini: Floats
    zr_max: Floats
    p: Floats
    fc: Floats
    wp: Floats
    sat: Floats
    ze: Floats
    rew: Floats
    drain_h: Floats

    @property
    def tew(self) -> Floats:
        """Total evaporable water, mm (eq. 73)."""
        return np.asarray(1000 * (self.fc - 0.5 * self.wp) * self.ze)

    def taw(self, zr: Floats) -> Floats:
        """Total available water of a root zone, mm (eq. 82)."""
        return np.asarray(1000 * (self.fc - self.wp) * zr)

    @classmethod
    def of(cls, **columns: Floats | float) -> "Ground":
        """From columns of numbers, broadcast to the same length."""
        names = [f.name for f in fields(Ground)]
        arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(columns[n], dtype=float)) for n in names))
        return Ground(**dict(zip(names, arrays, strict=True)))


@dataclass(frozen=True, kw_only=True)
class LayeredGround(Ground):
    """Ground whose water-holding differs by depth: `layer_bottom_m` (layers,), `layer_available` = field capacity less
    wilting point, m3/m3, (zones, layers). `fc` and `wp` are those of the surface; below the last layer its values go
    on."""

    layer_bottom_m: Floats
    layer_available: Floats

    def taw(self, zr: Floats) -> Floats:
        """Total available water of a root zone, mm: eq. 82, layer by layer."""
        tops = np.concatenate([[0.0], self.layer_bottom_m[:-1]])
        thickness = np.diff(np.concatenate([tops, [np.inf]]))
        return np.asarray((1000 * self.layer_available * np.clip(zr[:, None] - tops, 0, thickness)).sum(axis=1))


@dataclass(kw_only=True)
class State:
    """Water at a moment, arrays (zones,), mm: `de` evaporated from the surface layer, `top` and `low` below field
    capacity in the two layers (their sum is the root-zone depletion), `surplus` above it, `deep` below it where roots
    have yet to grow; `fw` wetted share of the surface, `h` crop height and `zr` rooting depth (m) reached."""

    de: Floats
    top: Floats
    low: Floats
    surplus: Floats
    deep: Floats
    fw: Floats
    h: Floats
    zr: Floats

    @property
    def depletion(self) -> Floats:
        """Root-zone depletion Dr, mm."""
        return self.top + self.low


def initial_state(ground: Ground, *, depletion: Floats | float = 0.0, deep: Floats | float = 0.0) -> State:
    """Soil with a wet surface and given depletions (mm) of the root zone, all of it below the upper layer, and of the
    soil between it and the greatest rooting depth."""
    zeros = np.zeros_like(ground.fc)
    return State(
        de=zeros.copy(),
        top=zeros.copy(),
        low=zeros + depletion,
        surplus=zeros.copy(),
        deep=zeros + deep,
        fw=zeros + 1.0,
        h=ground.h_ini.copy(),
        zr=ground.zr_ini.copy(),
    )


@dataclass(frozen=True, kw_only=True)
class Supply:
    """What a day brings, arrays (zones,): rain and irrigation in mm, the share of the surface that irrigation wets, and
    the rain that runs off, mm."""

    rain: Floats
    irrigation: Floats
    wetted: Floats
    runoff: Floats | float = 0.0


@dataclass(frozen=True, kw_only=True)
class Canopy:
    """A canopy as observed, arrays (zones,), NaN where it was not: basal crop coefficient, height (m), share of ground
    covered."""

    kcb: Floats
    height: Floats
    cover: Floats


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day's coefficients, arrays (zones,): potential and actual transpiration and evaporation from the soil in mm/d;
    TAW and RAW in mm; `few` the share of the soil that evaporates."""

    t_potential: Floats
    transpiration: Floats
    evaporation: Floats
    few: Floats
    taw: Floats
    raw: Floats


def crop_coefficient(ground: Ground, day: Ints) -> Floats:
    """Basal crop coefficient on a day after planting (0 is the first)."""
    stages = (ground.l_ini, ground.l_dev, ground.l_mid, ground.l_late)
    return basal_coefficient(day, stages, start=ground.kcb_ini, middle=ground.kcb_mid, end=ground.kcb_end)


def coefficients(
    ground: Ground,
    state: State,
    *,
    day: Ints,
    et0: Floats | float,
    rh_min: Floats | float,
    u2: Floats | float,
    supply: Supply,
    canopy: Canopy | None = None,
    tall: bool = False,
) -> Day:
    """The day's coefficients; what the day brings decides which part of the soil evaporates. An observed `canopy` takes
    the place of the crop curve; `tall`: `et0` and Kcb refer to alfalfa, not to grass. Advances `state` in crop height,
    rooting depth (the roots take over the depletion of the soil they grow into) and wetted share."""
    curve = crop_coefficient(ground, day)
    kcb = curve if canopy is None else np.where(np.isnan(canopy.kcb), curve, canopy.kcb)
    span = ground.kcb_mid - ground.kcb_ini
    state.h = np.maximum(
        ground.h_ini + (ground.h_max - ground.h_ini) * ((kcb - ground.kcb_ini) / span), np.maximum(0.001, state.h)
    )
    if canopy is not None:
        state.h = np.where(np.isnan(canopy.height), state.h, canopy.height)
    zr_before = state.zr
    reached = root_depth_m(
        day, initial=ground.l_ini, development=ground.l_dev, least=ground.zr_ini, greatest=ground.zr_max
    )
    state.zr = np.maximum(reached, np.maximum(0.001, state.zr))
    humid = np.clip(rh_min, 20.0, 80.0)
    windy = np.clip(u2, 1.0, 6.0)
    # Eq. 72; over alfalfa, ASCE Manual 70 (2016).
    upper = 1.0 if tall else 1.2 + (0.04 * (windy - 2) - 0.004 * (humid - 45)) * (state.h / 3) ** 0.3
    kc_max = np.maximum(upper, kcb + 0.05)
    cover = np.clip((kcb - ground.kcb_ini) / (kc_max - ground.kcb_ini), 0, None) ** (1 + 0.5 * state.h)  # eq. 76
    if canopy is not None:
        cover = np.where(np.isnan(canopy.cover), cover, canopy.cover)
    # Table 20: irrigation sets the wetted share, a rain of 3 mm wets everything.
    state.fw = np.where(supply.irrigation > 0, supply.wetted, np.where(supply.rain >= 3.0, 1.0, state.fw))
    few = np.clip(np.minimum(1 - np.clip(cover, 0, 0.99), state.fw), 0.01, 1.0)  # eq. 75
    kr = np.clip((ground.tew - state.de) / (ground.tew - ground.rew), 0, 1)  # eq. 74
    ke = np.minimum(kr * (kc_max - kcb), few * kc_max)  # eq. 71
    taw = ground.taw(state.zr)
    p = np.clip(ground.p + 0.04 * (5 - (ke + kcb) * et0), 0.1, 0.8)  # table 22, note
    raw = p * taw  # eq. 83
    ks = np.clip((taw - state.depletion) / (taw - raw), 0, 1)  # eq. 84
    if state.deep.any():
        _grow_into(ground, state, zr_before)
    return Day(t_potential=kcb * et0, transpiration=ks * kcb * et0, evaporation=ke * et0, few=few, taw=taw, raw=raw)


def _grow_into(ground: Ground, state: State, zr_before: Floats) -> None:
    """Hands the roots the depletion of the soil they have grown into, by the share it holds of the water below them."""
    greatest = ground.taw(ground.zr_max)
    below, below_before = greatest - ground.taw(state.zr), greatest - ground.taw(zr_before)
    taken = state.deep * np.where(below_before > 0, 1 - below / np.where(below_before > 0, below_before, 1), 0.0)
    state.deep, state.low = state.deep - taken, state.low + taken


def close_surface(ground: Ground, state: State, today: Day, supply: Supply) -> None:
    """Balance of the evaporating surface layer at the end of a day (eq. 77-79)."""
    wetting = supply.rain - supply.runoff + supply.irrigation / state.fw
    percolation = np.maximum(wetting - state.de, 0)
    state.de = np.clip(state.de - wetting + today.evaporation / today.few + percolation, 0, ground.tew)


@dataclass(frozen=True, kw_only=True)
class Fluxes:
    """What left the root zone in a step, or never got in (run-off), mm."""

    evaporation: Floats
    transpiration: Floats
    percolation: Floats
    runoff: Floats


def advance_day(state: State, today: Day, supply: Supply) -> Fluxes:
    """Root-zone balance of a day in one layer (eq. 85-88), kept in `low`. Percolation is what passes the greatest
    rooting depth; where the root zone runs dry, evaporation ends first."""
    inflow = supply.rain - supply.runoff + supply.irrigation
    depletion = state.depletion
    short = np.maximum(depletion - inflow + today.evaporation + today.transpiration - today.taw, 0)
    evaporation = np.maximum(today.evaporation - short, 0)
    transpiration = np.maximum(today.transpiration - (short - (today.evaporation - evaporation)), 0)
    change = inflow - evaporation - transpiration
    percolation = np.maximum(change - depletion, 0)
    state.low = depletion - change + percolation
    state.top = np.zeros_like(state.low)
    into_deep = np.minimum(percolation, state.deep)
    state.deep = state.deep - into_deep
    return Fluxes(
        evaporation=evaporation,
        transpiration=transpiration,
        percolation=percolation - into_deep,
        runoff=np.zeros_like(percolation) + supply.runoff,
    )
