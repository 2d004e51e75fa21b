"""A lithium-ion cell, its charge by its open-circuit voltage (the usual shape, of no one make), and a node's draw.

Typical figures at 25 degC: ATmega328P data sheet 8271, table 29-9; SX1276 data sheet, table 6.
"""

from bisect import bisect_right
from dataclasses import dataclass

from ..farm.lora import time_on_air_s

LEVEL = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
VOLTS = (3.0, 3.45, 3.68, 3.74, 3.77, 3.79, 3.82, 3.87, 3.92, 3.98, 4.06, 4.2)

SELF_DISCHARGE_A_DAY = 0.02 / 30


def charge(volts: float) -> float:
    """Share of the charge that is left (0..1)."""
    if not VOLTS[0] < volts < VOLTS[-1]:
        return float(volts >= VOLTS[-1])
    after = bisect_right(VOLTS, volts)
    part = (volts - VOLTS[after - 1]) / (VOLTS[after] - VOLTS[after - 1])
    return LEVEL[after - 1] + part * (LEVEL[after] - LEVEL[after - 1])


def telemetry_bytes(channels: int) -> int:
    """Of a telemetry frame with so many channels (docs/SPEC.md)."""
    return 28 + 2 * channels


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
        return self.exchange_mah(time_on_air_s(size, self.spreading_factor))

    def exchange_mah(self, on_air: float) -> float:
        """Of sending for so many seconds, and waiting for the answer."""
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
