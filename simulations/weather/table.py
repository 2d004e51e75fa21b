"""A table of weather read from a file: its lines, times and values in SI units, errors named by line."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pandas as pd

from edge.contract.errors import CooeeError

from . import wall_clock
from .format import Column, Format, Site, alternatives
from .times import FREE, says_zone, utc_times

NUMBERS_FOR_NONE = (-999.0, -9999.0)
WORDS = {"rain": {"T": 0.0, "TRACE": 0.0}, "wind": {"CALM": 0.0}, "gust": {"CALM": 0.0}}
"""What is written for a number, by quantity."""
ABOUT = 1.1
EXAMPLE = datetime(2015, 6, 30, 14, 50, tzinfo=UTC)
MOST_NAMED = 40
"""Columns or stations named in a message."""


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
            return self._in_order(), ""
        named = self.frame[column].astype(str).str.strip()
        known = list(dict.fromkeys(named))
        if station is None and len(known) == 1:
            station = known[0]
        if station not in known:
            which = (
                f"station is {station!r}; it must be"
                if station is not None
                else "names several stations; give station,"
            )
            raise CooeeError(f"{self.name}: {which} one of {', '.join(map(short, known[:MOST_NAMED]))}")
        return replace(self, frame=self.frame[named == station])._in_order(), station

    def _in_order(self) -> "Table":
        """Made ready as its kind asks, without lines that come again unchanged, and turned round where the newest comes
        first."""
        ready = self.format.prepared(self.frame, self.preamble) if self.format.prepared else self.frame
        if ready.empty:
            raise CooeeError(f"{self.name}: holds no line that {self.format.name} has every hour")
        table = replace(self, frame=ready[~ready.duplicated()])
        steps = utc_times(table._time_text(), self.format.time_format, self.name).dropna().diff()
        falls, rises = ((steps < pd.Timedelta(0)).sum(), (steps > pd.Timedelta(0)).sum())
        return table if falls <= rises else replace(table, frame=table.frame.iloc[::-1])

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

    def times(self, site: Site | None = None) -> "pd.Series[pd.Timestamp]":
        """UTC times, or what the file calls so: the standard time of a site. CooeeError names a line that has none,
        says of its zone what others do not, or does not come after the one before."""
        text = self._time_text()
        when = utc_times(text, self.format.time_format, self.name)
        columns = " and ".join(self.format.time)
        if when.isna().any():
            form = self.format.time_format
            right = EXAMPLE.strftime("%Y-%m-%d %H:%M" if form in FREE else form)
            row = int(when.isna().to_numpy().argmax())
            last = ", or leave the line out if it is a sum" if row == len(when) - 1 else ""
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: column {columns} is not a time (found {short(text.iloc[row])}); "
                f"write it as {right}{last}"
            )
        said = says_zone(text).to_numpy()
        if said.any() and not said.all():
            row = int((said != said[0]).argmax())
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: some times say their zone and some do not (found "
                f"{short(text.iloc[row])}); write all of them one way"
            )
        if site is not None and not self.zoned:
            when = wall_clock.standard_time(when, site, lambda row: f"{self.name}: line {self.line(row)}")
        back = (when.diff().iloc[1:] <= pd.Timedelta(0)).to_numpy()
        if back.any():
            row = int(back.argmax()) + 1
            raise CooeeError(
                f"{self.name}: line {self.line(row)}: times must rise; {short(text.iloc[row])} comes after "
                f"{short(text.iloc[row - 1])}"
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
                f"{self.name}: line {self.line(row)}: {column.name} is {short(cells.iloc[row])}; a number is needed"
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
    """What a running total rose by; where it has begun anew, what it has by then. The first line tells nothing, nor
    does a 0 after which it is about what it was."""
    known = total.dropna()
    before, after = known.shift(), known.shift(-1)
    lost = (known == 0) & (before > 0) & after.between(before, ABOUT * before)
    found = total.mask(lost.reindex(total.index, fill_value=False))
    rise = found.ffill().diff()
    return rise.mask(rise < 0, found).where(found.notna()).fillna(0.0)


def short(cell: object) -> str:
    """A cell to show; of one with an open quote, which takes in the lines after it, the begin."""
    return repr(str(cell).split("\n")[0][:40]) if str(cell).strip() else "nothing"
