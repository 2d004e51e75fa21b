"""Generated weather is like the station's it was drawn from, month by month, and is not that year again."""

from itertools import groupby, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from simulations.time_grid import STEPS_A_DAY
from simulations.weather.resampled import generate
from simulations.weather.series import ARRAYS, Weather
from simulations.weather.ten_minutes import new_york, whately

YEARS = 12
Floats = NDArray[np.float64]


TOLERATED = (
    ("temperature", 2.2, (0.7, 1.8)),
    ("humidity", 7.0, (0.6, 1.6)),
    ("wind", 0.9, (0.5, 1.7)),
    ("radiation", 25.0, (0.6, 1.6)),
)
"""Name, how far a monthly mean may be off, and the ratio of spreads within a month."""


@pytest.fixture(scope="module", params=["whately", "ewr"])
def station_and_years(request: pytest.FixtureRequest) -> tuple[Weather, list[Weather]]:
    station = whately() if request.param == "whately" else new_york("EWR")
    return station, [generate(station, seed) for seed in range(YEARS)]


def days(weather: Weather, name: str) -> Floats:
    return np.asarray(getattr(weather, name)[: weather.days * STEPS_A_DAY].reshape(weather.days, STEPS_A_DAY))


def by_month(values: Floats) -> list[Floats]:
    edges = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    return [values[a:b] for a, b in pairwise(edges)]


def pooled(years: list[Weather], name: str, daily: str) -> list[Floats]:
    """By month, daily values of all years."""
    months = [by_month(getattr(np, daily)(days(year, name), axis=1)) for year in years]
    return [np.concatenate(parts) for parts in zip(*months, strict=True)]


def test_monthly_means_and_spreads(station_and_years: tuple[Weather, list[Weather]]) -> None:
    """A month is drawn from days up to 15 away, so the seasons' turn is smoothed by a degree or two."""
    station, years = station_and_years
    for name, mean_off, spread in TOLERATED:
        for real, made in zip(pooled([station], name, "mean"), pooled(years, name, "mean"), strict=True):
            assert made.mean() == pytest.approx(real.mean(), abs=mean_off), name
            assert spread[0] < made.std() / real.std() < spread[1], name
        whole_real, whole_made = (np.concatenate(pooled(w, name, "mean")) for w in ([station], years))
        assert whole_made.mean() == pytest.approx(whole_real.mean(), abs=mean_off / 4), name
        assert whole_made.std() == pytest.approx(whole_real.std(), rel=0.12), name


def test_rain_falls_as_often_as_much_and_in_spells_as_long(station_and_years: tuple[Weather, list[Weather]]) -> None:
    station, years = station_and_years

    def spells(weathers: list[Weather], wet: bool) -> float:
        runs = [
            len(list(run))
            for w in weathers
            for is_wet, run in groupby((days(w, "rain").sum(axis=1) >= 1.0).tolist())
            if is_wet == wet
        ]
        return float(np.mean(runs))

    real, made = (np.concatenate([days(w, "rain").sum(axis=1) for w in ws]) for ws in ([station], years))
    assert (made >= 1).mean() == pytest.approx((real >= 1).mean(), rel=0.2)
    assert made.sum() / YEARS == pytest.approx(real.sum(), rel=0.2)
    assert made[made >= 1].std() == pytest.approx(real[real >= 1].std(), rel=0.35)
    assert spells(years, True) == pytest.approx(spells([station], True), rel=0.2)
    assert spells(years, False) == pytest.approx(spells([station], False), rel=0.25)


def test_frost_nights(station_and_years: tuple[Weather, list[Weather]]) -> None:
    station, years = station_and_years
    real = (days(station, "temperature").min(axis=1) < 0).sum()
    made = [(days(year, "temperature").min(axis=1) < 0).sum() for year in years]
    assert np.mean(made) == pytest.approx(real, rel=0.15)
    assert np.std(made) > 2, "years differ"


def test_quantities_go_together_as_they_did(station_and_years: tuple[Weather, list[Weather]]) -> None:
    station, years = station_and_years

    def ties(weathers: list[Weather]) -> Floats:
        rows = [
            np.concatenate([days(w, name).mean(axis=1) for w in weathers])
            for name in ("temperature", "humidity", "wind", "rain", "radiation", "pressure")
        ]
        return np.asarray(np.corrcoef(rows))

    assert np.abs(ties(years) - ties([station])).max() < 0.15

    def next_day(weathers: list[Weather]) -> float:
        return float(
            np.mean([np.corrcoef(t[1:], t[:-1])[0, 1] for t in (days(w, "temperature").mean(axis=1) for w in weathers)])
        )

    assert next_day(years) == pytest.approx(next_day([station]), abs=0.05)


def test_no_jump_at_midnight_and_nothing_out_of_bounds(station_and_years: tuple[Weather, list[Weather]]) -> None:
    station, years = station_and_years
    for year in years:
        steps = np.abs(np.diff(year.temperature))
        assert steps[STEPS_A_DAY - 1 :: STEPS_A_DAY].mean() < 3 * steps.mean()
        assert year.humidity.min() >= 1
        assert year.humidity.max() <= 100
        assert min(year.rain.min(), year.wind.min(), year.radiation.min()) >= 0
        assert (year.gust >= year.wind * 0.999).mean() > 0.99
    assert station.days == years[0].days


def test_a_seed_is_a_year(station_and_years: tuple[Weather, list[Weather]]) -> None:
    station, years = station_and_years
    again = generate(station, 3)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(years[3], name))
        assert not np.array_equal(getattr(years[3], name), getattr(years[4], name))
    stood = [
        (np.round(days(year, "radiation"), 3) == np.round(days(station, "radiation"), 3)).all(axis=1).mean()
        for year in years
    ]
    assert max(stood) < 0.2, "hardly a day stands where it stood"


def test_less_than_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="a year is needed"):
        generate(whately().span(0, 200), 1)
