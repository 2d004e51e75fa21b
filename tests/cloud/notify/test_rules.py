"""The hour for the small ones and the hours of quiet, on any wall clock."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cloud.notify.people import Person
from cloud.notify.rules import digest_is_due, within

ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("now", "start", "end", "quiet"),
    [
        ("22:00", "21:00", "06:00", True),
        ("05:59", "21:00", "06:00", True),
        ("06:00", "21:00", "06:00", False),
        ("20:59", "21:00", "06:00", False),
        ("13:00", "12:00", "14:00", True),
        ("14:00", "12:00", "14:00", False),
    ],
)
def test_quiet_hours_may_pass_midnight(now: str, start: str, end: str, quiet: bool) -> None:
    local = datetime.combine(datetime(2015, 6, 3), time.fromisoformat(now), ZONE)
    assert within(local, time.fromisoformat(start), time.fromisoformat(end)) is quiet


@pytest.mark.parametrize(
    ("last", "now", "is_due"),
    [
        ("2015-06-03T06:59", "2015-06-03T07:00", True),
        ("2015-06-03T07:00", "2015-06-03T23:00", False),
        ("2015-06-03T07:00", "2015-06-04T06:59", False),
        ("2015-06-03T07:00", "2015-06-04T07:01", True),
        ("2015-03-07T07:00", "2015-03-08T07:00", True),  # that day has 23 hours
        ("2015-11-01T07:00", "2015-11-01T08:00", False),  # that day has 25
    ],
)
def test_the_digest_is_due_once_a_day_by_the_farms_wall_clock(last: str, now: str, is_due: bool) -> None:
    person = Person(name="Anna", urls=(SecretStr("json://x"),))
    before = round(1000 * datetime.fromisoformat(last).replace(tzinfo=ZONE).timestamp())
    assert digest_is_due(person, before, datetime.fromisoformat(now).replace(tzinfo=ZONE)) is is_due
