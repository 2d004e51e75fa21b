"""Hours of CIMIS and AZMET with numbers of our own: called by their end, flags, units, years of two digits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather.format import Site
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_weather

FIRST = datetime(2024, 6, 10)
DAYS = 4
HOURS = range(24 * DAYS)
SUN = [0.0] * 6 + [900 * np.sin((hour + 0.5) / 12 * np.pi) for hour in range(12)] + [0.0] * 6
"""W/m2, the mean of each hour from midnight on; highest at noon."""
RAIN = {5: 2.54, 80: 7.62}
"""mm in the hour that begins then."""
NAMES = '"Stn Id","Stn Name","CIMIS Region","Date","Hour (PST)","Jul",'
METRIC = (
    '"ETo (mm)","qc","Precip (mm)","qc","Sol Rad (W/sq.m)","qc","Vap Pres (kPa)","qc","Air Temp (C)","qc",'
    '"Rel Hum (%)","qc","Dew Point (C)","qc","Wind Speed (m/s)","qc","Wind Dir (0-360)","qc","Soil Temp (C)","qc"'
)
ENGLISH = (
    '"ETo (in)","qc","Precip (in)","qc","Sol Rad (Ly/day)","qc","Vap Pres (mBars)","qc","Air Temp (F)","qc",'
    '"Rel Hum (%)","qc","Dew Point (F)","qc","Wind Speed (mph)","qc","Wind Dir (0-360)","qc","Soil Temp (F)","qc"'
)


def celsius(hour: int) -> float:
    return round(12 + hour % 24 / 2, 1)


def read(path: Path, lines: list[str], *, offset_h: float = -8, elevation_m: float = 18) -> Weather:
    path.write_text("\n".join(lines) + "\n")
    weather = read_weather(path, site=Site(latitude=38.5, elevation_m=elevation_m, utc_offset_h=offset_h))
    assert isinstance(weather, Weather)
    return weather


def check(weather: Weather, offset_h: float, celsius_within: float = 0.01) -> None:
    assert weather.start_ms == (FIRST.replace(tzinfo=UTC).timestamp() - offset_h * 3600) * 1000
    assert weather.days == DAYS
    np.testing.assert_allclose(weather.temperature[::6], [celsius(h) for h in HOURS], atol=celsius_within)
    np.testing.assert_allclose(weather.humidity, 60)
    np.testing.assert_allclose(weather.wind, 2, atol=0.01)
    np.testing.assert_allclose(weather.radiation[::6], SUN * DAYS, atol=1.5)
    fell = weather.rain.reshape(-1, 6).sum(axis=1)
    assert {hour: round(float(mm), 2) for hour, mm in enumerate(fell) if mm} == RAIN


def cimis(*, metric: bool, padded: bool = True) -> list[str]:
    lines = [NAMES + (METRIC if metric else ENGLISH)]
    for hour in HOURS:
        day, clock = FIRST + timedelta(days=hour // 24), (hour % 24 + 1) * 100
        t, rain, sun = celsius(hour), RAIN.get(hour, 0.0), SUN[hour % 24]
        flags = dict.fromkeys(("t", "rain"), "")
        if hour == 40:
            t, flags["t"] = 44.0, "R"
        if hour == 41:
            flags["t"] = "Y"
        if hour == 42:
            rain, flags["rain"] = 30.0, "S"
        air = f"{t:.2f}" if metric else f"{t * 1.8 + 32:.2f}"
        wind = "2.0" if metric else f"{2 / 0.44704:.3f}"
        fell = f"{rain:.2f}" if metric else f"{rain / 25.4:.3f}"
        light = f"{sun:.1f}" if metric else f"{sun / 0.484259:.1f}"
        lines.append(
            f'"6","Town","Valley","{day.month}/{day.day}/{day.year}","{clock:04d}","162","0.1","","{fell}",'
            f'"{flags["rain"]}","{light}","","1.2","","{air}","{flags["t"]}","60","","10","","{wind}","","200","","20",""'
        )
        lines[-1] = lines[-1] if padded else lines[-1].replace(f'"{clock:04d}"', f'"{clock}"')
    return lines


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("metric", [True, False])
def test_cimis_ends_its_hours_and_flags_what_is_wrong(metric: bool, padded: bool, tmp_path: Path) -> None:
    check(read(tmp_path / "hourly.csv", cimis(metric=metric, padded=padded)), -8)


def test_two_stations_of_cimis_are_asked_about(tmp_path: Path) -> None:
    lines = cimis(metric=True)
    with pytest.raises(CooeeError, match="names several stations; give station, one of '6', '7'"):
        read(tmp_path / "hourly.csv", [*lines, *(line.replace('"6"', '"7"', 1) for line in lines[1:])])


def azmet(*, year: str, points: int) -> list[str]:
    lines = []
    for hour in HOURS:
        day = (FIRST + timedelta(days=hour // 24)).timetuple().tm_yday
        light = f"{SUN[hour % 24] * 3600 / 1e6:.3f}"
        t = 9999 if hour == 40 else celsius(hour)
        rain = 999 if hour == 42 else RAIN.get(hour, 0)
        cells = [year, day, hour % 24 + 1, t, 60, 1.1, light, rain, 25.5, 27.6, 2, 1.9, 147, 33, 4.5, 0.05, 0.34, -0.3]
        lines.append(",".join(map(str, cells[:points])))
    return lines


@pytest.mark.parametrize(("year", "points"), [("2024", 18), ("24", 17)])
def test_azmet_without_names(year: str, points: int, tmp_path: Path) -> None:
    weather = read(tmp_path / "0624rh.txt", azmet(year=year, points=points), offset_h=-7)
    check(weather, -7)
    np.testing.assert_allclose(weather.gust, 4.5)


def test_years_of_two_digits_are_of_the_last_century_too(tmp_path: Path) -> None:
    assert read(tmp_path / "0692rh.txt", azmet(year="92", points=17)).times_ms()[0] < 0.75e12


@pytest.mark.parametrize("zone", ["", "-07:00"])
def test_azmet_of_its_api(zone: str, tmp_path: Path) -> None:
    lines = [
        "date_datetime,date_doy,dwpt,eto_azmet,meta_station_id,meta_station_name,precip_total,precip_total_in,"
        "relative_humidity,sol_rad_total,sol_rad_total_ly,temp_airC,temp_airF,temp_soil_10cmC,wind_2min_spd_max_mps,"
        "wind_spd_max_mps,wind_spd_mps,wind_vector_dir"
    ]
    for hour in HOURS:
        at, t, rain, light = (
            FIRST + timedelta(hours=hour + 1),
            celsius(hour),
            RAIN.get(hour, 0),
            SUN[hour % 24] * 0.0036,
        )
        lines.append(
            f"{at:%Y-%m-%d %H:%M:%S}{zone},162,10,0.1,az06,Town,{rain},{rain / 25.4:.2f},60,{light:.3f},1,{t},"
            f"{t * 1.8 + 32},25,3,4.5,2,180"
        )
    check(read(tmp_path / "azmet.csv", lines, offset_h=-7), -7)


def test_pressure_that_nobody_measured_is_that_of_the_elevation(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """FAO-56 annex 2, table 2.1: 81.8 kPa at 1800 m."""
    weather = read(tmp_path / "hourly.csv", cimis(metric=True), elevation_m=1800)
    np.testing.assert_allclose(weather.pressure, 818, atol=0.5)
    assert "hourly.csv: has no pressure: it is taken to be that of its elevation, and never to change" in caplog.text
