"""What a block's own weather in a real store says of the diseases of its crop, and what a farmer reads of it."""

import pytest

from cloud.advice.advice import advise
from cloud.advice.trouble import Advice, Trouble
from cloud.block.disease_criteria import criteria, criterion_in_words, so_far_in_words
from cloud.clock import DAY_MS, HOUR_MS
from cloud.farm_view import keep_record
from cloud.store import Store, Stored
from edge.agronomy.disease_weather import Hutton, Scab, Severity
from edge.contract.messages import Call, Reading, Record
from edge.farm import Farm

NOW = 1_433_355_600_000 // HOUR_MS * HOUR_MS
NODES = {"tomatoes": "tomato-weather", "apples": "apple-weather"}


def weather(store: Store, farm: Farm, zone: str, *, cold_h_ago: int | None = None) -> None:
    """Three days at 16 degC, an hour of 6 degC among them; the last 7 hours of each day, by UTC from NOW, humid."""
    rows = [
        Reading(
            farm=farm.id,
            node=NODES[zone],
            boot=1,
            seq=100 - back,
            t=NOW - back * HOUR_MS,
            values={
                "air_temperature": 6.0 if back == cold_h_ago else 16.0,
                "humidity": 96.0 if back % 24 < 7 else 70.0,
                "rain": 0.0,
            },
        )
        for back in range(72)
    ]
    store.append([Stored(zone=zone, message=row) for row in rows])


def told(store: Store, farm: Farm, zone: str) -> Advice:
    call = Call(
        farm=farm.id, node=NODES[zone], boot=1, seq=999, t=NOW, sentinel="weather", version="0badcafe", kind="disease",
        confidence=90, state="raised", raised_t=NOW, why=(),
    )  # fmt: skip
    found = criteria(store, farm, farm.zone_by_id[zone], NOW)
    return advise(
        Trouble(zone=farm.zone_by_id[zone], kind="disease", calls=[call], now=NOW, criteria=found, timezone="UTC")
    )


def test_tomatoes_follow_hutton_and_tomcast(store: Store, farm: Farm) -> None:
    weather(store, farm, "tomatoes")
    blight, early = criteria(store, farm, farm.zone_by_id["tomatoes"], NOW)
    assert blight == Hutton(humid_h=7, humid_h_before=7, lowest=16.0)
    assert isinstance(early, Severity)
    assert early.total == 2, "seven wet hours at 16 degC are 1 a day (chart); the third day ends tomorrow at 11 h"
    advice = told(store, farm, "tomatoes")
    assert advice.level == "needs_you"
    assert "7 hours in the last day, 7 in the day before; it takes 6 on each." in advice.why
    assert "severity 2 of 15 since" in advice.why


def test_a_spray_that_was_written_down_begins_the_sum_anew(store: Store, farm: Farm) -> None:
    weather(store, farm, "tomatoes")
    keep_record(
        store, Record(farm=farm.id, zone="tomatoes", id="s", kind="spray", t=NOW, happened_t=NOW - 30 * HOUR_MS)
    )
    early = criteria(store, farm, farm.zone_by_id["tomatoes"], NOW)[-1]
    assert isinstance(early, Severity)
    assert early.total < 2
    assert 0 <= NOW - 30 * HOUR_MS - early.since < 24 * HOUR_MS


def test_a_call_whose_criterion_cannot_be_met_is_no_trouble(store: Store, farm: Farm) -> None:
    weather(store, farm, "tomatoes", cold_h_ago=10)
    advice = told(store, farm, "tomatoes")
    assert advice.level == "fine"
    assert advice.title == "Tomato block: no weather for late blight for now."


@pytest.mark.parametrize(
    ("zone", "cold_h_ago", "said"),
    [
        (
            "tomatoes",
            None,
            "Air as damp as late blight needs: 7 hours in the last day, 7 in the day before; it takes 6 on each. Early "
            "blight: severity 2 of 15 since 4 May 2015, 00:00.",
        ),
        (
            "tomatoes",
            10,
            "Air as damp as late blight needs: 7 hours in the last day, 7 in the day before; it takes 6 on each. Early "
            "blight: severity 2 of 15 since 4 May 2015, 00:00. The last day was colder than 10°C for a while, and "
            "late blight needs two days without that.",
        ),
        ("apples", None, "Leaves have been wet for 7 hours; scab needs 9 hours at 16.0°C."),
        ("apples", 20, ""),
    ],
)
def test_how_far_it_has_run_is_said_while_nobody_calls(
    store: Store, farm: Farm, zone: str, cold_h_ago: int | None, said: str
) -> None:
    if said:
        weather(store, farm, zone, cold_h_ago=cold_h_ago)
    found = criteria(store, farm, farm.zone_by_id[zone], NOW)
    told = so_far_in_words(found, "Block", farm.timezone, NOW)
    assert told.replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(("total", "due"), [(14, False), (15, True)])
def test_a_spray_that_is_due_is_said(total: int, due: bool) -> None:
    said = criterion_in_words(Severity(total=total, since=NOW - 20 * DAY_MS), "UTC", NOW)
    assert ("At 15 a spray is due" in said, "14 of 15" in said) == (due, not due)


def test_apples_follow_mills(store: Store, farm: Farm) -> None:
    weather(store, farm, "apples")
    assert criteria(store, farm, farm.zone_by_id["apples"], NOW) == (Scab(wet_h=7, degc=16.0, needed_h=9.0),)
    assert "wet for 7 hours; scab needs 9 hours at 16" in told(store, farm, "apples").why


def test_a_block_without_such_sensors_says_nothing_of_it(store: Store, farm: Farm) -> None:
    assert criteria(store, farm, farm.zone_by_id["store"], NOW) == ()
