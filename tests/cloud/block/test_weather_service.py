"""What is read of a weather service's forecast, and what is refused in one line."""

import time
from datetime import date
from pathlib import Path

import pytest

from cloud.block.weather_service import Asked, ComingDay, ForecastError, ask, from_today, read_forecast
from edge.contract.errors import FarmError
from edge.farm import ForecastSource, parse_farm, sample_farm_text

CSV = "date,rain_mm,et0_mm,lowest_degc,highest_degc,clouds\n2015-06-21,0,5.5,,,x\n2015-06-22,12.5,,9,25,y\n"
JSON = (
    '[{"date": "2015-06-21", "rain_mm": 0, "et0_mm": 5.5},'
    ' {"date": "2015-06-22", "rain_mm": 12.5, "lowest_degc": 9, "highest_degc": 25}]'
)
TODAY = date(2015, 6, 21)


def test_csv_and_json_say_the_same() -> None:
    days = read_forecast(CSV, "weather.csv")
    assert days == read_forecast(JSON, "weather.json")
    assert days[0] == ComingDay(day=TODAY, rain_mm=0.0, et0_mm=5.5)


def test_et0_is_as_told_or_by_hargreaves() -> None:
    told, reckoned = (day.et0(45.72) for day in read_forecast(CSV, "weather.csv"))
    assert told == 5.5
    # FAO-56, example 20: Lyon in July, 14.8 to 26.6 degC, Ra 40.6 MJ/m2/d (mid-July): 5.0 mm/d.
    lyon = ComingDay(day=date(2015, 7, 15), lowest_degc=14.8, highest_degc=26.6)
    assert lyon.et0(45.72) == pytest.approx(5.0, abs=0.1)
    assert reckoned is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a list of 1 to 60 days is needed"),
        ("{", "neither CSV nor JSON"),
        ('{"days": []}', "a list of 1 to 60 days is needed"),
        ("[3]", "day 1: an object with date"),
        ("date,rain_mm\n21.6.2015,1\n", "day 1: `date` is missing or not written as in"),
        ("date,rain_mm\n2015-06-21,lots\n", "day 1: rain_mm is 'lots', not a number"),
        ("date,rain_mm\n2015-06-21,-1\n", "day 1: rain_mm is -1, not 0 to 500"),
        ("date,rain_mm\n2015-06-21,nan\n", "day 1: rain_mm is nan, not 0 to 500"),
        ("date,wind\n2015-06-21,4\n", "day 1: has none of rain_mm"),
        ("date,lowest_degc,highest_degc\n2015-06-21,9,3\n", "day 1: lowest_degc is above highest_degc"),
        ("date,rain_mm\n2015-06-21,1\n2015-06-23,1\n", "2015-06-23 does not follow 2015-06-21"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ForecastError, match=said) as refused:
        read_forecast(text, "weather.csv")
    assert "\n" not in str(refused.value)


def test_an_old_forecast_is_refused_and_yesterdays_is_cut() -> None:
    days = [ComingDay(day=date(2015, 6, number), rain_mm=0.0) for number in range(18, 26)]
    assert from_today(days[2:], TODAY) == days[3:]
    with pytest.raises(ForecastError, match="it begins on 2015-06-19, today is 2015-06-21: it is old"):
        from_today(days[1:], TODAY)
    with pytest.raises(ForecastError, match=r"lasts from 2015-06-20 to 2015-06-21: today .* and tomorrow are needed"):
        from_today(days[2:4], TODAY)
    with pytest.raises(ForecastError, match="lasts from 2015-06-22"):
        from_today(days[4:], TODAY)


def test_a_command_is_asked_in_the_background_and_its_last_words_are_told(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text(CSV, encoding="utf-8-sig")
    source, asked = ForecastSource(command="cat weather.csv"), Asked()
    assert asked.days(source, tmp_path) is None, "the page does not wait"
    deadline = time.monotonic() + 60
    while (days := asked.days(source, tmp_path)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert days == read_forecast(CSV, "weather.csv") == asked.days(ForecastSource(file="weather.csv"), tmp_path)
    for command, said in (
        ("sh -c 'echo no network >&2; exit 3'", "sh: ended with 3: no network"),
        ("./nothing", "./nothing: No such file"),
    ):
        with pytest.raises(ForecastError, match=said):
            ask(ForecastSource(command=command), tmp_path)


@pytest.mark.parametrize("source", ["{}", "{file: a, command: b}", '{command: ""}', """{command: "a 'b"}"""])
def test_farm_yaml_names_a_file_or_a_command(source: str) -> None:
    with pytest.raises(FarmError, match=r"line \d+: forecast"):
        parse_farm(sample_farm_text().replace("id: whately", f"id: whately\nforecast: {source}"), source="farm.yaml")
