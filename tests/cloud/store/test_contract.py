"""What every store keeps to, tried on SQLite and on every InfluxDB server there is."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.influxd.server import available
from cloud.store import History, Store, Stored, open_store
from edge.contract.errors import StoreError
from edge.contract.messages import EARLIEST_MS, Call, Evidence, Judgement, Reading, Record, Status

T = 1_430_000_000_123
MINUTE = 60_000
FARMS = (f"farm-{number}" for number in itertools.count())


@pytest.fixture
def farm() -> str:
    """A farm that no other test uses: the servers are shared."""
    return next(FARMS)


@pytest.fixture(params=["sqlite", *available()])
def store(request: pytest.FixtureRequest, tmp_path: Path, influx: Callable[[str], str]) -> Iterator[Store]:
    store = open_store(f"sqlite={tmp_path}/field.db" if request.param == "sqlite" else influx(request.param))
    yield store
    store.close()


def a_reading(farm: str, node: str = "n1", step: int = 0, zone: str = "block", **changes: Any) -> Stored:
    message = Reading(
        farm=farm,
        node=node,
        boot=1,
        seq=step,
        t=T + step * MINUTE,
        values={"wind": 3.0, "soil_moisture_10cm": 0.2541, "air_temperature": -0.01},
    )
    return Stored(zone=zone, message=replace(message, **changes))


def a_call(farm: str, node: str = "n1", step: int = 0, zone: str = "block", **changes: Any) -> Stored:
    message = Call(
        farm=farm,
        node=node,
        boot=1,
        seq=step,
        t=T + step * MINUTE,
        sentinel="soil",
        version="0a1b2c3d",
        kind="dry",
        confidence=87,
        state="raised",
        raised_t=T + step * MINUTE,
        why=(
            Evidence(feature="soil_moisture_10cm.slope", value=-0.0025, unit="m3/m3/d"),
            Evidence(feature="air_temperature.last", value=31.0, unit="degC"),
        ),
    )
    return Stored(zone=zone, message=replace(message, **changes))


def a_status(farm: str, node: str = "n1", step: int = 0, **changes: Any) -> Stored:
    message = Status(farm=farm, node=node, t=T + step * MINUTE, state="sleeping", wake_interval_s=600)
    return Stored(zone="block", message=replace(message, **changes))


def a_judgement(farm: str, step: int = 0, **changes: Any) -> Stored:
    message = Judgement(
        farm=farm, node="n1", sentinel="soil", kind="dry", raised_t=T, t=T + step * MINUTE, verdict="right", note=""
    )
    return Stored(zone="block", message=replace(message, **changes))


def a_record(farm: str, step: int = 0, **changes: Any) -> Stored:
    message = Record(
        farm=farm, zone="block", id="r1", kind="irrigation", t=T + step * MINUTE, happened_t=T - MINUTE, amount=20.0
    )
    message = replace(message, **changes)
    return Stored(zone=message.zone, message=message)


def everything(store: Store, farm: str) -> tuple[Any, ...]:
    always = 0, 2**41
    return (
        store.latest(farm),
        store.statuses(farm),
        store.open_calls(farm),
        store.calls(farm, *always),
        store.history(farm, ["n1", "n2"], "wind", T, T + 100 * MINUTE, 10),
        store.judgements(farm, *always),
        store.records(farm, *always),
        store.counts(farm),
    )


def test_an_empty_farm_has_nothing(store: Store, farm: str) -> None:
    nothing = History(t=[], mean=[], low=[], high=[])
    counts = {"reading": 0, "call": 0, "node": 0, "judgement": 0, "record": 0}
    assert everything(store, farm) == ([], [], [], [], nothing, [], [], counts)


def test_appending_twice_changes_nothing(store: Store, farm: str) -> None:
    rows = [
        a_reading(farm),
        a_call(farm, step=1),
        a_status(farm),
        a_reading(farm, step=2),
        a_judgement(farm),
        a_judgement(farm, verdict="handled"),
        a_record(farm),
        a_record(farm, id="r2", kind="note", amount=None, text="x"),
        a_status(farm, state="offline", t=0),
    ]
    store.append(rows)
    once = everything(store, farm)
    assert once[-1] == {"reading": 2, "call": 1, "node": 2, "judgement": 2, "record": 2}
    store.append(rows + rows)
    store.append(rows[::-1])
    assert everything(store, farm) == once


def test_messages_come_back_as_they_were(store: Store, farm: str) -> None:
    rows = [
        a_reading(
            farm,
            faults=("humidity", "ethylene"),
            why_faulty={"ethylene": "open"},
            values={"rain": 0.0, "pressure": 1e-07, "battery": 3.0},
        ),
        a_status(farm, gateway=True, simulated=True),
        a_call(farm),
        a_call(farm, step=1, why=(), kind="ok"),
    ]
    store.append(rows)
    assert store.latest(farm) == [("block", rows[0].message)]
    assert store.statuses(farm) == [rows[1].message]
    assert store.calls(farm, 0, 2**41) == [("block", rows[2].message), ("block", rows[3].message)]


def test_a_reading_may_consist_of_faults_alone(store: Store, farm: str) -> None:
    row = a_reading(farm, values={}, faults=("wind",))
    store.append([row])
    assert store.latest(farm) == [("block", row.message)]


def test_latest_is_the_newest_reading_of_every_node_whatever_the_order(store: Store, farm: str) -> None:
    rows = [a_reading(farm, node, step) for node in ("n1", "n2", "n10") for step in range(5)]
    rows.append(a_reading(farm, "n2", 5, values={"rain": 1.5}))
    rows.append(a_reading(farm, "n10", 6, zone="other"))
    random.Random(1).shuffle(rows)
    store.append(rows)
    newest = [
        a_reading(farm, "n1", 4),
        a_reading(farm, "n10", 6, zone="other"),
        a_reading(farm, "n2", 5, values={"rain": 1.5}),
    ]
    assert store.latest(farm) == [(row.zone, row.message) for row in newest]


def test_farms_are_kept_apart(store: Store, farm: str) -> None:
    store.append([a_reading(farm), a_call(farm), a_status(farm), a_judgement(farm)])
    before = everything(store, farm)
    other = next(FARMS)
    store.append([a_reading(other, step=9), a_call(other, step=9), a_status(other, step=9), a_judgement(other)])
    assert everything(store, farm) == before


def test_two_boots_of_a_node_may_use_a_sequence_again(store: Store, farm: str) -> None:
    store.append([a_reading(farm, step=3), a_reading(farm, step=3, boot=2, t=T + 4 * MINUTE)])
    assert store.counts(farm)["reading"] == 2


def test_two_incarnations_of_a_node_may_use_boot_and_sequence_again(store: Store, farm: str) -> None:
    swapped = a_reading(farm, step=3, inc=0xFFFFFFFE, t=T + 4 * MINUTE)
    assert store.append([a_reading(farm, step=3), swapped, a_call(farm, step=5, inc=7)]) == []
    assert store.counts(farm)["reading"] == 2
    assert store.latest(farm) == [(swapped.zone, swapped.message)]
    assert [call.inc for _, call in store.open_calls(farm)] == [7]


def test_a_call_is_open_until_it_is_cleared(store: Store, farm: str) -> None:
    repeated = a_call(farm, "n2", 5, state="repeated", raised_t=T + 1 * MINUTE)
    frost = a_call(farm, "n1", 4, sentinel="weather", kind="frost")
    again = a_call(farm, "n3", 9, zone="other")
    store.append(
        [
            a_call(farm, "n1", 0),
            a_call(farm, "n1", 6, state="cleared", raised_t=T),
            a_call(farm, "n2", 1),
            repeated,
            frost,
            a_call(farm, "n3", 2),
            a_call(farm, "n3", 3, state="cleared", raised_t=T + 2 * MINUTE),
            again,
        ]
    )
    assert store.open_calls(farm) == [("block", repeated.message), ("block", frost.message), ("other", again.message)]


def test_a_call_is_over_that_was_cleared_after_the_clock_was_set_back(store: Store, farm: str) -> None:
    """By its time the raise, of a clock that was 50 minutes ahead, is the newest."""
    raised = a_call(farm, step=5, t=T + 50 * MINUTE, raised_t=T + 50 * MINUTE)
    cleared = a_call(farm, step=6, state="cleared", raised_t=T)
    after_a_reset = a_call(farm, boot=2, seq=1, t=T + 7 * MINUTE, raised_t=T + 7 * MINUTE)
    for each, is_open in ((raised, [raised]), (cleared, []), (after_a_reset, [after_a_reset])):
        store.append([each])
        assert [call for _, call in store.open_calls(farm)] == [row.message for row in is_open]


def test_calls_are_those_of_a_time_oldest_first(store: Store, farm: str) -> None:
    rows = [a_call(farm, "n1", step, zone=f"z{step % 2}") for step in range(6)]
    store.append(rows[::-1])
    during = T + 1 * MINUTE, T + 4 * MINUTE
    assert store.calls(farm, *during) == [(row.zone, row.message) for row in rows[1:4]]
    assert store.calls(farm, T + 9 * MINUTE, T + 10 * MINUTE) == []


def test_history_averages_nodes_in_buckets_whatever_zone_they_were_stored_under(store: Store, farm: str) -> None:
    store.append(
        [
            a_reading(farm, node, step, zone="block" if step < 5 else "renamed", values={"wind": step + lift})
            for node, lift in (("n1", 0.0), ("n2", 0.5))
            for step in range(10)
        ]
    )
    store.append([a_reading(farm, "n3", 0, values={"wind": 50.0}), a_reading(farm, "n4", 0, values={"gust": 50.0})])
    history = store.history(farm, ["n1", "n2", "n4"], "wind", T, T + 10 * MINUTE, 5)
    assert history.t == [T + step * MINUTE for step in (0, 2, 4, 6, 8)]
    assert history.mean == pytest.approx([0.75, 2.75, 4.75, 6.75, 8.75])
    assert history.low == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert history.high == [1.5, 3.5, 5.5, 7.5, 9.5]
    one = store.history(farm, ["n2"], "wind", T, T + 10 * MINUTE, 5)
    assert one.low == [0.5, 2.5, 4.5, 6.5, 8.5]
    assert store.history(farm, [], "wind", T, T + 10 * MINUTE, 5).t == []


def test_history_weighs_every_reading_alike_and_leaves_empty_buckets_out(store: Store, farm: str) -> None:
    values = [("n1", 0, 1.0), ("n1", 1, 2.0), ("n2", 1, 9.0), ("n1", 9, 5.0)]
    store.append([a_reading(farm, node, step, values={"wind": value}) for node, step, value in values])
    history = store.history(farm, ["n1", "n2"], "wind", T, T + 10 * MINUTE, 3)
    assert (history.mean, history.low, history.high) == ([4.0, 5.0], [1.0, 5.0], [9.0, 5.0])
    assert history.t == [T, T + 2 * 200_000]


def test_history_of_an_odd_range_has_at_most_the_points_asked_for(store: Store, farm: str) -> None:
    store.append([a_reading(farm, step=step, values={"wind": float(step)}) for step in range(100)])
    history = store.history(farm, ["n1"], "wind", T + 7, T + 99 * MINUTE, 7)
    assert len(history.t) == 7
    assert history.t[0] == T + 7
    assert (history.low[0], history.high[-1]) == (1.0, 98.0)
    assert store.history(farm, ["n1"], "wind", T + 1, T + 2, 7).t == []


def test_an_unknown_channel_is_refused(store: Store, farm: str) -> None:
    with pytest.raises(StoreError, match="not a channel"):
        store.append([a_reading(farm, values={'wind"; DROP TABLE reading': 1.0})])
    with pytest.raises(StoreError, match="not a channel"):
        store.history(farm, ["n1"], 'wind") |> drop(', T, T + 1, 1)


@pytest.mark.parametrize(
    "name", ['x" or r.farm != "', "x' OR 1=1 --", 'x") |> yield() //', "${r.farm}", "a\nb", "Bön\\"]
)
def test_names_in_a_query_are_only_names(store: Store, farm: str, name: str) -> None:
    store.append([a_reading(farm), a_call(farm), a_status(farm)])
    assert everything(store, name)[:4] == ([], [], [], [])
    assert store.history(farm, [name], "wind", T, T + MINUTE, 1).t == []


@pytest.mark.parametrize(
    "note", ["", "Grüße, 葡萄 🍇", 'say "dry"', "back\\slash\\", "two\nlines\tand, = signs", "${x} \\x41"]
)
def test_a_note_may_hold_any_text(store: Store, farm: str, note: str) -> None:
    row = a_judgement(farm, note=note)
    store.append([row])
    assert store.judgements(farm, T, T + 1) == [row.message]


def test_lines_of_a_note_end_in_one_way(store: Store, farm: str) -> None:
    row = a_judgement(farm, note="dry\r\nat the gate\rand behind it")
    store.append([row])
    store.append([row])
    assert [j.note for j in store.judgements(farm, T, T + 1)] == ["dry\nat the gate\nand behind it"]


def test_judgements_are_those_of_calls_raised_in_that_time(store: Store, farm: str) -> None:
    rows = [a_judgement(farm, step=10 - step, raised_t=T + step * MINUTE) for step in range(4)]
    store.append(rows)
    assert store.judgements(farm, T + 1 * MINUTE, T + 3 * MINUTE) == [rows[2].message, rows[1].message]


def test_two_judgements_at_one_time_are_both_kept(store: Store, farm: str) -> None:
    rows = [a_judgement(farm, verdict="right"), a_judgement(farm, verdict="handled"), a_judgement(farm, kind="wet")]
    store.append(rows[:1])
    store.append(rows[1:])
    store.append(rows)
    kept = store.judgements(farm, T, T + 1)
    assert [(j.verdict, j.kind, j.t - T) for j in kept] == [
        ("right", "dry", 0),
        ("handled", "dry", 1),
        ("right", "wet", 2),
    ]


def test_the_newest_word_on_each_record_counts_and_every_word_is_kept(store: Store, farm: str) -> None:
    """A correction may move a record to another time; what was taken back says so; a clock that stands still loses
    nothing."""
    text = 'Kupfer, "2 kg/ha"\nbei Wind\\'
    sprayed = a_record(farm, id="r2", kind="spray", amount=None, text=text)
    elsewhere = a_record(farm, id="r3", zone="other", kind="rain", amount=4.5)
    store.append([a_record(farm), sprayed, elsewhere])
    store.append([a_record(farm, amount=30.0, happened_t=T - 5 * MINUTE)])
    store.append([a_record(farm, 1, id="r2", kind="spray", amount=None, text=text, withdrawn=True)])
    found = {record.id: record for record in store.records(farm, T - 9 * MINUTE, T)}
    assert (found["r1"].amount, found["r1"].happened_t, found["r1"].t) == (30.0, T - 5 * MINUTE, T + 2)
    assert (found["r2"].text, found["r2"].withdrawn, found["r2"].amount) == (text, True, None)
    assert found["r3"] == elsewhere.message
    assert [record.id for record in store.records(farm, T - 2 * MINUTE, T)] == ["r3", "r2"], "moved out of this time"
    assert store.records(farm, T, T + MINUTE) == []
    assert store.counts(farm)["record"] == 5
    assert len(store.rows(farm, "record", 0, 2**41)) == 5
    assert store.span(farm) == (T, T + MINUTE + 1)


def test_a_last_will_is_newer_than_what_came_before_and_older_than_what_comes_after(store: Store, farm: str) -> None:
    online = a_status(farm, "gw", state="online", gateway=True)
    will = a_status(farm, "gw", state="offline", gateway=True, t=0)
    store.append([online])
    store.append([will])
    store.append([will])
    assert [(s.state, s.t) for s in store.statuses(farm)] == [("offline", T + 1)]
    back = a_status(farm, "gw", 1, state="online", gateway=True)
    store.append([back])
    assert store.statuses(farm) == [back.message]
    store.append([a_status(farm, "gw", 2, state="online", gateway=True), will])
    assert [(s.state, s.t) for s in store.statuses(farm)] == [("offline", T + 2 * MINUTE + 1)]


def test_a_last_will_of_an_unknown_gateway_is_kept_and_tells_no_time(store: Store, farm: str) -> None:
    store.append([a_status(farm, "gw", state="offline", gateway=True, simulated=True, t=0)])
    assert [(s.state, s.t) for s in store.statuses(farm)] == [("offline", EARLIEST_MS)]
    assert store.farm_now(farm)[1] is False


def test_the_later_word_counts_when_a_state_changes_twice_in_a_millisecond(store: Store, farm: str) -> None:
    store.append([a_status(farm, state="offline")])
    store.append([a_status(farm, state="sleeping")])
    assert [s.state for s in store.statuses(farm)] == ["sleeping"]


def test_the_clock_of_a_farm_is_its_simulated_gateways_or_the_time_of_day(store: Store, farm: str) -> None:
    store.append([a_status(farm, "n1", 50), a_status(farm, "gw", 3, state="online", gateway=True)])
    now, simulated = store.farm_now(farm)
    assert not simulated
    assert abs(now - time.time() * 1000) < 5000
    store.append([a_status(farm, "gw", step, state="online", gateway=True, simulated=True) for step in (5, 9, 7)])
    assert store.farm_now(farm) == (T + 9 * MINUTE, True)


def test_a_value_of_another_type_is_refused_and_the_store_goes_on(store: Store, farm: str) -> None:
    store.append([a_call(farm)])
    with pytest.raises(StoreError) as caught:
        store.append([a_call(farm, step=1, confidence="high")])
    assert "\n" not in str(caught.value)
    assert type(caught.value) is StoreError
    store.append([a_call(farm, step=2)])
    assert store.counts(farm)["call"] == 2


def test_thousands_of_rows_go_in_one_append(store: Store, farm: str) -> None:
    store.append([a_reading(farm, step=step) for step in range(12_001)])
    assert store.counts(farm)["reading"] == 12_001
