"""Now, on the farm, as ingest judges times by it (docs/SPEC.md, "The farm's clock")."""

import time
from collections.abc import Iterable

from edge.contract.messages import EARLIEST_MS, Call, Message, Status
from edge.farm import Farm
from edge.simulated_clock import DAY_MS, SimulatedClock

AHEAD_MS = 3_600_000
BEHIND_MS = 400 * DAY_MS
STEP_S = 60.0
"""The time of day has been set when it moves so much against the machine's steady clock."""


class FarmClock:
    """The time that the farm's simulated gateway says, else the time of day. A farm is simulated or it is not: its
    gateway's first status decides, as the store remembers it."""

    def __init__(self, farm: Farm, statuses: Iterable[Status]) -> None:
        self._gateway = farm.gateway
        self._clock = SimulatedClock()
        self._simulated: bool | None = None
        self._offset = _offset()
        self._mended = False
        for status in statuses:
            if status.t > EARLIEST_MS:
                self.fault(status, None)

    def fault(self, message: Message, said_ms: int | None) -> tuple[str, str] | None:
        """Kind and reason when a message's time cannot be right. `said_ms` is the time that came with the message: it
        vouches for that message alone, and not on a farm whose gateway lives by the time of day."""
        if isinstance(message, Status):
            if message.t == 0:
                return None
            if message.gateway and message.node == self._gateway and (fault := self._hear(message)):
                return fault
        now = self._now(said_ms)
        newest = max(message.t, message.raised_t) if isinstance(message, Call) else message.t
        if newest > now + AHEAD_MS:
            return "future", f"{_hours(newest - now)} ahead of the farm's clock: set the sender's"
        if message.t < now - BEHIND_MS:
            return "ancient", f"{_hours(now - message.t)} behind the farm's clock: set the sender's"
        return None

    @property
    def now_ms(self) -> int:
        """The farm's time now, UTC ms."""
        return self._now(None)

    def mended(self) -> bool:
        """Whether the clock was first told, or put to another time, since the last call: what it refused may be right
        now."""
        offset = _offset()
        mended = self._mended or abs(offset - self._offset) > STEP_S
        self._offset, self._mended = offset, False
        return mended

    def _hear(self, status: Status) -> tuple[str, str] | None:
        if self._simulated is None:
            self._simulated = status.simulated
        if status.simulated != self._simulated:
            kinds = ("the time of day", "simulated time")
            return "clock", (
                f"this farm lives by {kinds[self._simulated]} and its gateway speaks of {kinds[status.simulated]}: "
                "give a simulated farm an id or a store of its own"
            )
        if status.simulated:
            first = self._clock.now_ms is None  # until then the time of day judged
            self._mended |= self._clock.hear(status.t) or first
            if self._clock.leaps(status.t):
                return "clock", "the gateway's clock leaps by more than 30 days: believed when it goes on saying so"
        return None

    def _now(self, said_ms: int | None) -> int:
        if said_ms is not None and not self._clock.leaps(said_ms) and self._simulated is not False:
            return said_ms
        return self._clock.now_ms if self._clock.now_ms is not None else time.time_ns() // 1_000_000


def _offset() -> float:
    return time.time() - time.monotonic()


def _hours(span_ms: int) -> str:
    return f"{span_ms / DAY_MS:.0f} days" if span_ms > 2 * DAY_MS else f"{span_ms / 3_600_000:.1f} h"
