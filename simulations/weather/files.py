"""Tables of weather as several services write them: known by their column names, brought to SI units, errors named by
line."""

import gzip
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from edge.contract.errors import CooeeError

MPH, KMH_PER_MS, INCH, LANGLEY = 0.44704, 3.6, 25.4, 0.04184
"""m/s, km/h in a m/s, mm and MJ/m2 (a calorie a cm2)."""
MISSING = ("--", "M", "///")
"""What is written for no value, besides nothing and what pandas knows (NA, NaN, null ...)."""
EXAMPLE = datetime(2015, 6, 30, 14, 50, tzinfo=UTC)
MOST_NAMED = 40
"""Columns or stations named in a message."""
LONGEST_PREAMBLE = 100
"""Lines before the column names."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a station stands."""

    latitude: float
    elevation_m: float
    utc_offset_h: float = 0.0
    wind_height_m: float = 2.0
    coast: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """A quantity in a file: (number - zero) * factor / per is in our unit. `codes` are numbers that stand for others,
    in the file's unit."""

    name: str
    zero: float = 0.0
    factor: float = 1.0
    per: float = 1.0
    codes: Mapping[float, float] = field(default_factory=dict)


def fahrenheit(name: str) -> Column:
    """A temperature in degrees Fahrenheit."""
    return Column(name=name, zero=32.0, per=1.8)


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file. `time` is the columns that give the time (joined by a space), read by `time_format`. `station` is
    the column that names a station, `sites` where those we know stand. A file is of this kind if it has `time`,
    `station` and `columns`. Times are of a site's standard time, or `utc`. A gap of up to `straight_h` is bridged by a
    straight line. With `gusts_when_strong` nothing is written where the wind is steady."""

    name: str
    time: tuple[str, ...]
    time_format: str = "ISO8601"
    columns: Mapping[str, Column]
    optional: Mapping[str, Column] = field(default_factory=dict)
    station: str | None = None
    sites: Mapping[str, Site] = field(default_factory=dict)
    utc: bool = False
    straight_h: int = 6
    gusts_when_strong: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that a file of this kind has."""
        return (
            *self.time,
            *((self.station,) if self.station else ()),
            *(column.name for column in self.columns.values()),
        )


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file read: its lines from the one after `header` (counted from 1) on, and the lines before."""

    name: str
    format: Format
    preamble: str
    header: int
    frame: pd.DataFrame

    def of(self, station: str | None) -> tuple["Table", str]:
        """The lines of one station and its name; CooeeError where that is not one of them, or is not said among
        several."""
        column = self.format.station
        if column is None:
            if station is not None:
                raise CooeeError(f"{self.name}: names no stations; leave out station {station!r}")
            return self, ""
        named = self.frame[column].astype(str)
        known = list(dict.fromkeys(named))
        if station is None and len(known) == 1:
            station = known[0]
        if station not in known:
            raise CooeeError(
                f"{self.name}: station is {station!r}; it must be one of {', '.join(map(_short, known[:MOST_NAMED]))}"
            )
        return Table(
            name=self.name,
            format=self.format,
            preamble=self.preamble,
            header=self.header,
            frame=self.frame[named == station],
        ), station

    def site(self, station: str, given: Site | None) -> Site:
        """Where a station stands: as given, known, or written before the columns (pyfao56)."""
        if given is not None or station in self.format.sites:
            return given or self.format.sites[station]
        said = [
            re.search(rf"(-?[\d.]+)\s+{what}", self.preamble)
            for what in ("Weather station latitude", "Weather station elevation", "Wind speed measurement height")
        ]
        latitude, elevation, height = (float(found[1]) if found else math.nan for found in said)
        if math.isnan(latitude + elevation + height):
            raise CooeeError(
                f"{self.name}: does not say where it was measured; give its site (latitude, elevation_m, wind_height_m)"
            )
        return Site(latitude=latitude, elevation_m=elevation, wind_height_m=height)

    def line(self, row: int) -> int:
        """Line in the file of the row at a position."""
        return int(self.frame.index[row]) + self.header + 1

    def times(self) -> "pd.Series[pd.Timestamp]":
        """UTC times, or what the file calls so. CooeeError names a line that has none, or does not come after the one
        before."""
        first, *others = (self.frame[column].astype(str) for column in self.format.time)
        text = sum((" " + other for other in others), start=first)
        when = pd.to_datetime(text, errors="coerce", utc=True, format=self.format.time_format)
        columns = " and ".join(self.format.time)
        if when.isna().any():
            right = EXAMPLE.strftime(
                "%Y-%m-%d %H:%M" if self.format.time_format == "ISO8601" else self.format.time_format
            )
            row = int(when.isna().to_numpy().argmax())
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: column {columns} is not a time (found {_short(text.iloc[row])}); "
                f"write it as {right}"
            )
        back = (when.diff().iloc[1:] <= pd.Timedelta(0)).to_numpy()
        if back.any():
            row = int(back.argmax()) + 1
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: times must rise; {_short(text.iloc[row])} comes after "
                f"{_short(text.iloc[row - 1])}"
            )
        return when

    def values(self, column: Column) -> "pd.Series[float]":
        """A column in our unit, NaN where it has nothing; CooeeError for text."""
        cells = self.frame[column.name]
        numbers = pd.to_numeric(cells, errors="coerce")
        text = (numbers.isna() & cells.notna()).to_numpy()
        if text.any():
            row = int(text.argmax())
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: {column.name} is {_short(cells.iloc[row])}; a number is needed"
            )
        return (numbers.astype(float).replace(dict(column.codes)) - column.zero) * column.factor / column.per

    def quantities(self) -> dict[str, Column]:
        """What the file has."""
        return {
            **self.format.columns,
            **{q: c for q, c in self.format.optional.items() if c.name in self.frame.columns},
        }


def read_table(path: Path, formats: Sequence[Format]) -> Table:
    """A file, gzipped or not, of one of these kinds: commas or spaces between its columns, whatever is written before
    their names. CooeeError when it cannot be read, or is of none of them."""
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, ValueError, EOFError) as error:
        raise CooeeError(f"weather file {path}: cannot be read ({error})") from None
    lines = text.split("\n", LONGEST_PREAMBLE)[:LONGEST_PREAMBLE]
    for number, line in enumerate(lines):
        for separator, cells in (
            (",", [cell.strip().strip('"') for cell in line.lstrip("# ").split(",")]),
            (r"\s+", line.split()),
        ):
            for kind in formats:
                if set(kind.needed) <= set(cells):
                    frame = _frame(path, text, number, separator, cells)
                    if frame.empty:
                        raise CooeeError(f"weather file {path.name}: holds no line below its column names")
                    return Table(
                        name=path.name, format=kind, preamble="\n".join(lines[:number]), header=number + 1, frame=frame
                    )
    raise CooeeError(f"weather file {path.name}: {_nearest(lines, formats)}")


def _frame(path: Path, text: str, header: int, separator: str, names: list[str]) -> pd.DataFrame:
    spare = "beyond the names"
    try:
        # Parsed from memory: pandas takes a Ctrl-C that meets it while it reads a file for a damaged file.
        frame = pd.read_csv(
            io.BytesIO(text.encode()),
            sep=separator,
            skiprows=header + 1,
            header=None,
            names=[*names, spare],
            index_col=False,
            na_values=list(MISSING),
            skipinitialspace=True,
            skip_blank_lines=False,
        ).dropna(how="all")
    except ValueError as error:
        raise CooeeError(f"weather file {path}: cannot be read ({error})") from None
    beyond = frame[spare].notna().to_numpy()
    if beyond.any():
        raise CooeeError(
            f"{path.name}: line {int(frame.index[int(beyond.argmax())]) + header + 2}: has more cells than there are "
            f"column names"
        )
    return frame


def _short(cell: object) -> str:
    """A cell to show; of one with an open quote, which takes in the lines after it, the begin."""
    return repr(str(cell).split("\n")[0][:40])


def _nearest(lines: list[str], formats: Sequence[Format]) -> str:
    """What the file most like one of the kinds lacks."""
    found = [cell.strip() for cell in lines[0].split(",")] if lines[0].strip() else []
    kind = max(formats, key=lambda k: len(set(k.needed) & set(found)))
    missing = [name for name in kind.needed if name not in found]
    if len(missing) == len(kind.needed):
        return (
            f"its columns are none that are known ({', '.join(k.name for k in formats)}); found "
            f"{', '.join(found[:MOST_NAMED])[:400] or 'nothing'}"
        )
    return f"column {missing[0]!r} is missing for {kind.name}; found {', '.join(found[:MOST_NAMED])[:400]}"
