"""Units in which other systems write what our channels measure."""

from edge.contract.channels import channel, channel_names
from edge.contract.errors import CooeeError

FACTORS: dict[str, dict[str, tuple[float, float]]] = {
    "m3/m3": {"%": (0.01, 0.0)},
    "degC": {"degF": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    "ppm": {"ppb": (0.001, 0.0)},
    "%": {"0-1": (100.0, 0.0)},
    "m/s": {"km/h": (1 / 3.6, 0.0), "mph": (0.44704, 0.0), "kn": (1852 / 3600, 0.0)},
    "mm": {"in": (25.4, 0.0), "cm": (10.0, 0.0)},
    "hPa": {"kPa": (10.0, 0.0), "Pa": (0.01, 0.0), "mbar": (1.0, 0.0), "inHg": (33.86389, 0.0)},
    "V": {"mV": (0.001, 0.0)},
    "W/m2": {"kW/m2": (1000.0, 0.0)},
}
"""Unit of a channel -> other unit -> (a, b): value in ours = a * value in the other + b."""


def conversion(name: str, unit: str | None) -> tuple[float, float]:
    """Factor and offset from `unit` (None: ours) to a channel's unit. CooeeError: unknown channel or unit."""
    if name not in channel_names():
        raise CooeeError(f"{name!r} is not a channel: write one of {', '.join(channel_names())}")
    ours = channel(name).unit
    others = FACTORS[ours]
    if unit in (None, ours):
        return 1.0, 0.0
    if unit not in others:
        raise CooeeError(f"{name}: unit {unit!r} is not known: write one of {', '.join((ours, *others))}")
    return others[unit]
