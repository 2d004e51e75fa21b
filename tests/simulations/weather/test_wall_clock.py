"""Files whose times are of a clock that is put forward in spring and back in autumn."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather.format import Site
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import read_weather

BERLIN, NEW_YORK, SYDNEY = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Sydney"))
OFFSETS = {BERLIN: 1, NEW_YORK: -5, SYDNEY: 10}
SPRING, YEAR = (datetime(2024, 3, 25), 12), (datetime(2024, 3, 2), 260)
AUTUMN = datetime(2024, 10, 20), 12


def celsius(utc: datetime) -> float:
    """Another at every hour of three weeks."""
    return round(5 + utc.timestamp() / 3600 % 500 / 25, 2)


def lines(span: tuple[datetime, int], clock: ZoneInfo, *, minutes: int = 60) -> list[str]:
    """Days of standard time from a date on, each line called by the clock on the wall."""
    first = span[0].replace(tzinfo=UTC) - timedelta(hours=OFFSETS[clock])
    rows = []
    for at in range(0, span[1] * 1440, minutes):
        utc = first + timedelta(minutes=at)
        moves = 60 + utc.timestamp() / 60 % 77 / 8
        rows.append(f"{utc.astimezone(clock):%Y-%m-%d %H:%M},{celsius(utc)},{moves:.3f},3,0,1001")
    return rows


def read(tmp_path: Path, rows: list[str], clock: ZoneInfo, *, zone: str | None = None) -> Weather:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["when,temperature,rel_humidity,wind_speed,rainfall,pressure", *rows, ""]))
    site = Site(latitude=45, elevation_m=100, utc_offset_h=OFFSETS[clock], zone=zone)
    weather = read_weather(path, site=site)
    assert isinstance(weather, Weather)
    return weather


def check(weather: Weather, *, first: int = 0) -> None:
    """Every hour has the temperature of its own hour of UTC."""
    hours = weather.times_ms()[first::6]
    truth = [celsius(datetime.fromtimestamp(ms / 1000, UTC)) for ms in hours]
    np.testing.assert_allclose(weather.temperature[first::6], truth, atol=0.011)


@pytest.mark.parametrize(("clock", "minutes"), [(BERLIN, 60), (BERLIN, 20), (NEW_YORK, 60), (SYDNEY, 60)])
def test_a_file_that_shows_both_changes_is_read_right(clock: ZoneInfo, minutes: int, tmp_path: Path) -> None:
    rows = lines(YEAR, clock, minutes=minutes)
    check(read(tmp_path, rows, clock))
    check(read(tmp_path, rows[::-1], clock))


@pytest.mark.parametrize("span", [SPRING, AUTUMN, (datetime(2024, 6, 3), 9)], ids=["spring", "autumn", "summer"])
@pytest.mark.parametrize("minutes", [60, 5])
def test_a_zone_that_is_said_is_enough(span: tuple[datetime, int], minutes: int, tmp_path: Path) -> None:
    check(read(tmp_path, lines(span, BERLIN, minutes=minutes), BERLIN, zone="Europe/Berlin"), first=6)


@pytest.mark.parametrize(
    ("span", "clock", "words"),
    [
        (SPRING, BERLIN, "line 148: an hour is left out, as on the clock of Europe/Berlin: say zone: Europe/Berlin"),
        (AUTUMN, BERLIN, "line 172: an hour comes twice, as on the clock of Europe/Berlin: say zone: Europe/Berlin"),
        ((datetime(2024, 3, 2), 20), NEW_YORK, "line 196: an hour is left out, as on the clock of America/New_York"),
        ((datetime(2024, 9, 30), 20), SYDNEY, "an hour is left out, as on the clock of Australia/Sydney"),
    ],
)
def test_one_change_alone_is_asked_about(
    span: tuple[datetime, int], clock: ZoneInfo, words: str, tmp_path: Path
) -> None:
    with pytest.raises(CooeeError, match=words):
        read(tmp_path, lines(span, clock), clock)


@pytest.mark.parametrize("left_out", [[50], [146], [146, 150]])
def test_an_hour_that_is_only_missing(left_out: list[int], tmp_path: Path) -> None:
    """The hour of 31 March is the one that the clock of Berlin leaves out."""
    standard = ZoneInfo("Etc/GMT-1")
    OFFSETS[standard] = 1
    rows = [row for at, row in enumerate(lines(SPRING, standard)) if at not in left_out]
    zone = "standard" if 146 in left_out else None
    weather = read(tmp_path, rows, BERLIN, zone=zone)
    np.testing.assert_allclose(
        weather.temperature[::6], read(tmp_path, lines(SPRING, standard), BERLIN).temperature[::6], atol=0.02
    )


def test_a_time_that_the_clock_never_shows(tmp_path: Path) -> None:
    standard = ZoneInfo("Etc/GMT-1")
    OFFSETS[standard] = 1
    with pytest.raises(CooeeError, match=r"line 148: the clock of Europe/Berlin never shows 2024-03-31 02:00: are the"):
        read(tmp_path, lines(SPRING, standard), BERLIN, zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlinn", "zone 'Europe/Berlinn': no such IANA time zone; write it as in Europe/Berlin, or standard"),
        ("Europe/Helsinki", r"zone 'Europe/Helsinki': its standard time is \+2 h from UTC, utc_offset_h \+1"),
    ],
)
def test_zones_that_cannot_be(zone: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CooeeError, match=words):
        read(tmp_path, lines(SPRING, BERLIN), BERLIN, zone=zone)
