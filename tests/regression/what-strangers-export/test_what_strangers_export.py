"""Habits of exporters that were refused, or read wrong without a word: units in the names in other languages, a line of
units, milliseconds, 15 minutes; a last line that breaks off, lines of zeros, 99.9 for no rain, a rate in mm/h, winters
in degF."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather.format import Site
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_weather

SITE = Site(latitude=45, elevation_m=100)
FIRST = datetime(2024, 6, 10)
HOURS = range(5 * 24)
OWN = "when,temperature,rel_humidity,wind_speed,rainfall,pressure"
EN = "Time,Temp (°C),Humidity (%),Wind (m/s),Rain (mm),Pressure (hPa)"
RAIN = {7: 0.5, 30: 1.5}


def celsius(hour: float) -> float:
    return round(10 + hour % 24 / 2 + hour / 100, 2)


def rows(
    write: str = "{at:%Y-%m-%d %H:%M},{t},{rh},{w},{r},{p}", *, minutes: int = 60, first: datetime = FIRST
) -> list[str]:
    lines = []
    for at in range(0, len(HOURS) * 60, minutes):
        t, fell = celsius(at / 60), RAIN.get(at // 60, 0.0) * minutes / 60
        numbers = {"t": t, "rh": 70, "w": 3, "r": round(fell, 4), "p": 1001.5}
        others = {
            "f": round(t * 1.8 + 32, 3),
            "k": round(t + 273.15, 2),
            "mph": 6.7108,
            "kmh": 10.8,
            "kt": 5.8315,
            "inches": round(fell / 25.4, 5),
            "inhg": 29.5743,
            "kpa": 100.15,
            "pa": 100150,
        }
        when = first + timedelta(minutes=at)
        lines.append(write.format(at=when, s=when.replace(tzinfo=UTC).timestamp(), **numbers, **others))
    return lines


def read(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> Weather:
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode(encoding))
    weather = read_weather(path, site=SITE)
    assert isinstance(weather, Weather)
    return weather


def check(weather: Weather, *, hours: int = len(HOURS), within: float = 0.02) -> None:
    assert weather.start_ms == FIRST.replace(tzinfo=UTC).timestamp() * 1000
    known = np.arange(hours)
    np.testing.assert_allclose(weather.temperature[::6][known], [celsius(int(hour)) for hour in known], atol=within)
    np.testing.assert_allclose(weather.humidity, 70)
    np.testing.assert_allclose(weather.wind, 3, atol=0.001)
    np.testing.assert_allclose(weather.pressure, 1001.5, atol=0.02)
    fell = weather.rain.reshape(-1, 6).sum(axis=1)
    assert {hour: round(float(mm), 2) for hour, mm in enumerate(fell) if mm} == RAIN


SOIL_AND_ROOM = "Time,Soil Temp. [°C],Indoor Temp. [°C],Temp. [°C],Hum. [%],Indoor Hum. [%],Wind [m/s],Rain [mm],"
GERMAN = (
    "Datum;Uhrzeit;Außentemperatur (°C);Luftfeuchtigkeit (%);Windgeschwindigkeit (km/h);Böe (km/h);Niederschlag (mm);"
    "Luftdruck (hPa);Bodentemperatur 10 cm (°C)"
)
READ: dict[str, tuple[str, list[str]]] = {
    "English, brackets, soil, room and rate": (
        SOIL_AND_ROOM + "Rain rate [mm/h],Pressure [hPa],UV",
        rows("{at:%Y-%m-%d %H:%M},14,21,{t},{rh},40,{w},{r},9,{p},3"),
    ),
    "the open air beside another": (
        "Time,Temperature (°C),Outdoor Temperature (°C),Hum (%),Wind (m/s),Rain (mm),Pressure (hPa)",
        rows("{at:%Y-%m-%d %H:%M},21,{t},{rh},{w},{r},{p}"),
    ),
    "United States": (
        "Date,Time,Temp. [°F],Humidity [%],Wind Speed [mph],Rain [in],Pressure [inHg]",
        rows("{at:%m/%d/%Y},{at:%I:%M %p},{f},{rh},{mph},{inches},{inhg}"),
    ),
    "knots and kilopascals": (
        "Timestamp,Air temp (C),RH (%),Wind speed (kt),Precip (mm),Barometric pressure (kPa)",
        rows("{at:%Y-%m-%d %H:%M},{t},{rh},{kt},{r},{kpa}"),
    ),
    "kelvin and pascals": (
        "Time,Temp (K),Humidity (%),Wind (m/s),Rain (l/m²),Pressure (Pa)",
        rows("{at:%Y-%m-%d %H:%M},{k},{rh},{w},{r},{pa}"),
    ),
    "German": (
        GERMAN,
        [
            row.replace(".", ",").replace("#", ".")
            for row in rows("{at:%d#%m#%Y};{at:%H:%M};{t};{rh};{kmh};30;{r};{p};14")
        ],
    ),
    "French": (
        "Date/Heure;Température extérieure (°C);Humidité relative (%);Vitesse du vent (km/h);Précipitations (mm);"
        "Pression (hPa)",
        rows("{at:%d/%m/%Y %H:%M};{t};{rh};{kmh};{r};{p}"),
    ),
    "Spanish": (
        "Fecha,Hora,Temperatura (°C),Humedad relativa (%),Velocidad del viento (km/h),Precipitación (mm),Presión (hPa)",
        rows("{at:%Y-%m-%d},{at:%H:%M},{t},{rh},{kmh},{r},{p}"),
    ),
    "accents of two characters": (
        unicodedata.normalize(
            "NFD", "Fecha,Temperatura (°C),Humedad (%),Viento (m/s),Precipitación (mm),Presión (hPa)"
        ),
        rows(),
    ),
    "how times are written": (EN.replace("Time", "Time (yyyy-mm-dd hh:mm)"), rows()),
    "time and date apart": (OWN.replace("when", "date,time"), rows("{at:%Y-%m-%d},{at:%H:%M},{t},{rh},{w},{r},{p}")),
    "a line of units": (OWN, [",°C,%,m/s,mm,hPa", *rows()]),
    "units, and how they were taken": (OWN, ["yyyy-mm-dd hh:mm,degC,%,m/s,mm,mbar", ",Avg,Smp,Avg,Tot,Smp", *rows()]),
    "15 minutes": (OWN, rows(minutes=15)),
    "12 minutes": (OWN, rows(minutes=12)),
    "milliseconds": (OWN, rows("{s:.0f}000,{t},{rh},{w},{r},{p}")),
    "seconds with a point": (OWN, rows("{s:.1f},{t},{rh},{w},{r},{p}")),
    "names of months": (OWN, rows("{at:%d-%b-%Y %H:%M},{t},{rh},{w},{r},{p}")),
    "twelve digits": (OWN, rows("{at:%Y%m%d%H%M},{t},{rh},{w},{r},{p}")),
    "ten digits": (OWN, rows("{at:%Y%m%d%H},{t},{rh},{w},{r},{p}")),
    "clock of 12 hours behind a year": (OWN, rows("{at:%Y-%m-%d %I:%M %p},{t},{rh},{w},{r},{p}")),
    "lines twice": (OWN, [row for row in rows() for _ in range(2)]),
    "files joined that overlap": (OWN, rows()[:80] + rows()[50:]),
}


@pytest.mark.parametrize(("names", "lines"), READ.values(), ids=READ)
def test_what_was_meant_is_read(names: str, lines: list[str], tmp_path: Path) -> None:
    check(read(tmp_path, "\n".join([names, *lines, ""])), within=0.13 if "minutes" in names else 0.06)


def test_times_that_are_called_utc(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([EN.replace("Time", "Time (UTC)"), *rows(), ""]))
    weather = read_weather(path, site=Site(latitude=45, elevation_m=100, utc_offset_h=-6))
    assert isinstance(weather, Weather)
    at = round((FIRST.replace(tzinfo=UTC).timestamp() * 1000 + 30 * 3_600_000 - weather.start_ms) / 600_000)
    assert weather.temperature[at] == pytest.approx(celsius(30), abs=0.02)


def test_a_last_line_that_breaks_off_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It said 1 for 21.19 degC."""
    lines = rows()
    check(read(tmp_path, "\n".join([OWN, *lines[:-1], lines[-1][:18]])), hours=len(HOURS) - 1)
    assert "the last line breaks off and is left out" in caplog.text


def test_lines_of_zeros_are_of_a_logger_without_probes(tmp_path: Path) -> None:
    lines = rows()
    lines[50:52] = [line.split(",")[0] + ",0,0,0,0,0" for line in lines[50:52]]
    check(read(tmp_path, "\n".join([OWN, *lines, ""])))


def spoilt(change: Callable[[int, list[str]], list[str]], lines: list[str]) -> list[str]:
    return [",".join(change(at, line.split(","))) for at, line in enumerate(lines)]


DAYS = rows(minutes=5)
RATE = spoilt(lambda at, cells: [*cells[:4], str(1.2 + at // 12 % 5 if at // 12 in (7, 8, 30) else 0), cells[5]], DAYS)
WINTER = spoilt(
    lambda _, cells: [cells[0], f"{float(cells[1]) * 1.8 + 12:.1f}", *cells[2:]], rows(first=datetime(2024, 1, 10))
)
REFUSED = {
    "units in a line": ([OWN, ",°F,%,mph,in,inHg", *rows()], "line 2: column temperature is in '°F'; it must be in °C"),
    "units nobody knows": ([OWN, ",°C,%,furlongs,mm,hPa", *rows()], "line 2: column wind_speed is in 'furlongs'"),
    "two that may be meant": (
        ["Time,Temp (°C),Temperature (°C),Hum (%),Wind (m/s),Rain (mm)", "x"],
        r"columns 'Temp \(°C\)' and 'Temperature \(°C\)' may both be meant; leave one out",
    ),
    "Beaufort": ([EN.replace("m/s", "Bft"), *rows()], r"none that are known .*; name yours Time, Temperature \(°C\), "),
    "a rate in its name": ([EN.replace("mm", "mm/h"), *rows()], "name yours Time, "),
    "a zone in its name": ([EN.replace("Time", "Time (CEST)"), *rows()], "name yours Time, "),
    "a rate": ([OWN, *RATE], "rainfall repeats itself from line to line: is this a rate, or the sum of a longer time"),
    "99.9": (
        [OWN, *spoilt(lambda at, cells: [*cells[:4], "99.9" if at == 40 else cells[4], cells[5]], rows())],
        "rainfall is 99.9 on 1 lines: does it stand for no value",
    ),
    "a winter in degF": ([OWN, *WINTER], "temperature lies between .* is this degF"),
    "decimal commas between commas": ([OWN, *(row.replace(".", ",") for row in rows())], "line 2: has more cells than"),
}


@pytest.mark.parametrize(("lines", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_known_is_said_in_one_line(lines: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=words) as refusal:
        read(tmp_path, "\n".join([*lines, ""]))
    assert "\n" not in str(refusal.value)
