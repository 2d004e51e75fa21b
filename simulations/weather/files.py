"""Tables of weather read from files: of which kind one is, its lines, times and values in SI units, errors named by
line."""

import gzip
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from edge.contract.errors import CooeeError

from .format import Column, Format, Site, Unnamed, alternatives

MISSING = ("--", "---", "M", "///", "*", "-999", "-9999", "-999.0", "-9999.0")
"""What is written for no value, besides nothing and what pandas knows (NA, NaN, null ...)."""
WORDS = {"rain": {"T": 0.0, "TRACE": 0.0}, "wind": {"CALM": 0.0}, "gust": {"CALM": 0.0}}
"""What is written for a number, by quantity."""
SEPARATORS = {",": ",", ";": ";", "\t": "\t", "|": r"\|"}
"""What stands between cells, as text and as pandas wants it; spaces besides."""
OFFSET = re.compile(r"(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$", re.IGNORECASE)
"""At the end of a time that says of which zone it is."""
UTC_NAME = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
HOUR = pd.Timedelta(hours=1)
EXAMPLE = datetime(2015, 6, 30, 14, 50, tzinfo=UTC)
MOST_NAMED = 40
"""Columns or stations named in a message."""
LONGEST_PREAMBLE = 100
"""Lines before the column names."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file read: its lines from the one after `header` (counted from 1) on, and the lines before. `frame` is text."""

    name: str
    format: Format
    preamble: str
    header: int
    frame: pd.DataFrame

    @property
    def zoned(self) -> bool:
        """Whether its times are UTC, or say themselves of which zone they are."""
        return self.format.utc or bool(self._time_text().str.contains(OFFSET).iloc[0])

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
        return replace(self, frame=self.frame[named == station]), station

    def site(self, station: str, given: Site | None) -> Site:
        """Where a station stands: as given, known, or written before the columns (pyfao56)."""
        if given is not None or station in self.format.sites:
            return given or self.format.sites[station]
        said = self.format.site_of(self.preamble) if self.format.site_of else None
        if said is None:
            raise CooeeError(
                f"{self.name}: does not say where it was measured; give its site (latitude, elevation_m, wind_height_m)"
            )
        return said

    def line(self, row: int) -> int:
        """Line in the file of the row at a position."""
        return int(self.frame.index[row]) + self.header + 1

    def _time_text(self) -> "pd.Series[str]":
        first, *others = (self.frame[column].fillna("").str.strip() for column in self.format.time)
        return sum((" " + other for other in others), start=first)

    def times(self) -> "pd.Series[pd.Timestamp]":
        """UTC times, or what the file calls so. CooeeError names a line that has none, says of its zone what others do
        not, or does not come after the one before."""
        text = self._time_text()
        zoned = text.str.replace(UTC_NAME, "Z", regex=True)  # pandas knows no other name of a zone
        when = pd.to_datetime(zoned, errors="coerce", utc=True, format=self.format.time_format)
        columns = " and ".join(self.format.time)
        if when.isna().any():
            right = EXAMPLE.strftime(
                "%Y-%m-%d %H:%M" if self.format.time_format in ("ISO8601", "mixed") else self.format.time_format
            )
            row = int(when.isna().to_numpy().argmax())
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: column {columns} is not a time (found {_short(text.iloc[row])}); "
                f"write it as {right}"
            )
        said = text.str.contains(OFFSET).to_numpy()
        if said.any() and not said.all():
            row = int((said != said[0]).argmax())
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: some times say their zone and some do not (found "
                f"{_short(text.iloc[row])}); write all of them one way"
            )
        back = (when.diff().iloc[1:] <= pd.Timedelta(0)).to_numpy()
        if back.any():
            row = int(back.argmax()) + 1
            why = ""
            if when.iloc[row - 1] - when.iloc[row] < HOUR and when.iloc[row].month in (9, 10, 11, 3, 4) and row > 1:
                why = ": an hour that comes twice looks like a clock put back; write standard time all year"
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: times must rise; {_short(text.iloc[row])} comes after "
                f"{_short(text.iloc[row - 1])}{why}"
            )
        return when

    def values(self, quantity: str) -> "pd.Series[float]":
        """A quantity in our unit, NaN where it has nothing; CooeeError for text."""
        column = self.quantities()[quantity]
        cells = self.frame[column.name].str.strip()
        words = WORDS.get(quantity, {})
        worded = cells.str.upper().map(words).astype(float)
        numbers = pd.Series(pd.to_numeric(cells, errors="coerce"), index=cells.index, dtype=float).fillna(worded)
        text = (numbers.isna() & cells.notna() & (cells != "")).to_numpy()
        if text.any():
            row = int(text.argmax())
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: {column.name} is {_short(cells.iloc[row])}; a number is needed"
            )
        found: pd.Series[float] = numbers.replace(dict(column.codes))
        if column.running:
            found = _rises(found)
        return (found - column.zero) * column.factor / column.per

    def quantities(self) -> dict[str, Column]:
        """What the file has."""
        found = {**self.format.columns, **self.format.optional}
        names = self.frame.columns
        has = {
            quantity: [one for one in alternatives(column) if one.name in names] for quantity, column in found.items()
        }
        return {quantity: columns[0] for quantity, columns in has.items() if columns}


def _rises(total: "pd.Series[float]") -> "pd.Series[float]":
    """What a running total rose by; where it has begun anew, what it has by then. The first line tells nothing."""
    rise = total.ffill().diff()
    return rise.where(rise >= 0, total).where(total.notna()).fillna(0.0)


def read_table(path: Path, formats: Sequence[Format]) -> Table:
    """A file, gzipped or not, of one of these kinds: commas, semicolons, tabs, bars or spaces between its columns,
    whatever is written before their names. CooeeError when it cannot be read, or is of none of them."""
    text = _text(path)
    lines = text.split("\n", LONGEST_PREAMBLE)[:LONGEST_PREAMBLE]
    for kind in formats:
        if kind.unnamed and text.upper().startswith(kind.unnamed.opening):
            return _unnamed(path, text, lines, kind, kind.unnamed)
    named = [kind for kind in formats if not kind.unnamed]
    nearest: tuple[float, Format, list[str]] | None = None
    for number, line in enumerate(lines):
        for separator, cells in _splits(line):
            for kind in named:
                missing = kind.missing(cells)
                if not missing:
                    frame = _frame(path, text, number, separator, cells)
                    if frame.empty:
                        raise CooeeError(f"weather file {path.name}: holds no line below its column names")
                    return Table(
                        name=path.name, format=kind, preamble="\n".join(lines[:number]), header=number + 1, frame=frame
                    )
                likeness = 1 - len(missing) / kind.size
                if likeness > 0 and (nearest is None or likeness > nearest[0]):
                    nearest = likeness, kind, cells
    raise CooeeError(f"weather file {path.name}: {_what_is_missing(nearest, lines, formats)}")


def _unnamed(path: Path, text: str, lines: list[str], kind: Format, how: Unnamed) -> Table:
    """A file without a line of column names."""
    lasts = [number for number, line in enumerate(lines) if line.upper().startswith(how.last)]
    if not lasts:
        raise CooeeError(f"weather file {path.name}: has no line that begins with {how.last!r}, as {kind.name} has")
    preamble = "\n".join(lines[: lasts[0] + 1])
    frame = _frame(path, text, lasts[0], ",", list(how.names))
    if frame.empty:
        raise CooeeError(f"weather file {path.name}: holds no line below {how.last!r}")
    frame[kind.time[0]] = how.times(frame, preamble)
    return Table(name=path.name, format=kind, preamble=preamble, header=lasts[0] + 1, frame=frame)


def _text(path: Path) -> str:
    """A file's text, with lines that end as ours do."""
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, ValueError, EOFError) as error:
        raise CooeeError(f"weather file {path}: cannot be read ({error})") from None
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "latin-1")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and (text or not content):
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise CooeeError(f"weather file {path}: cannot be read (it is not a text file)")


def _splits(line: str) -> Iterator[tuple[str, list[str]]]:
    """A line's cells by every separator that it has."""
    for separator, pattern in SEPARATORS.items():
        if separator in line:
            yield pattern, [cell.strip().strip('"').strip() for cell in line.lstrip("# ").split(separator)]
    yield r"\s+", line.split()


def _frame(path: Path, text: str, header: int, separator: str, names: list[str]) -> pd.DataFrame:
    """The lines below the names, as text; a comma in a number is a point where cells are not divided by commas."""
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
            dtype=str,
            engine="c" if len(separator) == 1 or separator == r"\s+" else "python",
        ).dropna(how="all")
    except ValueError as error:
        raise CooeeError(f"weather file {path}: cannot be read ({error})") from None
    beyond = (frame[spare].notna() & (frame[spare].str.strip() != "")).to_numpy()
    if beyond.any():
        raise CooeeError(
            f"{path.name}: line {int(frame.index[int(beyond.argmax())]) + header + 2}: has more cells than there are "
            f"column names"
        )
    if separator != ",":
        frame = frame.apply(lambda cells: cells.str.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True))
    return frame


def _short(cell: object) -> str:
    """A cell to show; of one with an open quote, which takes in the lines after it, the begin."""
    return repr(str(cell).split("\n")[0][:40]) if str(cell).strip() else "nothing"


def _what_is_missing(
    nearest: tuple[float, Format, list[str]] | None, lines: list[str], formats: Sequence[Format]
) -> str:
    """What the file lacks of the kind that it is most like."""
    if nearest is None:
        found = next(_splits(lines[0]))[1] if lines[0].strip() else []
        return (
            f"its columns are none that are known ({', '.join(k.name for k in formats)}); found "
            f"{', '.join(found[:MOST_NAMED])[:400] or 'nothing'}"
        )
    _, kind, cells = nearest
    missing = kind.missing(cells)
    return f"column {missing[0]!r} is missing for {kind.name}; found {', '.join(cells[:MOST_NAMED])[:400]}"
