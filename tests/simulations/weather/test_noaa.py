"""Files of NOAA's airports and synoptic stations, with numbers of our own: several reports an hour, quality codes, rain
of other periods, sums of days, two systems of units."""

from collections.abc import Iterator
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
HOURS = 4 * 24
RAIN = {7: 0.5, 30: 12.7}
"""mm in the hour that ends at an hour."""
ISD = '"STATION","DATE","SOURCE","LATITUDE","NAME","REPORT_TYPE","WND","TMP","DEW","SLP","AA1","AA2","OC1"'
LCD = (
    '"STATION","DATE","REPORT_TYPE","SOURCE","HourlyDewPointTemperature","HourlyDryBulbTemperature",'
    '"HourlyPrecipitation","HourlyRelativeHumidity","HourlySkyConditions","HourlyStationPressure",'
    '"HourlyWindDirection","HourlyWindGustSpeed","HourlyWindSpeed","Sunrise","DailyPrecipitation"'
)


def celsius(hour: int) -> float:
    return round(12 + hour % 24 / 2, 1)


def hours() -> Iterator[tuple[int, datetime, float, float]]:
    for hour in range(HOURS):
        yield hour, FIRST + timedelta(hours=hour), celsius(hour), RAIN.get(hour, 0.0)


def read(tmp_path: Path, *lines: str, site: Site = UTC_SITE) -> Weather:
    path = tmp_path / "72505394728.csv"
    path.write_text("\n".join(lines) + "\n")
    weather = read_weather(path, site=site)
    assert isinstance(weather, Weather)
    return weather


def check(weather: Weather, *, celsius_within: float = 0.01, offset_h: float = 0) -> None:
    """Dew point is 10 degC all the time."""
    assert weather.start_ms == (FIRST.replace(tzinfo=UTC).timestamp() - offset_h * 3600) * 1000
    assert weather.days == 4
    truth = np.array([celsius(hour) for hour in range(HOURS)])
    np.testing.assert_allclose(weather.temperature[::6], truth, atol=celsius_within)
    share = 100 * np.exp(17.27 * 10 / 247.3) / np.exp(17.27 * truth / (truth + 237.3))
    np.testing.assert_allclose(weather.humidity[::6], share, atol=0.6)
    np.testing.assert_allclose(weather.wind, 4.6, atol=0.06)
    np.testing.assert_allclose(weather.pressure, 1013.2, atol=0.3)
    by_hour = weather.rain.reshape(-1, 6).sum(axis=1)
    assert {hour + 1: round(fell, 1) for hour, fell in enumerate(by_hour) if fell} == RAIN, "in the hour before"


def isd(at: datetime, kind: str, celsius: float, rain: str, *, quality: str = "1", wind: str = "0046") -> str:
    return (
        f'"72505394728","{at:%Y-%m-%dT%H:%M:%S}","7","40.78","PARK, NY US","{kind}","180,1,N,{wind},1",'
        f'"{round(celsius * 10):+05d},{quality}","+0100,1","10132,1","{rain}","",""'
    )


ISD_ROWS = [
    row
    for hour, at, t, rain in hours()
    for row in (
        isd(at - timedelta(minutes=31), "FM-16", 40, "01,0999,9,5", wind="0300"),
        isd(at - timedelta(minutes=9), "FM-15", t, f"01,{round(rain * 10):04d},9,5" if hour != 9 else "01,0000,2,5"),
        *([isd(at, "FM-12", t, "06,0137,9,1")] if hour % 6 == 0 else []),
        *([isd(at.replace(minute=59), "SOD  ", 40, "24,0132,9,1")] if hour % 24 == 23 else []),
    )
]


def test_isd_takes_the_hours_report_and_the_rain_of_an_hour(tmp_path: Path) -> None:
    check(read(tmp_path, ISD, *ISD_ROWS))


@pytest.mark.parametrize(
    "spoilt",
    [
        isd(FIRST + timedelta(hours=40, minutes=-9), "FM-15", 33, "01,0000,9,5", quality="3"),
        isd(FIRST + timedelta(hours=40, minutes=-9), "FM-15", 999.9, "01,9999,9,9"),
        isd(FIRST + timedelta(hours=40, minutes=-9), "FM-15", celsius(40), "01,0200,4,1", wind="9999"),
        isd(FIRST + timedelta(hours=40, minutes=-9), "FM-15", celsius(40), "01,0200,9,3"),
    ],
    ids=["erroneous", "missing", "end of an accumulation", "rain in error"],
)
def test_isd_leaves_out_what_is_doubted_or_missing(spoilt: str, tmp_path: Path) -> None:
    rows = [spoilt if "2024-06-11T15:51" in row and "FM-15" in row else row for row in ISD_ROWS]
    assert spoilt in rows
    check(read(tmp_path, ISD, *rows))


def test_isd_without_the_rain_of_hours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match="AA1 is missing"):
        read(tmp_path, ISD, *(row.replace('"01,', '"12,') for row in ISD_ROWS))


def archived(at: datetime, kind: str, celsius: float, rain: float, period: str) -> str:
    control = f"020072505394728{at:%Y%m%d%H%M}7+40783-073967{kind}+0043KNYC V030"
    mandatory = f"1801N00461220001CN0160931N1{round(celsius * 10):+05d}1+01001101321"
    return f'{control}{mandatory}ADDAA1{period}{round(rain * 10):04d}95AY101011OC100981REMMET"{rain}'


def test_the_archives_records_of_fixed_columns(tmp_path: Path) -> None:
    rows = []
    for hour, at, t, rain in hours():
        rows += [archived(at - timedelta(minutes=9), "FM-15", t, rain, "01")]
        rows += [archived(at, "FM-12", t, 13.7, "06")] if hour % 6 == 0 else []
    assert rows[0][60:70] == "1801N00461"
    assert rows[0][87:105] == "+01201+01001101321"
    weather = read(tmp_path, *rows)
    check(weather)
    assert weather.gust[10] == 9.8


@pytest.mark.parametrize("offset_h", [0, -5])
def test_isd_lite(offset_h: float, tmp_path: Path) -> None:
    rows = []
    for hour, at, t, rain in hours():
        at -= timedelta(hours=offset_h)
        cells = [t * 10, 100, 10132 if hour != 50 else -9999, 180, 46, 4, -1 if hour == 9 else rain * 10, -9999]
        rows.append(f"{at:%Y %m %d %H}" + "".join(f"{round(cell):6d}" for cell in cells))
    check(read(tmp_path, *rows, site=Site(latitude=40, elevation_m=9, utc_offset_h=offset_h)), offset_h=offset_h)


def lcd(at: datetime, kind: str, *cells: object) -> str:
    return f'"72505394728","{at:%Y-%m-%dT%H:%M:%S}","{kind}","7",' + ",".join(f'"{cell}"' for cell in cells) + ',"",""'


def lcd_rows(*, metric: bool) -> list[str]:
    rows = []
    for hour, at, t, rain in hours():
        share = 100 * np.exp(17.27 * 10 / 247.3) / np.exp(17.27 * t / (t + 237.3))
        air, wind, fell, pressure = (
            (t, 4.6, rain, 1013.2) if metric else (round(t * 1.8 + 32), 10.29, f"{rain / 25.4:.4f}", 29.92)
        )
        at -= timedelta(minutes=7)
        marked = {9: "T", 11: "", 12: "0.00s"}.get(hour, fell)
        shown = {40: "99s", 41: "*"}.get(hour, air)
        rows.append(lcd(at, "FM-15", 50, shown, marked, f"{share:.0f}", "CLR:00", pressure, "VRB", "", wind))
        rows.append(lcd(at + timedelta(minutes=30), "FM-16", 50, 99, 5, 10, "", pressure, 180, 60, 40))
        if hour % 24 == 23:
            rows.append(
                lcd(at.replace(hour=23, minute=59), "SOD  ", "", "", "", "", "", "", "", "", "")[:-3] + '"0.55"'
            )
    return rows


@pytest.mark.parametrize("metric", [False, True])
def test_lcd_in_either_units_by_local_standard_time(metric: bool, tmp_path: Path) -> None:
    site = Site(latitude=40, elevation_m=9, utc_offset_h=-5)
    weather = read(tmp_path, LCD, *lcd_rows(metric=metric), site=site)
    check(weather, celsius_within=0.29, offset_h=-5)


def test_lcd_of_version_2_in_inches_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match="stations are called as in its version 2, which is metric, but pressure is"):
        read(tmp_path, LCD, *(row.replace("72505394728", "USW00094728") for row in lcd_rows(metric=False)))


@pytest.mark.parametrize("apart", [True, False])
def test_ghcn_hourly_with_several_reports_an_hour(apart: bool, tmp_path: Path) -> None:
    """Each says the rain of the hour before it."""
    time = "Year|Month|Day|Hour|Minute" if apart else "DATE"
    lines = [f"Station_ID|{time}|temperature|relative_humidity|wind_speed|precipitation|sea_level_pressure"]
    for _, at, t, rain in hours():
        share = 100 * np.exp(17.27 * 10 / 247.3) / np.exp(17.27 * t / (t + 237.3))
        for minutes, celsius_then in ((-45, 40), (-25, 40), (-5, t)):
            then = at + timedelta(minutes=minutes)
            written = (
                f"{then.year}|{then.month}|{then.day}|{then.hour}|{then.minute}" if apart else f"{then:%Y-%m-%dT%H:%M}"
            )
            lines.append(f"X|{written}|{celsius_then}|{share:.2f}|4.6|{rain}|1013.2")
    check(read(tmp_path, *lines))
