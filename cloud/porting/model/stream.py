"""Rows that come a sample at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A row is so many samples, the oldest first, each of so many channels; the C takes them one by one."""

    channels: int
    samples: int
