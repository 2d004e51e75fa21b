"""Columns that are not what they are taken for: asked about, not advised to cut the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather.files import Site
from simulations.weather.ten_minutes import Weather, read_weather

SITE = Site(latitude=42.4, elevation_m=250, utc_offset_h=-5)
DAYS = 12
HOURS = np.arange(24 * DAYS)
COLUMNS = ("temperature", "rel_humidity", "wind_speed", "rainfall", "pressure", "solar_radiation")


def summer() -> dict[str, np.ndarray]:
    """Twelve days of June by the hour."""
    day = np.sin((HOURS % 24 - 9) / 24 * 2 * np.pi)
    return {
        "temperature": 20 + 8 * day,
        "rel_humidity": 60 - 25 * day,
        "wind_speed": 2.5 + day,
        "rainfall": np.where(HOURS % 50 == 17, 3.0, 0.0),
        "pressure": 985 + 4 * np.cos(HOURS / 40),
        "solar_radiation": np.clip(800 * np.sin((HOURS % 24 + 0.5 - 6) / 12 * np.pi), 0, None),
    }


def read(tmp_path: Path, columns: dict[str, np.ndarray], times: list[str] | None = None) -> Weather:
    times = times or [f"2015-06-{1 + h // 24:02d} {h % 24:02d}:00" for h in HOURS]
    rows = [",".join([t, *(f"{columns[c][i]:.5g}" for c in COLUMNS)]) for i, t in enumerate(times)]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([",".join(["when", *COLUMNS]), *rows, ""]))
    weather = read_weather(path, site=SITE)
    assert isinstance(weather, Weather)
    return weather


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
        ("solar_radiation", lambda v: v * 0.0036, "solar_radiation is never .*: is this kW/m2, MJ/m2 or langleys?"),
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


@pytest.mark.parametrize("shift", [5, -6, 12])
def test_a_clock_of_another_zone_is_seen_by_the_sun(shift: int, tmp_path: Path) -> None:
    columns = summer()
    columns["solar_radiation"] = np.roll(columns["solar_radiation"], shift)
    noon = (12 + shift) % 24
    with pytest.raises(CooeeError, match=rf"the sun is highest at {noon}\.0 h: are its times of another zone\?"):
        read(tmp_path, columns)


def test_the_hour_that_a_clock_repeats_is_named(tmp_path: Path) -> None:
    times = [f"2015-10-{24 + h // 24:02d} {h % 24:02d}:00" for h in range(27)]
    times += ["2015-10-25 02:00"] + [f"2015-10-{24 + h // 24:02d} {h % 24:02d}:00" for h in range(27, 24 * 7)]
    with pytest.raises(
        CooeeError, match=r"line 29: times must rise; .* looks like a clock put back; write standard time"
    ):
        read(tmp_path, summer(), times)


def test_the_hour_that_a_clock_leaves_out_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The US clock of 8 March 2015."""
    times = [f"2015-03-{7 + h // 24:02d} {h % 24:02d}:00" for h in range(24 * 11) if h != 26]
    read(tmp_path, summer(), times)
    assert "line 28: an hour is left out on a Sunday night, as by a clock put forward" in caplog.text


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
