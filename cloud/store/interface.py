"""What a store does, and the values that it takes and gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.contract.messages import Call, Judgement, Message, Reading, Record, Status
from edge.farm import Keep

from .rollups import Rollup

Kept = Message | Judgement | Record


@dataclass(frozen=True, kw_only=True)
class History:
    """A channel over time, downsampled by the store: one entry a bucket that has data. `t` is the bucket's start,
    UTC ms; mean, low and high are in the channel's unit."""

    t: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A message, or what a person said, with the zone it was stored under."""

    zone: str
    message: Kept


class Store(Protocol):
    """Every method raises StoreUnavailable when trying again may help, StoreError when it will not.
    Times are UTC ms."""

    def append(self, rows: Sequence[Stored]) -> list[Stored]:
        """Keeps all rows, durably, before it returns; a row that is there already changes nothing. Returns those that
        it did not keep because their identity is there with other content. Readings of a time that the store no longer
        keeps are dropped, counted and said.
        StoreError: no row of this batch was accepted because one cannot be (the caller bisects)."""

    def latest(self, farm: str) -> list[tuple[str, Reading]]:
        """The newest reading of every node, with its zone, by node. What was imported is history: it is not here."""

    def statuses(self, farm: str) -> list[Status]:
        """The newest status of every node and gateway, by node. A last will (t = 0) counts as newer than what came
        before it."""

    def open_calls(self, farm: str) -> list[tuple[str, Call]]:
        """For every (node, sentinel, class) whose newest call is not cleared: that call, with its zone, oldest raise
        first. Newest is what has the highest boot and sequence, and of several incarnations the latest time."""

    def calls(self, farm: str, since: int, until: int) -> list[tuple[str, Call]]:
        """All calls with since <= t < until, with their zone, oldest first."""

    def history(self, farm: str, nodes: Sequence[str], channel: str, since: int, until: int, points: int) -> History:
        """A channel of these nodes together in at most `points` equal buckets of [since, until); averaged
        in the store. From rollups where a bucket is wide or readings have gone (cloud/store/rollups.py)."""

    def judgements(self, farm: str, since: int, until: int) -> list[Judgement]:
        """What people said of calls raised in that time, oldest judgement first."""

    def records(self, farm: str, since: int, until: int) -> list[Record]:
        """The newest word on each record that happened in that time, those taken back too, by the time it happened."""

    def farm_now(self, farm: str) -> tuple[int, bool]:
        """The farm's clock (UTC ms) and whether it is simulated (docs/SPEC.md, "The farm's clock")."""

    def counts(self, farm: str) -> dict[str, int]:
        """Rows a measurement: reading, call, node, judgement, record."""

    def roll_up(self, farm: str, since: int, until: int) -> None:
        """Brings the rollups of readings with since <= t < until up to date: for readings that come by the thousand,
        and long after their time."""

    def tend(self, farm: str, keep: Keep, now: int) -> bool:
        """Does a piece of the work that keeps the store in bounds, as `keep` says at `now`; whether there is more.
        Nothing where the server does it itself."""

    def span(self, farm: str) -> tuple[int, int] | None:
        """Time of the oldest row or daily rollup, and a millisecond past the newest row; None when there is nothing."""

    def rows(self, farm: str, measurement: str, since: int, until: int) -> list[Stored]:
        """Every row of a measurement with since <= t < until, oldest first, imported readings too."""

    def kept_since(self, farm: str) -> dict[int, int]:
        """Span of rollups (0: of readings) -> the time from which they are there; nothing for those never dropped."""

    def rollups(self, farm: str, span: int, since: int, until: int) -> list[Rollup]:
        """Rollups `span` ms long with since <= t < until, by node, channel, zone and time."""

    def put_rollups(self, farm: str, rollups: Sequence[Rollup], kept_since: Mapping[int, int]) -> None:
        """Keeps rollups of readings that are elsewhere, or nowhere any more, in place of those that are here, and that
        nothing is kept from before `kept_since`."""

    def close(self) -> None:
        """Lets go of files and connections."""
