"""Daily weather of several services: real weeks of each, in one set of units, without what cannot have been."""

import gzip
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from edge.agronomy import et0
from edge.agronomy.crops import extraterrestrial_radiation
from edge.contract.errors import CooeeError
from simulations.weather.daily import LIMITS, DailyWeather, read_daily
from simulations.weather.format import Site

DATA = Path(__file__).parents[1] / "data" / "weather"
DUBOIS = Site(latitude=44.24, elevation_m=1661)


def day(weather: DailyWeather, on: str) -> dict[str, float]:
    at = int(np.flatnonzero(weather.dates == np.datetime64(on))[0])
    return {quantity: float(getattr(weather, quantity)[at]) for quantity in LIMITS}


def test_knmi_in_tenths_with_traces_of_rain() -> None:
    weather = read_daily(DATA / "knmi_debilt_1985-08.csv")
    assert weather.first_day == date(1985, 8, 1)
    assert (weather.latitude, weather.wind_height_m) == (52.1, 10)
    first = day(weather, "1985-08-01")
    assert first == pytest.approx(
        {
            "t_max": 19.2,
            "t_min": 10.8,
            "rh_max": 100,
            "rh_min": 70,
            "rh_mean": 90,
            "wind": 2.6,
            "gust": 9.8,
            "rain": 4.5,
            "radiation": 9.27,
            "pressure": 1013.4,
        }
    )
    assert np.isnan(weather.gust[16:19]).all(), "FXX is empty from the 17th to the 19th"
    assert np.isfinite(weather.wind).all()
    assert weather.rain.min() == 0, "-1 is a trace"


def test_cimis_in_us_units_without_what_a_failed_logger_wrote() -> None:
    weather = read_daily(DATA / "cimis_davis_1997-07.csv")
    assert np.isnan([weather.t_max[9], weather.rain[11], weather.wind[9]]).all(), "--"
    assert np.isnan(weather.radiation[14]), "1029 langleys are more than reach the air"
    assert 25 < np.nanmean(weather.t_max) < 40
    weather = read_daily(DATA / "cimis_davis_2017-06.csv")
    assert np.isnan(weather.rh_max[16:18]).all(), "3 % and 1 % at the dampest hour"
    assert np.isnan(weather.rh_min[11:13]).all(), "0 %"
    assert weather.t_max[11] == pytest.approx((72.9 - 32) / 1.8)
    assert weather.wind[11] == pytest.approx(5.3 * 0.44704)
    assert weather.radiation[11] == pytest.approx(687 * 0.04184)


def test_a_lowest_above_a_highest_and_missing_days_are_not_a_number() -> None:
    weather = read_daily(DATA / "usses_dubois_1925.csv", site=DUBOIS)
    assert len(weather.t_max) == 304
    assert weather.dates[-1] == np.datetime64("1926-02-28")
    assert np.isnan([day(weather, on)[q] for on in ("1926-02-09", "1926-02-10") for q in ("t_max", "t_min")]).all()
    assert np.isnan(list(day(weather, "1925-10-31").values())).all(), "the file has no such day"
    assert np.isnan(weather.wind).all(), "never measured"
    assert day(weather, "1925-11-02")["rain"] == 11.4


def test_daily_et0_is_what_azmet_publishes() -> None:
    """Column ETref: ASCE standardized reference evapotranspiration of short grass, from two decimals of the same day's
    weather."""
    path = DATA / "azmet_maricopa_2018.wth.gz"
    weather = read_daily(path)
    assert (len(weather.rain), weather.elevation_m, weather.wind_height_m) == (365, 361, 3)
    rows = [
        line.split() for line in gzip.decompress(path.read_bytes()).decode().splitlines() if line.startswith("2018-")
    ]
    dew_point, published = np.array([[float(row[5]), float(row[10])] for row in rows]).T
    ours = et0.reference_et(
        t_max=weather.t_max,
        t_min=weather.t_min,
        rs=weather.radiation,
        u2=et0.wind_at_2m(weather.wind, weather.wind_height_m),
        ea=et0.saturation_vapour_pressure(dew_point),
        ra=extraterrestrial_radiation(weather.latitude, np.arange(1, 366)),
        elevation_m=weather.elevation_m,
    )
    np.testing.assert_allclose(ours, published, atol=0.0065)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("19850803", "19850801", "line 4: times must rise; '19850801' comes after '19850802'"),
        ("19850803", "yesterday", "line 4: column YYYYMMDD is not a time (found 'yesterday'); write it as 20150630"),
        ("STN,YYYYMMDD", "STN,DATE", "column 'YYYYMMDD' is missing for KNMI daily; found STN, DATE"),
        ("260,", "999,", "does not say where it was measured"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text((DATA / "knmi_debilt_1985-08.csv").read_text().replace(old, new))
    with pytest.raises(CooeeError, match=re.escape(words)):
        read_daily(path)
