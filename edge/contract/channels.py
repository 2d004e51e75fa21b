"""Channels: what a node can measure, read from channels.toml (docs/SPEC.md, "Channels")."""

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

MISSING = -32768
"""Raw int16 that stands for "no reading"."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A measured quantity: value [unit] = raw int16 * scale; a working sensor reports low..high."""

    id: int
    name: str
    label: str
    unit: str
    scale: float
    low: float
    high: float
    stuck_hours: int
    hours_above: float | None = None
    device_class: str | None = None

    def to_raw(self, value: float) -> int:
        """Nearest int16 for a value in `unit`, saturated at +-32767; NaN becomes MISSING."""
        if value != value:
            return MISSING
        return round(max(-32767.0, min(32767.0, value / self.scale)))  # infinity, too

    def plausible(self, value: float) -> bool:
        """Whether a working sensor can report this value: the node's own test, on the rounded raw values."""
        if self.low <= value <= self.high:
            return True
        low, high = self._raw_range
        return low <= self.to_raw(value) <= high

    @cached_property
    def _raw_range(self) -> tuple[int, int]:
        return self.to_raw(self.low), self.to_raw(self.high)

    def to_value(self, raw: int) -> float | None:
        """Value in `unit`, rounded to the scale's own digits; None for MISSING."""
        return None if raw == MISSING else round(raw * self.scale, 4)


@cache
def channels() -> tuple[Channel, ...]:
    """All channels, ordered by id; ids are 0..len-1."""
    table = tomllib.loads(files(__package__).joinpath("channels.toml").read_text(encoding="utf-8"))["channel"]
    rows = tuple(sorted((Channel(**row) for row in table), key=lambda c: c.id))
    if [c.id for c in rows] != list(range(len(rows))):
        raise ValueError("channels.toml: ids must be 0, 1, 2, ... without gaps")
    return rows


@cache
def channel_names() -> tuple[str, ...]:
    """Channel names in id order."""
    return tuple(c.name for c in channels())


@cache
def _by_name() -> dict[str, Channel]:
    return {c.name: c for c in channels()}


def channel(name: str) -> Channel:
    """The channel called `name`; KeyError when there is none."""
    return _by_name()[name]
