"""`cooee export`: what the store has of a time as CSV or Parquet, in a file that is whole or not there. Readings come a
day at a time."""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from edge.contract.channels import channel_names
from edge.contract.errors import CooeeError
from edge.contract.messages import Reading
from edge.farm import FARM_FILE, Farm, load_farm
from edge.options import IngestData, IngestStore
from edge.service.data_folder import DATA, embedded_store
from edge.written_files import replacing

from ..clock import DAY_MS
from ..progress import progress
from ..store import Store, Stored, open_store
from ..store.fields import fields
from .times import moment_of

Format = Literal["csv", "parquet"]
What = Literal["readings", "calls", "judgements", "records"]
Row = dict[str, Any]
Told = Callable[[int, int], None]
TIME, WORD, NUMBER = pa.timestamp("ms", tz="UTC"), pa.string(), pa.float64()
PLACE = {"time": TIME, "node": WORD, "zone": WORD}
CALL = {"sentinel": WORD, "class": WORD, "raised": TIME}
SCHEMAS: dict[What, Mapping[str, pa.DataType]] = {
    "readings": {**PLACE, **dict.fromkeys(channel_names(), NUMBER), "faults": WORD},
    "calls": {**PLACE, **CALL, "state": WORD, "confidence": NUMBER, "version": WORD, "why": WORD},
    "judgements": {**PLACE, **CALL, "verdict": WORD, "note": WORD},
    "records": {
        "time": TIME,
        "zone": WORD,
        "kind": WORD,
        "amount": NUMBER,
        "unit": WORD,
        "text": WORD,
        "written": TIME,
    },
}
"""Columns of a table. A record's time is when it happened."""
UNITS = {"irrigation": "mm", "rain": "mm", "harvest": "kg"}
"""Of what records count."""


def rows(store: Store, farm: Farm, what: What, since: int, until: int, told: Told) -> Iterator[list[Row]]:
    """Rows of a table with since <= time < until, oldest first; `zone` of a node as farm.yaml has it now. Of records
    the newest word on each, without those taken back."""
    if what == "readings":
        yield from _readings(store, farm, since, until, told)
    elif what == "records":
        yield [
            {
                "time": _moment(record.happened_t),
                "zone": record.zone,
                "kind": record.kind,
                "amount": record.amount,
                "unit": UNITS.get(record.kind) if record.amount is not None else None,
                "text": record.text,
                "written": _moment(record.t),
            }
            for record in store.records(farm.id, since, until)
            if not record.withdrawn
        ]
    else:
        found = store.rows(farm.id, what.removesuffix("s"), since, until)
        kept = ((row, fields(row.message)) for row in found)
        yield [_place(farm, row) | of | {"raised": _moment(int(of["raised_t"]))} for row, of in kept]


def _place(farm: Farm, row: Stored) -> Row:
    node = farm.node_by_id.get(row.message.node)
    return {"time": _moment(row.message.t), "node": row.message.node, "zone": node.zone if node else row.zone}


def _moment(t: int) -> datetime:
    return datetime.fromtimestamp(t / 1000, UTC)


def _readings(store: Store, farm: Farm, since: int, until: int, told: Told) -> Iterator[list[Row]]:
    """A day at once."""
    days = range(since // DAY_MS, -(-until // DAY_MS))
    for number, day in enumerate(days, start=1):
        begin, end = max(since, day * DAY_MS), min(until, (day + 1) * DAY_MS)
        yield [
            _place(farm, row) | {"faults": ",".join(row.message.faults), **row.message.values}
            for row in store.rows(farm.id, "reading", begin, end)
            if isinstance(row.message, Reading)
        ]
        told(number, len(days))


def write_csv(path: Path | None, what: What, parts: Iterable[list[Row]]) -> int:
    """Writes CSV to a file, or to standard output; the number of rows. Raises OSError."""
    with nullcontext(sys.stdout) if path is None else path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, SCHEMAS[what], restval="", extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        count = 0
        for part in parts:
            table.writerows({name: _in_csv(value) for name, value in row.items()} for row in part)
            count += len(part)
    return count


def _in_csv(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if isinstance(value, datetime) else value


def write_parquet(path: Path, what: What, parts: Iterable[list[Row]]) -> int:
    """Writes Parquet; the number of rows. Raises OSError."""
    count, schema = 0, pa.schema(list(SCHEMAS[what].items()))
    with pq.ParquetWriter(path, schema) as table:
        for part in parts:
            if part:
                table.write_table(pa.Table.from_pylist(part, schema))
            count += len(part)
    return count


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside `path`, readable by its owner only, which takes its place when all is written."""
    if path.exists():
        raise CooeeError(f"{path} is there already: name another file, or move it away")
    try:
        with replacing(path) as new:
            yield new
    except OSError as error:
        raise CooeeError(f"{path}: cannot be written ({error.strerror or error}): make room, or name another") from None


def command(
    what: Annotated[What, typer.Argument(help="readings, calls, judgements or records.")] = "readings",
    since: Annotated[
        str, typer.Option("--since", help="First day or time, as in 2026-05-01 or 2026-05-01T06:00.")
    ] = "",
    to: Annotated[str, typer.Option("--to", help="Day or time before which it ends; without it, the newest.")] = "",
    form: Annotated[Format, typer.Option("--format", help="csv or parquet.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="File to make; without it, CSV on standard output.")] = None,
    farm: Annotated[Path, typer.Option(help="The farm.yaml of the farm that is wanted.")] = FARM_FILE,
    data: IngestData = DATA,
    store: IngestStore = None,
) -> None:
    """Write readings, calls, what was said of them, or records to a file; times without a zone are the farm's."""
    loaded = load_farm(farm)
    asked = [moment_of(text, loaded.timezone, option) for text, option in ((since, "--since"), (to, "--to")) if text]
    if out is None and form == "parquet":
        raise CooeeError("export: parquet is no text: name a file with --out")
    with closing(open_store(store or embedded_store(data), read_only=True)) as opened:
        span = opened.span(loaded.id)
        if span is None:
            raise CooeeError(f"export: the store has nothing of farm {loaded.id}")
        # A record may be of a time before everything else.
        first = 0 if what == "records" else span[0]
        begin = max(first, asked[0]) if since else first
        end = min(span[1], asked[-1]) if to else span[1]
        if since and to and asked[0] >= asked[1]:
            raise CooeeError(f"export: --since {since} is not before --to {to}")
        with progress("days") as told:
            parts = rows(opened, loaded, what, begin, end, told)
            if out is None:
                write_csv(None, what, parts)
                return
            with _whole(out) as new:
                count = write_csv(new, what, parts) if form == "csv" else write_parquet(new, what, parts)
                if not count:
                    raise CooeeError(f"export: the store has no {what} of that time; {out} was not written")
    typer.echo(f"{count} {what} in {out}")
