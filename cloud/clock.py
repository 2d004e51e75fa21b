"""The farm's clock: its time zone, and its pace when it is simulated."""

import threading
import time
from collections import deque
from datetime import datetime
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

WAY_S = 10.0
"""Our seconds within which a reading comes from its node into the store."""
STILL_S = 60.0
"""Our seconds without a step after which a simulated clock has stopped; its gateway tells it every second."""


class Pace:
    """A simulated farm's clock may run days a second: what its nodes sent in our last WAY_S seconds is still on its
    way, and silence since then is none. Remembers the clock of that long ago; shared by the page's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[tuple[float, int]] = deque()
        self._moved: tuple[float, int] | None = None

    def settled(self, clock: int, newest: int, *, wall_s: float | None = None) -> int:
        """The farm's clock [UTC ms] by which to judge silence; until WAY_S seconds are known, the time of the newest
        reading of any node."""
        wall_s = time.monotonic() if wall_s is None else wall_s
        with self._lock:
            self._seen.append((wall_s, clock))
            while len(self._seen) > 1 and self._seen[1][0] <= wall_s - WAY_S:
                self._seen.popleft()
            since, then = self._seen[0]
        return then if WAY_S <= wall_s - since <= 3 * WAY_S else min(clock, newest)

    def stopped(self, clock: int, *, wall_s: float | None = None) -> bool:
        """Whether the farm's clock [UTC ms] has stood still for STILL_S of our seconds."""
        wall_s = time.monotonic() if wall_s is None else wall_s
        with self._lock:
            if self._moved is None or self._moved[1] != clock:
                self._moved = wall_s, clock
            return wall_s - self._moved[0] >= STILL_S


def local(t: int, timezone: str) -> datetime:
    """UTC ms as a time in the farm's zone."""
    return datetime.fromtimestamp(t / 1000, ZoneInfo(timezone))
