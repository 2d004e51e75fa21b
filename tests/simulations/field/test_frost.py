"""Critical temperatures of buds, against the published table."""

import numpy as np
import pytest

from simulations.field.frost import (
    STAGE_DEGF_DAYS,
    STAGES_DEGF,
    bud_kill,
    critical_degc,
    killed_buds,
    stages_by_warmth,
    warmth,
)
from simulations.time_grid import STEPS_A_DAY
from simulations.weather.ten_minutes import whately


@pytest.mark.parametrize(
    ("crop", "stage", "tenth", "most"),
    [
        ("apple", "silver tip", -9.44, -16.67),
        ("apple", "full bloom", -2.22, -3.89),
        ("peach", "full bloom", -2.78, -4.44),
        ("pear", "full bloom", -2.22, -4.44),
        ("cherry", "full bloom", -2.22, -3.89),
    ],
)
def test_published_degrees(crop: str, stage: str, tenth: float, most: float) -> None:
    assert critical_degc(crop, stage) == pytest.approx((tenth, most), abs=0.005)
    np.testing.assert_allclose(
        bud_kill(crop, stage, np.array([0.0, *critical_degc(crop, stage), -30.0])), [0, 0.1, 0.9, 1], atol=1e-9
    )


@pytest.mark.parametrize("crop", STAGES_DEGF)
def test_buds_get_ever_more_tender(crop: str) -> None:
    figures = np.array(list(STAGES_DEGF[crop].values()))
    assert (np.diff(figures, axis=0) >= 0).all()
    assert (figures[:, 0] > figures[:, 1]).all()


@pytest.mark.parametrize("crop", STAGE_DEGF_DAYS)
def test_warmth_leads_through_known_stages_in_order(crop: str) -> None:
    stages = list(STAGE_DEGF_DAYS[crop])
    assert stages == [s for s in STAGES_DEGF[crop] if s in stages]
    assert stages_by_warmth(crop, np.array([0.0, 119.9, 120.0, 300.0, 9999.0])) == [
        "silver tip",
        "silver tip",
        "green tip",
        "first pink",
        "post bloom",
    ]


def test_whatelys_warmth_brings_the_dates_seen_next_door() -> None:
    """Belchertown, 25 km from Whately, 2015: green tip on 21 April, full bloom in the heat before 12 May (Clements,
    UMass, on apple-crop)."""
    spring = np.cumsum(warmth(whately().season(3, 1, 100).temperature))
    reached = [
        np.datetime64("2015-03-01") + int(np.argmax(spring >= STAGE_DEGF_DAYS["apple"][s]))
        for s in ("green tip", "full bloom")
    ]
    assert abs(reached[0] - np.datetime64("2015-04-21")) <= np.timedelta64(2, "D")
    assert np.datetime64("2015-05-08") <= reached[1] <= np.datetime64("2015-05-12")


def spring(nights: dict[int, float], *, held: int = 3) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Sixty days of 12 degC, 10.6 degF days each, with nights that hold a temperature for some steps."""
    temperature = np.full(60 * STEPS_A_DAY, 12.0)
    for day, degc in nights.items():
        temperature[day * STEPS_A_DAY + 30 : day * STEPS_A_DAY + 30 + held] = degc
    return temperature


def test_the_same_frost_kills_in_bloom_and_not_at_green_tip() -> None:
    killed = killed_buds("apple", spring({12: -3.0, 45: -3.0, 50: -2.5}), leaf_out=10, fruit_set=100)
    assert killed[44] == 0, "green tips stand -7.8 degC"
    assert killed[45] == pytest.approx(0.1 + 0.8 * (3.0 - 4 / 1.8) / (3 / 1.8))
    assert killed[59] == killed[45], "a milder frost kills no more"


def test_a_frost_kills_in_half_an_hour_and_only_buds() -> None:
    assert killed_buds("apple", spring({45: -3.0}, held=2), leaf_out=10, fruit_set=100).max() == 0
    assert killed_buds("apple", spring({45: -30.0}), leaf_out=10, fruit_set=45).max() == 0
    assert killed_buds("apple", spring({10: -30.0}), leaf_out=30, fruit_set=100).max() == 0, "dormant"
    assert killed_buds("apple", spring({20: -30.0}), leaf_out=30, fruit_set=100).max() == 1


def test_a_season_that_begins_after_leaf_out_knows_of_the_warmth_before() -> None:
    whole = killed_buds("apple", spring({45: -3.0}), leaf_out=10, fruit_set=100)
    later = killed_buds("apple", spring({45: -3.0})[25 * STEPS_A_DAY :], leaf_out=-15, fruit_set=75)
    np.testing.assert_array_equal(later, whole[25:])
