"""The hour for the small ones and the hours of quiet, on any wall clock."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cloud.notify.people import Person
from cloud.notify.rules import Incident, Notice, digest_is_due, within
from cloud.notify.words import IN_FULL, message
from tests.dashboard.farm_data import sample_farm

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


@pytest.mark.parametrize(("utc", "is_due"), [("07:00", False), ("07:29", False), ("07:31", True)])
def test_a_digest_in_the_hour_that_spring_leaves_out_is_due_once(utc: str, is_due: bool) -> None:
    """02:30 does not come; it is due half an hour after two, not at every look from three o'clock on."""
    person = Person.model_validate({"name": "Anna", "urls": ["json://x"], "digest_at": "02:30"})
    now = datetime.fromisoformat(f"2015-03-08T{utc}+00:00")
    before = round(1000 * now.timestamp()) - 60_000
    assert digest_is_due(person, before - 3_600_000, now.astimezone(ZONE)) is is_due


def test_a_thousand_troubles_are_one_message_that_says_what_to_do_of_the_worst() -> None:
    over = Incident(
        id=1,
        zone="tomatoes",
        kind="frost",
        level="urgent",
        title="",
        began=0,
        ended=1,
        concern=None,
        rings=False,
        awake_since=0,
    )
    title, body = message(sample_farm(), [Notice(incident=over, form="over")] * 1000, 2, lambda _: "")
    assert "999" in title
    assert body.count("From ") == IN_FULL
    assert body.count("It is over") == 999
    assert len(body) < 60_000
