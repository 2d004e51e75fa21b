"""Measured plots to hold the water balance against, and their replay through it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from . import water_balance as water

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Soil by depth, arrays (layers,): lower edge m; field capacity, wilting point and water content at the start,
    m3/m3."""

    bottom_m: Floats
    fc: Floats
    wp: Floats
    theta0: Floats

    def sum_to(self, depth_m: float, values: Floats) -> float:
        """mm of a water content down to a depth."""
        tops = np.concatenate([[0.0], self.bottom_m[:-1]])
        return float(1000 * (np.clip(depth_m - tops, 0, self.bottom_m - tops) * values).sum())


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A plot over its weather's days, counted from `first`. Arrays (days,): ET0 mm, minimum humidity %, wind at 2 m
    m/s, rain and irrigation mm, wetted share (`tall`: ET0 is of alfalfa, not grass); `canopy` (days, 3): Kcb, height,
    cover, NaN where not observed. `planted` is day 0 of the crop's stages, `start` the day from which the plot is
    replayed. `measured`: day -> (depletion mm, stress coefficient); `moisture`: day -> water content m3/m3 by the lower
    edge of its layer, cm."""

    name: str
    first: date
    planted: int
    par: dict[str, float]
    layers: Layers
    tall: bool
    et0: Floats
    rh_min: Floats
    u2: Floats
    rain: Floats
    irrigation: Floats
    wetted: Floats
    canopy: Floats
    start: int
    measured: dict[int, tuple[float, float]]
    moisture: dict[int, dict[int, float]]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A replayed plot, arrays (days,), mm, NaN before its start: root-zone depletion and readily available water."""

    depletion: Floats
    raw: Floats


def _ground(plot: Plot) -> water.LayeredGround:
    """A plot's crop and soil columns."""
    par, layers = plot.par, plot.layers
    return water.LayeredGround(
        **vars(
            water.Ground.of(
                kcb_ini=par["Kcbini"],
                kcb_mid=par["Kcbmid"],
                kcb_end=par["Kcbend"],
                l_ini=par["Lini"],
                l_dev=par["Ldev"],
                l_mid=par["Lmid"],
                l_late=par["Lend"],
                h_ini=par["hini"],
                h_max=par["hmax"],
                zr_ini=par["Zrini"],
                zr_max=par["Zrmax"],
                p=par["pbase"],
                fc=layers.fc[0],
                wp=layers.wp[0],
                sat=0.5,
                ze=par["Ze"],
                rew=par["REW"],
                drain_h=24.0,
            )
        ),
        layer_bottom_m=layers.bottom_m,
        layer_available=(layers.fc - layers.wp)[None],
    )


def replay(plot: Plot) -> Replay:
    """A plot through the daily balance."""
    par, layers, ground = plot.par, plot.layers, _ground(plot)
    shortage = layers.fc - layers.theta0
    at_start = layers.sum_to(par["Zrini"], shortage)
    state = water.initial_state(ground, depletion=at_start, deep=layers.sum_to(par["Zrmax"], shortage) - at_start)
    state.de = ground.tew.copy()  # p. 153: the surface starts dry
    depletion, raw = np.full((2, len(plot.et0)), np.nan)
    for day in range(plot.start, len(plot.et0)):
        supply = water.Supply(rain=plot.rain[[day]], irrigation=plot.irrigation[[day]], wetted=plot.wetted[[day]])
        kcb, height, cover = plot.canopy[day][:, None]
        today = water.coefficients(
            ground,
            state,
            day=np.array([day - plot.planted]),
            et0=plot.et0[day],
            rh_min=plot.rh_min[day],
            u2=plot.u2[day],
            supply=supply,
            tall=plot.tall,
            canopy=water.Canopy(kcb=kcb, height=height, cover=cover),
        )
        water.advance_day(state, today, supply)
        water.close_surface(ground, state, today, supply)
        depletion[day], raw[day] = state.depletion[0], today.raw[0]
    return Replay(depletion=depletion, raw=raw)
