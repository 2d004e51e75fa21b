"""The newest value of a mapped channel: carried while nothing comes, counted, averaged or summed between wakes."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from ..farm.mapping import MappedReading

AHEAD_MS = 600_000
"""A time further ahead of the gateway's clock is another clock's."""
MOST_RAIN_MM_H = 600.0
"""Rain of 10 mm a minute: a counter that rises faster was set, it did not rain."""


@dataclass(kw_only=True)
class Value:
    """What is known of a channel, in its unit. The first number came at `since` (UTC ms); `t` and `last` are of the
    newest; `sum`, `count` and `high` of those since the last wake; a counter stood at `counted`, then at `fallen`."""

    t: int | None = None
    since: int | None = None
    last: float = math.nan
    sum: float = 0.0
    count: int = 0
    high: float = -math.inf
    counted: float | None = None
    fallen: float | None = None

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """What `to_json` gave; fields of other versions are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in saved.items() if name in known})

    def to_json(self) -> dict[str, Any]:
        """All that is known."""
        return asdict(self)

    def hear(self, reading: MappedReading, number: float, t: int) -> bool:
        """Takes a number measured at `t` (UTC ms). False for one that is not newer than what is known."""
        if self.t is not None and t <= self.t:
            return False
        value = reading.value(number)
        if reading.counter:
            value = self._grown(value, hours=(t - (self.t or t)) / 3_600_000)
        self.t, self.last = t, value
        self.sum += value
        self.count += 1
        self.high = max(self.high, value)
        return True

    def _grown(self, counter: float, hours: float) -> float:
        """How much a counter has risen. One that falls has begun anew only when the next is low, too: otherwise it was
        an old number that came late."""
        before = self.counted
        if before is None:
            self.counted = counter
            return 0.0
        if counter < before and self.fallen is None:
            self.fallen = counter
            return 0.0
        grown = counter if counter < before else counter - before
        self.counted, self.fallen = counter, None
        return grown if grown <= MOST_RAIN_MM_H * max(hours, 1 / 60) else 0.0

    def take(self, reading: MappedReading, now_ms: int) -> tuple[float, bool]:
        """The value for a wake at `now_ms`, NaN for none, and whether it was carried from before the last wake. Rain is
        summed since then, wind and radiation averaged, of gusts it is the highest."""
        if self.t is not None and self.t > now_ms + AHEAD_MS:
            self.t = None
        if self.t is None or now_ms - self.t > 1000 * reading.carry_s:
            value = math.nan
        elif reading.channel == "rain":
            value = self.sum
        elif self.count == 0:
            return self.last, True
        elif reading.channel in ("wind", "solar_radiation"):
            value = self.sum / self.count
        else:
            value = self.high if reading.channel == "gust" else self.last
        self.sum, self.count, self.high = 0.0, 0, -math.inf
        return value, False
