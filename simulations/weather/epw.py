"""EnergyPlus weather files (EPW): no line of column names, hours that are called by their end, typical years whose
months are of several years. By the data dictionary in "Auxiliary Programs" of EnergyPlus."""

import csv

import pandas as pd

from .format import Column, Format, Site, Unnamed

NAMES = (
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "flags",
    "dry bulb",
    "dew point",
    "relative humidity",
    "pressure",
    "extraterrestrial horizontal",
    "extraterrestrial normal",
    "infrared",
    "global horizontal",
    "direct normal",
    "diffuse horizontal",
    "global illuminance",
    "direct illuminance",
    "diffuse illuminance",
    "zenith luminance",
    "wind direction",
    "wind speed",
    "sky cover",
    "opaque cover",
    "visibility",
    "ceiling",
    "observation",
    "weather codes",
    "precipitable water",
    "aerosol depth",
    "snow depth",
    "days since snow",
    "albedo",
    "liquid precipitation",
    "precipitation hours",
)
COMMON_YEAR = 2001
"""For typical years: it has no 29 February, as they have none."""
NOTHING = float("nan")


def _site(preamble: str, station: str) -> Site | None:
    """Line LOCATION: city, region, country, source, number, latitude, longitude, zone, elevation. Wind is of 10 m, as
    at weather services."""
    cells = next(csv.reader([preamble.split("\n", 1)[0]]))
    try:
        latitude, _, zone_h, elevation_m = (float(cell) for cell in cells[6:10])
    except ValueError:
        return None
    return Site(latitude=latitude, elevation_m=elevation_m, utc_offset_h=zone_h, wind_height_m=10)


def _hourly(preamble: str) -> bool:
    """Whether line DATA PERIODS (number of periods, lines an hour) says so."""
    return [cell.strip() for cell in preamble.splitlines()[-1].split(",")][2:3] == ["1"]


def _with_times(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    """Local standard time at which each line's hour, or part of one, ends; what is no time stays as it is written."""
    year, month, day, hour, minute = (pd.to_numeric(frame[name], errors="coerce") for name in NAMES[:5])
    if year.nunique() > 1 and ((month * 100 + day) * 100 + hour).diff().iloc[1:].ge(0).all():
        year = year * 0 + COMMON_YEAR
    midnight = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}), errors="coerce")
    part_h = 1 if _hourly(preamble) else minute.where(minute > 0, 60) / 60
    ends = (midnight + pd.to_timedelta(hour.where(hour.between(1, 24)) - 1 + part_h, unit="h")).dt.round("s")
    written = frame[list(NAMES[:5])].fillna("").agg(" ".join, axis=1)
    return frame.assign(time=ends.dt.strftime("%Y-%m-%d %H:%M:%S").fillna(written))


EPW = Format(
    name="EPW",
    unnamed=Unnamed(opening="LOCATION,", last="DATA PERIODS,", names=NAMES),
    prepared=_with_times,
    time=("time",),
    ended=("rain", "radiation"),
    site_of=_site,
    columns={
        "temperature": Column(name="dry bulb", codes={99.9: NOTHING}),
        "humidity": Column(name="relative humidity", codes={999: NOTHING}),
        "wind": Column(name="wind speed", codes={999: NOTHING}),
        "rain": Column(name="liquid precipitation", codes={999: NOTHING}),
        "pressure": Column(name="pressure", per=100, codes={999_999: NOTHING}),
    },
    optional={"radiation": Column(name="global horizontal", codes={9999: NOTHING})},
)
