"""Airports and synoptic stations in the files of NOAA: ISD (with commas, and in the archive's fixed columns), ISD-Lite
and LCD. By "Federal Climate Complex Data Documentation for Integrated Surface Data", "ISD-Lite Format Documentation",
its technical document, and "Local Climatological Data (LCD) Dataset Documentation".

Several reports an hour are made one as in ISD-Lite: of each element the last reported in the ten minutes before it.
Reports between (FM-16) and sums of days and months (SOD, SOM) are left out."""

from dataclasses import replace
from itertools import pairwise

import pandas as pd

from edge.agronomy.et0 import saturation_vapour_pressure
from edge.contract.errors import CooeeError

from .format import INCH, MPH, Column, Format, Unnamed, fahrenheit
from .units import INCH_OF_MERCURY

NOTHING = float("nan")
BEFORE_THE_HOUR = pd.Timedelta(minutes=10)
NOT_HOURLY = ("FM-16", "SOD", "SOM")
DOUBTED = ("2", "3", "6", "7")
"""Quality codes of ISD: suspect or erroneous, by either of two checks."""
NONE = ("+9999", "99999", "9999")
"""What ISD writes for no number."""
MEASURED, TRACE, HOURLY = ("9", "2", "E", "I", "J", ""), "2", "01"
"""Of ISD's rain: conditions under which an amount is of its period (none, trace, estimated, incomplete), that of a
trace, and the period of an hour."""
RAIN = ("AA1", "AA2", "AA3", "AA4")
UNITED_STATES = 40.0
"""Pressure of fewer units is in inches of mercury."""
MEASURED_BY_LCD = {
    "temperature": "HourlyDryBulbTemperature",
    "humidity": "HourlyRelativeHumidity",
    "wind": "HourlyWindSpeed",
    "gust": "HourlyWindGustSpeed",
    "rain": "HourlyPrecipitation",
    "pressure": "HourlyStationPressure",
}
METRIC = " (metric)"
YEAR_TO_MINUTE = ("Year", "Month", "Day", "Hour", "Minute")
LITE = (
    *("year", "month", "day", "hour", "temperature", "dew_point", "sea_level_pressure", "direction", "wind", "sky"),
    *("rain_1h", "rain_6h"),
)


def _one_an_hour(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """A line an hour, called by it in column DATE, of `columns`; a line without a time stays."""
    hourly = ~frame["REPORT_TYPE"].fillna("").str.strip().isin(NOT_HOURLY)
    return _last_before_hours(frame[hourly], columns)


def _last_before_hours(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    when = pd.to_datetime(frame["DATE"], errors="coerce", format="ISO8601")
    hour = when.dt.ceil("h")
    near = ~(hour - when > BEFORE_THE_HOUR)
    named = hour.dt.strftime("%Y-%m-%dT%H:%M").fillna(frame["DATE"].fillna(""))[near]
    lines = frame.index.to_series()[near].groupby(named, sort=False).last()
    return frame[columns][near].groupby(named, sort=False).last().rename_axis("DATE").reset_index().set_index(lines)


def one_of_several(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    """Of GHCN hourly: each hour's last report, where there are several an hour. Rain is of the hour before each."""
    parts = [name for name in YEAR_TO_MINUTE if name in frame]
    if "DATE" not in frame:
        year, *others = (frame[name].str.strip().str.zfill(2) for name in parts)
        dates = year + "-" + others[0] + "-" + others[1] + "T" + others[2] + ":" + others[3]
        frame = frame.assign(DATE=dates)
    when = pd.to_datetime(frame["DATE"], errors="coerce", format="ISO8601")
    if not when.dt.floor("h").duplicated().any():
        return frame
    hourly = _last_before_hours(frame, list(frame.columns.drop("DATE")))
    for name, at in zip(parts, ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16)), strict=False):
        hourly[name] = hourly["DATE"].str.slice(*at)
    return hourly


def _parts(lists: "pd.Series[str]") -> pd.DataFrame:
    """Five parts of lists, "" where there are fewer."""
    return lists.fillna("").str.split(",", expand=True).reindex(columns=range(5), fill_value="").fillna("")


def _number(cells: "pd.Series[str]", at: int) -> "pd.Series[str]":
    """The number at a place of lists, where its quality code, which comes next, does not doubt it."""
    parts = _parts(cells)
    return parts[at].mask(parts[at + 1].isin(DOUBTED) | parts[at].isin(("", *NONE)))


def _hours_rain(frame: pd.DataFrame) -> "pd.Series[str]":
    """Rain of an hour, tenths of a mm, of the group that says so: those of other periods, and of sums over several
    reports, are passed over."""
    rain = pd.Series(None, index=frame.index, dtype=object)
    for group in (name for name in RAIN if name in frame):
        period, depth, condition, quality, _ = (part for _, part in _parts(frame[group]).items())
        hourly = (period == HOURLY) & condition.isin(MEASURED) & ~quality.isin(DOUBTED) & ~depth.isin(NONE)
        rain = rain.fillna(depth.mask(condition == TRACE, "0").where(hourly))
    return rain


def _relative_humidity(temperature: "pd.Series[str]", dew_point: "pd.Series[str]") -> "pd.Series[str]":
    """% of temperature and dew point in tenths of a degree, both as text (FAO-56 eq. 11)."""
    air, dew = (pd.to_numeric(of, errors="coerce") / 10 for of in (temperature, dew_point))
    known = (air.abs() < 100) & (dew.abs() < 100)
    of_dew, of_air = (saturation_vapour_pressure(of.where(known, 0.0).to_numpy(dtype=float)) for of in (dew, air))
    share = of_dew / of_air
    return pd.Series(100 * share, index=air.index).round(2).clip(upper=100).astype(str).where(known)


def _of_isd(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    """Of each hour the numbers; DEW becomes humidity."""
    single = pd.DataFrame(
        {
            "DATE": frame["DATE"],
            "REPORT_TYPE": frame["REPORT_TYPE"],
            "TMP": _number(frame["TMP"], 0),
            "DEW": _number(frame["DEW"], 0),
            "SLP": _number(frame["SLP"], 0),
            "WND": _number(frame["WND"], 3),
            "AA1": _hours_rain(frame),
        }
    )
    if "OC1" in frame:
        single["OC1"] = _number(frame["OC1"], 0)
    hourly = _one_an_hour(single, list(single.columns[2:]))
    return hourly.assign(DEW=_relative_humidity(hourly["TMP"], hourly["DEW"]))


def _of_archive(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    """Records of fixed columns, as lists with commas."""
    record = frame["record"]

    def listed(*ends: int) -> "pd.Series[str]":
        parts = [record.str[begin:end] for begin, end in pairwise(ends)]
        return pd.concat(parts, axis=1).agg(",".join, axis=1)

    additional = record.str[105:].str.partition("REM")[0]
    groups = {name: rf"{name}(\d\d)(\d{{4}})(.)(.)" for name in RAIN} | {"OC1": r"OC1(\d{4})(.)"}
    found = {name: additional.str.extract(pattern) for name, pattern in groups.items()}
    written = pd.to_datetime(record.str[15:27], errors="coerce", format="%Y%m%d%H%M")
    lists = pd.DataFrame(
        {
            "DATE": written.dt.strftime("%Y-%m-%dT%H:%M").fillna(record.str[15:27]),
            "REPORT_TYPE": record.str[41:46],
            "TMP": listed(87, 92, 93),
            "DEW": listed(93, 98, 99),
            "SLP": listed(99, 104, 105),
            "WND": listed(60, 63, 64, 65, 69, 70),
            **{name: parts.fillna("").agg(",".join, axis=1) for name, parts in found.items()},
        }
    )
    return _of_isd(lists, preamble)


def _of_lite(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    return frame.assign(dew_point=_relative_humidity(frame["temperature"], frame["dew_point"]))


def _of_lcd(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    """Of each hour what is not marked as suspect ("45s"); in metric units where pressure says so."""
    columns = [name for name in MEASURED_BY_LCD.values() if name in frame]
    cells = frame[columns].apply(lambda of: of.str.strip())
    cells = cells.mask(cells.apply(lambda of: of.str.fullmatch(r"[-+.\d]+[A-Za-z*]+|Ts").eq(True)))
    hourly = _one_an_hour(frame[["DATE", "REPORT_TYPE"]].join(cells), columns)
    pressure = pd.to_numeric(hourly["HourlyStationPressure"], errors="coerce").median()
    if pressure > UNITED_STATES:
        return hourly.rename(columns={name: name + METRIC for name in columns})
    if frame["STATION"].str.contains("[A-Z]").any():
        raise CooeeError("LCD: stations are called as in its version 2, which is metric, but pressure is in inches")
    return hourly


_TENTHS = {"temperature": "TMP", "wind": "WND", "rain": "AA1", "pressure": "SLP"}
_US = {
    "temperature": fahrenheit(MEASURED_BY_LCD["temperature"]),
    "humidity": Column(name=MEASURED_BY_LCD["humidity"]),
    "wind": Column(name=MEASURED_BY_LCD["wind"], factor=MPH),
    "gust": Column(name=MEASURED_BY_LCD["gust"], factor=MPH),
    "rain": Column(name=MEASURED_BY_LCD["rain"], factor=INCH),
    "pressure": Column(name=MEASURED_BY_LCD["pressure"], factor=INCH_OF_MERCURY),
}
_LCD = {quantity: (column, Column(name=column.name + METRIC)) for quantity, column in _US.items()}

_LISTS = Format(
    name="ISD",
    time=("DATE",),
    utc=True,
    station="STATION",
    columns={
        **{quantity: Column(name=name, per=10) for quantity, name in _TENTHS.items()},
        "humidity": Column(name="DEW"),
    },
    optional={"gust": Column(name="OC1", per=10)},
    gusts_when_strong=True,
    ended=("rain",),
    lists=True,
    prepared=_of_isd,
)

NOAA = (
    _LISTS,
    replace(
        _LISTS,
        name="ISD archive",
        unnamed=Unnamed(
            opening=r"\d{4}[0-9A-Z]{11}\d{12}.[+-]\d{5}[+-]\d{6}", last=None, names=("record",), separator="\x1f"
        ),
        station=None,
        prepared=_of_archive,
    ),
    Format(
        name="ISD-Lite",
        unnamed=Unnamed(
            opening=r"\d{4} \d\d \d\d \d\d(?: +-?\d+){8}\s*$",
            last=None,
            names=LITE,
            separator=r"\s+",
        ),
        time=("year", "month", "day", "hour"),
        time_format="%Y %m %d %H",
        utc=True,
        columns={
            "temperature": Column(name="temperature", per=10),
            "humidity": Column(name="dew_point"),
            "wind": Column(name="wind", per=10),
            "rain": Column(name="rain_1h", per=10, codes={-1: 0}),
            "pressure": Column(name="sea_level_pressure", per=10),
        },
        ended=("rain",),
        prepared=_of_lite,
    ),
    Format(
        name="LCD",
        time=("DATE",),
        station="STATION",
        columns={quantity: columns for quantity, columns in _LCD.items() if quantity != "gust"},
        optional={"gust": _LCD["gust"]},
        gusts_when_strong=True,
        ended=("rain",),
        prepared=_of_lcd,
    ),
)
