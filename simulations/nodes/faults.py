"""What goes wrong with probes: how each fault looks, how often it comes by chance, and how long it stays.

Those of soil probes are fitted to 41 real ones (`simulations/nodes/soil_probes.py`); the others are assumed.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from edge.contract.channels import Channel

from ..events import FAULTS, FaultShape
from ..lag import first_order

Floats = NDArray[np.float64]

HEALTHY = 0
"""Code of a probe that is well; a fault's is 1 + its place in FAULTS."""
WAVERING, STEADY_H = 0.05, 12.0
"""How a loose contact or a floating input wanders: standard deviation, as a share of what it may reach, and hours it
remembers."""


def code(shape: FaultShape) -> int:
    """Code of a fault in the truth."""
    return 1 + FAULTS.index(shape)


@dataclass(frozen=True, kw_only=True)
class Chance:
    """A fault that comes by chance: how often a year, how long (days: median, and standard deviation of its logarithm),
    how large (standard deviation, in the channel's unit). `unequal`: variance of a probe's own rate over the square of
    its mean, for few probes have most of it."""

    shape: FaultShape
    a_year: float
    days: float
    spread: float
    size: float = 0.0
    unequal: float = 0.0


REPAIRED_DAYS = 14.0
"""Somebody has seen to a probe by then (assumed): a farm is not a rangeland."""
SOIL_PROBES = "soil_probes.toml"


@cache
def fitted() -> dict[str, float]:
    """Offsets, gains and faults of real soil probes, as `python -m simulations.nodes.soil_probes` wrote them."""
    return {
        name: float(value)
        for name, value in tomllib.loads(files("simulations").joinpath("data", SOIL_PROBES).read_text()).items()
    }


@cache
def chances(channel: str) -> tuple[Chance, ...]:
    """What happens to a channel's probe by chance."""
    stuck, dropout = (
        Chance(shape="stuck", a_year=0.4, days=2, spread=0.7),
        Chance(shape="dropout", a_year=0.6, days=1.5, spread=1.0),
    )
    unplugged, nonsense = (
        Chance(shape="unplugged", a_year=0.2, days=2, spread=0.7),
        Chance(shape="implausible", a_year=0.3, days=2, spread=0.7),
    )
    if channel.startswith("soil_moisture"):
        return _soil_probe(fitted())
    match channel:
        case "ethylene":
            return stuck, dropout, unplugged, nonsense, Chance(shape="negative", a_year=0.2, days=3, spread=0.7)
        case "wind" | "gust":
            return Chance(shape="stuck", a_year=0.3, days=3, spread=0.7), dropout
        case "rain":
            return (Chance(shape="clogged", a_year=0.5, days=6, spread=0.7),)
        case "battery" | "pressure":
            return ()
    return stuck, dropout, nonsense


def _soil_probe(real: dict[str, float]) -> tuple[Chance, ...]:
    unplugged, sag = (
        Chance(shape="unplugged", a_year=0.05, days=2, spread=0.7),
        Chance(shape="sag", a_year=0.05, days=2, spread=0.7),
    )
    contact = Chance(shape="contact", a_year=real["contacts_a_year"], days=60, spread=1.0)
    # A fall that was seen may have been the beginning of any of these.
    falls = max(real["falls_a_year"] - unplugged.a_year - sag.a_year - contact.a_year, 0)
    return (
        Chance(
            shape="dropout",
            a_year=real["flickers_a_year"],
            days=real["flicker_days"],
            spread=real["flicker_spread"],
            unequal=real["flickers_unequal"],
        ),
        Chance(
            shape="dropout",
            a_year=real["losses_a_year"],
            days=real["loss_days"],
            spread=real["loss_spread"],
            unequal=real["losses_unequal"],
        ),
        Chance(shape="jump", a_year=falls, days=365, spread=0.0, size=real["fall_size"], unequal=real["falls_unequal"]),
        contact,
        unplugged,
        sag,
        Chance(shape="stuck", a_year=0.1, days=2, spread=0.7),
    )


SWAPPED_AT_FIRST, SWAPPED_DAYS = 0.02, 10.0
"""Share of nodes whose two soil probes were exchanged when they were put in, and days until somebody finds out (median;
assumed)."""


def inject_random_faults(
    reading: Floats,
    rng: np.random.Generator,
    steps_a_day: int,
    channel: Channel,
    *,
    repaired_days: float = REPAIRED_DAYS,
) -> list[tuple[slice, FaultShape]]:
    """Breaks a reading (steps,) in place by chance; returns when and how, later ones over earlier."""
    spells = []
    days = len(reading) / steps_a_day
    for chance in chances(channel.name):
        rate = chance.a_year * (rng.gamma(1 / chance.unequal, chance.unequal) if chance.unequal else 1.0)
        for day in rng.uniform(0, days, rng.poisson(rate * days / 365.25)):
            lasts = min(chance.days * np.exp(chance.spread * rng.normal()), repaired_days)
            spell = slice(int(day * steps_a_day), int((day + lasts) * steps_a_day) + 1)
            inject_fault(reading[spell], chance.shape, -abs(chance.size * rng.normal()), rng, channel, steps_a_day)
            spells.append((spell, chance.shape))
    return spells


def inject_fault(
    reading: Floats, shape: FaultShape, size: float, rng: np.random.Generator, channel: Channel, steps_a_day: int
) -> None:
    """Puts a fault on part of a reading, in place. `swapped` needs two readings: `swap`."""
    match shape:
        case "stuck":
            reading[:] = reading[:1]
        case "implausible":
            reading[:] = channel.low - 0.5 * (channel.high - channel.low) * rng.random()
        case "dropout":
            reading[:] = np.nan
        case "drift":
            reading += size * np.arange(len(reading)) / steps_a_day
        case "jump":
            reading += size
        case "negative":
            reading[:] = channel.low - np.abs(reading) - abs(size)
        case "contact":
            gap = np.clip(rng.uniform(0.3, 0.8) + _wander(len(reading), rng, steps_a_day), 0, 1)
            reading[:] = reading * (1 - gap) + AIR_READS * gap
        case "unplugged":
            level = np.clip(rng.random() + 4 * _wander(len(reading), rng, steps_a_day), -0.2, 1.2)
            reading[:] = channel.low + level * FLOATS_UP_TO * (channel.high - channel.low)
        case "sag":
            reading *= rng.uniform(0.75, 0.95)
        case "iced" | "clogged":
            reading[:] = 0.0
        case "swapped":
            raise ValueError("swapped is a fault of two readings: swap()")


AIR_READS = -0.06
"""m3/m3 that a capacitive probe in air reads with a soil's calibration."""
FLOATS_UP_TO = 0.5
"""Share of its range that a floating input wanders through."""


def swap(first: Floats, second: Floats, steps: slice) -> None:
    """Exchanges part of two readings in place."""
    first[steps], second[steps] = second[steps].copy(), first[steps].copy()


def _wander(steps: int, rng: np.random.Generator, steps_a_day: int) -> Floats:
    """First-order autoregression of mean 0 and standard deviation WAVERING."""
    keep = np.exp(-24 / STEADY_H / steps_a_day)
    return first_order(rng.normal(0, WAVERING * np.sqrt(1 - keep**2), steps), keep)
