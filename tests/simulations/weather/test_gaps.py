"""Readings of a failing probe are found and gaps are mended, and nothing else is touched."""

import numpy as np

from simulations.weather.gaps import failing, longest, mend_by_same_hour

STEP_S = 600
DAY = 144


def flags(*runs: tuple[int, int], of: int = 10 * DAY) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    bad = np.zeros(of, bool)
    for begin, end in runs:
        bad[begin:end] = True
    return bad


def test_a_single_impossible_reading_says_nothing_of_those_around() -> None:
    bad = flags((100, 101), (110, 112), (300, 301))
    np.testing.assert_array_equal(failing(bad, STEP_S), bad)
    assert not failing(flags(), STEP_S).any()


def test_between_two_failures_a_probe_is_not_believed() -> None:
    found = failing(flags((200, 203), (300, 310), (600, 603)), STEP_S)
    np.testing.assert_array_equal(
        found, flags((197, 313), (597, 606)), "more than a day lies between the second and the third"
    )


def test_a_failure_at_either_end() -> None:
    np.testing.assert_array_equal(
        failing(flags((0, 4), (10 * DAY - 4, 10 * DAY)), STEP_S), flags((0, 7), (10 * DAY - 7, 10 * DAY))
    )


def test_the_longest_gap() -> None:
    assert longest(flags((3, 5), (20, 27), (40, 46))) == (7, 20)
    assert longest(flags((0, 4), of=4)) == (4, 0)
    assert longest(flags())[0] == 0


def test_a_long_gap_takes_the_same_hours_of_the_days_around() -> None:
    course = np.tile(np.sin(np.arange(DAY) / DAY * 2 * np.pi), 10) + np.repeat(np.arange(10.0), DAY)
    holed = course.copy()
    holed[4 * DAY + 30 : 5 * DAY + 60] = np.nan
    holed[7 * DAY : 7 * DAY + 36] = np.nan
    mended = mend_by_same_hour(holed, step_s=STEP_S, straight_s=6 * 3600)
    assert np.isnan(mended[7 * DAY : 7 * DAY + 36]).all(), "6 hours are left for a straight line"
    np.testing.assert_allclose(
        mended[4 * DAY + 90 : 4 * DAY + 120], course[4 * DAY + 90 : 4 * DAY + 120] + 0.5, atol=0.3
    )
    kept = ~np.isnan(holed)
    np.testing.assert_array_equal(mended[kept], course[kept])


def test_what_no_day_around_tells_is_left() -> None:
    holed = np.ones(9 * DAY)
    holed[: 8 * DAY] = np.nan
    np.testing.assert_array_equal(
        mend_by_same_hour(holed, step_s=STEP_S, straight_s=3600), holed, "8 days are too long"
    )
    holed = np.ones(DAY)
    holed[50:100] = np.nan
    np.testing.assert_array_equal(
        mend_by_same_hour(holed, step_s=STEP_S, straight_s=3600), holed, "one day has no others"
    )
