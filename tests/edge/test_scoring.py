"""Calls against known troubles: what counts as found, false, early, late."""

import numpy as np
import pytest

from edge.contract.kinds import kinds
from edge.scoring import HOUR_MS, CallSpan, Episode, score, spells

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
