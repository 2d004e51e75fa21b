"""Tables of weather read from files: of which kind one is, its lines, times and values in SI units, errors named by
line."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from edge.contract.errors import CooeeError

from .decimals import with_points
from .file_text import text_of
from .format import Column, Format, Site, Unnamed, alternatives
from .name_rows import NameRows, name_rows, splits
from .times import FREE, says_zone, utc_times

MISSING = ("-", "--", "---", "--.-", "---.-", "--.--", "M", "///", "*", "#DIV/0!", "#VALUE!", "#REF!")
"""What is written for no value, besides nothing and what pandas knows (NA, NaN, null ...)."""
NUMBERS_FOR_NONE = (-999.0, -9999.0)
WORDS = {"rain": {"T": 0.0, "TRACE": 0.0}, "wind": {"CALM": 0.0}, "gust": {"CALM": 0.0}}
"""What is written for a number, by quantity."""
HOUR = pd.Timedelta(hours=1)
EXAMPLE = datetime(2015, 6, 30, 14, 50, tzinfo=UTC)
MOST_NAMED = 40
"""Columns or stations named in a message."""
LONGEST_PREAMBLE = 100
"""Lines before the column names."""
LIKE = 0.3
"""A file that has a smaller share of a kind's columns is not meant to be of it."""


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
        return self.format.utc or bool(says_zone(self._time_text()).iloc[0])

    def of(self, station: str | None) -> tuple["Table", str]:
        """The lines of one station, the oldest first, and its name; CooeeError where that is not one of them, or is not
        said among several."""
        column = self.format.station
        if column is None:
            if station is not None:
                raise CooeeError(f"{self.name}: names no stations; leave out station {station!r}")
            return self._oldest_first(), ""
        named = self.frame[column].astype(str)
        known = list(dict.fromkeys(named))
        if station is None and len(known) == 1:
            station = known[0]
        if station not in known:
            which = (
                f"station is {station!r}; it must be"
                if station is not None
                else "names several stations; give station,"
            )
            raise CooeeError(f"{self.name}: {which} one of {', '.join(map(_short, known[:MOST_NAMED]))}")
        return replace(self, frame=self.frame[named == station])._oldest_first(), station

    def _oldest_first(self) -> "Table":
        """Its lines turned round where the newest comes first."""
        when = utc_times(self._time_text(), self.format.time_format, self.name).dropna()
        return self if when.is_monotonic_increasing or not when.is_monotonic_decreasing else self._turned()

    def _turned(self) -> "Table":
        return replace(self, frame=self.frame.iloc[::-1])

    def site(self, station: str, given: Site | None) -> Site:
        """Where a station stands: as given, known, or written before the columns (pyfao56)."""
        if given is not None or station in self.format.sites:
            return given or self.format.sites[station]
        said = self.format.site_of(self.preamble, station) if self.format.site_of else None
        if said is None:
            raise CooeeError(
                f"{self.name}: does not say where it was measured; give its site (latitude, elevation_m, wind_height_m)"
            )
        if abs(said.latitude) > 90:
            raise CooeeError(f"{self.name}: says that it was measured at latitude {said.latitude:g}; give its site")
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
        when = utc_times(text, self.format.time_format, self.name)
        columns = " and ".join(self.format.time)
        if when.isna().any():
            form = self.format.time_format
            right = EXAMPLE.strftime("%Y-%m-%d %H:%M" if form in FREE else form)
            row = int(when.isna().to_numpy().argmax())
            last = ", or leave the line out if it is a sum" if row == len(when) - 1 else ""
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: column {columns} is not a time (found {_short(text.iloc[row])}); "
                f"write it as {right}{last}"
            )
        said = says_zone(text).to_numpy()
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
        found: pd.Series[float] = numbers.replace(dict(column.codes)).mask(numbers.isin(NUMBERS_FOR_NONE))
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
    text = text_of(path)
    lines = text.split("\n", LONGEST_PREAMBLE)[:LONGEST_PREAMBLE]
    for kind in formats:
        if kind.unnamed and re.match(kind.unnamed.opening, lines[0], re.IGNORECASE):
            return _unnamed(path, text, lines, kind, kind.unnamed)
    named = [kind for kind in formats if not kind.unnamed]
    nearest: tuple[float, Format, list[str]] | None = None
    for head in name_rows(lines):
        for kind in named:
            missing = kind.missing(head.names)
            if not missing:
                return _named(path, text, lines, kind, head)
            likeness = 1 - len(missing) / kind.size
            if likeness > LIKE and not kind.refusal and (nearest is None or likeness > nearest[0]):
                nearest = likeness, kind, head.names
    raise CooeeError(f"weather file {path.name}: {_what_is_missing(nearest, lines, formats)}")


def _unnamed(path: Path, text: str, lines: list[str], kind: Format, how: Unnamed) -> Table:
    """A file without a line of column names."""
    begin = 0
    if how.last is not None:
        lasts = [number for number, line in enumerate(lines, 1) if line.upper().startswith(how.last)]
        if not lasts:
            raise CooeeError(f"weather file {path.name}: has no line that begins with {how.last!r}, as {kind.name} has")
        begin = lasts[0]
    preamble = "\n".join(lines[:begin])
    frame = _frame(path, text, begin - 1, ",", list(how.names))
    if frame.empty:
        raise CooeeError(f"weather file {path.name}: holds no line below {how.last!r}")
    frame[kind.time[0]] = how.times(frame, preamble)
    return Table(name=path.name, format=kind, preamble=preamble, header=begin, frame=frame)


def _named(path: Path, text: str, lines: list[str], kind: Format, head: NameRows) -> Table:
    """A file of a kind, by its names."""
    if kind.refusal:
        raise CooeeError(f"weather file {path.name}: {kind.refusal}")
    _check_once(path, kind, head.names)
    header = head.before + len(head.rows)
    frame = _one_table(_frame(path, text, header - 1, head.separator, head.names), kind, head)
    if frame.empty:
        raise CooeeError(f"weather file {path.name}: holds no line below its column names")
    return Table(name=path.name, format=kind, preamble="\n".join(lines[: head.before]), header=header, frame=frame)


def _check_once(path: Path, kind: Format, cells: list[str]) -> None:
    """CooeeError where a column that is read is there twice."""
    twice = [name for name in kind.names() if cells.count(name) > 1]
    if twice:
        raise CooeeError(f"weather file {path.name}: column {twice[0]!r} is there twice; leave one of them out")


def _one_table(frame: pd.DataFrame, kind: Format, head: NameRows) -> pd.DataFrame:
    """Without the names again, as where files were joined, and what stands below other names."""
    width = len(head.names)
    repeated = [(row + [""] * width)[:width] for row in head.rows]
    at = head.names.index(kind.time[0])
    first = frame[kind.time[0]].fillna("").str.strip().str.strip("# ")
    likely = frame[first.isin([row[at] for row in repeated])].iloc[:, :width].fillna("")
    named = pd.Series([[cell.strip() for cell in row] in repeated for row in likely.to_numpy()], likely.index, bool)
    again = named.reindex(frame.index, fill_value=False).to_numpy()
    others = (~again & (first == kind.time[0]).to_numpy()).nonzero()[0]
    end = others[0] if len(others) else None
    return frame.iloc[:end][~again[:end]]


def _frame(path: Path, text: str, header: int, separator: str, names: list[str]) -> pd.DataFrame:
    """The lines below the names, as text, without comments; numbers have points. The second of two names that are the
    same is called by its place, too."""
    spare = "beyond the names"
    names = [name if name not in names[:at] else f"{name} (column {at + 1})" for at, name in enumerate(names)]
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
    frame = frame[~frame[names[0]].str.lstrip().str.startswith("#").eq(True)]
    return with_points(frame, commas_divide=separator == ",") if separator != "," or '"' in text else frame


def _short(cell: object) -> str:
    """A cell to show; of one with an open quote, which takes in the lines after it, the begin."""
    return repr(str(cell).split("\n")[0][:40]) if str(cell).strip() else "nothing"


def _what_is_missing(
    nearest: tuple[float, Format, list[str]] | None, lines: list[str], formats: Sequence[Format]
) -> str:
    """What the file lacks of the kind that it is most like."""
    if nearest is None:
        found = next(splits(lines[0]))[1] if lines[0].strip() else []
        known = dict.fromkeys(kind.name for kind in formats if not kind.refusal)
        return (
            f"its columns are none that are known ({', '.join(known)}); found "
            f"{', '.join(found[:MOST_NAMED])[:400] or 'nothing'}"
        )
    _, kind, cells = nearest
    missing = kind.missing(cells)
    return f"column {missing[0]!r} is missing for {kind.name}; found {', '.join(cells[:MOST_NAMED])[:400]}"
