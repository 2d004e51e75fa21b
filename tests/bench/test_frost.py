"""Calls of frost beside a service, in one cold season of the simulated field."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from bench import frost, limits
from bench.frost import Watched, outcome, simulated, with_service
from simulations.runs.dataset import PLANS


@pytest.fixture(scope="module")
def places() -> Iterator[list[Watched]]:
    cold = next(plan for plan in PLANS if plan.split == "train" and plan.shift_degc <= -6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "PLANS", (replace(cold, seed=999, split="test"),))
        patch.setattr(frost, "DRAWS", 2)
        yield list(simulated("test"))


def test_a_service_takes_false_calls_away_and_finds_as_many(places: list[Watched]) -> None:
    alone = outcome(places, [lambda place: list(place.calls)]).score
    assert alone.troubles > 5
    for error in (1.3, 2.0):
        told = outcome(places, with_service(error, 0.0)).score
        draws = told.troubles / alone.troubles
        assert told.found == draws * alone.found
        assert told.false_calls < draws * alone.false_calls


def test_a_service_that_is_five_degrees_too_warm_silences_no_frost(places: list[Watched]) -> None:
    alone = outcome(places, [lambda place: list(place.calls)]).score
    told = outcome(places, with_service(2.0, 5.0)).score
    assert told.found / told.troubles >= 0.98 * alone.found / alone.troubles


def test_a_service_says_the_same_all_night_and_for_all_blocks(places: list[Watched]) -> None:
    one, other = (place.by_service(0.0, 1.0, 0) for place in places)
    errors = [said - place.by_service(0.0, 0.0, 0) for said, place in zip((one, other), places, strict=True)]
    assert np.nanmax(np.abs(errors[0] - 1)) < 1e-9
    drawn = [place.by_service(2.0, 0.0, 0) - place.by_service(0.0, 0.0, 0) for place in places]
    known = ~np.isnan(drawn[0] + drawn[1])
    assert drawn[0][known] == pytest.approx(drawn[1][known])
    nights = drawn[0].reshape(-1, 144)
    assert np.nanmax(np.ptp(nights[1:-1, :48], axis=1)) < 1e-9
    assert np.std(nights[1:-1, 0]) == pytest.approx(2.0, rel=0.2)
