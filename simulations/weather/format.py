"""Kinds of weather files: their columns and units, their times, and where their stations stand."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

STANDARD = "standard"
MPH, KMH_PER_MS, INCH, LANGLEY = 0.44704, 3.6, 25.4, 0.04184
"""m/s, km/h in a m/s, mm and MJ/m2 (a calorie a cm2)."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a station stands. `zone` is the IANA zone of the clock that its file's times are of, if that is put forward
    and back, or STANDARD where it surely is not."""

    latitude: float
    elevation_m: float
    utc_offset_h: float = 0.0
    wind_height_m: float = 2.0
    zone: str | None = None


KNMI_SITES = {"260": Site(latitude=52.10, elevation_m=2, utc_offset_h=0, wind_height_m=10)}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A quantity in a file: (number - zero) * factor / per is in our unit. `codes` are numbers that stand for others,
    in the file's unit. `running`: a total that begins anew now and then, of which the rises count."""

    name: str
    zero: float = 0.0
    factor: float = 1.0
    per: float = 1.0
    codes: Mapping[float, float] = field(default_factory=dict)
    running: bool = False


Columns = tuple[Column, ...]
"""The same quantity under several names or in several units: the first that a file has."""


def fahrenheit(name: str) -> Column:
    """A temperature in degrees Fahrenheit."""
    return Column(name=name, zero=32.0, per=1.8)


@dataclass(frozen=True, kw_only=True)
class Unnamed:
    """How files without a line of column names are read: what their first line is like (a regular expression), and how
    the last one before the data begins, where there are such; their columns, in order, and what stands between them."""

    opening: str
    last: str | None
    names: tuple[str, ...]
    separator: str = ","


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file. `time` is the columns that give the time (joined by a space), read by `time_format`. `station` is
    the column that names a station, `sites` where those we know stand. A file is of this kind if it has `time`,
    `station` and `columns`. Times are of a site's standard time, or `utc`. `site_of` reads a station's site from the
    lines before the names. A gap of up to `straight_h` is bridged by a straight line. With `gusts_when_strong` nothing
    is written where the wind is steady. `ended`: quantities of the step that ends at a line's time; the others are of
    that time, or of the step that begins then. `unnamed`: it has no line of column names. `lists`: cells are lists with
    commas. `prepared` makes of a station's cells and the lines before the names what the columns here name; rows keep
    their index. `refusal`: why one is known but cannot be read, and what to do."""

    name: str
    time: tuple[str, ...]
    time_format: str = "ISO8601"
    columns: Mapping[str, Column | Columns]
    optional: Mapping[str, Column | Columns] = field(default_factory=dict)
    station: str | None = None
    sites: Mapping[str, Site] = field(default_factory=dict)
    utc: bool = False
    site_of: Callable[[str, str], Site | None] | None = None
    straight_h: int = 6
    gusts_when_strong: bool = False
    ended: Collection[str] = ()
    unnamed: Unnamed | None = None
    lists: bool = False
    prepared: Callable[[pd.DataFrame, str], pd.DataFrame] | None = None
    refusal: str = ""

    def missing(self, names: Collection[str]) -> tuple[str, ...]:
        """Columns that a file of this kind has and one with these lacks."""
        single = (*self.time, *((self.station,) if self.station else ()))
        return (
            *(name for name in single if name not in names),
            *(
                alternatives(c)[0].name
                for c in self.columns.values()
                if not any(one.name in names for one in alternatives(c))
            ),
        )

    def names(self) -> tuple[str, ...]:
        """Every column that is read where a file has it."""
        columns = (*self.columns.values(), *self.optional.values())
        return (*self.time, *filter(None, (self.station,)), *(one.name for c in columns for one in alternatives(c)))

    @property
    def size(self) -> int:
        """How many columns a file of this kind has at least."""
        return len(self.time) + (self.station is not None) + len(self.columns)


def alternatives(column: Column | Columns) -> Columns:
    return column if isinstance(column, tuple) else (column,)
