"""Times in words, and silence while a simulated clock runs days a second."""

import pytest

from cloud.clock import DAY_MS, HOUR_MS, MINUTE_MS, Pace
from cloud.language.times import ago, at

NOW = 1_433_355_600_000
"""3 June 2015, 18:20 UTC, a Wednesday."""


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (-5 * MINUTE_MS, "just now"),  # a reading may be ahead of the clock that the gateway last told
        (0, "just now"),
        (25 * MINUTE_MS, "25 minutes ago"),
        (6 * HOUR_MS, "6 hours ago"),
        (47 * HOUR_MS, "47 hours ago"),
        (3 * DAY_MS, "3 days ago"),
    ],
)
def test_ago(back: int, words: str) -> None:
    assert ago(NOW - back, NOW) == words


def test_times_are_the_farms_own_and_utc_says_so() -> None:
    assert at(NOW, "America/New_York") == "3 June 2015, 14:20"
    assert at(NOW, "UTC") == "3 June 2015, 18:20 UTC"
    assert at(NOW - 15 * HOUR_MS, "America/New_York", now=NOW) == "Tue 23:20"
    assert at(NOW, "America/New_York", now=NOW + HOUR_MS) == "14:20"


def test_a_fast_clock_does_not_make_sensors_silent() -> None:
    """Two days a second, readings three seconds behind."""
    pace = Pace()
    for second in range(60):
        clock = NOW + 2 * second * DAY_MS
        settled = pace.settled(clock, clock - 6 * DAY_MS, wall_s=float(second))
        assert settled <= clock - 6 * DAY_MS


def test_a_clock_that_stands_still_is_believed_after_seconds() -> None:
    pace = Pace()
    settled = [pace.settled(NOW, NOW - DAY_MS, wall_s=float(second)) for second in range(12)]
    assert settled[0] == NOW - DAY_MS
    assert settled[-1] == NOW


def test_a_simulated_clock_that_stands_still_has_stopped_until_it_steps() -> None:
    pace = Pace()
    stopped = [pace.stopped(NOW + min(second, 10), wall_s=float(second)) for second in range(80)]
    assert stopped == [second >= 70 for second in range(80)]
    assert not pace.stopped(NOW + HOUR_MS, wall_s=90.0)


def test_a_page_that_was_closed_for_an_hour_does_not_judge_by_an_old_clock() -> None:
    pace = Pace()
    pace.settled(NOW, NOW, wall_s=0.0)
    later = NOW + DAY_MS
    assert pace.settled(later, later - HOUR_MS, wall_s=3600.0) == later - HOUR_MS
