"""A node's battery by the charge it draws, the brown-outs at its end, and the drift of its clock.

Typical figures at 25 degC: ATmega328P data sheet 8271, table 29-9 (currents), system and reset characteristics (brown-out);
SX1276 data sheet, table 6.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEVEL = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
VOLTS = np.array([3.0, 3.45, 3.68, 3.74, 3.77, 3.79, 3.82, 3.87, 3.92, 3.98, 4.06, 4.2])
"""Open-circuit voltage of a lithium-ion cell by what is left of its charge: the usual shape, of no one make."""
COLD_DEGC = np.array([-20.0, -10.0, 0.0, 25.0])
COLD_SHARE = np.array([0.6, 0.75, 0.88, 1.0])
"""Share of the charge that a cell gives in the cold: assumed, as makers draw it."""
SELF_DISCHARGE_A_DAY = 0.02 / 30
BROWN_OUT_V, BROWN_OUT_HYSTERESIS_V = 2.7, 0.05
TURNOVER_DEGC, CURVATURE_PPM = 25.0, -0.034
"""A tuning-fork crystal of 32,768 Hz loses 0.034 ppm a degC2 off its turnover temperature (data sheets of all makers)."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What a node draws. Sleep: power-down with the watchdog (4.2 uA) and the radio asleep (0.2 uA). Awake: 8 MHz at 5 V, an upper bound.
    Transmit: +13 dBm; receive: the band's window for the acknowledgement. Sensors and the seconds are assumed."""

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


def time_on_air_s(size: int, spreading_factor: int, *, bandwidth_hz: int = 125_000, preamble: int = 8) -> float:
    """Of a LoRa frame of `size` bytes with header, CRC and coding rate 4/5 (SX1276 data sheet, section 4.1.1.7). ValueError for
    a spreading factor outside 7..12."""
    if not 7 <= spreading_factor <= 12:
        raise ValueError(f"a spreading factor is 7 to 12, found {spreading_factor}")
    symbol_s = 2**spreading_factor / bandwidth_hz
    low_rate = 2 if symbol_s > 0.016 else 0
    bits = 8 * size - 4 * spreading_factor + 28 + 16
    symbols = 8 + max(int(np.ceil(bits / (4 * (spreading_factor - low_rate)))), 0) * 5
    return float((preamble + 4.25 + symbols) * symbol_s)


def discharge(cell: Cell, draw: Draw, temperature: Floats, step_s: float, wakes: Floats, frame_mah: Floats, *,
              charge: float = 1.0) -> tuple[Floats, Bools]:
    """Volts while transmitting, and whether the node is dead, both (nodes, steps).

    `temperature` degC (steps,); `wakes` and `frame_mah` (sum of `Draw.frame_mah`), a step, (nodes, steps); `charge`: share at the start.
    A dead node draws nothing more than the cell loses by itself.
    """
    nodes, steps = wakes.shape
    share = np.interp(temperature, COLD_DEGC, COLD_SHARE)
    sag = draw.transmit_ma / 1000 * cell.resistance_ohm * 2 ** np.clip((25 - temperature) / 25, 0, None)
    leak = cell.capacity_mah * SELF_DISCHARGE_A_DAY * step_s / 86_400
    drawn = wakes * draw.wake_mah() + frame_mah + draw.sleep_ma * step_s / 3600
    used = np.full(nodes, (1 - charge) * cell.capacity_mah)
    volts, dead = np.empty((nodes, steps)), np.zeros((nodes, steps), dtype=bool)
    down = np.zeros(nodes, dtype=bool)
    for i in range(steps):
        used = np.minimum(used + leak + np.where(down, 0.0, drawn[:, i]), cell.capacity_mah)
        # What the cold holds back is there again when it is warm.
        volts[:, i] = _open_circuit(1 - used / (cell.capacity_mah * share[i])) - sag[i]
        down = volts[:, i] < BROWN_OUT_V + BROWN_OUT_HYSTERESIS_V * down
        dead[:, i] = down
    return volts, dead


def clock_drift_s(temperature: Floats, step_s: float, *, offset_ppm: float = 0.0) -> Floats:
    """Seconds a node's clock is ahead after each step; `offset_ppm` is its crystal's at 25 degC (usually within 20)."""
    return np.asarray(np.cumsum((offset_ppm + CURVATURE_PPM * (temperature - TURNOVER_DEGC) ** 2) * 1e-6 * step_s))


def _open_circuit(left: Floats) -> Floats:
    """Volts; 0 when nothing is left: the cell's protection cuts it off."""
    return np.asarray(np.where(left > 0, np.interp(left, LEVEL, VOLTS), 0.0))
