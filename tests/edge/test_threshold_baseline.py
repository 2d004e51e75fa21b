"""The search for the best fixed threshold finds the one that is known to be best, and pays for late and false calls."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract.channels import MISSING
from edge.contract.kinds import kinds
from edge.core import UNKNOWN, feature_names
from edge.threshold_baseline import Threshold, WatchedSeason, best_threshold

STEPS_AN_HOUR = 6


def season(kind: str, values: NDArray[np.float64], truth: NDArray[np.bool_]) -> WatchedSeason:
    """One node whose every baseline feature of a kind has these values."""
    features = np.zeros((1, len(values), len(feature_names())), dtype=np.int16)
    for feature in kinds()[kind].baseline:
        features[0, :, feature_names().index(feature)] = values
    t = np.arange(len(values), dtype=np.int64) * 600_000
    return WatchedSeason(kind=kind, zones=("z",), features=features, truth=truth[None], nearly=truth[None], t=t)


def cold_night(coldest: float) -> NDArray[np.float64]:
    """Ten hours down, ten hours up, and two days of 8 degC, in 0.01 degC."""
    way = np.linspace(800, coldest, 10 * STEPS_AN_HOUR)
    return np.concatenate([np.full(48 * STEPS_AN_HOUR, 800), way, way[::-1]])


def test_a_frost_is_called_before_it_comes_and_a_cool_night_is_not() -> None:
    air = np.concatenate([cold_night(-400), cold_night(350), cold_night(-350), cold_night(-380)])
    watched = season("frost", air, air < 0)
    assert len(watched.episodes()) == 3
    best = best_threshold(kinds()["frost"], [watched], [watched])
    # Air falls 1.2 degC an hour: two hours ahead of frost it has 2.4 degC; the cool night stays above 3.5 degC.
    assert best.feature in kinds()["frost"].baseline
    assert 230 <= best.value < 350
    calls = best.calls(watched.features, zones=watched.zones, nodes=["n"], t=watched.t)
    assert [(c.zone, c.node, c.kind) for c in calls] == [("z", "n", "frost")] * 3
    for call, episode in zip(calls, watched.episodes(), strict=True):
        assert call.raised <= episode.start - 2 * 3_600_000


def test_a_gale_needs_no_lead_so_that_the_limit_itself_is_best() -> None:
    rng = np.random.default_rng(5)
    gust = rng.uniform(200, 1000, 60 * 144)
    for day in range(5, 60, 5):
        gust[day * 144 : day * 144 + 12] = rng.uniform(1080, 1500, 12)
    watched = season("wind", gust, gust >= 1080)
    best = best_threshold(kinds()["wind"], [watched], [watched])
    assert 1000 <= best.value <= 1080
    assert best.on_delay_min == 0


def test_what_is_missing_is_unknown() -> None:
    watched = season("wind", np.array([MISSING, 100, 1200]), np.zeros(3, dtype=bool))
    threshold = Threshold(kind="wind", feature="gust", value=1000, above=True, on_delay_min=0, clear_delay_min=360)
    classes, confidences = threshold.verdicts(watched.features)
    assert classes.tolist() == [[UNKNOWN, 0, 1]]
    assert confidences.tolist() == [[100, 100, 100]]
    assert str(threshold) == "gust >= 1000"


def test_what_has_begun_goes_on_as_far_as_keep() -> None:
    watched = season("wind", np.array([850, 950, 1050, 950, 850]), np.zeros(5, dtype=bool))
    threshold = Threshold(
        kind="wind", feature="gust", value=1000, keep=900, above=True, on_delay_min=0, clear_delay_min=0
    )
    (call,) = threshold.calls(watched.features, zones=watched.zones, nodes=["n"], t=watched.t)
    assert (call.raised, call.cleared) == (watched.t[2], watched.t[4])


def test_seasons_without_the_trouble_are_refused() -> None:
    calm = season("wind", np.full(100, 300.0), np.zeros(100, dtype=bool))
    with pytest.raises(ValueError, match="no training season has wind where gust is known"):
        best_threshold(kinds()["wind"], [calm], [calm])
