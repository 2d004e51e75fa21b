"""Sensors between the truth and the node: installation, noise, interference, quantisation, and faults with their own truth."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.contract.channels import MISSING, Channel, channels

from .events import FaultShape, ProbeFault

Floats = NDArray[np.float64]

NOISE = {"soil_moisture_10cm": 0.0015, "soil_moisture_30cm": 0.001, "soil_temperature": 0.15, "ethylene": 0.06,
         "air_temperature": 0.1, "humidity": 0.8, "wind": 0.08, "gust": 0.15, "rain": 0.0, "pressure": 0.12, "battery": 0.004}
"""Standard deviation of a reading, in the channel's unit."""
OFFSET = {"soil_moisture_10cm": 0.008, "soil_moisture_30cm": 0.008, "soil_temperature": 0.3, "ethylene": 0.05,
          "air_temperature": 0.1, "humidity": 1.0, "pressure": 0.5}
"""Standard deviation of what installation and calibration leave, in the channel's unit, constant over a season."""
GAIN = {"soil_moisture_10cm": 0.03, "soil_moisture_30cm": 0.03, "ethylene": 0.05, "wind": 0.02, "gust": 0.02}
TIP_MM = 0.2
"""A tipping bucket counts whole tips."""
SOIL_PROBE_PER_DEGC = 0.0002
"""A capacitive probe reads more in warm soil, m3/m3 a degree from 20 degC."""
FORKLIFT_PPM = (0.5, 3.0)
FORKLIFT_SHARE = 0.004
"""An electrochemical ethylene cell also answers to the carbon monoxide of a forklift: share of working steps, height."""
FAULT_EVERY_DAYS = 220.0
"""Mean days between two faults of one channel of one node."""
FAULT_DAYS = (0.5, 6.0)
DROPOUT = 0.002
"""Share of readings that are missing anyway."""
BY_CHANCE: tuple[FaultShape, ...] = ("stuck", "implausible", "dropout")
FAULTLESS = ("battery", "pressure", "rain")


def sense(truth: dict[str, Floats], readings: NDArray[np.int16], faulty: NDArray[np.bool_], *, rng: np.random.Generator, steps_a_day: int,
          working: NDArray[np.bool_], faults: Sequence[ProbeFault] = ()) -> None:
    """Fills in what a node reads of `truth` (channel name to values (steps,)) and where a probe is faulty, arrays (steps, channels).
    `working`: steps in which people drive about; `faults`: what breaks beside what breaks by chance."""
    steps = len(readings)
    readings[:], faulty[:] = MISSING, False
    for channel in channels():
        # Drawn for every channel, so that one more sensor on a node changes none of the others.
        own_seed = rng.integers(2**63)
        if channel.name not in truth:
            continue
        own = np.random.Generator(np.random.PCG64(own_seed))
        reading = _measured(channel.name, truth, own, working)
        if channel.name not in FAULTLESS:
            faulty[:, channel.id] = _break(reading, own, steps_a_day, channel)
        for fault in faults:
            if fault.channel == channel.name:
                faulty[fault.steps, channel.id] = True
                _spoil(reading[fault.steps], fault.shape, fault.size, own, channel, steps_a_day)
        reading[own.random(steps) < DROPOUT] = np.nan
        readings[:, channel.id] = quantise(reading, channel.scale)


def quantise(values: Floats, scale: float) -> NDArray[np.int16]:
    """Raw int16 of values in a channel's unit; NaN becomes MISSING."""
    raw = np.clip(np.rint(np.round(values / scale, 6)), -32767, 32767)
    return np.where(np.isnan(raw), MISSING, raw).astype(np.int16)


def _measured(name: str, truth: dict[str, Floats], rng: np.random.Generator, working: NDArray[np.bool_]) -> Floats:
    true = truth[name]
    if name == "rain":
        tips = np.floor(np.round(np.cumsum(true) / TIP_MM, 6))
        return np.diff(tips, prepend=0.0) * TIP_MM
    reading = true * (1 + GAIN.get(name, 0.0) * rng.normal()) + OFFSET.get(name, 0.0) * rng.normal()
    if name.startswith("soil_moisture") and "soil_temperature" in truth:
        reading = reading + SOIL_PROBE_PER_DEGC * (truth["soil_temperature"] - 20)
    if name == "ethylene":
        forklift = working & (rng.random(len(true)) < FORKLIFT_SHARE)
        reading = reading + forklift * rng.uniform(*FORKLIFT_PPM, len(true))
    reading = reading + NOISE[name] * rng.normal(size=len(true))
    if name == "humidity":
        return np.clip(reading, 1.0, 100.0)
    return np.maximum(reading, 0.0) if name in ("wind", "gust", "soil_moisture_10cm", "soil_moisture_30cm") else reading


def _break(reading: Floats, rng: np.random.Generator, steps_a_day: int, channel: Channel) -> NDArray[np.bool_]:
    """Breaks a reading in place at random times; returns where."""
    faulty = np.zeros(len(reading), dtype=bool)
    day = rng.exponential(FAULT_EVERY_DAYS)
    while day * steps_a_day < len(reading):
        length = rng.uniform(*FAULT_DAYS)
        spell = slice(int(day * steps_a_day), int((day + length) * steps_a_day))
        _spoil(reading[spell], BY_CHANCE[rng.integers(len(BY_CHANCE))], 0.0, rng, channel, steps_a_day)
        faulty[spell] = True
        day += length + rng.exponential(FAULT_EVERY_DAYS)
    return faulty


def _spoil(reading: Floats, shape: FaultShape, size: float, rng: np.random.Generator, channel: Channel, steps_a_day: int) -> None:
    """Puts a fault on part of a reading, in place."""
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
