"""Irrigation of a zone: a controller that refills the root zone in the early morning, through a valve that sometimes fails."""

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


def _spells(rng: np.random.Generator, steps: int, steps_a_day: int, every_days: float, length_days: tuple[float, float]) -> NDArray[np.bool_]:
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
