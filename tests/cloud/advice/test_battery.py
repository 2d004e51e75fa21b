"""Days that a battery lasts, from a cell that is emptied at a known pace."""

import numpy as np
import pytest

from cloud.advice.battery import RESERVE, battery_in_words, days_left
from cloud.clock import DAY_MS
from edge.board.battery import LEVEL, VOLTS, charge

T = [day * DAY_MS for day in range(30)]


def volts(start: float, a_day: float) -> list[float]:
    """Daily means of a cell that loses so much of its charge a day, to the 10 mV that a node sends."""
    return [round(float(np.interp(start - day * a_day, LEVEL, VOLTS)), 2) for day in range(30)]


@pytest.mark.parametrize("level", [0.0, 0.03, 0.1, 0.37, 0.5, 0.99, 1.0])
def test_charge_is_the_curve_read_backwards(level: float) -> None:
    assert charge(float(np.interp(level, LEVEL, VOLTS))) == pytest.approx(level)


@pytest.mark.parametrize(("start", "a_day"), [(0.95, 0.005), (0.8, 0.004), (0.6, 0.01), (0.45, 0.012)])
def test_days_left_are_those_to_the_reserve(start: float, a_day: float) -> None:
    left = (start - 29 * a_day - RESERVE) / a_day
    assert days_left(T, volts(start, a_day)) == pytest.approx(left, rel=0.15)


def test_nothing_is_said_of_a_battery_that_is_filled_or_new() -> None:
    assert days_left(T, volts(0.5, -0.004)) is None
    assert days_left(T[:6], volts(0.9, 0.01)[:6]) is None


@pytest.mark.parametrize(
    ("measured", "left", "said"),
    [
        (3.9, 152, "good for about 5 months (3.90 V)"),
        (3.9, 900, "good for more than a year (3.90 V)"),
        (3.7, 1.2, "good for about 1 day: change it soon (3.70 V)"),
        (3.7, None, "3.70 V"),
        (3.4, 30, "empty: change it now (3.40 V)"),
        (None, None, "no reading"),
    ],
)
def test_a_battery_in_words(measured: float | None, left: float | None, said: str) -> None:
    assert battery_in_words(measured, left).replace("\N{NO-BREAK SPACE}", " ") == said
