"""Days until a block is dry.

By a farm's own past: what the roots lost on the faster of the last days, as nothing came on them, goes on with the
season. And by the forecast of a weather service, on the days that it covers, for those who have one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from math import hypot
from statistics import quantiles

from edge.agronomy.crops import crop, extraterrestrial_radiation
from edge.farm import Zone

from ..clock import DAY_MS, local
from ..language.quantities import count as number
from ..language.quantities import with_band
from ..language.speech import say_count
from .water import BlockWater, root_depth_m, soil_water
from .weather_service import ComingDay

LOOKED_BACK_DAYS = 10
FEWEST_DAYS, MOST_DAYS = 4, 14
"""Days of loss that a forecast needs, and how far ahead one is told."""
MOST_USUAL_LOSS_MM = 5.0
"""What a crop loses a day where its own losses are not known yet (ETc at which FAO-56 gives p); only for the band."""
PROBE_ERROR, PACE_ERROR = 0.01, 0.25
"""Standard deviations of what a probe reads [m3/m3] and, as a share, of the coming days' loss: with them eight in ten
lie in the band (`cooee bench forecast`)."""
EIGHT_IN_TEN = 1.28
"""Standard deviations either side of the mean between which eight in ten lie."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is expected, and the band in which eight in ten should come out."""

    value: float
    least: float
    most: float


def dry_in(
    zone: Zone,
    water: BlockWater,
    t: Sequence[int],
    daily: Mapping[str, Sequence[float]],
    latitude: float,
    now: int,
    coming: Sequence[ComingDay] = (),
    timezone: str = "UTC",
) -> Outlook | None:
    """Days until a block lacks water; without `coming` days of a forecast, when nothing comes. `daily`: means of the
    last days, at `t`, by channel of MOISTURES [m3/m3]. None for a block that lacks some, with too few days of loss
    beyond those forecast, or more than MOST_DAYS away.

    A day's loss goes with the season's reference evapotranspiration, for which stands its extraterrestrial radiation
    (FAO-56 eq. 21; Hargreaves' ET0, eq. 52, is in proportion to it)."""
    losses = list(_losses(zone, t, daily, latitude, now))
    a_day = quantiles(losses, n=5, method="inclusive")[-1] if len(losses) >= FEWEST_DAYS else None
    if water.lacks:
        return None
    lefts = sorted((place.refill_at - place.lost) * place.capacity_mm for place in water.places.values())
    left = max(0.0, lefts[min(1, (len(lefts) - 1) // 2)])
    full = max(place.refill_at * place.capacity_mm for place in water.places.values())
    days, left = _through(zone, coming, a_day, left, full, latitude, local(now, timezone))
    if left > 0:
        if a_day is None:
            return None
        days += left / a_day
    if days > MOST_DAYS:
        return None
    level = PROBE_ERROR * 1000 * root_depth_m(zone, now) / (a_day or MOST_USUAL_LOSS_MM)
    band = EIGHT_IN_TEN * hypot(level, PACE_ERROR * days)
    return Outlook(value=days, least=max(0.0, days - band), most=days + band)


def _through(
    zone: Zone,
    coming: Sequence[ComingDay],
    a_day: float | None,
    left: float,
    full: float,
    latitude: float,
    now: datetime,
) -> tuple[float, float]:
    """Days that pass of the `coming` ones, from now on, until what is left above the refill point [mm] is used up, and
    what is left then. Rain fills the soil up to `full`, the rest runs through; the crop takes Kcb ET0 (FAO-56 eq. 69,
    without evaporation from the soil), and no less than the block's own pace `a_day`: by Kcb ET0 alone blocks were told
    dry two days too late, with a service that knew what comes (`cooee bench forecast`)."""
    plant, days = crop(zone.crop), 0.0
    part = 1 - (now.hour * 60 + now.minute) / 1440
    for day in coming:
        et0 = day.et0(latitude)
        coefficient = plant.basal_coefficient(plant.days_after_planting(day.day, zone.planted))
        loss = a_day if et0 is None else max(a_day or 0.0, et0 * coefficient)
        if loss is None:
            break
        left = min(full, left + part * (day.rain_mm or 0.0))
        if left <= part * loss:
            return days + left / loss, 0.0
        left, days, part = left - part * loss, days + part, 1.0
    return days, left


def _losses(
    zone: Zone, t: Sequence[int], daily: Mapping[str, Sequence[float]], latitude: float, now: int
) -> Iterator[float]:
    """Water that the roots lost on each day on which they lost some [mm], at today's radiation."""
    depth_mm = 1000 * root_depth_m(zone, now)
    waters = [
        soil_water(zone, dict(zip(daily, values, strict=True)), now) for values in zip(*daily.values(), strict=True)
    ]
    today = _radiation(latitude, now)
    for (before_t, before), (after_t, after) in pairwise(zip(t, waters, strict=True)):
        if before and after and depth_mm and after_t - before_t <= DAY_MS and after.lost > before.lost:
            yield (after.lost - before.lost) * after.capacity_mm * today / _radiation(latitude, before_t)


def _radiation(latitude: float, t: int) -> float:
    return _radiation_on(latitude, t // DAY_MS)


@lru_cache(maxsize=1000)
def _radiation_on(latitude: float, day: int) -> float:
    """`day`: since 1970."""
    of_year = (date(1970, 1, 1) + timedelta(days=day)).timetuple().tm_yday
    return max(0.1, float(extraterrestrial_radiation(latitude, of_year)))


def dry_in_words(outlook: Outlook) -> str:
    """ "dry in about 3 days (2 to 5)"."""
    days, least, most = max(1, round(outlook.value)), round(outlook.least), max(1, round(outlook.most))
    about = say_count("dry in about {count} day", "dry in about {count} days", days)
    return with_band(about, number(least), number(most))
