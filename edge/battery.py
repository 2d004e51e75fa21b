"""A lithium-ion cell's charge by its open-circuit voltage: the usual shape, of no one make."""

from bisect import bisect_right

LEVEL = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
VOLTS = (3.0, 3.45, 3.68, 3.74, 3.77, 3.79, 3.82, 3.87, 3.92, 3.98, 4.06, 4.2)


def charge(volts: float) -> float:
    """Share of the charge that is left (0..1)."""
    if not VOLTS[0] < volts < VOLTS[-1]:
        return float(volts >= VOLTS[-1])
    after = bisect_right(VOLTS, volts)
    part = (volts - VOLTS[after - 1]) / (VOLTS[after] - VOLTS[after - 1])
    return LEVEL[after - 1] + part * (LEVEL[after] - LEVEL[after - 1])
