"""Weather files: units, gaps and errors handled, and what is wrong in one is said with its line."""

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
from simulations.weather import AIRPORTS, STEPS_A_DAY, Weather, daily, new_york, read_station, read_table, whately


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


def test_a_season_is_cut_at_its_date_and_not_beyond_the_file() -> None:
    part = whately().season(4, 15, 10)
    assert part.days == 10
    assert part.first_day_of_year == 105
    with pytest.raises(CooeeError, match="has 365 days"):
        whately().season(12, 1, 60)


@pytest.mark.parametrize(("content", "words"), [
    (b"", "cannot be read"), (b"\x1f\x8b\x08", "cannot be read"), (b"a,b\n1,2\n", "column 'when' is missing; found a, b")])
def test_what_is_wrong_with_a_file_is_said(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / ("weather.csv.gz" if content[:1] == b"\x1f" else "weather.csv")
    path.write_bytes(content)
    with pytest.raises(CooeeError, match=words):
        read_table(path, ["when"])


HEADER = "when,temperature,rel_humidity,wind_speed,rainfall,pressure"


def station_lines() -> list[str]:
    """Two days of a plain station, a line every 10 minutes."""
    at = [f"2021-06-0{1 + i // 144} {i % 144 // 6:02d}:{i % 6}0" for i in range(288)]
    return [f"{t},{15 + i % 144 / 20:.2f},70,2.5,0.1,1010" for i, t in enumerate(at)]


def read(tmp_path: Path, lines: list[str], header: str = HEADER) -> Weather:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return read_station(path, name="mine", latitude=50, elevation_m=100, utc_offset_h=1, wind_height_m=2)


def test_a_station_of_ones_own(tmp_path: Path) -> None:
    weather = read(tmp_path, station_lines())
    assert weather.days == 2
    assert weather.start_ms == 1_622_502_000_000, "midnight an hour east of Greenwich"
    assert weather.rain.sum() == pytest.approx(28.8)
    assert weather.radiation.mean() > 50, "made from the range of temperature"
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


@pytest.mark.parametrize(("change", "message"), [
    (lambda lines: [*lines[:30], lines[30].replace("70", "wet"), *lines[31:]], "mine.csv: line 32: rel_humidity is 'wet'; a number is needed"),
    (lambda lines: [*lines[:30], "yesterday" + lines[30][16:], *lines[31:]], "line 32: column when is not a time"),
    (lambda lines: [*lines[:30], lines[29], *lines[31:]], "line 32: times must rise by 10 minutes"),
    (lambda lines: lines[1:], "line 2: begin at a midnight"),
    (lambda lines: lines[:100], "go on for a day at least"),
    (lambda lines: lines[:30] + lines[90:], "temperature is missing or not within -50 to 50 for more than 6 h from 2021-06-01 05:00 on")])
def test_what_cannot_be_mended_is_said(change: Callable[[list[str]], list[str]], message: str, tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=re.escape(message)):
        read(tmp_path, change(station_lines()))


def test_ctrl_c_while_a_file_is_read_is_no_damaged_file() -> None:
    for milliseconds in range(2, 82, 4):
        timer = threading.Timer(milliseconds / 1000, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the signal may come anywhere in here
            timer.start()
            whately()
            timer.join()
            time.sleep(1)
