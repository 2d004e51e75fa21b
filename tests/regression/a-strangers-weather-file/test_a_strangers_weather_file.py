"""Legal variants of weather files were refused, read as another season, or refused with a line that did not say why:
dates that begin with their day, the newest line first, files without names, zips, Unix seconds, two tables in one file,
lines that lie beside the hour, marks between thousands, two rows of names."""

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather.format import Site
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_weather

UTC_SITE = Site(latitude=50, elevation_m=100)
FIRST = datetime(2024, 6, 10)
HOURS = range(5 * 24)
TEMPERATURE = [round(10 + hour % 24 / 2 + hour / 100, 1) for hour in HOURS]
WET = {7: 0.5, 30: 1.5}
OWN = "when,temperature,rel_humidity,wind_speed,rainfall,pressure"
DAVIS = '"Date & Time","Barometer - mb","Temp - °C","Hum - %","Avg Wind Speed - km/h","Rain - mm"'
ECOWITT = "Time,Outdoor Temperature(℃),Outdoor Humidity(%),Wind(knots),REL Pressure(mmHg),Daily Rain(mm)"
PLACES = "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n50,13.4,38.0,0,GMT,GMT\n\n"
OPEN_METEO = (
    "time,temperature_2m (°C),relative_humidity_2m (%),wind_speed_10m (kn),precipitation (mm),surface_pressure (hPa)"
)
BULK = "{at:%Y-%m-%d},{at.hour},{t},8.0,{rh},{r},,210,{kmh:.2f},,{p},,"


def rows(write: str, *, late_min: float = 0.0, time: Callable[[datetime], str] = str) -> list[str]:
    lines = []
    for hour in HOURS:
        at = FIRST + timedelta(hours=hour, minutes=late_min)
        numbers = {"t": TEMPERATURE[hour], "rh": 70, "p": 1001.5, "r": WET.get(hour, 0.0), "kmh": 10.8, "kn": 5.8315}
        total = sum(fell for wet, fell in WET.items() if hour - hour % 24 <= wet <= hour)
        lines.append(write.format(at=at, time=time(at), total=total, mm_hg=751.18, **numbers))
    return lines


def own(time: Callable[[datetime], str], *, late_min: float = 0.0) -> list[str]:
    return rows("{time},{t},{rh},3,{r},{p}", time=time, late_min=late_min)


def us(at: datetime) -> str:
    return f"{at.month}/{at.day}/{at:%y} {(at.hour - 1) % 12 + 1}:{at:%M}{'a' if at.hour < 12 else 'p'}"


def zipped(text: str, *more: str) -> bytes:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        for name in ("station.csv", *more):
            archive.writestr(name, text)
    return packed.getvalue()


DAVIS_ROWS = rows('"{time}","1,001.5","{t}","{rh}","{kmh}","{r}"', time=lambda at: f"{at:%d/%m/%y %H:%M}")
ECOWITT_ROWS = rows("{time},{t},{rh},{kn},{mm_hg},{total}", time=lambda at: f"{at:%Y-%m-%d %H:%M}")
HOURLY = rows("{time},{t},{rh},{kn},{r},{p}", time=lambda at: f"{at:%Y-%m-%dT%H:%M}")
EPOCH = rows("{time},{t},{rh},{kn},{r},{p}", time=lambda at: f"{at.replace(tzinfo=UTC).timestamp():.0f}")
ECOWITT_NET = (
    "Time,Outdoor,,,,Indoor,,Solar and UVI,,Rainfall,,,,,,,Wind,,,Pressure,\n"
    ",Temperature({c}),Feels Like({c}),Dew Point({c}),Humidity(%),Temperature({c}),Humidity(%),Solar({solar}),UVI,"
    "Rain Rate({mm}/hr),Daily({mm}),Event({mm}),Hourly({mm}),Weekly({mm}),Monthly({mm}),Yearly({mm}),"
    "Wind Speed({speed}),Wind Gust({speed}),Wind Direction(º),Relative({hpa}),Absolute({hpa})"
)
ECOWITT_SI = ECOWITT_NET.format(c="℃", mm="mm", speed="m/s", hpa="hPa", solar="W/m²")
ECOWITT_US = ECOWITT_NET.format(c="℉", mm="in", speed="mph", hpa="inHg", solar="Klux")
ECOWITT_NET_ROW = (
    "{time},{t},{t},9,{rh},22,40,200,1,{r},{total},9,{r},{total},{total},500,{wind},{gust},180,{low},{high}"
)


def ecowitt_net(of_celsius: Callable[[float], float], inch: float, speed: float, hpa: float) -> list[str]:
    """Numbers in a file's units: inches, metres a second and hPa to one of them."""
    lines = []
    for line in rows("{time}|{t}|{rh}|{r}|{total}|{p}", time=lambda at: f"{at:%Y-%m-%d %H:%M}"):
        at, *cells = line.split("|")
        t, rh, r, total, p = map(float, cells)
        written = {"t": of_celsius(t), "r": r / inch, "total": total / inch, "wind": 3 / speed, "gust": 7 / speed}
        lines.append(ECOWITT_NET_ROW.format(time=at, rh=rh, low=1030 / hpa, high=p / hpa, **written))
    return lines


ECOWITT_SI_ROWS = ecowitt_net(lambda t: t, 1, 1, 1)
ECOWITT_US_ROWS = ecowitt_net(lambda t: t * 1.8 + 32, 25.4, 0.44704, 33.8639)
DAVIS_DESKTOP = (
    " \t \tTemp\tHi\tLow\tOut\tDew\tWind\tWind\tWind\tHi\tHi\t \t \nDate\tTime\tOut\tTemp\tTemp\tHum\tPt.\tSpeed\t"
    "Dir\tRun\tSpeed\tDir\tBar\tRain\n10/06/24\t0:30\t10.1\t10.2\t9.9\t70\t5\t3.1\tN\t5.6\t7\tN\t1001.5\t0.00"
)
PLAIN = own(lambda at: f"{at:%Y-%m-%d %H:%M}")
DAYS = "\ntime,temperature_2m_max (°C),precipitation_sum (mm)\n2024-06-10,20,1\n2024-06-11,20,1"
GHCN = "Station_ID|Year|Month|Day|Hour|Minute|temperature|relative_humidity|wind_speed|precipitation|sea_level_pressure"
METEOSTAT = "year,month,day,hour,temp,temp_source,rhum,prcp,wspd,pres"
KNMI = "# STN,YYYYMMDD,   HH,   FH,    T,   RH,    P,    U\n#"

READ = {
    "day first": (OWN, own(lambda at: f"{at:%d/%m/%Y %H:%M}")),
    "day first with points": (OWN, own(lambda at: f"{at:%d.%m.%y %H:%M:%S}")),
    "month first, clock of 12 hours": (OWN, own(us)),
    "midnight as 24:00": (
        OWN,
        own(lambda at: f"{at - timedelta(days=1):%Y-%m-%d} 24:00" if at.hour == 0 else f"{at:%Y-%m-%d %H:%M}"),
    ),
    "newest first": (OWN, PLAIN[::-1]),
    "a total, newest first": (ECOWITT, ECOWITT_ROWS[::-1]),
    "ecowitt.net": (ECOWITT_SI, ECOWITT_SI_ROWS),
    "ecowitt.net in tabs": (ECOWITT_SI.replace(",", "\t"), [row.replace(",", "\t") for row in ECOWITT_SI_ROWS]),
    "ecowitt.net in the units of the United States": (ECOWITT_US, ECOWITT_US_ROWS),
    "ecowitt.net, joined": (ECOWITT_SI, [*ECOWITT_SI_ROWS[:50], *ECOWITT_SI.split("\n"), *ECOWITT_SI_ROWS[50:]]),
    "thousands": (DAVIS, DAVIS_ROWS),
    "decimal commas in quotes": (
        OWN,
        [",".join(f'"{cell.replace(".", ",")}"' for cell in row.split(",")) for row in PLAIN],
    ),
    "points between thousands": (OWN.replace(",", ";"), [r.replace(",", ";").replace(".", ",") for r in PLAIN]),
    "joined files": (OWN, [*PLAIN[:50], OWN, *PLAIN[50:]]),
    "comments": (OWN, [*PLAIN[:50], "# a new battery", *PLAIN[50:]]),
    "another minus": (OWN, [PLAIN[0].replace(",10.0,", ",\N{MINUS SIGN}10.0,"), *PLAIN[1:]]),
    "two tables": (PLACES + OPEN_METEO, [*HOURLY, DAYS]),
    "seconds since 1970": (PLACES + OPEN_METEO, EPOCH),
    "Meteostat by year, month, day, hour": (METEOSTAT, rows("2024,6,{at.day},{at.hour},{t},x,{rh},{r},{kmh},{p}")),
    "GHCN by year to minute": (GHCN, rows("X|2024|06|{at:%d}|{at:%H}|00|{t}|{rh}|3|{r}|{p}")),
}


def read(tmp_path: Path, content: bytes, **options: object) -> Weather:
    path = tmp_path / "weather.csv"
    path.write_bytes(content)
    weather = read_weather(path, **({"site": UTC_SITE} | options))  # type: ignore[arg-type]
    assert isinstance(weather, Weather)
    return weather


def check(weather: Weather, *, late_steps: int = 0, skip: int = 2) -> None:
    assert weather.start_ms == FIRST.replace(tzinfo=UTC).timestamp() * 1000 - weather.utc_offset_h * 3_600_000
    hours = np.arange(skip, len(TEMPERATURE) - 1)
    np.testing.assert_allclose(weather.temperature[hours * 6 + late_steps], np.take(TEMPERATURE, hours), atol=0.01)
    np.testing.assert_allclose(weather.wind, 3, atol=0.001)
    np.testing.assert_allclose(weather.pressure, 1001.5, atol=0.01)
    assert weather.rain.sum() == pytest.approx(2.0)


@pytest.mark.parametrize(("names", "lines"), READ.values(), ids=READ)
def test_what_was_meant_is_read(names: str, lines: list[str], tmp_path: Path) -> None:
    check(read(tmp_path, "\n".join([names, *lines]).encode()))


@pytest.mark.parametrize(
    "pack",
    [
        str.encode,
        lambda text: text.encode("utf-16-le"),
        lambda text: zipped(text),
        lambda text: gzip.compress(text.replace("\n", "\r\n").encode() + b"\x1a"),
    ],
    ids=["plain", "UTF-16 without a mark", "zip", "gzip with an end of DOS"],
)
def test_meteostats_files_without_names(pack: Callable[[str], bytes], tmp_path: Path) -> None:
    check(read(tmp_path, pack("\n".join(rows(BULK)) + "\n")))


def test_knmis_hours_are_called_by_their_end(tmp_path: Path) -> None:
    hours = rows(
        "  260,{at:%Y%m%d},{hour:5},   30,{tenths:5.0f},{rain:5.0f},10015,   70".replace("{hour:5}", "HOUR")
        .replace("{tenths:5.0f}", "{t}")
        .replace("{rain:5.0f}", "{r}")
    )
    tenths = []
    for hour, line in zip(HOURS, hours, strict=True):
        cells = line.replace("HOUR", str(hour % 24 + 1)).split(",")
        cells[4:6] = [f"{float(cells[4]) * 10:.0f}", f"{float(cells[5]) * 10:.0f}"]
        tenths.append(",".join(cells))
    check(read(tmp_path, "\n".join([KNMI, *tenths]).encode(), site=None), late_steps=6, skip=0)


@pytest.mark.parametrize(("late_min", "steps"), [(-7, -1), (30, 3), (3, 0)])
def test_lines_beside_the_hour_keep_their_time(late_min: int, steps: int, tmp_path: Path) -> None:
    text = "\n".join([OWN, *own(lambda at: f"{at:%Y-%m-%d %H:%M}", late_min=late_min)])
    check(read(tmp_path, text.encode()), late_steps=steps)


def test_whole_hours_of_utc_in_a_zone_of_half_an_hour(tmp_path: Path) -> None:
    """Indian standard time: the first line is 05:30 there."""
    weather = read(
        tmp_path,
        "\n".join([METEOSTAT, *READ["Meteostat by year, month, day, hour"][1]]).encode(),
        site=Site(latitude=20, elevation_m=100, utc_offset_h=5.5),
    )
    assert weather.start_ms == datetime(2024, 6, 9, 18, 30, tzinfo=UTC).timestamp() * 1000
    np.testing.assert_allclose(weather.temperature[33::6][:100], TEMPERATURE[:100], atol=0.01)


def test_one_of_several_places(tmp_path: Path) -> None:
    head = "location_id," + PLACES.replace("\n50", "\n0,50").rstrip() + "\n1,-40,13.4,38.0,0,GMT,GMT\n\nlocation_id,"
    text = "\n".join([head + OPEN_METEO, *("0," + row for row in HOURLY), *("1," + row for row in HOURLY)]).encode()
    assert read(tmp_path, text, site=None, station="1").latitude == -40
    with pytest.raises(CooeeError, match="names several stations; give station, one of '0', '1'"):
        read(tmp_path, text, site=None)


EPW = 'LOCATION,"Town, West",-,DEU,own,1,{latitude},8,1,100\nDATA PERIODS,1,1,Data,Sunday,6/1,6/4\n'
EPW_ROW = "2024,6,1,1,60,?9,10,8,70,100100,0,0,300,0,0,0,0,0,0,0,180,3,5,5,20,99,0,0,20,0,0,0,0.2,0,1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{OWN}\n05/06/2024 00:00,10,70,3,0,1000\n05/06/2024 01:00,10,70,3,0,1000", "write it as 2024-06-05 00:00 or"),
        (f"{OWN}\n2024-06-05 00:00,10,70,3,0,1000", "holds one line; a day at least is needed"),
        ("\n".join([OWN, *PLAIN, "Total,,,,2.0,"]), "line 122: .* leave the line out if it is a sum"),
        (f"{ECOWITT_SI}\n{ECOWITT_SI_ROWS[0]}\n,1\n", "line 4: column Time is not a time"),
        (ECOWITT_US.replace("mph", "BFT"), r"column 'Wind\(m/s\)' is missing for Ecowitt; found Time, Outdoor Temp"),
        (DAVIS_DESKTOP, r"does not say its units; export it from weatherlink\.com, or name its columns when, "),
        (f"{OWN},temperature\n" + "\n".join(PLAIN), "column 'temperature' is there twice; leave one of them out"),
        (EPW.format(latitude=999) + EPW_ROW, "says that it was measured at latitude 999; give its site"),
        (EPW.format(latitude=50) + EPW_ROW, "holds one line"),
        (zipped("x", "y.csv"), r"holds 2 files \(station.csv, y.csv\); unpack it and name one"),
        (zipped("x", "[Content_Types].xml"), "is a spreadsheet; save it as CSV"),
        ("Date\tTime\tOut\tTemp\tTemp\tHum\n1/6/24\t0:00\t10\t10\t10\t70", "its columns are none that are known"),
    ],
)
def test_what_cannot_be_known_is_said(content: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=words):
        read(
            tmp_path,
            content if isinstance(content, bytes) else content.encode(),
            site=None if "LOCATION" in str(content) else UTC_SITE,
        )
