"""Training's score: calls fused by zone, grey ones apart, rain-fed and irrigated apart, intervals over
seasons."""

import numpy as np
import pytest

from cloud.training.datasets import SeasonData
from cloud.training.evaluation import Outcome, Verdicts, outcome
from edge.core import AlarmPolicy, feature_names
from edge.scoring import KindScore, merged

HOURS = 20 * 24
POLICY = AlarmPolicy(on_delay_min=0, clear_delay_min=60, repeat_min=0, raise_percent=80, keep_percent=50)


def _verdicts(spans: dict[int, list[tuple[int, int]]]) -> Verdicts:
    """Three nodes, of which the first two stand in one irrigated zone, that call in these hours; that zone is dry in
    hours 200 to 240, and short of water in hours 400 to 410."""
    truth, nearly = np.zeros((2, 3, 1, HOURS), dtype=bool)
    truth[:2, 0, 200:240] = True
    nearly[:2, 0, 200:240] = nearly[:2, 0, 400:410] = True
    classes = np.zeros((3, HOURS), dtype=np.uint8)
    for row, hours in spans.items():
        for first, last in hours:
            classes[row, first:last] = 1
    season = SeasonData(
        name="s",
        split="test",
        kinds=("too_dry",),
        zones=("wet", "wet", "rain"),
        irrigated=(True, True, False),
        features=np.zeros((3, HOURS, len(feature_names())), dtype=np.int16),
        truth=truth,
        nearly=nearly,
        step_s=3600,
    )
    return Verdicts(season=season, classes=classes, confidences=np.full((3, HOURS), 90, dtype=np.uint8))


def test_a_zones_calls_are_one_and_one_that_meets_a_short_spell_is_grey() -> None:
    verdicts = _verdicts({0: [(190, 230), (380, 400), (50, 60)], 1: [(195, 235), (55, 70)], 2: [(300, 310)]})
    found = outcome([verdicts], kind="too_dry", class_id=1, policy=POLICY)
    score = found.score
    assert (score.troubles, score.found, score.lead_h) == (1, 1, 10.0)
    assert (score.calls, score.grey_calls, score.false_calls) == (4, 1, 2)
    assert found.false_per_zone_month == pytest.approx(2 / (2 * HOURS / (365.2425 / 12 * 24)))
    dry, wet = (verdicts.of(irrigated=irrigated) for irrigated in (False, True))
    assert dry is not None
    assert wet is not None
    assert outcome([dry], kind="too_dry", class_id=1, policy=POLICY).score.false_calls == 1
    assert outcome([wet], kind="too_dry", class_id=1, policy=POLICY).score.found == 1


def _season(troubles: int, found: int) -> KindScore:
    return KindScore(kind="too_dry", troubles=troubles, calls=found, false_calls=0, leads_h=(8.0,) * found)


def test_an_interval_is_as_wide_as_seasons_differ() -> None:
    alike = Outcome(kind="too_dry", seasons=(_season(4, 3),) * 12, zone_months=(1.0,) * 12, blind=0)
    assert alike.interval(lambda o: o.score.recall) == (0.75, 0.75)
    mixed = (_season(4, 4), _season(4, 0)) * 6
    differing = Outcome(kind="too_dry", seasons=mixed, zone_months=(1.0,) * 12, blind=0)
    low, high = differing.interval(lambda o: o.score.recall) or (0, 0)
    # Standard error of a share of one half in twelve seasons: 0.144.
    assert low == pytest.approx(0.5 - 1.96 * 0.144, abs=0.06)
    assert high == pytest.approx(0.5 + 1.96 * 0.144, abs=0.06)
    never = Outcome(kind="too_dry", seasons=(_season(0, 0),), zone_months=(1.0,), blind=0)
    assert never.interval(lambda o: o.score.recall) is None


def test_scores_of_seasons_add_up() -> None:
    score = merged("too_dry", [_season(4, 3), _season(2, 1)])
    assert (score.troubles, score.found, score.calls, score.lead_h) == (6, 4, 4, 8.0)
