"""Times of a clock that is put forward in spring and back in autumn, brought to standard time."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import pandas as pd

from edge.contract.errors import CooeeError

from .format import STANDARD, Site

HOUR = pd.Timedelta(hours=1)
UNSTEADY = pd.Timedelta(seconds=30)
WELL_KNOWN = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Halifax",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Pacific/Auckland",
)
"""Named before others whose clock is the same."""


def standard_time(when: "pd.Series[pd.Timestamp]", site: Site, line: Callable[[int], str]) -> "pd.Series[pd.Timestamp]":
    """Local times, called UTC, by the standard time of a site: read by the site's zone, or by one that a repeated and a
    left-out hour show. CooeeError for a time that the clock of that zone never shows, and where an hour repeated or
    left out could be a clock's and nothing else tells; `line` names the line of a row."""
    if len(when) < 2 or site.zone == STANDARD:
        return when
    naive = when.dt.tz_localize(None)
    offset = timedelta(hours=site.utc_offset_h)
    if site.zone is not None:
        return _by_clock(naive, _zone(site.zone, naive.iloc[0].year, offset), offset, line)
    left_out, repeated = _changes(naive)
    for name in _zones(left_out or repeated, naive, offset):
        zone = ZoneInfo(name)
        forward = [row for row in left_out if _leaves_out(zone, _expected(naive, row))]
        back = [row for row in repeated if _repeats(zone, naive.iloc[row])]
        if len(back) < len(repeated) or not forward + back:
            continue
        if forward and back:
            return _by_clock(naive, zone, offset, line)
        if forward:
            what, otherwise = "is left out", f", or zone: {STANDARD} where it is only missing"
        else:
            what, otherwise = "comes twice", ", or write standard time all year"
        raise CooeeError(
            f"{line((forward + back)[0])}: an hour {what}, as on the clock of {name}: say zone: {name} if the times "
            f"are of such a clock{otherwise}"
        )
    return when


def _zone(name: str, year: int, offset: timedelta) -> ZoneInfo:
    """The zone of a name; CooeeError where there is none, or its standard time is another."""
    try:
        zone = ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        raise CooeeError(
            f"zone {name!r}: no such IANA time zone; write it as in Europe/Berlin, or {STANDARD}"
        ) from None
    if (own := standard_offset(zone, year)) != offset:
        hours, asked = own / timedelta(hours=1), offset / timedelta(hours=1)
        raise CooeeError(f"zone {name!r}: its standard time is {hours:+g} h from UTC, utc_offset_h {asked:+g}")
    return zone


def _by_clock(
    naive: "pd.Series[pd.Timestamp]", zone: ZoneInfo, offset: timedelta, line: Callable[[int], str]
) -> "pd.Series[pd.Timestamp]":
    """Times of a zone's clock; of an hour that comes twice, what follows a step back is the second."""
    first, second = (
        naive.dt.tz_localize(zone, ambiguous=np.full(len(naive), summer), nonexistent="NaT") for summer in (True, False)
    )
    if first.isna().any():
        row = int(first.isna().to_numpy().argmax())
        raise CooeeError(
            f"{line(row)}: the clock of {zone.key} never shows {naive.iloc[row]:%Y-%m-%d %H:%M}: are the times of "
            f"standard time? Then say zone: {STANDARD}"
        )
    twice = (first != second).to_numpy()
    hours = pd.Series((np.diff(twice, prepend=False) & twice).cumsum(), index=naive.index)
    stepped_back = (naive.diff() <= pd.Timedelta(0)) & twice & np.roll(twice, 1)
    again = twice & (stepped_back.astype(int).groupby(hours).cumsum() > 0).to_numpy()
    utc = first.where(~again, second).dt.tz_convert(None)
    return (utc + offset).dt.tz_localize("UTC")


def _changes(naive: "pd.Series[pd.Timestamp]") -> tuple[list[int], list[int]]:
    """Rows before which an hour is left out, and rows that begin one anew."""
    steps = naive.diff()
    usual = steps[steps > pd.Timedelta(0)].median()
    left_out, repeated = (
        np.flatnonzero(((steps - usual - hour).abs() <= UNSTEADY).to_numpy()).tolist() for hour in (HOUR, -HOUR)
    )
    return left_out, repeated


def _expected(naive: "pd.Series[pd.Timestamp]", row: int) -> datetime:
    """What would have come at a row before which an hour is left out."""
    return (naive.iloc[row] - HOUR).to_pydatetime()


def _zones(rows: list[int], naive: "pd.Series[pd.Timestamp]", offset: timedelta) -> Iterable[str]:
    """Names of the zones whose standard time is at this offset, where there are rows to explain."""
    if not rows:
        return ()
    year = naive.iloc[rows[0]].year
    names = dict.fromkeys([*WELL_KNOWN, *sorted(available_timezones())])
    return (name for name in names if standard_offset(ZoneInfo(name), year) == offset)


def standard_offset(zone: ZoneInfo, year: int) -> timedelta:
    """How far a zone's standard time is ahead of UTC."""
    return min(datetime(year, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() or timedelta() for month in (1, 7))


def _leaves_out(zone: ZoneInfo, local: datetime) -> bool:
    there = local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) != local


def _repeats(zone: ZoneInfo, local: datetime) -> bool:
    return not _leaves_out(zone, local) and (
        local.replace(tzinfo=zone, fold=0).utcoffset() != local.replace(tzinfo=zone, fold=1).utcoffset()
    )
