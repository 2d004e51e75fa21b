"""Sensors between the truth and the node: how each measures, and what disturbs it. What breaks is in `faults.py`.

Offsets and noise of soil probes are fitted to real ones (`soil_probes.py`); those of the others are of the size that
data sheets give.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channels
from edge.farm import Node

from ..events import ProbeFault
from ..rng import stream
from .faults import HEALTHY, SWAPPED_AT_FIRST, SWAPPED_DAYS, code, fitted, inject_fault, inject_random_faults, swap

Floats = NDArray[np.float64]
Truth = dict[str, Floats]

NOISE = {
    "soil_moisture_10cm": 0.0015,
    "soil_moisture_30cm": 0.001,
    "soil_temperature": 0.15,
    "air_temperature": 0.1,
    "humidity": 0.8,
    "wind": 0.08,
    "gust": 0.15,
    "pressure": 0.12,
    "battery": 0.004,
    "solar_radiation": 2.0,
    "soil_moisture_60cm": 0.001,
}
"""Standard deviation of a reading, in the channel's unit."""
OFFSET = {"soil_temperature": 0.3, "air_temperature": 0.1, "humidity": 1.0, "pressure": 0.5}
"""Standard deviation of what installation and calibration leave, in the channel's unit, constant over a season. Air
temperature and humidity: typical accuracy of an SHT3x."""
SOIL_PROBE_PER_DEGC = 0.0002
"""A capacitive probe reads more in warm soil, m3/m3 a degree from 20 degC."""
SALINITY_SPREAD = 0.015
"""Standard deviation of how much more a capacitive probe reads in a soil of other salinity, as a share of the
reading."""
STARTS_AT_MS, CUP_GAIN = 0.5, 0.02
"""A cup anemometer stands below this wind; standard deviation of its calibration (class of simple instruments)."""
ICES_DEGC, ICES_HUMIDITY, ICED_H, THAWS_DEGC = -0.5, 97.0, 2.0, 1.0
"""Cups freeze in after so many hours of such air, until it is warmer (assumed)."""
TIP_MM, WIND_LOSS, MOST_LOST = 0.2, 0.02, 0.3
"""A tipping bucket counts whole tips, and wind blows rain past it: share a m/s, and at most."""
PYRANOMETER_GAIN = 0.025
"""Standard deviation of a silicon pyranometer's calibration: its makers say 5 %, twice of it."""
DROPOUT = 0.002
"""Share of readings that are missing though nothing is broken."""
DRAWN_IN_TURN = 11
"""Channels whose chance is drawn in the order of their ids. Later ones have streams by their names, so that a channel
more in the table changes no season."""
SOIL_PROBES = ("soil_moisture_10cm", "soil_moisture_30cm")


@dataclass(frozen=True, kw_only=True)
class GasSensor:
    """A gas sensor for ethylene: ppm it shows a ppm of other gases; change of its zero (ppm, standard deviation) and
    loss of sensitivity (share) in DRIFT_DAYS; spread of its calibration, offset and noise (ppm), and error a percent of
    humidity off 85 % (ppm)."""

    answers: dict[str, float]
    zero_drift: float
    loss: float
    gain: float
    offset: float
    noise: float
    per_humidity: float


GAS_SENSORS = {
    "ethylene_cell": GasSensor(
        answers={"carbon_monoxide": 0.4, "ethanol": 0.1},
        zero_drift=0.05,
        loss=0.01,
        gain=0.05,
        offset=0.05,
        noise=0.06,
        per_humidity=0.002,
    ),
    "ethylene_metal_oxide": GasSensor(
        answers={"carbon_monoxide": 0.3, "ethanol": 2.0, "carbon_dioxide": 2e-5},
        zero_drift=0.4,
        loss=0.05,
        gain=0.15,
        offset=0.3,
        noise=0.15,
        per_humidity=0.03,
    ),
}
"""Electrochemical, and heated metal oxide. The size of each figure is assumed: no public series of calibrated ethylene
below 10 ppm is known."""
DRIFT_DAYS = 30.4
"""Days that a sensor's `zero_drift` and `loss` are given for."""


def sense(
    node: Node,
    truth: Truth,
    readings: NDArray[np.int16],
    wrong: NDArray[np.uint8],
    *,
    rng: np.random.Generator,
    steps_a_day: int,
    faults: Sequence[ProbeFault] = (),
    gas_sensors: Mapping[str, GasSensor] = GAS_SENSORS,
) -> None:
    """Fills in what a node reads and what is wrong with its probes (codes of faults.FAULTS), arrays (steps, channels).

    `truth`: values (steps,) where the node stands, by channel name, and of the gases that disturb. `faults`: what
    breaks beside what breaks by chance.
    """
    readings[:], wrong[:] = MISSING, HEALTHY
    gas_sensor = gas_sensors[next((s for s in node.sensors if s in gas_sensors), "ethylene_cell")]
    measured: Truth = {}
    # Drawn for every channel, so that one more sensor on a node changes none of the others.
    seeds = [int(rng.integers(2**63)) for _ in range(DRAWN_IN_TURN)]
    chance = {
        c.name: np.random.Generator(np.random.PCG64(seeds[c.id])) if c.id < DRAWN_IN_TURN else stream(seeds[0], c.name)
        for c in channels()
    }
    by_name = {channel.name: channel for channel in channels() if channel.name in node.channels}
    for name, channel in by_name.items():
        reading = (
            _ethylene(truth, chance[name], gas_sensor, steps_a_day)
            if name == "ethylene"
            else MODELS.get(name, _plain)(name, truth, chance[name])
        )
        for spell, shape in inject_random_faults(reading, chance[name], steps_a_day, channel):
            wrong[spell, channel.id] = code(shape)
        reading[chance[name].integers(len(reading), size=chance[name].binomial(len(reading), DROPOUT))] = np.nan
        measured[name] = reading
    _exchange(measured, wrong, rng, steps_a_day, faults)
    iced = _iced(truth, steps_a_day) if "wind" in measured else None
    for name, channel in by_name.items():
        reading = measured[name]
        if name in ("wind", "gust") and iced is not None:
            reading[iced] = 0.0
            wrong[iced, channel.id] = code("iced")
        for fault in faults:
            if fault.channel == name and fault.shape != "swapped":
                inject_fault(reading[fault.steps], fault.shape, fault.size, chance[name], channel, steps_a_day)
                wrong[fault.steps, channel.id] = code(fault.shape)
        readings[:, channel.id] = quantise(reading, channel.scale)


def quantise(values: Floats, scale: float) -> NDArray[np.int16]:
    """Raw int16 of values in a channel's unit; NaN becomes MISSING."""
    raw = np.clip(np.rint(np.round(values / scale, 6)), -32767, 32767)
    return np.where(np.isnan(raw), MISSING, raw).astype(np.int16)


def _plain(name: str, truth: Truth, rng: np.random.Generator) -> Floats:
    return truth[name] + OFFSET.get(name, 0.0) * rng.normal() + NOISE[name] * rng.normal(size=len(truth[name]))


def _capacitive(name: str, truth: Truth, rng: np.random.Generator) -> Floats:
    """A probe that measures the soil's permittivity: it knows neither its texture nor its salt, and warmth moves it."""
    installed = install(truth[name], rng) * (1 + SALINITY_SPREAD * rng.normal())
    warm = truth["soil_temperature"] - 20 if "soil_temperature" in truth else 0.0
    return installed + SOIL_PROBE_PER_DEGC * warm + NOISE[name] * rng.normal(size=len(installed))


def install(true: Floats, rng: np.random.Generator) -> Floats:
    """Soil moisture (steps,) as a probe in one spot of the plot has it: off by an offset, and with a span of its own
    about the mean."""
    real, mean = fitted(), true.mean()
    return np.asarray(mean + (true - mean) * (1 + real["gain"] * rng.normal()) + real["offset"] * rng.normal())


def _humidity(name: str, truth: Truth, rng: np.random.Generator) -> Floats:
    return np.clip(_plain(name, truth, rng), 1.0, 100.0)


def _cups(name: str, truth: Truth, rng: np.random.Generator) -> Floats:
    turning = truth[name] >= STARTS_AT_MS
    return np.asarray(
        np.maximum(
            turning * (truth[name] * (1 + CUP_GAIN * rng.normal()) + NOISE[name] * rng.normal(size=len(turning))), 0.0
        )
    )


def _bucket(name: str, truth: Truth, rng: np.random.Generator) -> Floats:
    caught = truth[name] * (1 - np.clip(WIND_LOSS * truth["wind"], 0, MOST_LOST)) if "wind" in truth else truth[name]
    tips = np.floor(np.round(np.cumsum(caught) / TIP_MM, 6))
    return np.diff(tips, prepend=0.0) * TIP_MM


def _silicon(name: str, truth: Truth, rng: np.random.Generator) -> Floats:
    seen = truth[name] * (1 + PYRANOMETER_GAIN * rng.normal())
    return np.asarray(np.maximum(seen + (seen > 0) * NOISE[name] * rng.normal(size=len(seen)), 0.0))


MODELS: dict[str, Callable[[str, Truth, np.random.Generator], Floats]] = {
    "soil_moisture_10cm": _capacitive,
    "soil_moisture_30cm": _capacitive,
    "soil_moisture_60cm": _capacitive,
    "humidity": _humidity,
    "wind": _cups,
    "gust": _cups,
    "rain": _bucket,
    "solar_radiation": _silicon,
}
"""Channels whose sensors are more than true value, offset and noise."""


def _ethylene(truth: Truth, rng: np.random.Generator, sensor: GasSensor, steps_a_day: int) -> Floats:
    aged = np.arange(len(truth["ethylene"])) / steps_a_day / DRIFT_DAYS
    sensitivity = (1 + sensor.gain * rng.normal()) * (1 - sensor.loss * aged)
    zero = sensor.offset * rng.normal() + sensor.zero_drift * rng.normal() * aged
    shown = truth["ethylene"] + sum(
        (share * truth[gas] for gas, share in sensor.answers.items() if gas in truth), start=np.zeros(len(aged))
    )
    humid = sensor.per_humidity * (truth["humidity"] - 85) if "humidity" in truth else 0.0
    return np.asarray(shown * sensitivity + zero + humid + sensor.noise * rng.normal(size=len(aged)))


def _iced(truth: Truth, steps_a_day: int) -> NDArray[np.bool_]:
    """Where cups are frozen in."""
    frosty = (truth["air_temperature"] < ICES_DEGC) & (truth["humidity"] >= ICES_HUMIDITY)
    at = np.arange(len(frosty))
    since = at - np.maximum.accumulate(np.where(frosty, -1, at))
    frozen, thawed = since * 24 / steps_a_day >= ICED_H, truth["air_temperature"] >= THAWS_DEGC
    newest_frozen, newest_thawed = (np.maximum.accumulate(np.where(flags, at, -1)) for flags in (frozen, thawed))
    return np.asarray(newest_frozen > newest_thawed)


def _exchange(
    measured: Truth, wrong: NDArray[np.uint8], rng: np.random.Generator, steps_a_day: int, faults: Sequence[ProbeFault]
) -> None:
    """Puts each soil probe's reading on the other's cable, by chance from the start, or where a fault says so."""
    if not set(SOIL_PROBES) <= measured.keys():
        return
    spells = [fault.steps for fault in faults if fault.shape == "swapped"]
    if rng.random() < SWAPPED_AT_FIRST:
        spells.append(slice(0, int(rng.exponential(SWAPPED_DAYS) * steps_a_day)))
    for steps in spells:
        swap(measured[SOIL_PROBES[0]], measured[SOIL_PROBES[1]], steps)
        for channel in channels():
            if channel.name in SOIL_PROBES:
                wrong[steps, channel.id] = code("swapped")
