"""Irrigation of a zone: a controller that waters in the early morning, by reckoned depletion, by a timer or by a probe,
through a valve that sometimes fails."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RATE_MM_H = {"drip": 3.0, "sprinkler": 8.0, "flood": 25.0}
WETTED_SHARE = {"drip": 0.35, "sprinkler": 1.0, "flood": 1.0}
"""FAO-56 table 20: share of the surface that irrigation wets."""
LEAK_MM_H = 9.0
"""A valve stuck open, or a burst line, near the emitters."""
START_HOUR = 5
REFILL_AT = 0.55
"""Share of the readily available water that may go before the controller waters."""
MOST_MM = 30.0
EVERY_DAYS = {"drip": 2, "sprinkler": 4, "flood": 8}
TIMER_MM_A_DAY = 4.0
"""What a timer gives, rain or no rain: set once, for a warm week (assumed)."""
PROBE_OFFSET = 0.02
"""Standard deviation, m3/m3, of a controller's probe: it was calibrated on other soil (assumed; makers promise
0.03)."""
STUCK_CLOSED_EVERY_DAYS, STUCK_CLOSED_DAYS = 35.0, (6.0, 14.0)
STUCK_OPEN_EVERY_DAYS, STUCK_OPEN_DAYS = 90.0, (1.25, 2.5)


@dataclass(frozen=True, kw_only=True)
class Valve:
    """When a valve is stuck, over a season: arrays (steps,)."""

    closed: NDArray[np.bool_]
    open: NDArray[np.bool_]

    def stick(self, steps: slice, state: Literal["open", "closed"]) -> None:
        """Makes it stick for some steps."""
        self.closed[steps] = state == "closed"
        self.open[steps] = state == "open"


def simulate_valve(rng: np.random.Generator, steps: int, steps_a_day: int) -> Valve:
    """Failures of a valve at random times, none in the first ten days."""
    closed = _spells(rng, steps, steps_a_day, STUCK_CLOSED_EVERY_DAYS, STUCK_CLOSED_DAYS)
    stuck_open = _spells(rng, steps, steps_a_day, STUCK_OPEN_EVERY_DAYS, STUCK_OPEN_DAYS)
    return Valve(closed=closed & ~stuck_open, open=stuck_open)


def _spells(
    rng: np.random.Generator, steps: int, steps_a_day: int, every_days: float, length_days: tuple[float, float]
) -> NDArray[np.bool_]:
    stuck = np.zeros(steps, dtype=bool)
    day = 10 + rng.exponential(every_days)
    while day * steps_a_day < steps:
        length = rng.uniform(*length_days)
        stuck[int(day * steps_a_day) : int((day + length) * steps_a_day)] = True
        day += length + rng.exponential(every_days)
    return stuck


def wanted_mm(depletion: NDArray[np.float64], raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the controller gives this morning, mm: the depletion, once enough of RAW is gone, and nothing before."""
    return np.where(depletion > REFILL_AT * raw, np.minimum(depletion, MOST_MM), 0.0)


def timed_mm(day: NDArray[np.int64], every_days: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a timer gives on a day after planting, mm, once in `every_days`."""
    return np.where((day >= 0) & (day % every_days == 0), TIMER_MM_A_DAY * every_days, 0.0)


def probed_mm(missing: NDArray[np.float64], taw: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a controller with a probe gives, mm: it takes `missing`, the share of the available water that its probe
    misses, for the root zone's, of which `taw` mm is all and `p` the share that can go before stress."""
    return wanted_mm(missing * taw, p * taw)
