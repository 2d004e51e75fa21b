"""EnergyPlus weather files, with numbers of our own: hours by their end, typical years, and lines that are broken."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_weather

LOCATION = "LOCATION,Farm,-,XXX,own,123456,-35.5,8.0,10.0,210.0"
BETWEEN = (
    "DESIGN CONDITIONS,0\nTYPICAL/EXTREME PERIODS,0\nGROUND TEMPERATURES,0\nHOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0\n"
    "COMMENTS 1,a, b; c\nCOMMENTS 2,-"
)
PERIODS = "DATA PERIODS,1,1,Data,Sunday,6/1,6/4"
HEAD = "\n".join([LOCATION, BETWEEN, PERIODS])


def row(day: int, hour: int, *, year: int = 2019, minute: int = 60, rain: float | None = None, cut: int = 35) -> str:
    """An hour: 10 degC and a quarter an hour more, 100.1 kPa, half a millimetre at 7 h; sun until 18 h."""
    fell = (0.5 if hour == 7 else 0.0) if rain is None else rain
    cells = (
        f"{year},6,{day},{hour},{minute},?9?9?9,{10 + hour / 4},5.0,{60 + hour},100100,9999,9999,300,"
        f"{300 if 6 < hour <= 18 else 0},0,0,999999,999999,999999,9999,180,{2 + hour % 3},5,5,9999,99999,9,999999999,"
        f"999,.999,999,99,999,{fell},1"
    )
    return ",".join(cells.split(",")[:cut])


ROWS = [row(day, hour) for day in (1, 2, 3, 4) for hour in range(1, 25)]


def read(path: Path, *lines: str) -> Weather:
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    weather = read_weather(path)
    assert isinstance(weather, Weather)
    return weather


def check(weather: Weather, year: int) -> None:
    assert weather.start_ms == datetime(year, 5, 31, 14, tzinfo=UTC).timestamp() * 1000, "midnight of UTC+10"
    assert (weather.latitude, weather.elevation_m, weather.wind_height_m) == (-35.5, 210.0, 10)
    assert weather.days == 4
    ends = np.arange(1, 24)
    np.testing.assert_allclose(weather.temperature[6:144:6], 10 + ends / 4, atol=1e-6)
    np.testing.assert_allclose(weather.humidity[6:144:6], 60 + ends, atol=1e-6)
    np.testing.assert_allclose(weather.wind[6:144:6], 2 + ends % 3, atol=1e-6)
    assert weather.rain.sum() == pytest.approx(2.0)
    assert weather.pressure.mean() == pytest.approx(1001)
    assert weather.radiation.max() == 300


def test_hours_are_called_by_their_end_and_the_site_stands_above(tmp_path: Path) -> None:
    check(read(tmp_path / "station.epw", HEAD, *ROWS), 2019)


@pytest.mark.parametrize("minute", [0, 30, 60])
def test_the_minute_of_hourly_lines_says_nothing(minute: int, tmp_path: Path) -> None:
    check(read(tmp_path / "a.epw", HEAD, *(line.replace(",60,?9", f",{minute},?9") for line in ROWS)), 2019)


def test_a_typical_year_is_one_year_whatever_years_its_months_are_of(tmp_path: Path) -> None:
    rows = [line.replace("2019", "1986" if i < 30 else "1977", 1) for i, line in enumerate(ROWS)]
    check(read(tmp_path / "tmy.epw", HEAD, *rows), 2001)


def test_years_that_follow_each_other_stay(tmp_path: Path) -> None:
    december = [line.replace("2019,6,", "2019,12,3", 1) for line in ROWS[:24]]
    rows = [*december, *(line.replace("2019,6,", "2020,1,", 1) for line in ROWS[:48])]
    weather = read(tmp_path / "a.epw", HEAD, *rows)
    assert (weather.days, weather.start_ms) == (3, datetime(2019, 12, 30, 14, tzinfo=UTC).timestamp() * 1000)


def test_lines_of_half_an_hour_and_of_a_quarter(tmp_path: Path) -> None:
    halves = [row(day, hour, minute=minute) for day in (1, 2, 3, 4) for hour in range(1, 25) for minute in (30, 0)]
    weather = read(tmp_path / "a.epw", HEAD.replace("PERIODS,1,1", "PERIODS,1,2"), *halves)
    np.testing.assert_allclose(weather.temperature[6:144:6], 10 + np.arange(1, 24) / 4, atol=1e-6)
    assert weather.rain.sum() == pytest.approx(4.0), "what each line has fell in its half hour"
    quarters = [row(day, hour, minute=at) for day in (1, 2, 3, 4) for hour in range(1, 25) for at in (15, 30, 45, 60)]
    weather = read(tmp_path / "b.epw", HEAD.replace("PERIODS,1,1", "PERIODS,1,4"), *quarters)
    np.testing.assert_allclose(weather.temperature[6:144:6], 10 + np.arange(1, 24) / 4, atol=0.05)
    assert weather.rain.sum() == pytest.approx(8.0), "what each line has fell in its quarter"


def test_what_is_missing_is_mended_not_read_as_a_number(tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[10] = rows[10].replace(",12.75,", ",99.9,").replace(",71,100100,", ",999,999999,")
    check(read(tmp_path / "a.epw", HEAD, *rows), 2019)


LINE = 8 + 29
"""Of the fifth hour of the second day."""


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("2019,13,2,5,60,", f"line {LINE}: column time is not a time \\(found '2019 13 2 5 60'\\)"),
        ("2019,6,31,5,60,", f"line {LINE}: column time is not a time"),
        ("2019,6,2,0,60,", f"line {LINE}: column time is not a time"),
        ("2019,6,2,25,60,", f"line {LINE}: column time is not a time"),
        ("2019,6,2,x,60,", f"line {LINE}: column time is not a time"),
        (",6,2,5,60,", f"line {LINE}: column time is not a time \\(found '6 2 5 60'\\)"),
        ("2019,6,2,4,60,", f"line {LINE}: times must rise"),
        ("2019,6,2,5,60,9,", f"line {LINE}: has more cells than there are column names"),
    ],
)
def test_a_broken_line_is_named(broken: str, said: str, tmp_path: Path) -> None:
    rows = [line.replace("2019,6,2,5,60,", broken) for line in ROWS]
    with pytest.raises(CooeeError, match=said):
        read(tmp_path / "a.epw", HEAD, *rows)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEAD, *ROWS[:28], "2019,6,2,5,60,?9,warm,5,65,100100", *ROWS[29:]), f"line {LINE}: dry bulb is 'warm'"),
        ((HEAD,), "holds no line below 'DATA PERIODS,'"),
        ((LOCATION, BETWEEN, *ROWS), "has no line that begins with 'DATA PERIODS,', as EPW has"),
        ((HEAD.replace("-35.5", "south"), *ROWS), "does not say where it was measured"),
        ((HEAD.replace(LOCATION, "LOCATION,Farm"), *ROWS), "does not say where it was measured"),
        ((HEAD, *(line.replace(",100100,", ",1001,") for line in ROWS)), "pressure is missing or not within"),
        ((HEAD, *(row(d, h, rain=999) for d in (1, 2, 3, 4) for h in range(1, 25))), "liquid precipitation is missing"),
        ((HEAD, *(row(d, h, cut=31) for d in (1, 2, 3, 4) for h in range(1, 25))), "liquid precipitation is missing"),
    ],
)
def test_a_broken_file_says_what_is_wrong(lines: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=said):
        read(tmp_path / "a.epw", *lines)
