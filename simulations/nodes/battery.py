"""A node's battery by the charge it draws, the brown-outs at its end (ATmega328P data sheet 8271, system and reset
characteristics), and the drift of its clock."""

import numpy as np
from numpy.typing import NDArray

from edge.board.battery import FRESH, LEVEL, USUAL, VOLTS, Cell, Draw, telemetry_bytes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

COLD_DEGC = np.array([-20.0, -10.0, 0.0, 25.0])
COLD_SHARE = np.array([0.6, 0.75, 0.88, 1.0])
"""Share of the charge that a cell gives in the cold: assumed, as makers draw it."""
CAPACITY_SPREAD = 0.04
"""Standard deviation of cells of one make (assumed)."""
BROWN_OUT_V, BROWN_OUT_HYSTERESIS_V = 2.7, 0.05
CRYSTAL_PPM = 10.0
"""Standard deviation of crystals at 25 degC (sold as within 20 ppm)."""
TURNOVER_DEGC, CURVATURE_PPM = 25.0, -0.034
"""A tuning-fork crystal of 32,768 Hz loses 0.034 ppm a degC2 off its turnover temperature (data sheets of all
makers)."""


def cell_of(rng: np.random.Generator) -> Cell:
    """One of a make: charges differ by CAPACITY_SPREAD, in classes of 2 %."""
    return Cell(capacity_mah=FRESH.capacity_mah * (1 + 0.02 * round(CAPACITY_SPREAD / 0.02 * rng.normal())))


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
