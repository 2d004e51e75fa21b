"""Weather files: units, gaps and errors handled, and what is wrong in one is said with its line."""

from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from simulations.weather import AIRPORTS, STEPS_A_DAY, daily, new_york, read_table, whately


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
