"""Calls against known troubles: what counts as found, false, early, late."""

import numpy as np
import pytest

from edge.contract.kinds import kinds
from edge.scoring import HOUR_MS, CallSpan, Episode, KindScore, fused, score, spells

H = HOUR_MS


def episode(start: int, end: int, zone: str = "a", kind: str = "frost") -> Episode:
    return Episode(zone=zone, kind=kind, start=start * H, end=end * H)


def call(raised: int, cleared: int, zone: str = "a", kind: str = "frost") -> CallSpan:
    return CallSpan(zone=zone, node="n", kind=kind, raised=raised * H, cleared=cleared * H)


def test_a_call_ahead_of_its_trouble_finds_it_with_a_lead() -> None:
    (line,) = score([episode(10, 14)], [call(7, 15)])
    assert (line.troubles, line.found, line.missed, line.calls, line.false_calls) == (1, 1, 0, 1, 0)
    assert (line.recall, line.lead_h) == (1.0, 3.0)


def test_a_call_after_the_onset_is_late() -> None:
    assert score([episode(10, 14)], [call(12, 15)])[0].lead_h == -2.0


@pytest.mark.parametrize("wrong", [call(15, 16), call(7, 15, zone="b"), call(7, 15, kind="wind"), call(0, 1)])
def test_a_call_elsewhere_of_another_kind_afterwards_or_long_before_is_false(wrong: CallSpan) -> None:
    lines = {line.kind: line for line in score([episode(40, 44)] if wrong.raised == 0 else [episode(10, 14)], [wrong])}
    assert lines[wrong.kind].false_calls == 1
    assert lines["frost"].found == 0


def test_an_alarm_that_is_always_on_answers_nothing() -> None:
    first = int(kinds()["frost"].early_h) + 20
    (line,) = score([episode(first, first + 4), episode(first + 60, first + 64)], [call(0, 500)])
    assert (line.found, line.false_calls) == (0, 1)


def test_a_call_that_stays_from_one_trouble_to_the_next_answers_both() -> None:
    (line,) = score([episode(10, 14), episode(20, 24)], [call(8, 30)])
    assert (line.found, line.false_calls, line.leads_h) == (2, 0, (2.0, 12.0))


def test_the_first_of_several_calls_gives_the_lead() -> None:
    (line,) = score([episode(10, 14)], [call(9, 11), call(5, 12), call(13, 14)])
    assert (line.lead_h, line.calls, line.false_calls) == (5.0, 3, 0)


def test_kinds_without_troubles_and_calls_are_left_out_and_a_kind_without_troubles_has_no_recall() -> None:
    assert score([], []) == []
    (line,) = score([], [call(1, 2)])
    assert line.recall is None
    assert line.lead_h is None


def test_runs_with_a_short_gap_are_one_spell() -> None:
    t = np.arange(10, dtype=np.int64) * H
    happens = np.array([0, 1, 1, 0, 1, 0, 0, 0, 0, 1], dtype=bool)
    assert spells(happens, t, 2) == [(1 * H, 5 * H), (9 * H, 10 * H)]
    assert spells(np.zeros(10, dtype=bool), t, 2) == []


def test_runs_just_as_far_apart_as_the_gap_are_two_spells() -> None:
    happens = np.array([True, False, False, True])
    assert spells(happens, np.arange(4, dtype=np.int64) * H, 2) == [(0, 1 * H), (3 * H, 4 * H)]
    assert spells(happens, np.arange(4, dtype=np.int64) * H, 2.01) == [(0, 4 * H)]


def test_a_call_that_is_raised_when_the_trouble_ends_is_false() -> None:
    (line,) = score([episode(10, 14)], [call(14, 15)])
    assert (line.found, line.false_calls) == (0, 1)
    (line,) = score([episode(10, 14)], [call(13, 15)])
    assert (line.found, line.false_calls) == (1, 0)


def test_a_call_that_met_no_trouble_but_came_near_one_is_grey() -> None:
    """Frost: 12 h early at most. Near from 30 to 31 h; calls raised 12 h before, as it ends, 13 h before."""
    near = [episode(30, 31)]
    for raised, grey in ((18, 1), (30, 1), (31, 0), (17, 0)):
        (line,) = score([], [call(raised, raised + 2)], near)
        assert (line.grey_calls, line.false_calls) == (grey, 1 - grey)
    assert score([], [call(20, 22)], [episode(30, 31, zone="b")])[0].false_calls == 1
    assert score([], [call(20, 22)], [episode(30, 31, kind="wind")])[0].false_calls == 1


def test_a_call_that_answers_is_not_grey() -> None:
    (line,) = score([episode(10, 14)], [call(8, 12)], [episode(9, 15)])
    assert (line.found, line.grey_calls, line.false_calls) == (1, 0, 0)


def test_false_calls_cost_the_time_that_they_are_open() -> None:
    (line,) = score([episode(10, 14)], [call(8, 12), call(100, 130), call(200, 201), call(40, 45)], [episode(50, 51)])
    assert (line.false_calls, line.grey_calls, line.false_h) == (2, 1, 31.0)


def test_calls_of_a_zone_that_overlap_are_one_for_a_farmer() -> None:
    other = CallSpan(zone="a", node="m", kind="frost", raised=2 * H, cleared=9 * H)
    calls = [call(0, 4), other, call(9, 10), call(12, 13), call(1, 2, zone="b"), call(1, 2, kind="wind")]
    assert sorted((c.zone, c.kind, c.raised // H, c.cleared // H) for c in fused(calls)) == [
        ("a", "frost", 0, 10),
        ("a", "frost", 12, 13),
        ("a", "wind", 1, 2),
        ("b", "frost", 1, 2),
    ]


@pytest.mark.parametrize(
    ("leads", "words"), [((), "-"), ((-17.8,), "17.8 h late"), ((2.0, 3.0), "2.5 h ahead"), ((0.0,), "0.0 h ahead")]
)
def test_a_lead_in_words(leads: tuple[float, ...], words: str) -> None:
    found = KindScore(kind="frost", troubles=1, calls=1, false_calls=0, leads_h=leads)
    assert found.lead_in_words == words
