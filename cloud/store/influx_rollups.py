"""Rollups in InfluxDB: Flux that makes them, as a task of the server or at once, and that draws the past.

In the bucket for what is kept for ever, measurements are `hourly` and `daily`, tags farm, zone, node, channel and
`data` (`reading` or `imported`), fields mean, min, max, count, and sum, by which rollups add up without a pivot.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from edge.contract.channels import channel_names

from .influx_server import text
from .rollups import SPANS, Rollup

FIELDS = ("mean", "min", "max", "count", "sum")
EVERY = {"hourly": "1h", "daily": "1d"}
TASKS = {
    "hourly": ("1h", "10m", "-2d", ("hourly",)),
    "daily": ("1d", "20m", "-45d", ("hourly", "daily")),
}
"""Tasks: how often, how long after, how far back, and which rollups. What a gateway kept back for six weeks is in the
next day."""


def makes(bucket: str, long: str, names: Iterable[str], start: str, stop: str) -> str:
    """Flux that makes rollups of these names anew from the readings of [start, stop), which begins a day.

    to() writes tags in the order of a table's columns and sorts none; sorted they must be, or the server takes them for
    another series than line protocol's. So what `_field` and `_measurement` become must sort before `farm`."""
    channels = " or ".join(f"r._field == {text(name)}" for name in channel_names())
    flux = (
        f"readings = from(bucket: {text(bucket)}) |> range(start: {start}, stop: {stop})\n"
        '  |> filter(fn: (r) => r._measurement == "reading" or r._measurement == "imported")\n'
        f"  |> filter(fn: (r) => {channels})\n"
    )
    for name in names:
        for field in FIELDS:
            flux += (
                f"readings |> aggregateWindow(every: {EVERY[name]}, fn: {field}, createEmpty: false,"
                ' timeSrc: "_start")\n'
                '  |> rename(columns: {_measurement: "data", _field: "channel"})\n'
                f'  |> set(key: "_measurement", value: "{name}") |> set(key: "_field", value: "{field}")\n'
                f'  |> to(bucket: {text(long)}, tagColumns: ["channel", "data", "farm", "node", "zone"])\n'
                f'  |> limit(n: 0) |> yield(name: "{name}_{field}")\n'
            )
    return flux


def task(bucket: str, long: str, name: str) -> tuple[str, str]:
    """Name and Flux of a task of TASKS."""
    every, offset, back, names = TASKS[name]
    called = f"cooee {bucket} {name}"
    head = f"option task = {{name: {text(called)}, every: {every}, offset: {offset}}}\n"
    start = f"date.truncate(t: {back}, unit: 1d)"
    return called, f'import "date"\n{head}' + makes(bucket, long, names, start, "now()")


def name_of(span: int) -> str:
    """The measurement of rollups `span` ms long."""
    return next(name for name, length in SPANS.items() if length == span)


def draws(points: str, width: int, offset: int, *, shift: int = 0, rollups: bool = False) -> str:
    """Flux that yields sum, count, min and max in windows of `width` ms. `points`: one field of readings, or the
    fields of rollups, which lie at their time + `shift` ms."""
    moved = f' |> timeShift(duration: {shift}ms, columns: ["_time"])' if shift else ""
    flux = f"points = {points}{moved}\n"
    for field in ("sum", "count", "min", "max"):
        which, adds = (f' |> filter(fn: (r) => r._field == "{field}")', "sum") if rollups else ("", field)
        flux += (
            f"points{which} |> group() |> window(every: {width}ms, offset: {offset}ms)"
            f' |> {adds if field in ("sum", "count") else field}() |> group() |> keep(columns: ["_start", "_value"])'
            f' |> yield(name: "{field}")\n'
        )
    return flux


def read(rows: Iterable[Mapping[str, Any]], span: int) -> list[Rollup]:
    """Rollups of pivoted points; what was said and what was imported of one hour or day is one."""
    found: dict[tuple[str, str, str, int], Rollup] = {}
    for row in rows:
        key = row["node"], row["channel"], row["zone"], row["t"]
        mean, low, high, count = row["mean"], row["min"], row["max"], row["count"]
        if (other := found.get(key)) is not None:
            mean = (mean * count + other.mean * other.count) / (count + other.count)
            low, high, count = min(low, other.low), max(high, other.high), count + other.count
        found[key] = Rollup(
            node=key[0], channel=key[1], zone=key[2], span=span, t=key[3], mean=mean, low=low, high=high, count=count
        )
    return [found[key] for key in sorted(found)]


def line(farm: str, rollup: Rollup) -> str:
    """A rollup in line protocol, as the server makes it of readings."""
    tags = f"channel={rollup.channel},data=reading,farm={farm},node={rollup.node},zone={rollup.zone}"
    return (
        f"{name_of(rollup.span)},{tags} "
        f"mean={rollup.mean!r},min={rollup.low!r},max={rollup.high!r},count={rollup.count}i,"
        f"sum={rollup.mean * rollup.count!r} {rollup.t}"
    )
