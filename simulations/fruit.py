"""Ethylene in a store: fruit that produces it, ripening that feeds on itself, air that carries it off.

Mass balance of a stirred room: V dC/dt = P m - Q C, with C in uL/L (ppm), P the production in uL/kg/h, m the load in kg,
V the air in m3 and Q the exchange of air in m3/h. Production follows temperature with Q10 = 3 (Kader, Postharvest Technology,
2002, table 3.2: respiration of apples from 0 to 10 degC) and, once fruit passes its climacteric, rises to many times as
much over some days. Measured apple stores hold 1 to 30 ppm, so a level alone says little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Q10 = 3.0
REFERENCE_DEGC = 2.0
SETPOINT_DEGC = 2.0
RIPE_FACTOR = 12.0
"""Production of fruit at its climacteric over that of sound stored fruit."""
RIPENING_AT = 2.5
"""From this multiple of its usual production on, the lot is ripening: fruit should be looked through and sold."""
DOUBLING_H = 30.0
AIR_CHANGES_A_HOUR = 0.12
DOOR_CHANGES_A_HOUR = 2.5
ORCHARD_PPM = 0.01
EVERY_DAYS = 45.0
"""Mean days between two lots that begin to ripen."""
SOLD_AFTER_H = (70.0, 130.0)
"""Hours from the onset until the ripe lot is out of the store."""


@dataclass(kw_only=True)
class Room:
    """A store over one season: concentration (ppm), temperature (degC) and whether the lot is ripening, arrays (steps,)."""

    ethylene: Floats
    temperature: Floats
    ripening: NDArray[np.bool_]


def simulate_store(*, rng: np.random.Generator, volume_m3: float, load_kg: float, outside: Floats, hour: Floats, step_s: int) -> Room:
    """A season of a cold store. `outside` is the air temperature, `hour` the local hour of the day, arrays (steps,)."""
    steps, dt_h = len(outside), step_s / 3600
    base = rng.uniform(0.1, 0.6)
    multiple = _production_multiple(rng, steps, dt_h)
    doors = _doors(rng, hour)
    temperature = np.round(SETPOINT_DEGC + 0.6 * np.sin(2 * np.pi * np.arange(steps) * dt_h / 3.7)
                           + doors * 0.06 * np.clip(outside - SETPOINT_DEGC, 0, 30), 6)
    production = base * multiple * Q10 ** ((temperature - REFERENCE_DEGC) / 10) * load_kg / (1000 * volume_m3)
    changes = AIR_CHANGES_A_HOUR + DOOR_CHANGES_A_HOUR * doors
    concentration = np.empty(steps)
    level = production[0] / changes[0]
    for i in range(steps):
        steady = production[i] / changes[i] + ORCHARD_PPM
        level = steady + (level - steady) * np.exp(-changes[i] * dt_h)
        concentration[i] = level
    return Room(ethylene=np.round(concentration, 6), temperature=temperature, ripening=multiple >= RIPENING_AT)


def _production_multiple(rng: np.random.Generator, steps: int, dt_h: float) -> Floats:
    """Production over the usual: 1, but for lots that ripen (logistic rise) until they are sold."""
    multiple = np.ones(steps)
    at_h = rng.exponential(EVERY_DAYS * 24) * 0.5 + 10 * 24
    while at_h < steps * dt_h:
        hours = np.arange(steps) * dt_h - at_h
        rise = 1 + (RIPE_FACTOR - 1) / (1 + np.exp(-(hours - 4 * DOUBLING_H) * np.log(2) / DOUBLING_H))
        onset = 4 * DOUBLING_H - DOUBLING_H * np.log2((RIPE_FACTOR - RIPENING_AT) / (RIPENING_AT - 1))
        sold = onset + rng.uniform(*SOLD_AFTER_H)
        lot = (hours >= 0) & (hours < sold)
        multiple[lot] = np.maximum(multiple[lot], rise[lot])
        at_h += sold + 24 * 8 + rng.exponential(EVERY_DAYS * 24)
    return np.round(multiple, 6)


def _doors(rng: np.random.Generator, hour: Floats) -> Floats:
    """Share of each step with an open door: some loads on a working day, none at night."""
    working = (hour >= 7) & (hour < 17)
    return np.where(working & (rng.random(len(hour)) < 0.12), rng.uniform(0.1, 0.8, len(hour)), 0.0)
