"""Generated days are like those of the station, and the 10-minute weather made of them keeps to them."""

import numpy as np
import pytest

from simulations.climate import bundled, generate
from simulations.weather import STEPS_A_DAY, Weather


@pytest.fixture(scope="module")
def years() -> list[Weather]:
    return [generate(bundled("de-bilt"), seed) for seed in range(1, 4)]


def test_a_seed_is_a_year(years: list[Weather]) -> None:
    again = generate(bundled("de-bilt"), 2)
    np.testing.assert_array_equal(again.temperature, years[1].temperature)
    assert not np.array_equal(years[0].temperature, years[1].temperature)
    assert again.days == 365
    assert again.name == "climate-de-bilt-2"


def test_nothing_is_out_of_bounds(years: list[Weather]) -> None:
    for year in years:
        assert year.humidity.min() >= 1
        assert year.humidity.max() <= 100
        assert min(year.rain.min(), year.wind.min(), year.radiation.min()) >= 0
        assert (year.gust >= year.wind).all()
        steps = np.abs(np.diff(year.temperature))
        assert np.quantile(steps[STEPS_A_DAY - 1 :: STEPS_A_DAY], 0.99) < np.quantile(steps, 0.99)
