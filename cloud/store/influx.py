"""InfluxDB 1.8 or 2: a point a message, tags farm, zone and node, everything else a field.

Written synchronously in line protocol, read in the Flux that both versions understand. Where `cooee store init` made a
second bucket, BUCKET-long, it holds what is kept for ever: calls, judgements, records and
rollups.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.contract.channels import channel_names
from edge.contract.errors import StoreError
from edge.contract.messages import LATEST_MS, Call, Judgement, Reading, Record, Status
from edge.farm import Keep

from ..clock import DAY_MS, HOUR_MS
from . import influx_rollups
from .fields import (
    MEASUREMENTS,
    READERS,
    call,
    farm_clock,
    judgement,
    newest_records,
    reading,
    record,
    settle_times,
    status,
)
from .influx_lines import line_of, measurement_of
from .influx_server import InfluxServer, text
from .interface import History, Kept, Stored
from .rollups import READINGS, SPANS, Rollup, span_for

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOR_EVER = {"call", "judgement", "record", *SPANS}
"""Measurements in the bucket that has no retention, where there is one."""
EVERY_READING = ("reading", "imported")
"""What nodes said, and what was imported; `latest` knows the former alone."""
COUNTED = {"reading": "seq", "call": "seq", "node": "state", "judgement": "verdict", "record": "kind"}
"""A field that every point of a measurement has."""
TEND_S = 6 * 3600.0
"""How often what is too old is deleted where no retention does it."""
PIVOT = '|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
OPEN_CALLS = """
  |> group(columns: ["node", "sentinel", "class", "inc"]) |> sort(columns: ["boot", "seq"], desc: true) |> limit(n: 1)
  |> group(columns: ["node", "sentinel", "class"]) |> sort(columns: ["_time"], desc: true) |> limit(n: 1)
  |> filter(fn: (r) => r.state != "cleared")
"""
"""Of calls, pivoted: the newest of each alarm, where that is not cleared (docs/SPEC.md, "Store")."""


class InfluxStore:
    """Store in one bucket of an InfluxDB server. May be shared by threads."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Opens http[s]://HOST:PORT/ORG/BUCKET with the token of the environment (TOKEN_VARIABLE, or the first line of
        the file that TOKEN_FILE_VARIABLE names), or TOKEN@HOST; for InfluxDB 1.8 the token is USER:PASSWORD and the
        path /-/DATABASE/POLICY. A sign that means something in a URL (/ : @ ? # %) is percent-encoded in its token and
        organisation. With a token that may only write, statuses are those that were appended since. StoreError: URL,
        token, organisation or bucket is wrong; StoreUnavailable: the server does not answer."""
        self._server = InfluxServer(url, read_only=read_only)
        self._appended: dict[tuple[str, str], Status] = {}
        self._next_tend = 0.0
        self._retention = self._server.retention_ms() if self._server.may_read and self._server.has_long else None

    def append(self, rows: Sequence[Stored]) -> list[Stored]:
        # InfluxDB keeps what it can of a batch that it refuses; writing that again changes nothing.
        if not self._server.may_read:
            rows = self._wills_of_now(rows)
        lines: dict[str, list[str]] = {}
        settled = settle_times(rows, self._newest_status, self._said_at)
        for row in settled:
            lines.setdefault(self._bucket(measurement_of(row)), []).append(line_of(row))
        for bucket, of_bucket in lines.items():
            self._server.write(bucket, of_bucket)
        for row in settled if not self._server.may_read else ():
            if isinstance(row.message, Status):
                self._appended[row.message.farm, row.message.node] = row.message
        return []

    def _bucket(self, measurement: str) -> str:
        for_ever = self._server.has_long and measurement in FOR_EVER
        return self._server.long if for_ever else self._server.bucket

    def _wills_of_now(self, rows: Sequence[Stored]) -> list[Stored]:
        """Gives last wills the time of day, where the newest status cannot be read. A simulated farm lives in another
        time: there its own last word counts."""
        now = time.time_ns() // 1_000_000
        wills = []
        for row in rows:
            said = row.message
            if isinstance(said, Status) and said.t == 0 and not said.simulated:
                known = self._appended.get((said.farm, said.node))
                if known is None or known.state != "offline":
                    row = replace(row, message=replace(said, t=now))
            wills.append(row)
        return wills

    def _newest_status(self, farm: str, node: str) -> Status | None:
        if not self._server.may_read:
            return self._appended.get((farm, node))
        rows = self._query(self._points("node", farm, node=node) + "|> last()" + PIVOT)
        return status(max(rows, key=_t)) if rows else None

    def _said_at(self, message: Judgement | Record) -> Kept | None:
        if not self._server.may_read:
            return None
        name, t = MEASUREMENTS[type(message)], message.t
        rows = self._query(self._points(name, message.farm, t, t + 1, node=message.node) + PIVOT)
        return READERS[name](rows[0]) if rows else None

    def latest(self, farm: str) -> list[tuple[str, Reading]]:
        return [(row["zone"], reading(row)) for row in self._newest("reading", farm)]

    def statuses(self, farm: str) -> list[Status]:
        if not self._server.may_read:
            return [self._appended[key] for key in sorted(self._appended) if key[0] == farm]
        return [status(row) for row in self._newest("node", farm)]

    def _newest(self, measurement: str, farm: str) -> list[dict[str, Any]]:
        # last() gives every field at its own last time; those of the newest time are the newest point, whole.
        newest: dict[str, dict[str, Any]] = {}
        for row in sorted(self._query(self._points(measurement, farm) + "|> last()" + PIVOT), key=_t):
            newest[row["node"]] = row
        return [newest[node] for node in sorted(newest)]

    def open_calls(self, farm: str) -> list[tuple[str, Call]]:
        rows = self._query(self._points("call", farm) + PIVOT + OPEN_CALLS)
        rows.sort(key=lambda row: (row["raised_t"], row["node"], row["sentinel"], row["class"]))
        return [(row["zone"], call(row)) for row in rows]

    def calls(self, farm: str, since: int, until: int) -> list[tuple[str, Call]]:
        rows = self._query(self._points("call", farm, since, until) + PIVOT)
        return [(row["zone"], call(row)) for row in sorted(rows, key=lambda row: (row["t"], row["node"]))]

    def history(self, farm: str, nodes: Sequence[str], channel: str, since: int, until: int, points: int) -> History:
        if channel not in channel_names():
            raise StoreError(f"history: {channel!r} is not a channel ({', '.join(channel_names())})")
        if not nodes:
            return History(t=[], mean=[], low=[], high=[])
        width = max(1, -(-(until - since) // points))
        of_nodes = " or ".join(f"r.node == {text(node)}" for node in nodes)
        chosen = f" |> filter(fn: (r) => {of_nodes})"
        span, first, last = self._rolled(farm, width, since, until)
        flux = [
            influx_rollups.draws(
                self._points(EVERY_READING, farm, begin, end, _field=channel) + chosen, width, since % width
            )
            for begin, end in ((since, first), (last, until))
            if begin < end
        ]
        if first < last:
            rollups = self._points(influx_rollups.name_of(span), farm, first, last, channel=channel) + chosen
            flux.append(influx_rollups.draws(rollups, width, since % width, shift=span // 2, rollups=True))
        found: dict[str, dict[int, list[float]]] = {"sum": {}, "count": {}, "min": {}, "max": {}}
        for row in (row for each in flux for row in self._query(each, time="_start")):
            # The first window of a part begins with the part.
            bucket = since + (row["t"] - since) // width * width
            found[row["result"]].setdefault(bucket, []).append(row["_value"])
        times = sorted(found["sum"])
        return History(
            t=times,
            mean=[sum(found["sum"][t]) / sum(found["count"][t]) for t in times],
            low=[min(found["min"][t]) for t in times],
            high=[max(found["max"][t]) for t in times],
        )

    def _rolled(self, farm: str, width: int, since: int, until: int) -> tuple[int, int, int]:
        """Span of the rollups to draw with, and the times between which to use them: the server's tasks have made those
        that ended a span ago."""
        now = time.time_ns() // 1_000_000
        span = span_for(width, since, self.kept_since(farm)) if self._server.has_long else READINGS
        if span == READINGS:
            return READINGS, until, until
        first = min(-(-since // span) * span, until)
        return span, first, max(first, min(until, now - span) // span * span)

    def judgements(self, farm: str, since: int, until: int) -> list[Judgement]:
        rows = self._query(
            self._points("judgement", farm)
            + PIVOT
            + f"|> filter(fn: (r) => r.raised_t >= {since} and r.raised_t < {until})"
        )
        return [judgement(row) for row in sorted(rows, key=lambda row: (row["t"], row["node"]))]

    def records(self, farm: str, since: int, until: int) -> list[Record]:
        # Nothing is written before it happened.
        rows = self._query(self._points("record", farm, since) + PIVOT)
        return newest_records(map(record, sorted(rows, key=lambda row: (row["t"], row["node"]))), since, until)

    def farm_now(self, farm: str) -> tuple[int, bool]:
        return farm_clock(self.statuses(farm))

    def counts(self, farm: str) -> dict[str, int]:
        counts = dict.fromkeys(MEASUREMENTS.values(), 0)
        for name in counts:
            which = EVERY_READING if name == "reading" else name
            flux = self._points(which, farm, _field=COUNTED[name]) + "|> count() |> group() |> sum()"
            counts[name] = sum(row["_value"] for row in self._query(flux, time=None))
        return counts

    def roll_up(self, farm: str, since: int, until: int) -> None:
        if self._server.has_long:
            first = since // DAY_MS * DAY_MS
            bounds = _moment(first), _moment(-(-until // DAY_MS) * DAY_MS)
            self._server.query(influx_rollups.makes(self._server.bucket, self._server.long, SPANS, *bounds))

    def span(self, farm: str) -> tuple[int, int] | None:
        times = []
        for name, field in {**COUNTED, **({"daily": "count"} if self._server.has_long else {})}.items():
            which = EVERY_READING if name == "reading" else name
            points = self._points(which, farm, _field=field)
            for pick in ("first", "last"):
                times += [row["t"] for row in self._query(f'{points} |> {pick}() |> keep(columns: ["_time"])')]
        return (min(times), max(times) + 1) if times else None

    def rows(self, farm: str, measurement: str, since: int, until: int) -> list[Stored]:
        which = EVERY_READING if measurement == "reading" else measurement
        found = self._query(self._points(which, farm, since, until) + PIVOT)
        found.sort(key=lambda row: (row["t"], row["node"]))
        return [Stored(zone=row["zone"], message=READERS[measurement](row)) for row in found]

    def kept_since(self, farm: str) -> dict[int, int]:
        self._server.need_reading()
        return {} if self._retention is None else {READINGS: time.time_ns() // 1_000_000 - self._retention}

    def rollups(self, farm: str, span: int, since: int, until: int) -> list[Rollup]:
        if not self._server.has_long:
            return []
        rows = self._query(self._points(influx_rollups.name_of(span), farm, since, until) + PIVOT)
        return influx_rollups.read(rows, span)

    def put_rollups(self, farm: str, rollups: Sequence[Rollup], kept_since: Mapping[int, int]) -> None:
        # What the bucket keeps is its retention.
        if self._server.has_long:
            self._server.write(self._server.long, [influx_rollups.line(farm, rollup) for rollup in rollups])

    def tend(self, farm: str, keep: Keep, now: int) -> bool:
        # Readings go by their bucket's retention. Hourly rollups share one with what stays for ever.
        if self._server.has_long and keep.hourly_days != "all" and time.monotonic() >= self._next_tend:
            self._next_tend = time.monotonic() + TEND_S
            until = min(now, time.time_ns() // 1_000_000) - keep.hourly_days * DAY_MS
            hourly = influx_rollups.name_of(HOUR_MS)
            self._server.delete(self._server.long, _moment(max(0, until)), f'_measurement="{hourly}" AND farm="{farm}"')
        return False

    def close(self) -> None:
        self._server.close()

    def _points(
        self, measurement: str | tuple[str, ...], farm: str, since: int = 0, until: int = LATEST_MS, **equal: str | None
    ) -> str:
        """Flux for the points of a farm with since <= t < until whose tags (or field) equal what is given; of several
        measurements all."""
        names = (measurement,) if isinstance(measurement, str) else measurement
        known = {"farm": farm} | {k: v for k, v in equal.items() if v is not None}
        match = " and ".join(f"r.{name} == {text(value)}" for name, value in known.items())
        kinds = " or ".join(f"r._measurement == {text(name)}" for name in names)
        # Version 1.8 takes a point at `stop` itself, version 2 does not: so stop lies between two milliseconds.
        stop = _moment(until - 1).replace("Z", "999999Z")
        return (
            f"from(bucket: {text(self._bucket(names[0]))}) |> range(start: {_moment(since)}, stop: {stop})"
            f" |> filter(fn: (r) => ({kinds}) and {match})"
        )

    def _query(self, flux: str, time: str | None = "_time") -> list[dict[str, Any]]:
        rows = self._server.query(flux)
        if time:
            for row in rows:
                row["t"] = (row[time] - EPOCH) // timedelta(milliseconds=1)
        return rows


def _t(row: Mapping[str, Any]) -> int:
    return int(row["t"])


def _moment(t: int) -> str:
    return (EPOCH + timedelta(milliseconds=t)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
