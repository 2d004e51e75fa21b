"""A farm is simulated in the summer of its own hemisphere."""

from datetime import UTC, datetime

import numpy as np
import pytest

from edge.farm import parse_farm, sample_farm_text
from simulations.field.season import Field
from simulations.weather.growing_season import growing_season
from simulations.weather.series import daily

SOUTH = sample_farm_text().replace("latitude: 42.448", "latitude: -42.448").replace("planted: 05-10", "planted: 11-08")


def test_the_south_has_the_same_weather_half_a_year_later() -> None:
    north, south = growing_season(42.4, 250), growing_season(-36.8, 250)
    assert f"{datetime.fromtimestamp(south.start_ms / 1000, UTC):%m-%d}" == "10-14"
    assert np.array_equal(north.temperature, south.temperature)
    assert south.latitude == -north.latitude
    assert daily(south).et0.sum() == pytest.approx(daily(north).et0.sum(), rel=0.02)


def test_crops_of_the_south_stand_in_the_field_as_those_of_the_north_do() -> None:
    north = Field(parse_farm(sample_farm_text(), source="north"), growing_season(42.4, 120), 1)
    south = Field(parse_farm(SOUTH, source="south"), growing_season(-42.4, 120), 1)
    assert north.in_ground.sum(axis=1) == pytest.approx(south.in_ground.sum(axis=1), abs=2)
    assert south.in_ground[0].sum() > 60


def test_a_season_of_the_south_leads_over_new_year() -> None:
    text = SOUTH.replace("planted: 11-08", "planted: 01-12")
    field = Field(parse_farm(text, source="south"), growing_season(-42.4, 120), 1)
    assert int(np.argmax(field.in_ground[0])) == 90
