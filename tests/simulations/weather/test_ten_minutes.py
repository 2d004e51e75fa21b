"""Weather files: units, gaps and errors handled, and what is wrong in one is said with its line."""

import gzip
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.daily import DailyWeather
from simulations.weather.format import Site
from simulations.weather.formats import AIRPORTS, WHATELY_SITE
from simulations.weather.series import ARRAYS, Weather, daily
from simulations.weather.ten_minutes import new_york, read_weather, whately

DATA = Path(__file__).parents[1] / "data" / "weather"
MINE = Site(latitude=50, elevation_m=100, utc_offset_h=1)


def test_whately_is_a_whole_year() -> None:
    weather = whately()
    assert weather.days == 365
    assert weather.first_day_of_year == 1
    assert weather.rain.sum() == pytest.approx(1306, abs=1)
    assert np.isfinite(daily(weather).et0).all()
    assert 700 < daily(weather).et0.sum() < 900


@pytest.mark.parametrize("airport", AIRPORTS)
def test_new_york_in_si_units_without_its_impossible_wind(airport: str) -> None:
    weather = new_york(airport)
    assert weather.days == 365
    assert len(weather.temperature) == 365 * STEPS_A_DAY
    assert weather.wind.max() < 35
    assert (weather.gust >= weather.wind).all()
    assert -20 < weather.temperature.min() < weather.temperature.max() < 42
    assert 800 < weather.rain.sum() < 1500
    assert 900 < daily(weather).et0.sum() < 1400


@pytest.mark.parametrize(
    ("weather", "sums"),
    [
        (
            whately,
            [
                11340866.207169998,
                317819941.43880004,
                189117.472617,
                454191.01755199995,
                2775.0633399999997,
                51018303790.0,
                4799134887.4170685,
            ],
        ),
        (
            lambda: new_york("EWR"),
            [
                14394233.981620371,
                228987705.8025787,
                1200411.0616078847,
                3137147.15458964,
                1135.3310626666664,
                54415115960.637146,
                3981884016.3233495,
            ],
        ),
    ],
    ids=["whately", "ewr"],
)
def test_models_are_trained_on_the_same_weather_for_ever(weather: Callable[[], Weather], sums: list[float]) -> None:
    """Sums of the squares of every quantity: another way to read a file must not change the two that come with the
    program."""
    assert [float((getattr(weather(), name) ** 2).sum()) for name in ARRAYS] == pytest.approx(sums, rel=1e-12)


def test_a_season_is_cut_at_its_date_and_not_beyond_the_file() -> None:
    part = whately().season(4, 15, 10)
    assert part.days == 10
    assert part.first_day_of_year == 105
    with pytest.raises(CooeeError, match="has 365 days"):
        whately().season(12, 1, 60)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "columns are none that are known .station, .* GHCN daily.; found nothing"),
        (b"\x1f\x8b\x08", "cannot be read"),
        (b"a,b\n1,2\n", "none that are known .*; found a, b"),
        (b"\xff\xfe", "cannot be read"),
        (
            b"when,temperature,rainfall\n",
            "column 'rel_humidity' is missing for station; found when, temperature, rainfall",
        ),
        (b"when,temperature,rel_humidity,wind_speed,rainfall,pressure\n", "holds no line"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / ("weather.csv.gz" if content[:1] == b"\x1f" else "weather.csv")
    path.write_bytes(content)
    with pytest.raises(CooeeError, match=words):
        read_weather(path, site=MINE)


HEADER = "when,temperature,rel_humidity,wind_speed,rainfall,pressure"


def station_lines() -> list[str]:
    """Two days of a plain station, a line every 10 minutes."""
    at = [f"2021-06-0{1 + i // 144} {i % 144 // 6:02d}:{i % 6}0" for i in range(288)]
    return [f"{t},{15 + i % 144 / 20:.2f},70,2.5,0.1,1010" for i, t in enumerate(at)]


def read(tmp_path: Path, lines: list[str], header: str = HEADER) -> Weather:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    weather = read_weather(path, site=MINE)
    assert isinstance(weather, Weather)
    return weather


def test_a_station_of_ones_own(tmp_path: Path) -> None:
    weather = read(tmp_path, station_lines())
    assert weather.days == 2
    assert weather.start_ms == 1_622_502_000_000, "midnight an hour east of Greenwich"
    assert weather.rain.sum() == pytest.approx(28.8)
    assert weather.radiation.mean() > 50, "drawn"
    assert (weather.gust >= weather.wind).all()
    measured = read(tmp_path, [line + ",7.5,100" for line in station_lines()], HEADER + ",gust,solar_radiation")
    assert set(measured.gust) == {7.5}
    assert set(measured.radiation) == {100.0}


def test_gaps_and_sentinel_values_are_filled_in(tmp_path: Path) -> None:
    lines = station_lines()
    lines[50] = lines[50].replace(lines[50].split(",")[1], "-89.9")
    lines[60] = lines[60].replace("70,2.5,0.1", ",,")
    weather = read(tmp_path, lines[:100] + lines[120:])
    plain = read(tmp_path, station_lines())
    np.testing.assert_allclose(weather.temperature, plain.temperature, atol=0.006)
    assert weather.humidity[60] == 70
    assert weather.wind[60] == 2.5
    assert weather.rain[60] == weather.rain[110] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda lines: [*lines[:30], lines[30].replace("70", "wet"), *lines[31:]],
            "mine.csv: line 32: rel_humidity is 'wet'; a number is needed",
        ),
        (
            lambda lines: [*lines[:30], "yesterday" + lines[30][16:], *lines[31:]],
            "line 32: column when is not a time (found 'yesterday'); write it as 2015-06-30 14:50",
        ),
        (
            lambda lines: [*lines[:20], "", "", *[line + "," for line in lines[20:30]], lines[30] + ",3"],
            "line 34: has more cells than",
        ),
        (
            lambda lines: [*lines[:20], "", *lines[20:30], '"' + lines[30], *lines[31:]],
            "EOF inside string starting at row 32",
        ),
        (
            lambda lines: [*lines[:30], lines[29].replace("70", "71"), *lines[31:]],
            "line 32: times must rise; '2021-06-01 04:50' comes after '2021-06-01 04:50'",
        ),
        (
            lambda lines: [*lines[:30], lines[30].replace("05:00", "05:03"), *lines[31:]],
            "line 32: times must lie on steps of 10 minutes",
        ),
        (
            lambda lines: [*lines[:-1], lines[-1].replace("2021", "9021")],
            "line 289: comes 2556697.0 days after the line before; 7 at most can be mended",
        ),
        (
            lambda lines: lines[::24],
            "has a line every 240 minutes; write one every 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60",
        ),
        (lambda lines: lines[:100], "holds no whole day, from 2021-06-01 00:00 to 2021-06-01 16:30"),
        (
            lambda lines: lines[:30] + lines[250:],
            "temperature is missing or not within -45 to 55 for 36.6667 h from 2021-06-01 05:00 on",
        ),
    ],
)
def test_what_cannot_be_mended_is_said(change: Callable[[list[str]], list[str]], message: str, tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=re.escape(message)):
        read(tmp_path, change(station_lines()))


def test_lines_of_other_lengths(tmp_path: Path) -> None:
    plain = read(tmp_path, station_lines())
    by_hour = read(tmp_path, station_lines()[::6])
    assert len(by_hour.temperature) == len(plain.temperature)
    np.testing.assert_allclose(by_hour.temperature[:138], plain.temperature[:138], atol=0.006)
    assert by_hour.rain.sum() == pytest.approx(4.8), "0.1 mm an hour"
    lines = [
        f"2021-06-0{1 + i // 288} {i % 288 // 12:02d}:{i % 12 * 5:02d},{i % 2},70,{i % 2 * 2},0.1,1010,{3 + i % 2}"
        for i in range(576)
    ]
    fine = read(tmp_path, lines, HEADER + ",gust")
    assert (set(fine.temperature), set(fine.wind), set(fine.gust)) == ({0.5}, {1.0}, {4.0})
    assert set(fine.rain) == {0.2}


def test_a_first_and_a_last_day_that_lack_hours(tmp_path: Path) -> None:
    assert read(tmp_path, station_lines()[30:-30]).days == 2
    assert read(tmp_path, station_lines()[40:]).days == 1


def test_an_orchard_whose_probe_failed() -> None:
    """Massachusetts, November 2015: the probe of temperature and humidity reads -90 and likelier nonsense for 58 hours,
    with seven lines gone."""
    weather = read_weather(DATA / "macleish_orchard_2015-11.csv.gz", site=WHATELY_SITE)
    assert isinstance(weather, Weather)
    assert weather.days == 12
    assert -8 < weather.temperature.min() < weather.temperature.max() < 18
    near = whately().season(11, 19, 12)
    failed = slice(4 * STEPS_A_DAY + 30, 6 * STEPS_A_DAY + 90)
    assert np.abs(weather.temperature - near.temperature)[failed].mean() < 6, "a station not far, whose probe was well"
    before = slice(4 * STEPS_A_DAY)
    assert np.abs(weather.temperature - near.temperature)[before].mean() < 2


def test_vlinder_in_si_units_and_10_minutes() -> None:
    path = DATA / "vlinder_2022-09-10.csv.gz"
    weather = read_weather(path, station="vlinder02")
    assert isinstance(weather, Weather)
    assert (weather.name, weather.days, weather.latitude) == ("vlinder_2022-09-10-vlinder02", 1, 51.022)
    lines = [
        line.split(",")
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
        if line.endswith("vlinder02")
    ]
    assert weather.rain.sum() == pytest.approx(sum(float(line[5]) for line in lines))
    assert weather.temperature[0] == pytest.approx((float(lines[0][2]) + float(lines[1][2])) / 2)
    assert weather.pressure[0] == pytest.approx((float(lines[0][4]) + float(lines[1][4])) / 200)
    assert weather.gust[0] == pytest.approx(max(float(lines[0][9]), float(lines[1][9])) / 3.6)
    assert (weather.gust >= weather.wind).all()
    with pytest.raises(CooeeError, match="names several stations; give station, one of 'vlinder02', 'vlinder16'"):
        read_weather(path)
    with pytest.raises(CooeeError, match="station is 'here'"):
        read_weather(path, station="here")


def test_a_file_of_days_is_known_too() -> None:
    assert isinstance(read_weather(DATA / "knmi_debilt_1985-08.csv"), DailyWeather)


def test_ctrl_c_while_a_file_is_read_is_no_damaged_file() -> None:
    for milliseconds in range(2, 82, 4):
        timer = threading.Timer(milliseconds / 1000, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the signal may come anywhere in here
            timer.start()
            whately()
            timer.join()
            time.sleep(1)
