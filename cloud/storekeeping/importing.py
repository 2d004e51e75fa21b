"""`cooee import`: readings of another system as history of the farm's nodes.

They have an incarnation that no node has: charts and rollups know them, the newest reading of a node does not, so that
nothing is called, told or taken for heard because of them. A file is read to its end before its first row is kept.
"""

import csv
import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from edge.contract.channels import channel, channel_names
from edge.contract.errors import CooeeError
from edge.contract.messages import Reading
from edge.edited_file import why_unreadable
from edge.farm import FARM_FILE, Farm, load_farm
from edge.options import FarmOfNodes, IngestData, IngestStore
from edge.service.data_folder import DATA, embedded_store

from ..progress import progress
from ..store import Stored, open_store
from ..store.fields import IMPORTED
from ..store.rollups import READINGS
from .times import moment_of, zone_name
from .units import conversion

AT_ONCE = 2_000
KNOWN = ("zone", "faults")
"""Columns of our own export that say nothing here: the zone is farm.yaml's."""
MISSING = ("", "nan", "null", "none", "na", "n/a")


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """How a file is to be read: `channels` has column -> (channel, factor, offset); `node` names a column, or, with a =
    before it, the node of all rows. Times without a zone are in `timezone`."""

    time: str = "time"
    node: str = "node"
    channels: Mapping[str, tuple[str, float, float]]
    ignored: tuple[str, ...] = ()
    pattern: str | None = None
    timezone: str = "UTC"


def mapped_channel(text: str) -> tuple[str, tuple[str, float, float]]:
    """COLUMN=CHANNEL or COLUMN=CHANNEL:UNIT, read. CooeeError when it is neither."""
    column, equals, rest = text.rpartition("=")
    name, _, unit = rest.partition(":")
    if not equals or not column or not name:
        raise CooeeError(
            f"--channel {text!r}: write COLUMN=CHANNEL or COLUMN=CHANNEL:UNIT, as in Temp=air_temperature:degF"
        )
    return column, (name, *conversion(name, unit or None))


class Table:
    """A CSV or Parquet file, a row at a time as texts by column. CooeeError when it is neither, or cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                self._is_parquet = file.read(4) == b"PAR1"
            if self._is_parquet:
                self.columns = list(pq.ParquetFile(path).schema_arrow.names)
            else:
                with path.open(newline="", encoding="utf-8-sig") as file:
                    self.columns = next(csv.reader(file), [])
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
            raise self._unreadable(error) from None

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line (of Parquet: row) number and texts by column."""
        try:
            yield from self._of_parquet() if self._is_parquet else self._of_csv()
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
            raise self._unreadable(error) from None

    def _of_csv(self) -> Iterator[tuple[int, dict[str, str]]]:
        with self._path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            next(reader, None)
            for cells in reader:
                if cells and len(cells) != len(self.columns):
                    raise CooeeError(
                        f"{self._path}: line {reader.line_num}: {len(cells)} cells under {len(self.columns)} columns"
                    )
                if cells:
                    yield reader.line_num, dict(zip(self.columns, (cell.strip() for cell in cells), strict=True))

    def _of_parquet(self) -> Iterator[tuple[int, dict[str, str]]]:
        number = 0
        with pq.ParquetFile(self._path) as file:
            for batch in file.iter_batches(AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {name: "" if value is None else str(value) for name, value in row.items()}

    def _unreadable(self, error: Exception) -> CooeeError:
        known = isinstance(error, OSError | UnicodeDecodeError)
        reason = why_unreadable(error) if known else "it is neither CSV in UTF-8 nor Parquet"
        return CooeeError(f"{self._path}: cannot be read: {reason}")


def check_columns(table: Table, path: Path, mapped: Mapped) -> None:
    """CooeeError when a column is wanted that the file lacks, or has one that is not spoken of."""
    twice = [name for name, count in Counter(table.columns).items() if count > 1]
    if twice:
        raise CooeeError(f"{path}: column {twice[0]!r} is there twice")
    wanted = {mapped.time, *mapped.channels} | (set() if mapped.node.startswith("=") else {mapped.node})
    if missing := sorted(wanted - set(table.columns)):
        raise CooeeError(f"{path}: has no column {missing[0]!r}: its columns are {', '.join(table.columns)[:300]}")
    spoken = wanted | set(mapped.ignored) | set(KNOWN)
    if unknown := [name for name in table.columns if name not in spoken]:
        raise CooeeError(
            f"{path}: column {unknown[0]!r} is not mapped: --channel '{unknown[0]}=CHANNEL:UNIT', or --ignore "
            f"'{unknown[0]}'"
        )


def readings(path: Path, table: Table, farm: Farm, mapped: Mapped, now: int) -> Iterator[Reading]:
    """The file's readings. CooeeError names the line that is wrong."""
    seen: dict[tuple[str, int], int] = {}
    for line, row in table.rows():
        where = f"{path}: line {line}"
        node = mapped.node[1:] if mapped.node.startswith("=") else row[mapped.node]
        if node not in farm.node_by_id:
            raise CooeeError(f"{where}: {node[:40]!r} is not a node of farm.yaml ({', '.join(farm.node_by_id)[:200]})")
        t = moment_of(row[mapped.time], mapped.timezone, where, mapped.pattern)
        if t > now:
            raise CooeeError(f"{where}: {row[mapped.time]} has not come yet: is --timezone right?")
        values = {}
        for column, (name, factor, offset) in mapped.channels.items():
            if (value := _number(row[column], where, column)) is not None:
                values[name] = round(factor * value + offset, 6)
        if not values:
            continue
        second = t // 1000
        if (first := seen.setdefault((node, second), line)) != line:
            raise CooeeError(f"{where}: {node} has a reading of this second already, in line {first}")
        faults = tuple(name for name, value in values.items() if not channel(name).plausible(value))
        yield Reading(
            farm=farm.id,
            node=node,
            inc=IMPORTED,
            boot=0,
            seq=second,
            t=t,
            values={name: value for name, value in values.items() if name not in faults},
            faults=faults,
        )


def _number(text: str, where: str, column: str) -> float | None:
    if text.lower() in MISSING:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CooeeError(f"{where}: {column}: {text[:40]!r} is no number; empty cells, NA and NaN are readings missed")
    return value


def command(
    file: Annotated[Path, typer.Argument(help="CSV with a line of column names, or Parquet.")],
    channels: Annotated[
        list[str] | None,
        typer.Option("--channel", help="COLUMN=CHANNEL[:UNIT], as often as needed; else columns named like channels."),
    ] = None,
    time_column: Annotated[str, typer.Option("--time", help="Column of times.")] = "time",
    pattern: Annotated[
        str | None, typer.Option("--time-format", help="How times are written, as in '%d.%m.%Y %H:%M'; else ISO 8601.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none; else the farm's.")] = None,
    node: Annotated[str, typer.Option(help="Column of nodes, or =NODE where all is of one.")] = "node",
    ignore: Annotated[list[str] | None, typer.Option(help="Column to leave out, as often as needed.")] = None,
    farm: FarmOfNodes = FARM_FILE,
    data: IngestData = DATA,
    store: IngestStore = None,
) -> None:
    """Take readings of another system as history; nobody is told, and the file may be imported again."""
    loaded = load_farm(farm)
    zone = zone_name(timezone or loaded.timezone)
    table = Table(file)
    named = {name: (name, 1.0, 0.0) for name in table.columns if name in channel_names()}
    chosen = dict(mapped_channel(text) for text in channels) if channels else named
    if not chosen:
        raise CooeeError(f"{file}: no column is named like a channel: map them with --channel COLUMN=CHANNEL:UNIT")
    mapped = Mapped(
        time=time_column, node=node, channels=chosen, ignored=tuple(ignore or ()), pattern=pattern, timezone=zone
    )
    check_columns(table, file, mapped)
    typer.echo(_import(file, table, loaded, mapped, store or embedded_store(data)))


def _import(file: Path, table: Table, farm: Farm, mapped: Mapped, url: str) -> str:
    now = time.time_ns() // 1_000_000
    with closing(open_store(url)) as opened, progress("readings") as told:
        now = min(now, opened.farm_now(farm.id)[0])
        since = opened.kept_since(farm.id).get(READINGS, 0)
        times = [reading.t for reading in readings(file, table, farm, mapped, now)]
        batch: list[Stored] = []
        faulty = other = 0
        for done, reading in enumerate(readings(file, table, farm, mapped, now), start=1):
            faulty += bool(reading.faults)
            if reading.t >= since:
                batch.append(Stored(zone=farm.node_by_id[reading.node].zone, message=reading))
            if len(batch) == AT_ONCE or done == len(times):
                other += len(opened.append(batch))
                batch.clear()
                told(done, len(times))
        if times:
            opened.roll_up(farm.id, min(times), max(times) + 1)
    return _words(len(times), times, since, faulty, other)


def _words(count: int, times: Sequence[int], since: int, faulty: int, other: int) -> str:
    old = sum(t < since for t in times)
    words = [f"{count - old - other} readings are in the store as history"]
    if old:
        words.append(f"{old} are older than the store keeps (`keep` in farm.yaml): left out")
    if other:
        words.append(f"{other} are otherwise there from another import: left as they are")
    if faulty:
        words.append(f"{faulty} have a value that no sensor can report: kept as a fault")
    return "; ".join(words)
