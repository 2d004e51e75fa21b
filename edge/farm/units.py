"""Units that other systems measure in, to those of the channels."""

from ..contract.channels import channel

# value in the channel's unit = value * factor + offset. Factors: NIST SP 811, appendix B.8.
UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "m3/m3": {"m3/m3": (1, 0), "%": (0.01, 0)},
    "degC": {"degC": (1, 0), "degF": (5 / 9, -160 / 9), "K": (1, -273.15)},
    "%": {"%": (1, 0)},
    "m/s": {"m/s": (1, 0), "km/h": (1 / 3.6, 0), "mph": (0.44704, 0), "kn": (1852 / 3600, 0)},
    "mm": {"mm": (1, 0), "cm": (10, 0), "in": (25.4, 0)},
    "hPa": {
        "hPa": (1, 0),
        "Pa": (0.01, 0),
        "kPa": (10, 0),
        "inHg": (33.86389, 0),
        "mmHg": (1.333224, 0),
    },
    "ppm": {"ppm": (1, 0), "ppb": (0.001, 0)},
    "V": {"V": (1, 0), "mV": (0.001, 0)},
    "W/m2": {"W/m2": (1, 0), "kW/m2": (1000, 0)},
}
SPELLINGS = {
    "°C": "degC",
    "°F": "degF",
    "C": "degC",
    "F": "degF",
    "m³/m³": "m3/m3",
    "kmh": "km/h",
    "mbar": "hPa",
    "W/m²": "W/m2",
}
"""How other systems write them."""


def units_of(name: str) -> list[str]:
    """Units in which a channel may come."""
    return list(UNITS[channel(name).unit])


def converted(name: str, value: float, unit: str) -> float:
    """A value in the channel's own unit."""
    factor, offset = UNITS[channel(name).unit][unit]
    return value * factor + offset
