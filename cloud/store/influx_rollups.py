"""Rollups in InfluxDB: Flux that makes them, as a task of the server or at once, and that draws the past.

In the bucket for what is kept for ever, measurements are `hourly` and `daily`, tags farm, zone, node, channel and `of`
(`reading` or `imported`), fields mean, min, max, count, and sum, by which rollups add up without a pivot.
"""

from collections.abc import Iterable

from edge.contract.channels import channel_names

from .influx_server import text
from .rollups import SPANS

FIELDS = ("mean", "min", "max", "count", "sum")
EVERY = {"hourly": "1h", "daily": "1d"}
TASKS = {
    "hourly": ("1h", "10m", "-2d", ("hourly",)),
    "daily": ("1d", "20m", "-45d", ("hourly", "daily")),
}
"""Tasks: how often, how long after, how far back, and which rollups. What a gateway kept back for six weeks is in the
next day."""


def makes(bucket: str, long: str, names: Iterable[str], start: str, stop: str) -> str:
    """Flux that makes rollups of these names anew from the readings of [start, stop), which begins a day."""
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
                '  |> rename(columns: {_measurement: "of", _field: "channel"})\n'
                f'  |> set(key: "_measurement", value: "{name}") |> set(key: "_field", value: "{field}")\n'
                f'  |> to(bucket: {text(long)}, tagColumns: ["farm", "zone", "node", "channel", "of"])\n'
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
