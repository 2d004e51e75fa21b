"""The air of a store: fruit that gives off ethylene and carbon dioxide, ripening that feeds on itself, what people
bring in, doors and leaks.

Mass balance of a stirred room: V dC/dt = P m + S - Q C, with C in uL/L (ppm), P the production in uL/kg/h, m the load
in kg, S what comes in from outside in uL/h, V the air in m3 and Q the exchange of air in m3/h. Production follows
temperature with Q10 = 3 (Kader, Postharvest Technology, 2002, table 3.2: respiration of apples from 0 to 10 degC) and,
once fruit passes its climacteric, rises to many times as much over some days. Measured apple stores hold 1 to 30 ppm,
so a level alone says little; kiwifruit and what does not ripen suffer from a tenth of a ppm. Carbon dioxide follows
respiration, which rises with ripening; carbon monoxide comes with forklifts that burn gas, ethanol with cleaning: cells
that measure ethylene answer to them too (`sensors.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.farm import Zone

Floats = NDArray[np.float64]

Q10 = 3.0
RIPE_FACTOR = 12.0
"""Production of fruit at its climacteric over that of sound stored fruit."""
RIPENING_AT = 2.5
"""From this multiple of its usual production on, the lot is ripening: fruit should be looked through and sold."""
NEARLY = 0.6
"""Share of what makes a lot ripening, or the air harmful, from which on it is close to it."""
DOUBLING_H = 30.0
AIR_CHANGES_A_HOUR = 0.12
DOOR_CHANGES_A_HOUR = 2.5
ORCHARD_PPM = 0.01
OUTSIDE_CO2_PPM = 420.0
RIPE_RESPIRATION = 2.0
"""Respiration at the climacteric over that before (apples: Kader 2002, figure 3.3)."""
CO2_UL_A_MG = 509.0
"""At 0 degC and 1013 hPa."""
GASES = ("ethylene", "carbon_dioxide", "carbon_monoxide", "ethanol")
FORKLIFT_LOADS, FORKLIFT_L_H = 0.01, (5.0, 40.0)
"""Share of the loads that come with a forklift that burns gas, and the carbon monoxide it gives off while it is in
(assumed)."""
CLEANING_EVERY_DAYS, CLEANING_ML = 20.0, (2.0, 20.0)
"""Mean days between two cleanings with alcohol, and the ethanol that evaporates (assumed)."""
ETHANOL_UL_A_ML = 4.2e5
"""Vapour of a millilitre of ethanol."""
EVERY_DAYS = 45.0
"""Mean days between two lots that begin to ripen."""
SOLD_AFTER_H = (70.0, 130.0)
"""Hours from the onset until the ripe lot is out of the store."""


@dataclass(frozen=True, kw_only=True)
class Produce:
    """How a crop keeps: store temperature (degC), ethylene of a sound lot at it (uL/kg/h, low and high), carbon dioxide
    at 5 degC (mg/kg/h, low and high), whether it has a climacteric, and the ethylene (ppm) that it must not see
    (infinite where it makes more itself)."""

    setpoint_degc: float
    production: tuple[float, float]
    respiration: tuple[float, float]
    climacteric: bool = True
    harmful_ppm: float = np.inf


LOW, MODERATE, HIGH = (5.0, 10.0), (10.0, 20.0), (20.0, 40.0)
"""Classes of respiration at 5 degC, mg CO2/kg/h (Kader 2002, table 3.1)."""
KEEPS = {
    "apple": Produce(setpoint_degc=2.0, production=(0.1, 0.6), respiration=LOW),
    "pear": Produce(setpoint_degc=0.0, production=(0.05, 0.3), respiration=MODERATE),
    "peach": Produce(setpoint_degc=0.0, production=(0.01, 0.1), respiration=MODERATE),
    "banana": Produce(setpoint_degc=14.0, production=(0.05, 0.4), respiration=MODERATE, harmful_ppm=1.0),
    "tomato": Produce(setpoint_degc=12.5, production=(0.2, 1.0), respiration=MODERATE),
    "kiwifruit": Produce(setpoint_degc=0.0, production=(0.0002, 0.001), respiration=LOW, harmful_ppm=0.1),
    "citrus": Produce(
        setpoint_degc=5.0, production=(0.0002, 0.002), respiration=LOW, climacteric=False, harmful_ppm=0.1
    ),
    "cherry": Produce(
        setpoint_degc=0.0, production=(0.0002, 0.002), respiration=MODERATE, climacteric=False, harmful_ppm=0.1
    ),
    "strawberry": Produce(
        setpoint_degc=0.0, production=(0.0002, 0.002), respiration=HIGH, climacteric=False, harmful_ppm=0.1
    ),
    "cabbage": Produce(
        setpoint_degc=0.0, production=(0.0001, 0.001), respiration=MODERATE, climacteric=False, harmful_ppm=0.1
    ),
    "lettuce": Produce(
        setpoint_degc=0.0, production=(0.0001, 0.001), respiration=MODERATE, climacteric=False, harmful_ppm=0.1
    ),
    "potato": Produce(
        setpoint_degc=5.0, production=(0.0001, 0.001), respiration=LOW, climacteric=False, harmful_ppm=0.1
    ),
}
"""Classes of production at 20 degC: Kader (2002), table 3.3, brought to the store's temperature by Q10. Harm: kiwifruit
ripens at 0.1 ppm, and what has no climacteric loses over 30 % of its storage life there (Wills et al. 1999)."""
OTHER = Produce(setpoint_degc=2.0, production=(0.0002, 0.002), respiration=MODERATE, climacteric=False, harmful_ppm=0.1)
"""Other vegetables and berries: class "very low"."""


@dataclass(frozen=True, kw_only=True)
class StoreSeason:
    """What happens to a store, arrays (steps,): temperature (degC), the concentrations it tends to (ppm, (gases,
    steps)), the share of the distance from them that stays after a step, and whether its own fruit ripens; `first`
    concentrations; `harmful_ppm` of its produce."""

    temperature: Floats
    steady: Floats
    keep: Floats
    own_ripening: NDArray[np.bool_]
    own_nearly: NDArray[np.bool_]
    first: Floats
    harmful_ppm: float


@dataclass(frozen=True, kw_only=True)
class Room:
    """A store over one season, arrays (steps,): gases (ppm, by name of GASES), temperature (degC), and whether its
    produce is ripening, or is being harmed by ethylene; `nearly`: is close to it."""

    gases: dict[str, Floats]
    temperature: Floats
    ripening: NDArray[np.bool_]
    nearly: NDArray[np.bool_]


def season_of(
    zone: Zone, *, rng: np.random.Generator, outside: Floats, hour: Floats, step_s: int, gas_ul_h: Floats
) -> StoreSeason:
    """What happens to a store zone. `outside` is the air temperature, `hour` the local hour of the day, `gas_ul_h` the
    ethylene that comes in, arrays (steps,). ValueError for a zone that is no store."""
    if zone.store is None:
        raise ValueError(f"zone {zone.id} is no store")
    keeps, litres = KEEPS.get(zone.crop, OTHER), 1000 * zone.store.volume_m3
    steps, dt_h = len(outside), step_s / 3600
    base, breath = rng.uniform(*keeps.production), rng.uniform(*keeps.respiration) * CO2_UL_A_MG
    multiple = _production_multiple(rng, steps, dt_h) if keeps.climacteric else np.ones(steps)
    doors = _doors(rng, hour)
    temperature = np.round(
        keeps.setpoint_degc
        + 0.6 * np.sin(2 * np.pi * np.arange(steps) * dt_h / 3.7)
        + doors * 0.06 * np.clip(outside - keeps.setpoint_degc, 0, 30),
        6,
    )
    ripe = (multiple - 1) / (RIPE_FACTOR - 1)
    inflow = np.stack(
        [  # uL/h
            base * multiple * Q10 ** ((temperature - keeps.setpoint_degc) / 10) * zone.store.load_kg + gas_ul_h,
            breath * (1 + (RIPE_RESPIRATION - 1) * ripe) * Q10 ** ((temperature - 5) / 10) * zone.store.load_kg,
            _forklifts(rng, doors),
            _cleaning(rng, hour, dt_h),
        ]
    )
    changes = AIR_CHANGES_A_HOUR + DOOR_CHANGES_A_HOUR * doors
    outdoors = np.array([ORCHARD_PPM, OUTSIDE_CO2_PPM, 0, 0])
    steady = inflow / litres / changes + outdoors[:, None]
    return StoreSeason(
        temperature=temperature,
        steady=steady,
        keep=np.exp(-changes * dt_h),
        own_ripening=multiple >= RIPENING_AT,
        own_nearly=multiple >= max(1.0, NEARLY * RIPENING_AT),
        first=steady[:, 0] * (np.array(GASES) != "ethanol") * (np.array(GASES) != "carbon_monoxide"),
        harmful_ppm=keeps.harmful_ppm,
    )


def fill(stores: Sequence[StoreSeason]) -> list[Room]:
    """The stores' air over the season, all at once."""
    if not stores:
        return []
    steady, keep = np.stack([s.steady.T for s in stores], axis=1), np.stack([s.keep for s in stores], axis=1)[..., None]
    levels, level = np.empty_like(steady), np.stack([s.first for s in stores])
    for step, (target, share) in enumerate(zip(steady, keep, strict=True)):
        level = target + (level - target) * share
        levels[step] = level
    by_store = np.ascontiguousarray(levels.round(6).transpose(1, 2, 0))
    return [
        Room(
            gases=dict(zip(GASES, gases, strict=True)),
            temperature=s.temperature,
            ripening=s.own_ripening | (gases[0] >= s.harmful_ppm),
            nearly=s.own_nearly | (gases[0] >= NEARLY * s.harmful_ppm),
        )
        for s, gases in zip(stores, by_store, strict=True)
    ]


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


def _forklifts(rng: np.random.Generator, doors: Floats) -> Floats:
    """Carbon monoxide, uL/h: some loads come with an engine."""
    return np.where(rng.random(len(doors)) < FORKLIFT_LOADS, doors * rng.uniform(*FORKLIFT_L_H, len(doors)) * 1e6, 0.0)


def _cleaning(rng: np.random.Generator, hour: Floats, dt_h: float) -> Floats:
    """Ethanol, uL/h: an afternoon's cleaning now and then dries within the step."""
    begins = (hour == 16) & (rng.random(len(hour)) < 1 / CLEANING_EVERY_DAYS)
    return np.where(begins, rng.uniform(*CLEANING_ML, len(hour)) * ETHANOL_UL_A_ML / dt_h, 0.0)
