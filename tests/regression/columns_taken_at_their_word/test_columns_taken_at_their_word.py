"""Columns of weather files were taken for what their names say: a running total in wet weeks came in as 4,127 mm of
rain in 40 days, tenths of a millimetre and J/cm2 as they stood. What sound probes say
in fog and by night was mended."""

from pathlib import Path

import numpy as np
import pytest

from edge.contract.errors import CooeeError
from tests.simulations.weather.hourly_files import long_read, read, summer, wet_weeks


@pytest.mark.parametrize(("every_h", "begins_at_h"), [(24, 0), (24, 9), (24 * 7, 0), (24 * 30, 0), (10**6, 0)])
def test_a_total_of_wet_weeks_is_seen_whenever_it_begins_anew(every_h: int, begins_at_h: int, tmp_path: Path) -> None:
    columns = wet_weeks()
    rain = columns["rainfall"]
    first = (np.arange(len(rain)) - begins_at_h) // every_h
    columns["rainfall"] = np.concatenate([np.cumsum(rain[first == part]) for part in np.unique(first)])
    with pytest.raises(CooeeError, match="is this a running total"):
        long_read(tmp_path, columns)


def test_rain_in_tenths_of_a_millimetre_is_asked_about(tmp_path: Path) -> None:
    columns = wet_weeks()
    columns["rainfall"] = np.round(columns["rainfall"] * 10)
    with pytest.raises(CooeeError, match="are these tenths of a mm"):
        long_read(tmp_path, columns)


def test_radiation_in_joules_a_cm2_is_asked_about_where_a_clear_day_is_sure(tmp_path: Path) -> None:
    columns = wet_weeks()
    columns["solar_radiation"] *= 0.36
    with pytest.raises(CooeeError, match=r"solar_radiation is never above .* J/cm2 or langleys"):
        long_read(tmp_path, columns)


def test_what_sound_probes_say_beside_the_truth(tmp_path: Path) -> None:
    """A pyranometer's nights below 0, humidity of fog above 100 %: bounds, not gaps to mend."""
    columns = summer()
    right = read(tmp_path, columns | {"rel_humidity": np.minimum(columns["rel_humidity"] + 16, 100)})
    columns["solar_radiation"] = np.where(columns["solar_radiation"] > 0, columns["solar_radiation"], -4.0)
    columns["rel_humidity"] = columns["rel_humidity"] + 16
    said = read(tmp_path, columns)
    assert np.array_equal(said.radiation, right.radiation)
    assert np.array_equal(said.humidity, right.humidity)
