"""Files as services and stations write them, with numbers of our own: units, sites, zones, totals."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from simulations.weather.format import Site
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_weather

SITE = Site(latitude=50, elevation_m=100, utc_offset_h=1)
MIDNIGHT = datetime(2024, 6, 1, tzinfo=UTC)


def read(path: Path, text: str, encoding: str = "utf-8", **options: object) -> Weather:
    path.write_bytes(text.encode(encoding))
    weather = read_weather(path, **({"site": SITE} | options))  # type: ignore[arg-type]
    assert isinstance(weather, Weather)
    return weather


def of(hour: int) -> tuple[float, float, float, float]:
    """degC, %, m/s, mm of an hour of two days."""
    return 10 + hour % 24 / 2, 60 + hour % 24, 2 + hour % 3, 0.5 if hour % 24 == 7 else 0.0


def lines(write: str, hours: int = 48) -> str:
    return "\n".join(
        write.format(h=h, day=1 + h // 24, hour=h % 24, t=of(h)[0], rh=of(h)[1], w=of(h)[2], r=of(h)[3])
        for h in range(hours)
    )


def check(weather: Weather, *, starts: datetime, offset_h: float = 0.0) -> None:
    """The two days came out in SI units, hour by hour."""
    assert weather.start_ms == starts.timestamp() * 1000
    assert weather.utc_offset_h == offset_h
    hours = np.arange(len(weather.temperature) // 6)
    inner = hours[1:-1]
    np.testing.assert_allclose(weather.temperature[::6][inner], [of(int(h))[0] for h in inner], atol=0.06)
    np.testing.assert_allclose(weather.humidity[::6][inner], [of(int(h))[1] for h in inner], atol=0.01)
    np.testing.assert_allclose(weather.wind[::6][inner], [of(int(h))[2] for h in inner], atol=0.01)
    assert weather.rain.sum() == pytest.approx(1.0, abs=0.01)
    assert weather.pressure.mean() == pytest.approx(1001, abs=0.5)


def test_meteostat(tmp_path: Path) -> None:
    kmh = "\n".join(
        f"2024-06-0{1 + h // 24},{h % 24},{of(h)[0]},8.0,{of(h)[1]},{of(h)[3]},,210,{of(h)[2] * 3.6:.2f},,1001,,"
        for h in range(48)
    )
    head = "date,hour,temp,dwpt,rhum,prcp,snow,wdir,wspd,wpgt,pres,tsun,coco\n"
    utc = Site(latitude=50, elevation_m=100)
    check(read(tmp_path / "10637.csv", head + kmh + "\n", site=utc), starts=MIDNIGHT)


def test_open_meteo_says_its_own_site(tmp_path: Path) -> None:
    head = (
        "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
        "52.52,13.41,38.0,7200,Europe/Berlin,GMT+2\n\n"
        "time,temperature_2m (°C),relative_humidity_2m (%),precipitation (mm),wind_speed_10m (km/h),"
        "surface_pressure (hPa)\n"
    )
    kmh = "\n".join(
        f"2024-06-0{1 + h // 24}T{h % 24:02d}:00,{of(h)[0]},{of(h)[1]},{of(h)[3]},{of(h)[2] * 3.6:.2f},1001"
        for h in range(48)
    )
    weather = read(tmp_path / "open-meteo.csv", head + kmh + "\n", site=None)
    check(weather, starts=datetime(2024, 5, 31, 22, tzinfo=UTC), offset_h=2.0)
    assert (weather.latitude, weather.elevation_m, weather.wind_height_m) == (52.52, 38.0, 10)


def test_dwd_in_utc_with_joules(tmp_path: Path) -> None:
    head = "STATIONS_ID;MESS_DATUM;PP_10;TT_10;RF_10;FF_10;RWS_10;GS_10;eor\n"
    rows = "\n".join(
        f"      3987;202406{1 + i // 144:02d}{i % 144 // 6:02d}{i % 6}0;1001.0;12.0;70.0;3.0;"
        f"{0.1 if i % 144 == 9 else 0.0};{12.0 if 50 < i % 144 < 90 else 0.0};eor"
        for i in range(4 * 144)
    )
    weather = read(
        tmp_path / "produkt.txt", head + rows + "\n", site=Site(latitude=52.4, elevation_m=81, utc_offset_h=1)
    )
    assert weather.start_ms == datetime(2024, 6, 1, 23, tzinfo=UTC).timestamp() * 1000 - 86_400_000
    assert weather.rain.sum() == pytest.approx(0.4)
    assert weather.radiation.max() == pytest.approx(12.0 * 1e4 / 600)


def test_ghcn_hourly_with_bars(tmp_path: Path) -> None:
    head = (
        "Station_ID|Station_name|DATE|LATITUDE|temperature|wind_speed|relative_humidity|station_level_pressure|"
        "precipitation\n"
    )
    rows = lines("GMW00010686|X|2024-06-{day:02d}T{hour:02d}:00:00|50.0|{t}|{w}|{rh}|1001|{r}")
    check(read(tmp_path / "GHCNh.psv", head + rows + "\n", site=Site(latitude=50, elevation_m=100)), starts=MIDNIGHT)


def test_davis_in_us_units_and_its_own_encoding(tmp_path: Path) -> None:
    head = (
        "Davis Vantage Vue\nSome farm\n\n"
        '"Date & Time","Barometer - in Hg","Temp - °F","Hum - %","Avg Wind Speed - mph",'
        '"High Wind Speed - mph","Rain - in"\n'
    )
    rows = "\n".join(
        f'"6/{1 + h // 24}/24 {(h % 24 - 1) % 12 + 1}:00 {"AM" if h % 24 < 12 else "PM"}","{1001 / 33.8639:.4f}",'
        f'"{of(h)[0] * 1.8 + 32:.2f}","{of(h)[1]}","{of(h)[2] / 0.44704:.3f}","--","{of(h)[3] / 25.4:.4f}"'
        for h in range(48)
    )
    weather = read(
        tmp_path / "davis.csv",
        head + rows.replace("--", "20") + "\n",
        "latin-1",
        site=Site(latitude=50, elevation_m=100),
    )
    check(weather, starts=MIDNIGHT)
    assert weather.gust.max() == pytest.approx(20 * 0.44704)


def test_ecowitt_counts_what_a_days_total_rises_by(tmp_path: Path) -> None:
    head = (
        "Time\tOutdoor Temperature(℃)\tOutdoor Humidity(%)\tWind(km/h)\tGust(km/h)\tABS Pressure(hPa)\tDaily Rain(mm)\n"
    )
    rows = "\n".join(
        f"2024-06-0{1 + h // 24} {h % 24:02d}:00\t{of(h)[0]}\t{of(h)[1]}\t{of(h)[2] * 3.6:.2f}\t40\t1001\t"
        f"{0.5 if h % 24 >= 7 else 0.0}"
        for h in range(48)
    )
    check(read(tmp_path / "ecowitt.txt", head + rows + "\n", site=Site(latitude=50, elevation_m=100)), starts=MIDNIGHT)


HEADER = "when,temperature,rel_humidity,wind_speed,rainfall,pressure"
PLAIN = lines("2024-06-{day:02d} {hour:02d}:00,{t},{rh},{w},{r},1001")
UTC_SITE = Site(latitude=50, elevation_m=100)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator: str, ending: str, tmp_path: Path) -> None:
    text = "\n".join([HEADER, PLAIN, ""]).replace(",", separator).replace("\n", ending)
    check(read(tmp_path / "mine.csv", text, site=UTC_SITE), starts=MIDNIGHT)


def test_decimal_commas_where_semicolons_divide_and_excels_utf_16(tmp_path: Path) -> None:
    text = "\n".join([HEADER, PLAIN, ""]).replace(",", ";").replace(".", ",")
    check(read(tmp_path / "mine.csv", text, site=UTC_SITE), starts=MIDNIGHT)
    check(read(tmp_path / "mine.csv", text, "utf-16", site=UTC_SITE), starts=MIDNIGHT)


def test_words_and_stars_for_numbers(tmp_path: Path) -> None:
    rows = PLAIN.split("\n")
    rows[3] = rows[3].replace(",0.0,", ",T,")
    rows[4] = ",".join([*rows[4].split(",")[:3], "Calm", *rows[4].split(",")[4:]])
    rows[5] = ",".join([*rows[5].split(",")[:2], "*", *rows[5].split(",")[3:]])
    weather = read(tmp_path / "mine.csv", "\n".join([HEADER, *rows, ""]), site=UTC_SITE)
    assert weather.rain.sum() == pytest.approx(1.0)
    assert weather.wind[24] == 0
    assert weather.humidity[30] == pytest.approx(65)


@pytest.mark.parametrize("zone", ["Z", "+00:00", "-05:00", "+0300"])
def test_times_that_say_their_zone_are_brought_to_the_sites(zone: str, tmp_path: Path) -> None:
    """Hour h in that zone; the site keeps the time of UTC+1."""
    hours = 0 if zone in ("Z", "+00:00") else -5 if zone[0] == "-" else 3
    rows = "\n".join(line.replace(":00,", f":00{zone},", 1) for line in PLAIN.split("\n"))
    weather = read(tmp_path / "mine.csv", "\n".join([HEADER, rows, ""]))
    assert weather.start_ms % 86_400_000 == 23 * 3_600_000, "midnight of UTC+1"
    first_ms = (MIDNIGHT.timestamp() - hours * 3600) * 1000
    at = round((first_ms + 10 * 3_600_000 - weather.start_ms) / 600_000)
    assert weather.temperature[at] == pytest.approx(of(10)[0], abs=0.01)


def test_rain_and_sun_of_the_hour_before_are_put_there(tmp_path: Path) -> None:
    """Open-Meteo's rain, radiation and gust are of the hour that ends at the time of a line."""
    head = (
        "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n0,0,38.0,0,GMT,GMT\n\n"
        "time,temperature_2m (°C),relative_humidity_2m (%),precipitation (mm),wind_speed_10m (m/s),"
        "wind_gusts_10m (m/s),surface_pressure (hPa),shortwave_radiation (W/m²)\n"
    )
    rows = "\n".join(
        f"2024-06-0{1 + h // 24}T{h % 24:02d}:00,{of(h)[0]},70,{2.0 if h == 31 else 0},3,{9 if h == 31 else 5},1001,"
        f"{500 if 7 <= h % 24 <= 18 else 0}"
        for h in range(96)
    )
    weather = read(tmp_path / "open-meteo.csv", head + rows + "\n", site=None)
    assert weather.temperature[31 * 6] == pytest.approx(of(31)[0])
    for values, low in ((weather.rain, 0), (weather.gust, 5)):
        np.testing.assert_array_equal(np.flatnonzero(values > low), np.arange(30 * 6, 31 * 6))
    assert weather.radiation[:144].nonzero()[0][[0, -1]].tolist() == [5 * 6 + 1, 18 * 6 - 1], "six to six and its edges"


@pytest.mark.parametrize("lost", [[], [20], [20, 30]], ids=["whole", "a zero", "two zeros"])
def test_a_years_total_begins_with_what_fell_before_the_file(lost: list[int], tmp_path: Path) -> None:
    """104.2 mm by the first line are none of the file's; a line that says 0 lost its gauge."""
    head = "Time\tOutdoor Temperature(℃)\tOutdoor Humidity(%)\tWind(km/h)\tABS Pressure(hPa)\tYearly Rain(mm)\n"
    rows = "\n".join(
        f"2024-06-0{1 + h // 24} {h % 24:02d}:00\t{of(h)[0]}\t{of(h)[1]}\t{of(h)[2] * 3.6:.2f}\t1001\t"
        f"{0 if h in lost else 104.2 + (0.5 if h >= 7 else 0) + (0.5 if h >= 31 else 0):.1f}"
        for h in range(48)
    )
    check(read(tmp_path / "ecowitt.txt", head + rows + "\n", site=UTC_SITE), starts=MIDNIGHT)
