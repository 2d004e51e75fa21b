"""A clock that others tell: datagrams of a simulated radio, status messages of a simulated gateway.

Weeks pass in a second, so a clock may leap; but no single forged time may carry it away from all that follows.
"""

import time

DAY_MS = 86_400_000
LEAP_MS = 30 * DAY_MS
"""Farthest leap ahead that is believed at once."""
BEHIND_MS = 3_600_000
"""What lies no more than this behind the clock was overtaken on its way; what lies further back tells another time."""
AGREED_S = 30.0
"""Another time is believed when it has been told for so long and the clock's own has not."""


class SimulatedClock:
    """The newest time told, UTC ms; None before the first. It goes back, or leaps further ahead than LEAP_MS, only when
    for AGREED_S nothing but such another time has been told."""

    def __init__(self, now_ms: int | None = None) -> None:
        self.now_ms = now_ms
        self._rival_ms: int | None = None
        self._rival_since = 0.0

    def hear(self, t: int) -> bool:
        """Takes a time; true when it puts the clock to another time (a mended clock)."""
        if self.now_ms is None or _follows(t, self.now_ms):
            self.now_ms = max(t, self.now_ms or t)
            self._rival_ms = None
            return False
        now = time.monotonic()
        if self._rival_ms is None or not _follows(t, self._rival_ms):
            self._rival_ms, self._rival_since = t, now
            return False
        self._rival_ms = max(t, self._rival_ms)
        if now - self._rival_since < AGREED_S:
            return False
        self.now_ms, self._rival_ms = self._rival_ms, None
        return True

    def leaps(self, t: int) -> bool:
        """Whether a time lies too far ahead to be believed."""
        return self.now_ms is not None and t - self.now_ms > LEAP_MS


def _follows(t: int, before: int) -> bool:
    return -BEHIND_MS <= t - before <= LEAP_MS
