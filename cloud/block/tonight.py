"""Tonight's lowest air temperature in a block, by what its nights were like until now, by a weather station of the farm
where the block's own past is too short, and by a weather service.

The newest hour of the night is what is gone by: how far the air fell in the last nights from that hour on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from math import hypot, sqrt
from statistics import StatisticsError, fmean, linear_regression

from ..clock import HOUR_MS, local
from ..language.quantities import degrees, with_band
from ..language.speech import say
from .forecast import EIGHT_IN_TEN, Outlook
from .weather_service import ComingDay

NIGHTS_BACK_DAYS = 30
FEWEST_NIGHTS, FEWEST_SHARED_NIGHTS = 10, 3
"""Nights behind it that a place needs to be forecast by itself; and beside a station."""
EVENING_H, MORNING_H = 20, 8
"""From the first hour on the night is forecast, and its lowest is found until the second, local time."""
SHARE_IS_ONE_DEGC2 = 20.0
"""How sure it is, before any night was seen, that a block cools as its station does: as by nights whose squared falls
add up to this."""
SERVICE_ERROR_DEGC = 2.0
"""Standard deviation of a weather service's lowest temperature from that of the block; assumed."""


@dataclass(frozen=True, kw_only=True)
class PastAir:
    """Hourly means of a place's last weeks at `t` (UTC ms): air temperature [degC] and humidity [%], which is empty
    where it is not measured."""

    t: Sequence[int]
    temperature: Sequence[float]
    humidity: Sequence[float] = ()

    @cached_property
    def _at(self) -> dict[int, int]:
        """Rows by hour since 1970."""
        return {t // HOUR_MS: row for row, t in enumerate(self.t)}

    def lowest(self, since: int, until: int) -> float | None:
        """Of the hours (since 1970) from one to another, both counted; None where a fifth of them lacks."""
        rows = [self._at[hour] for hour in range(since, until + 1) if hour in self._at]
        return min(self.temperature[row] for row in rows) if len(rows) >= 0.8 * (until - since + 1) else None

    def temperature_at(self, hour: int) -> float | None:
        """In an hour since 1970."""
        return self.temperature[self._at[hour]] if hour in self._at else None

    def lacks_at(self, hour: int) -> float | None:
        """What the air lacked of full humidity [%]."""
        return 100 - self.humidity[self._at[hour]] if hour in self._at and self.humidity else None


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Hours since 1970 of a night: the evening, the newest with a reading, and the morning."""

    evening: int
    newest: int
    morning: int

    def before(self, days: int) -> "Hours":
        """Of an earlier night."""
        return Hours(evening=self.evening - 24 * days, newest=self.newest - 24 * days, morning=self.morning - 24 * days)


def is_night(now: int, timezone: str) -> bool:
    """Whether there is an evening reading and no morning yet."""
    return not MORNING_H <= local(now, timezone).hour < EVENING_H


def lowest_tonight(block: PastAir, station: PastAir | None, timezone: str, now: int) -> Outlook | None:
    """The coming morning's lowest air temperature [degC] in a block; None by day, without a reading of this night, or
    with too few nights behind it, its own and the station's.

    By its own nights: the fall from the newest hour is a straight line of how dry the air is then (the form of R. L.
    Snyder and J. P. de Melo-Abreu, Frost protection, FAO 2005, vol. 1, ch. 5, with the lack of humidity in place of the
    dew-point depression, to which it is in proportion). Where it has too few, or no humidity: it falls from its own
    temperature by as much as the station is to fall, times the share that its falls were of the station's in the nights
    that both were measured."""
    night = _tonight(block, timezone, now)
    if night is None:
        return None
    fall = _own_fall(block, night)
    if fall is None and station is not None:
        fall = _fall_beside(block, station, night)
    started = block.temperature_at(night.newest)
    if fall is None or started is None:
        return None
    tonight, band = started - max(0.0, fall.degc), EIGHT_IN_TEN * fall.error
    so_far = min(t for h in range(night.evening, night.newest + 1) if (t := block.temperature_at(h)) is not None)
    return Outlook(value=min(so_far, tonight), least=min(so_far, tonight - band), most=min(so_far, tonight + band))


def colder_by(block: PastAir, station: PastAir | None, timezone: str, now: int) -> float:
    """How much colder the block's nights were than the station's [degC], by the mean of their lowest; 0 for a block
    that is warmer, or has shared too few nights."""
    if station is None:
        return 0.0
    first = _hours(timezone, now)
    lows = [
        (own, theirs)
        for night in _before(first)
        if (own := block.lowest(night.evening, night.morning)) is not None
        and (theirs := station.lowest(night.evening, night.morning)) is not None
    ]
    if len(lows) < FEWEST_SHARED_NIGHTS:
        return 0.0
    return max(0.0, fmean(theirs - own for own, theirs in lows))


def coming_morning(coming: Sequence[ComingDay], timezone: str, now: int) -> float | None:
    """The lowest of the coming morning [degC] as a weather service says it; None where it does not."""
    morning = local(now, timezone).date() + timedelta(days=local(now, timezone).hour >= MORNING_H)
    return next((day.lowest_degc for day in coming if day.day == morning), None)


def tonight_with(
    own: Outlook | None, coming: Sequence[ComingDay], timezone: str, now: int, *, colder: float = 0.0
) -> Outlook | None:
    """The lowest of the coming morning [degC] with what a weather service says of it (`coming` begins today), less what
    the block is `colder` than the service's place: the colder of both, as a frost that is missed costs more than one
    that does not come, in a band that holds both."""
    told = coming_morning(coming, timezone, now)
    if told is None:
        return own
    there, band = told - colder, EIGHT_IN_TEN * SERVICE_ERROR_DEGC
    theirs = Outlook(value=there, least=there - band, most=there + band)
    if own is None:
        return theirs
    return Outlook(value=min(own.value, there), least=min(own.least, theirs.least), most=max(own.most, theirs.most))


def tonight_in_words(outlook: Outlook) -> str:
    """ "tonight down to about 2 °C (0 °C to 4 °C)"."""
    about = say("tonight down to about {lowest}", lowest=degrees(outlook.value, 0))
    return with_band(about, degrees(outlook.least, 0), degrees(outlook.most, 0))


@dataclass(frozen=True, kw_only=True)
class _Fall:
    """How far the air is to fall from the newest hour on, and the standard deviation of that, degC."""

    degc: float
    error: float


def _own_fall(place: PastAir, night: Hours) -> _Fall | None:
    """By a place's own nights, and how dry its air is."""
    lacks = place.lacks_at(night.newest)
    nights = [
        (dry, fell)
        for past in _before(night)
        if (dry := place.lacks_at(past.newest)) is not None and (fell := _fell(place, past)) is not None
    ]
    if lacks is None or len(nights) < FEWEST_NIGHTS:
        return None
    try:
        slope, start = linear_regression(*zip(*nights, strict=True))
    except StatisticsError:
        return None
    missed = sum((fell - start - slope * dry) ** 2 for dry, fell in nights)
    return _Fall(degc=start + slope * lacks, error=sqrt(missed / (len(nights) - 2)))


def _fall_beside(block: PastAir, station: PastAir, night: Hours) -> _Fall | None:
    """By the station's fall and the share of it that the block's were."""
    expected = _own_fall(station, night)
    nights = [
        (theirs, own)
        for past in _before(night)
        if (theirs := _fell(station, past)) is not None and (own := _fell(block, past)) is not None
    ]
    if expected is None or len(nights) < FEWEST_SHARED_NIGHTS:
        return None
    share = (SHARE_IS_ONE_DEGC2 + sum(a * b for a, b in nights)) / (SHARE_IS_ONE_DEGC2 + sum(a * a for a, _ in nights))
    missed = fmean((own - share * theirs) ** 2 for theirs, own in nights)
    return _Fall(degc=share * max(0.0, expected.degc), error=hypot(share * expected.error, sqrt(missed)))


def _fell(place: PastAir, night: Hours) -> float | None:
    """How far the air came down after the hour that is the newest tonight, degC, at least 0."""
    began, lowest = place.temperature_at(night.newest), place.lowest(night.newest, night.morning)
    return None if began is None or lowest is None else began - lowest


def _before(night: Hours) -> Iterator[Hours]:
    return map(night.before, range(1, NIGHTS_BACK_DAYS))


def _tonight(block: PastAir, timezone: str, now: int) -> Hours | None:
    """None by day, and without a reading since the evening."""
    if not is_night(now, timezone):
        return None
    night = _hours(timezone, now)
    newest = next((h for h in range(night.newest, night.evening - 1, -1) if block.temperature_at(h) is not None), None)
    return None if newest is None else replace(night, newest=newest)


def _hours(timezone: str, now: int) -> Hours:
    """Of the night that is, or comes."""
    hour, newest = local(now, timezone).hour, now // HOUR_MS
    evening = newest - (hour - EVENING_H) % 24 if is_night(now, timezone) else newest + EVENING_H - hour
    return Hours(evening=evening, newest=newest, morning=evening + 24 - EVENING_H + MORNING_H)
