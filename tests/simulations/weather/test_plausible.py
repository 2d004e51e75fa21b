"""Columns that are not what they are taken for: asked about, not advised to cut the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather.ten_minutes import read_weather
from tests.simulations.weather.hourly_files import DAYS, HOURS, SITE, long_read, read, summer, wet_weeks


def test_a_sound_file_is_asked_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, summer()).days == DAYS


@pytest.mark.parametrize(
    ("column", "change", "message"),
    [
        ("temperature", lambda v: v * 1.8 + 32, "temperature lies between 53.*: is this degF? degC is needed"),
        ("temperature", lambda v: v + 273.15, "temperature lies .*: is this K? degC is needed"),
        ("rel_humidity", lambda v: v / 100, "rel_humidity lies .*: is this a share .0 to 1.? % .0 to 100. is needed"),
        ("pressure", lambda v: v * 100, "pressure lies .*: is this Pa? hPa is needed"),
        ("pressure", lambda v: v / 33.8639, "pressure lies .*: is this inHg?"),
        ("pressure", lambda v: v / 10, "pressure lies .*: is this kPa?"),
        ("pressure", lambda v: v * 0.750062, "pressure lies .*: is this mmHg?"),
        ("wind_speed", lambda v: v * 10 + 5, "wind_speed lies .*: is this km/h or mph? m/s is needed"),
        ("solar_radiation", lambda v: v * 2.5, "solar_radiation is above that outside the air on 12 of 12 days"),
        ("solar_radiation", lambda v: v * 0.0036, "solar_radiation is never .*: is this kW/m2, MJ/m2"),
        ("solar_radiation", lambda v: v * 0, "solar_radiation is never above 0.0% of that outside the air"),
        ("rel_humidity", lambda v: v + 30, "rel_humidity is above 105 % on 84 of 288 lines: .* out of calibration?"),
        ("rel_humidity", lambda v: v * 10, "rel_humidity lies .*: is this tenths of %? % .0 to 100. is needed"),
        ("wind_speed", lambda v: np.where(HOURS % 2, -1, v), "144 of 288 values of wind_speed are not within 0 to 60"),
        ("rainfall", np.cumsum, "rainfall rises and stands still.*: is this a running total?"),
        (
            "rainfall",
            lambda v: np.where(HOURS % 2, 30.0, 20.0),
            "rainfall adds up to 7,200 mm in 12 days: .* or a rate?",
        ),
    ],
)
def test_other_units_are_asked_about(
    column: str, change: Callable[[np.ndarray], np.ndarray], message: str, tmp_path: Path
) -> None:
    columns = summer()
    columns[column] = change(columns[column])
    with pytest.raises(CooeeError, match=message.replace("?", "\\?")):
        read(tmp_path, columns)


def test_a_days_total_that_begins_anew_at_midnight_is_no_rain_of_a_line(tmp_path: Path) -> None:
    columns = summer()
    columns["rainfall"] = np.cumsum(np.where(HOURS % 3 == 0, 1.5, 0.0).reshape(DAYS, 24), axis=1).ravel()
    with pytest.raises(CooeeError, match="is this a running total"):
        read(tmp_path, columns)


def test_forty_days_of_showers_are_asked_nothing(tmp_path: Path) -> None:
    assert long_read(tmp_path, wet_weeks()).days == 40


@pytest.mark.parametrize("shift", [5, -6, 12])
def test_a_clock_of_another_zone_is_seen_by_the_sun(shift: int, tmp_path: Path) -> None:
    columns = summer()
    columns["solar_radiation"] = np.roll(columns["solar_radiation"], shift)
    noon = (12 + shift) % 24
    with pytest.raises(CooeeError, match=rf"the sun is highest at {noon}\.0 h: are its times of another zone\?"):
        read(tmp_path, columns)


@pytest.mark.parametrize("name", [" UTC", " gmt", "UTC"])
def test_times_may_name_utc(name: str, tmp_path: Path) -> None:
    times = [f"2015-06-{1 + h // 24:02d} {h % 24:02d}:00" for h in HOURS]
    columns = summer()
    columns["solar_radiation"] = np.roll(columns["solar_radiation"], 5)
    assert (
        read(tmp_path, columns, [time + name for time in times]).start_ms
        == read(tmp_path, columns, [time + "Z" for time in times]).start_ms
    )


@pytest.mark.parametrize("column", ["temperature", "wind_speed", "solar_radiation"])
def test_a_reading_that_never_moves_is_named(column: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    columns = summer()
    columns[column] = np.full(len(HOURS), 90.0 if column == "solar_radiation" else 5.0)
    read(tmp_path, columns)
    assert f"{column} is {columns[column][0]:g} on every line: is its probe broken, or not there?" in caplog.text


def test_a_line_without_a_time_says_so(tmp_path: Path) -> None:
    times = [f"2015-06-{1 + h // 24:02d} {h % 24:02d}:00" for h in HOURS]
    with pytest.raises(CooeeError, match=r"line 4: column when is not a time \(found nothing\)"):
        read(tmp_path, summer(), [*times[:2], "", *times[3:]])


def test_zones_that_are_said_by_some_lines_only(tmp_path: Path) -> None:
    times = [f"2015-06-{1 + h // 24:02d} {h % 24:02d}:00" for h in HOURS]
    times[40] += "-05:00"
    with pytest.raises(CooeeError, match="line 42: some times say their zone and some do not"):
        read(tmp_path, summer(), times)


def test_what_is_missing_is_told_of_the_nearest_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("date,hour,temp,dwpt,rhum,snow,wdir,wspd,wpgt,pres,tsun,coco\n2024-06-01,0,1,1,1,1,1,1,1,1,1,1\n")
    with pytest.raises(CooeeError, match="column 'prcp' is missing for Meteostat hourly; found date, hour, temp"):
        read_weather(path, site=SITE)
