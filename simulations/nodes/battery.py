"""A node's battery by the charge it draws, the brown-outs at its end, and the drift of its clock.

Typical figures at 25 degC: ATmega328P data sheet 8271, table 29-9 (currents), system and reset characteristics
(brown-out); SX1276 data sheet, table 6.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.battery import LEVEL, VOLTS
from edge.lora import time_on_air_s

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

COLD_DEGC = np.array([-20.0, -10.0, 0.0, 25.0])
COLD_SHARE = np.array([0.6, 0.75, 0.88, 1.0])
"""Share of the charge that a cell gives in the cold: assumed, as makers draw it."""
SELF_DISCHARGE_A_DAY = 0.02 / 30
CAPACITY_SPREAD = 0.04
"""Standard deviation of cells of one make (assumed)."""
BROWN_OUT_V, BROWN_OUT_HYSTERESIS_V = 2.7, 0.05
CRYSTAL_PPM = 10.0
"""Standard deviation of crystals at 25 degC (sold as within 20 ppm)."""
TURNOVER_DEGC, CURVATURE_PPM = 25.0, -0.034
"""A tuning-fork crystal of 32,768 Hz loses 0.034 ppm a degC2 off its turnover temperature (data sheets of all
makers)."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What a node draws. Sleep: power-down with the watchdog (4.2 uA) and the radio asleep (0.2 uA). Awake: 8 MHz at 5
    V, an upper bound. Transmit: +13 dBm; receive: the band's window for the acknowledgement. Sensors and the seconds
    are assumed."""

    sleep_ma: float = 0.0044
    awake_ma: float = 5.2
    sensors_ma: float = 8.0
    awake_s: float = 0.5
    transmit_ma: float = 29.0
    receive_ma: float = 9.9
    receive_s: float = 0.2
    spreading_factor: int = 9

    def wake_mah(self) -> float:
        """Of one wake without the radio."""
        return (self.awake_ma + self.sensors_ma) * self.awake_s / 3600

    def frame_mah(self, size: int) -> float:
        """Of one frame of `size` bytes sent, and its acknowledgement waited for."""
        on_air = time_on_air_s(size, self.spreading_factor)
        return ((self.transmit_ma + self.awake_ma) * on_air + (self.receive_ma + self.awake_ma) * self.receive_s) / 3600


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A lithium-ion cell: charge when full at 25 degC, and resistance, which doubles from 25 to 0 degC (assumed)."""

    capacity_mah: float = 2600.0
    resistance_ohm: float = 0.15

    def leak_ma(self) -> float:
        """What it loses by itself."""
        return self.capacity_mah * SELF_DISCHARGE_A_DAY / 24


USUAL, FRESH = Draw(), Cell()


def cell_of(rng: np.random.Generator) -> Cell:
    """One of a make: charges differ by CAPACITY_SPREAD, in classes of 2 %."""
    return Cell(capacity_mah=FRESH.capacity_mah * (1 + 0.02 * round(CAPACITY_SPREAD / 0.02 * rng.normal())))


def telemetry_bytes(channels: int) -> int:
    """Of a telemetry frame with so many channels (docs/SPEC.md)."""
    return 28 + 2 * channels


def battery_volts(
    wake_steps: int,
    channels: int,
    temperature: Floats,
    step_s: float,
    *,
    cell: Cell = FRESH,
    draw: Draw = USUAL,
    charge: float = 1.0,
) -> Floats:
    """Volts of a node's cell while it transmits, (steps,): its own loss, sleep, and every `wake_steps` steps a wake and
    a telemetry frame of `channels` channels. Calls, frames sent again and the rest of a node that is dead are too
    little to show.

    `temperature` degC (steps,); `charge`: share of the charge at the start.
    """
    steps = np.arange(len(temperature))
    used = (1 - charge) * cell.capacity_mah + (steps + 1) * (cell.leak_ma() + draw.sleep_ma) * step_s / 3600
    used += (steps // wake_steps + 1) * (draw.wake_mah() + draw.frame_mah(telemetry_bytes(channels)))
    share = np.interp(temperature, COLD_DEGC, COLD_SHARE)
    sag = draw.transmit_ma / 1000 * cell.resistance_ohm * 2 ** np.clip((25 - temperature) / 25, 0, None)
    # What the cold holds back is there again when it is warm; the cell's protection cuts off an empty one.
    left = 1 - used / (cell.capacity_mah * share)
    return np.asarray(np.where(left > 0, np.interp(left, LEVEL, VOLTS) - sag, 0.0))


def browned_out(volts: Floats) -> Bools:
    """Where a node with such a battery is dead, (steps,): from BROWN_OUT_V down, until the hysteresis above it is
    passed."""
    change = np.where(volts < BROWN_OUT_V, 1, np.where(volts >= BROWN_OUT_V + BROWN_OUT_HYSTERESIS_V, -1, 0))
    last = np.maximum.accumulate(np.where(change != 0, np.arange(len(volts)), 0))
    return np.asarray(change[last] > 0)


def clock_drift_s(temperature: Floats, step_s: float, *, offset_ppm: float = 0.0) -> Floats:
    """Seconds a node's clock is ahead after each step; `offset_ppm` is its crystal's at 25 degC (usually within 20)."""
    return np.asarray(np.cumsum((offset_ppm + CURVATURE_PPM * (temperature - TURNOVER_DEGC) ** 2) * 1e-6 * step_s))
