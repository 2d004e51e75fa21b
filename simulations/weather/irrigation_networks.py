"""Networks that measure for irrigation in the United States: CIMIS of California and AZMET of Arizona, by the hour. An
hour is called by its end, and all of a line is of that hour. By CIMIS's "Flag Summary", AZMET's "Raw Data Formats"
(original and since 2003), and the reference of R package azmetr. Neither measures pressure."""

from dataclasses import replace
from itertools import pairwise

import pandas as pd

from .format import INCH, LANGLEY, MPH, Column, Format, Unnamed, fahrenheit

NOTHING = float("nan")
ALL = ("temperature", "humidity", "wind", "gust", "rain", "radiation")
MJ_AN_HOUR, LANGLEY_A_DAY = 1e6 / 3600, LANGLEY * 1e6 / 86_400
"""W/m2."""
SEVERE = ("I", "M", "N", "N/A", "R", "S")
"""Flags of CIMIS: to be ignored, missing, not there, far out of historical limits, sensor out of service."""
NO_NUMBER = {-6999.0: NOTHING}


def _with_flags(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    """Cells without those that the flag behind them (columns qc) condemns, and hours of four digits."""
    names = list(frame.columns)
    kept = frame.copy()
    for name, flags in pairwise(names):
        if flags == "qc" or flags.startswith("qc (column"):
            kept[name] = frame[name].mask(frame[flags].str.strip().isin(SEVERE))
    hour = frame["Hour (PST)"].str.strip().str.zfill(4)
    return kept.assign(**{"Hour (PST)": hour})


CIMIS = (
    Format(
        name="CIMIS hourly",
        time=("Date", "Hour (PST)"),
        time_format="%m/%d/%Y %H%M",
        station="Stn Id",
        columns={
            "temperature": (
                replace(fahrenheit("Air Temp (F)"), codes=NO_NUMBER),
                Column(name="Air Temp (C)", codes=NO_NUMBER),
            ),
            "humidity": Column(name="Rel Hum (%)", codes=NO_NUMBER),
            "wind": (
                Column(name="Wind Speed (mph)", factor=MPH, codes=NO_NUMBER),
                Column(name="Wind Speed (m/s)", codes=NO_NUMBER),
            ),
            "rain": (
                Column(name="Precip (in)", factor=INCH, codes=NO_NUMBER),
                Column(name="Precip (mm)", codes=NO_NUMBER),
            ),
            "radiation": (
                Column(name="Sol Rad (Ly/day)", factor=LANGLEY_A_DAY, codes=NO_NUMBER),
                Column(name="Sol Rad (W/sq.m)", codes=NO_NUMBER),
            ),
        },
        ended=ALL,
        prepared=_with_flags,
    ),
)


def _with_days(frame: pd.DataFrame, preamble: str) -> pd.DataFrame:
    """Years of two digits (1987 to 2002) written out, days of three, hours of two."""
    year = frame["year"].str.strip()
    short = year.str.fullmatch(r"\d{1,2}").eq(True)
    century = year.where(short).astype(float).gt(50).map({True: "19", False: "20"})
    return frame.assign(
        year=year.where(~short, century + year.str.zfill(2)),
        day=frame["day"].str.strip().str.zfill(3),
        hour=frame["hour"].str.strip().str.zfill(2),
    )


RAW = (
    *("year", "day", "hour", "temperature", "humidity", "vapor pressure deficit", "radiation", "rain", "soil"),
    *("deeper soil", "wind", "vector", "direction", "spread", "gust", "ET0", "17", "18"),
)
_BAD = {999.0: NOTHING, 9999.0: NOTHING}

AZMET = (
    Format(
        name="AZMET hourly",
        unnamed=Unnamed(
            opening=r"\s*\d{1,4},\s*\d{1,3},\s*\d{1,2}(?:,\s*-?[\d.]+){14,15}\s*$",
            last=None,
            names=RAW,
        ),
        time=("year", "day", "hour"),
        time_format="%Y %j %H",
        columns={
            "temperature": Column(name="temperature", codes=_BAD),
            "humidity": Column(name="humidity", codes=_BAD),
            "wind": Column(name="wind", codes=_BAD),
            "gust": Column(name="gust", codes=_BAD),
            "rain": Column(name="rain", codes=_BAD),
            "radiation": Column(name="radiation", factor=MJ_AN_HOUR, codes=_BAD),
        },
        ended=ALL,
        prepared=_with_days,
    ),
    Format(
        name="AZMET hourly of its API",
        time=("date_datetime",),
        time_format="mixed",
        station="meta_station_id",
        columns={
            "temperature": (Column(name="temp_airC"), fahrenheit("temp_airF")),
            "humidity": Column(name="relative_humidity"),
            "wind": (Column(name="wind_spd_mps"), Column(name="wind_spd_mph", factor=MPH)),
            "rain": (
                Column(name="precip_total"),
                Column(name="precip_total_mm"),
                Column(name="precip_total_in", factor=INCH),
            ),
            "radiation": (
                Column(name="sol_rad_total", factor=MJ_AN_HOUR),
                Column(name="sol_rad_total_ly", factor=LANGLEY_A_DAY * 24),
            ),
        },
        optional={"gust": (Column(name="wind_spd_max_mps"), Column(name="wind_spd_max_mph", factor=MPH))},
        ended=ALL,
    ),
)
