"""A farm's LoRa radio, as farm.yaml describes it, and how long a frame is on the air."""

import math

from pydantic import Field

from .farm_fields import Part


class Lora(Part):
    """How the gateway's modem and its nodes are set: a frequency and a duty limit that the country allows (868.5 MHz
    and 1 % in Europe), the spreading factor, and the number that keeps farms apart. Bandwidth 125 kHz."""

    frequency_hz: int = Field(default=868_500_000, ge=137_000_000, le=1_020_000_000)
    spreading_factor: int = Field(default=9, ge=7, le=9)
    network: int = Field(default=18, ge=3, le=18)
    duty_percent: float = Field(default=1.0, gt=0, le=100)


def time_on_air_s(size: int, spreading_factor: int, *, bandwidth_hz: int = 125_000, preamble: int = 8) -> float:
    """Of a LoRa frame of `size` bytes with header, CRC and coding rate 4/5 (SX1276 data sheet, section 4.1.1.7).
    ValueError for a spreading factor outside 7..12."""
    if not 7 <= spreading_factor <= 12:
        raise ValueError(f"a spreading factor is 7 to 12, found {spreading_factor}")
    symbol_s: float = 2**spreading_factor / bandwidth_hz
    low_rate = 2 if symbol_s > 0.016 else 0
    bits = 8 * size - 4 * spreading_factor + 28 + 16
    symbols = 8 + max(math.ceil(bits / (4 * (spreading_factor - low_rate))), 0) * 5
    return float((preamble + 4.25 + symbols) * symbol_s)
