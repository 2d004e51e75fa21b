"""A clock that others tell: it follows its own, and another only after a while of nothing else."""

import pytest

from edge import simulated_clock
from edge.simulated_clock import AGREED_S, BEHIND_MS, DAY_MS, LEAP_MS, SimulatedClock

T = 1_430_438_400_000
YEAR_2099 = 4_070_908_800_000


class Steady:
    """The machine's steady clock, which a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    steady = Steady()
    monkeypatch.setattr(simulated_clock, "time", steady)
    return steady


def test_it_follows_leaps_of_weeks_and_never_goes_back_for_what_was_overtaken() -> None:
    clock = SimulatedClock()
    for t, now in ((T, T), (T + LEAP_MS, T + LEAP_MS), (T + LEAP_MS - BEHIND_MS, T + LEAP_MS)):
        assert clock.hear(t) is False
        assert clock.now_ms == now


def test_one_forged_time_moves_nothing() -> None:
    clock = SimulatedClock(T)
    clock.hear(YEAR_2099)
    assert clock.now_ms == T
    assert clock.leaps(YEAR_2099)


def test_forged_times_among_true_ones_are_never_believed(steady: Steady) -> None:
    clock = SimulatedClock(T)
    for second in range(100):
        steady.now_s += 1
        clock.hear(YEAR_2099 + second)
        clock.hear(T + second * 1000)
    assert clock.now_ms == T + 99_000


@pytest.mark.parametrize("other", [T + 2 * LEAP_MS, T - 20 * DAY_MS])
def test_another_time_is_believed_when_nothing_else_is_told_for_a_while(steady: Steady, other: int) -> None:
    clock = SimulatedClock(T)
    mended = []
    for second in range(int(AGREED_S) + 2):
        mended.append(clock.hear(other + second * 1000))
        steady.now_s += 1
    assert mended.index(True) == AGREED_S
    assert clock.now_ms == other + (AGREED_S + 1) * 1000
