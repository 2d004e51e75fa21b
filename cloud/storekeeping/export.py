"""`cooee export`: readings of a time as CSV or Parquet, a day at a time, in a file that is whole or not there."""

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from cloud.clock import DAY_MS
from cloud.progress import progress
from cloud.store import Store, open_store
from edge.contract.channels import channel_names
from edge.contract.errors import CooeeError
from edge.contract.messages import Reading
from edge.data_folder import DATA, embedded_store
from edge.farm import FARM_FILE, Farm, load_farm

from .times import moment_of

COLUMNS = ("time", "node", "zone", *channel_names(), "faults")
Format = Literal["csv", "parquet"]
Row = dict[str, Any]
SCHEMA = pa.schema(
    [("time", pa.timestamp("ms", tz="UTC")), ("node", pa.string()), ("zone", pa.string())]
    + [(name, pa.float64()) for name in channel_names()]
    + [("faults", pa.string())]
)


def rows(store: Store, farm: Farm, since: int, until: int, told: Callable[[int, int], None]) -> Iterator[list[Row]]:
    """Readings with since <= t < until, oldest first, a day at once, by COLUMNS; `zone` as farm.yaml has it now."""
    days = range(since // DAY_MS, -(-until // DAY_MS))
    for number, day in enumerate(days, start=1):
        begin, end = max(since, day * DAY_MS), min(until, (day + 1) * DAY_MS)
        yield [
            {
                "time": datetime.fromtimestamp(row.message.t / 1000, UTC),
                "node": row.message.node,
                "zone": node.zone if (node := farm.node_by_id.get(row.message.node)) else row.zone,
                "faults": ",".join(row.message.faults),
                **row.message.values,
            }
            for row in store.rows(farm.id, "reading", begin, end)
            if isinstance(row.message, Reading)
        ]
        told(number, len(days))


def write_csv(path: Path | None, days: Iterable[list[Row]]) -> int:
    """Writes CSV to a file, or to standard output; the number of readings. Raises OSError."""
    with nullcontext(sys.stdout) if path is None else path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        count = 0
        for day in days:
            for row in day:
                time = row["time"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
                table.writerow(row | {"time": time})
            count += len(day)
    return count


def write_parquet(path: Path, days: Iterable[list[Row]]) -> int:
    """Writes Parquet; the number of readings. Raises OSError."""
    count = 0
    with pq.ParquetWriter(path, SCHEMA) as table:
        for day in days:
            if day:
                table.write_table(pa.Table.from_pylist(day, SCHEMA))
            count += len(day)
    return count


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside `path`, readable by its owner only, which takes its place when all is written."""
    if path.exists():
        raise CooeeError(f"{path} is there already: name another file, or move it away")
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            yield new
            new.rename(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise CooeeError(f"{path}: cannot be written ({error.strerror or error}): make room, or name another") from None


def command(
    since: Annotated[
        str, typer.Option("--since", help="First day or time, as in 2026-05-01 or 2026-05-01T06:00.")
    ] = "",
    to: Annotated[str, typer.Option("--to", help="Day or time before which it ends; without it, the newest.")] = "",
    form: Annotated[Format, typer.Option("--format", help="csv or parquet.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="File to make; without it, CSV on standard output.")] = None,
    farm: Annotated[Path, typer.Option(help="The farm.yaml whose readings are wanted.")] = FARM_FILE,
    data: Annotated[Path, typer.Option(help="Data folder of ingest.")] = DATA,
    store: Annotated[str | None, typer.Option(help="Store of ingest; without it, sqlite in the data folder.")] = None,
) -> None:
    """Write readings to a file as CSV or Parquet; times without a zone are the farm's."""
    loaded = load_farm(farm)
    asked = [moment_of(text, loaded.timezone, option) for text, option in ((since, "--since"), (to, "--to")) if text]
    if out is None and form == "parquet":
        raise CooeeError("export: parquet is no text: name a file with --out")
    with closing(open_store(store or embedded_store(data), read_only=True)) as opened:
        span = opened.span(loaded.id)
        if span is None:
            raise CooeeError(f"export: the store has nothing of farm {loaded.id}")
        begin = max(span[0], asked[0]) if since else span[0]
        end = min(span[1], asked[-1]) if to else span[1]
        if since and to and asked[0] >= asked[1]:
            raise CooeeError(f"export: --since {since} is not before --to {to}")
        with progress("days") as told:
            days = rows(opened, loaded, begin, end, told)
            if out is None:
                write_csv(None, days)
                return
            with _whole(out) as new:
                count = write_csv(new, days) if form == "csv" else write_parquet(new, days)
    typer.echo(f"{count} readings in {out}")
