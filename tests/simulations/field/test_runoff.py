"""Run-off against the handbook's and TR-55's own numbers, and in a field."""

import numpy as np
import pytest

from edge.farm import Farm, parse_farm, sample_farm_text
from simulations.field.runoff import USUAL, curve_number_today, dry_and_wet, runoff, usual_curve_number
from simulations.field.soil import SoilWater, simulate_soil
from simulations.weather.series import Weather
from simulations.weather.ten_minutes import whately

INCH = 25.4


@pytest.mark.parametrize(("rain", "curve_number", "depth"), [(6.0, 70, 2.81), (6.0, 75, 3.28), (6.0, 74, 3.19)])
def test_tr55_examples_2_1_to_2_3(rain: float, curve_number: float, depth: float) -> None:
    assert runoff(np.array([rain * INCH]), np.array([curve_number]))[0] == pytest.approx(
        depth * INCH, abs=0.0056 * INCH
    )


@pytest.mark.parametrize(
    ("rain", "curve_number", "depth"),
    [
        (1.0, 80, 0.08),
        (2.0, 60, 0.06),
        (2.0, 80, 0.56),
        (3.0, 75, 0.96),
        (4.0, 70, 1.33),
        (5.0, 60, 1.30),
        (5.0, 80, 2.89),
        (3.0, 98, 2.77),
        (1.0, 60, 0.0),
    ],
)
def test_tr55_table_2_1(rain: float, curve_number: float, depth: float) -> None:
    assert runoff(np.array([rain * INCH]), np.array([curve_number]))[0] == pytest.approx(
        depth * INCH, abs=0.0051 * INCH
    )


@pytest.mark.parametrize(
    ("middling", "dry", "wet"), [(90, 78, 96), (80, 63, 91), (75, 57, 88), (70, 51, 85), (60, 40, 78), (50, 31, 70)]
)
def test_nehs_table_10_1_of_antecedent_moisture(middling: float, dry: float, wet: float) -> None:
    """The fit is within two of the table."""
    assert np.hstack(dry_and_wet(np.array([middling]))) == pytest.approx([dry, wet], abs=2)


def test_wet_soil_sheds_as_condition_three_and_dry_soil_as_one() -> None:
    ends = curve_number_today(
        np.full(4, 80.0), de=np.array([0.0, 4.5, 13.5, 24.0]), rew=np.full(4, 9.0), tew=np.full(4, 24.0)
    )
    dry, wet = dry_and_wet(np.array([80.0]))
    assert ends[:2] == pytest.approx(wet[0])
    assert ends[2:] == pytest.approx(dry[0])


def test_every_rain_less_than_all_runs_off_and_more_sheds_more() -> None:
    rain = np.linspace(0, 300, 200)
    for curve_number in (30.0, 60.0, 89.0, 100.0):
        shed = runoff(rain, np.array(curve_number))
        assert (np.diff(shed) >= 0).all()
        assert (np.diff(shed) <= np.diff(rain) + 1e-9).all(), "of every drop more at most that drop"
        assert (shed <= rain + 1e-9).all()


def test_usual_numbers_grow_with_the_group() -> None:
    assert usual_curve_number("annual", "B") == 78
    for groups in USUAL.values():
        assert (np.diff(list(groups.values())) > 0).all()


def field_of(curve_number: float | str | None) -> Farm:
    text = sample_farm_text()
    if curve_number is not None:
        text = text.replace("    soil: loam\n", f"    soil: loam\n    curve_number: {curve_number}\n", 1)
    return parse_farm(text, source="sample")


def apples(curve_number: float | str | None, weather: Weather) -> SoilWater:
    zones = [z for z in field_of(curve_number).zones if z.id == "apples"]
    return simulate_soil(zones, weather, np.arange(len(weather.rain)) / 6 % 24, 1)


def test_what_runs_off_does_not_wet_the_field() -> None:
    weather = whately().season(5, 15, 60)
    none, usual, most, all_of_it = (apples(n, weather) for n in (None, "usual", 95, 100))
    assert (apples(30, weather).depletion == none.depletion).all(), "no storm of that season is heavy enough"
    assert none.depletion.mean() < usual.depletion.mean() < most.depletion.mean() < all_of_it.depletion.mean()
    rain = weather.rain.reshape(60, -1).sum(axis=1)
    assert none.runoff.sum() == 0, "all soaks in, and the soil is never full"
    np.testing.assert_allclose(all_of_it.runoff[0], rain, atol=1e-4)
    assert (most.runoff[0] <= rain + 1e-4).all()
    assert 0.05 * rain.sum() < usual.runoff.sum() < most.runoff.sum()
