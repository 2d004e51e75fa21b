"""Calibration of a node's probes in farm.yaml: what it may say, and the same in whole numbers for the board."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

from ..contract.channels import channel

Points = tuple[tuple[int, float], ...]
"""(millivolts, value in the channel's unit), by rising millivolts."""

CALIBRATED = ("soil_moisture_10cm", "soil_moisture_30cm", "soil_moisture_60cm", "solar_radiation", "ethylene")
"""Channels whose sensors give a voltage that only a calibration makes a value of."""
MOST_POINTS = 5
SUPPLY_MV = 5000
WETTEST = 0.65
"""m3/m3: no mineral soil holds more water."""
BRIGHTEST = 1800.0
"""W/m2: more than the edge of a cloud adds to a clear noon."""
ROUGH: dict[str, Points] = {
    "soil_moisture_10cm": ((0, WETTEST), (SUPPLY_MV, 0.0)),
    "soil_moisture_30cm": ((0, WETTEST), (SUPPLY_MV, 0.0)),
    "soil_moisture_60cm": ((0, WETTEST), (SUPPLY_MV, 0.0)),
    "solar_radiation": ((0, 0.0), (SUPPLY_MV, BRIGHTEST)),
    "ethylene": ((0, 0.0), (SUPPLY_MV, 160.0)),
}
"""Straight lines on which every voltage is a plausible value: not right, but millivolts can be told from them."""


def check(channels: Sequence[str], calibration: Mapping[str, Points]) -> dict[str, Points]:
    """The calibration of a node with these channels, its points in order. ValueError says what is wrong with it."""
    return {name: _checked(name, channels, points) for name, points in calibration.items()}


def _checked(name: str, channels: Sequence[str], given: Points) -> Points:
    allowed = [c for c in CALIBRATED if c in channels]
    if name not in allowed:
        which = ", ".join(allowed) or "nothing that has a calibration"
        raise ValueError(f"calibration: this node measures {which}, not {name!r}")
    points = tuple(sorted(given))
    if not 2 <= len(points) <= MOST_POINTS:
        raise ValueError(f"calibration: {name} has {len(points)} points; 2 to {MOST_POINTS} are needed")
    if len({mv for mv, _ in points}) < len(points):
        raise ValueError(f"calibration: {name} has two points at the same voltage")
    if not all(0 <= mv <= SUPPLY_MV for mv, _ in points):
        raise ValueError(f"calibration: {name}: a voltage is 0 to {SUPPLY_MV} mV; write [mV, value]")
    return CHECKS.get(name, partial(_checked_soil, name))(points)


def _checked_cell(points: Points) -> Points:
    (_, zero), (_, span), *more = points
    if more or zero != 0 or span <= 0:
        raise ValueError(
            "calibration: ethylene has two points: [mV, 0] in clean air, and a higher [mV, ppm] in span gas"
        )
    return points


def _checked_pyranometer(points: Points) -> Points:
    values = [value for _, value in points]
    if values != sorted(set(values)) or not 0 <= values[0] <= values[-1] <= BRIGHTEST:
        raise ValueError(
            f"calibration: solar_radiation: the radiation must rise with every voltage, from 0 to {BRIGHTEST:g} W/m2; "
            "as in [[0, 0], [2500, 1250]] for 2 mV a W/m2"
        )
    return points


CHECKS = {"ethylene": _checked_cell, "solar_radiation": _checked_pyranometer}
"""Rules of channels that are not a soil's."""


def _checked_soil(name: str, points: Points) -> Points:
    values = [value for _, value in points]
    if not all(0 <= value <= WETTEST for value in values):
        raise ValueError(f"calibration: {name}: water is 0 to {WETTEST} m3/m3; write a share, not a percentage")
    if values not in (sorted(set(values)), sorted(set(values), reverse=True)):
        raise ValueError(f"calibration: {name}: the water must rise with every voltage, or fall with every one")
    return points


def raw_points(name: str, points: Points) -> list[tuple[int, int]]:
    """Points as a node has them: millivolts and the channel's raw value."""
    return [(mv, round(value / channel(name).scale)) for mv, value in points]


def mv_of(name: str, points: Points, value: float) -> float | None:
    """Millivolts at which a node with these points says a value, within the channel's own step; None where it says the
    same of several. The ends go on straight, as on the node (firmware/drivers/curve.c). Of a cell they are those at 20
    degC: the node has taken its temperature out."""
    raw = channel(name).to_raw(value)
    rows = raw_points(name, points)
    if name != "ethylene" and raw == 0 and min(y for _, y in rows) >= 0 and points != ROUGH[name]:
        return None  # a little less than none is said as none
    pairs = list(pairwise(rows))
    inside = [pair for pair in pairs if min(pair[0][1], pair[1][1]) <= raw <= max(pair[0][1], pair[1][1])]
    nearest = pairs[0] if abs(raw - rows[0][1]) < abs(raw - rows[-1][1]) else pairs[-1]
    (x0, y0), (x1, y1) = inside[0] if inside else nearest
    return None if y0 == y1 else x0 + (raw - y0) * (x1 - x0) / (y1 - y0)
