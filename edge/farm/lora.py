"""A farm's LoRa radio, as farm.yaml describes it, and how long a frame is on the air."""

import math

from pydantic import Field

from ..core import FRAME_MAX
from .fields import Part

PREAMBLE = 12
"""Symbols; the only one in networks other than 18."""
HEADER_BYTES = 8
"""What the modem adds to a payload (REYAX, "LoRa AT command guide")."""


MOST_PAUSE_S = 3600
"""With more than an hour a frame a node would never send (firmware/ports/bare_metal/lora_radio.c)."""


class Lora(Part):
    """How the gateway's modem and its nodes are set: frequency, duty limit and power as the country allows (868.5 MHz,
    1 % and below 14 dBm in Europe), the spreading factor, and the number that keeps farms apart. Bandwidth 125 kHz."""

    frequency_hz: int = Field(default=868_500_000, ge=137_000_000, le=1_020_000_000)
    spreading_factor: int = Field(default=9, ge=7, le=9)
    network: int = Field(default=18, ge=3, le=18)
    duty_percent: float = Field(default=1.0, gt=0, le=100)
    power_dbm: int = Field(default=13, ge=0, le=22)

    def frame_on_air_s(self, size: int) -> float:
        """Of an air frame of `size` bytes, which the modem sends as the letters of Base64."""
        letters = 4 * math.ceil(size / 3)
        return time_on_air_s(letters + HEADER_BYTES, self.spreading_factor, preamble=PREAMBLE)

    @property
    def pause_s(self) -> int:
        """Seconds for each of a node's longest frames when half of the duty limit is spread over the hour; the other
        half it may send at once."""
        return math.ceil(2 * self.frame_on_air_s(FRAME_MAX) * 100 / self.duty_percent)

    def check_pace(self, node: str, wake_interval_s: int) -> None:
        """ValueError when the duty limit leaves a node less than a frame a wake."""
        if self.pause_s > min(wake_interval_s, MOST_PAUSE_S):
            raise ValueError(
                f"node {node!r}: half of lora's duty_percent {self.duty_percent:g} is a frame every {self.pause_s:,} s "
                f"at spreading_factor {self.spreading_factor}, and the node wakes every {wake_interval_s:,} s; give "
                "it a longer wake_interval, or lora a lower spreading_factor"
            )


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
