"""Rollups and bounds of the SQLite store: what it keeps, what it lets go, and what a year's chart costs."""

import logging
import random
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest

from cloud.store import History, Store, Stored, open_store
from cloud.store.rollups import READINGS, span_for
from edge.contract.messages import Call, Judgement, Reading, Status
from edge.farm import Keep
from tests.sqlite_work import counted

HOUR = 3_600_000
DAY = 24 * HOUR
START = 16_500 * DAY
"""A midnight of 2015."""
ALL = Keep(readings_days="all", hourly_days="all")


def reading(node: str, t: int, wind: float, zone: str = "block") -> Stored:
    message = Reading(farm="f", node=node, boot=1, seq=(t - START) // 1000, t=t, values={"wind": wind})
    return Stored(zone=zone, message=message)


def hourly(nodes: int, days: int) -> list[Stored]:
    return [
        reading(f"n{node}", START + hour * HOUR + node, float((hour * 7 + node * 3) % 29))
        for hour in range(days * 24)
        for node in range(nodes)
    ]


def tend(store: Store, keep: Keep, now: int) -> None:
    while store.tend("f", keep, now):
        pass


def rounded(history: History) -> History:
    return replace(history, mean=[round(mean, 9) for mean in history.mean])


def expected(
    rows: Sequence[Stored], since: int, until: int, points: int, span: int, rolled_until: int = 2**62
) -> History:
    """By the definition: whole units of `span` where their middle lies, readings of both ends where they lie."""
    width = -(-(until - since) // points)
    first, last = -(-since // span) * span, min(until, rolled_until) // span * span
    buckets = defaultdict(list)
    for row in rows:
        t = row.message.t
        assert isinstance(row.message, Reading)
        if since <= t < until:
            at = t // span * span + span // 2 if first <= t < last else t
            buckets[since + (at - since) // width * width].append(row.message.values["wind"])
    times = sorted(buckets)
    return History(
        t=times,
        mean=[round(fmean(buckets[t]), 9) for t in times],
        low=[min(buckets[t]) for t in times],
        high=[max(buckets[t]) for t in times],
    )


def test_history_of_a_long_span_is_that_of_the_readings_whenever_they_came(tmp_path: Path) -> None:
    """Folded, late and not yet folded readings alike, whatever the pieces they were folded in."""
    store = open_store(f"sqlite={tmp_path}/field.db")
    rows = hourly(3, 60)
    random.Random(5).shuffle(rows)
    asked = ["n0", "n1"], "wind", START + 5 * HOUR + 17, START + 55 * DAY + 3 * HOUR
    own = [row for row in rows if row.message.node != "n2"]
    for first in range(0, len(rows), 1000):
        store.append(rows[first : first + 1000])
        if first < 3000:
            tend(store, ALL, START + 60 * DAY)
    for points, span in ((25, DAY), (200, HOUR)):
        assert rounded(store.history("f", *asked, points)) == expected(own, *asked[2:], points, span)
    tend(store, ALL, START + 60 * DAY)
    store.append(rows)  # what is there already is folded no second time
    tend(store, ALL, START + 60 * DAY)
    for points, span in ((25, DAY), (200, HOUR)):
        assert rounded(store.history("f", *asked, points)) == expected(own, *asked[2:], points, span)
    store.close()


def test_readings_go_when_they_are_old_and_the_chart_of_their_time_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(f"sqlite={tmp_path}/field.db")
    rows, now = hourly(2, 100), START + 100 * DAY
    silent = reading("silent", START, 4.0)
    call = Call(
        farm="f", node="n1", boot=1, seq=1, t=START, sentinel="weather", version="0a1b2c3d", kind="wind",
        confidence=90, state="raised", raised_t=START, why=(),
    )  # fmt: skip
    judgement = Judgement(
        farm="f", node="n1", sentinel="weather", kind="wind", raised_t=START, t=START, verdict="right"
    )
    statuses = [
        Status(farm="f", node="n1", t=START + day * DAY, state="sleeping", wake_interval_s=600) for day in range(100)
    ]
    store.append([*rows, silent, *(Stored(zone="block", message=status) for status in statuses)])
    store.append([Stored(zone="block", message=call), Stored(zone="block", message=judgement)])
    whole = ["n0", "n1"], "wind", START, now, 20
    before = rounded(store.history("f", *whole))
    keep = Keep(readings_days=20, hourly_days=50)
    tend(store, keep, now)
    kept = [row for row in rows if row.message.t >= now - 20 * DAY - HOUR]
    assert rounded(store.history("f", *whole)) == before
    counts = store.counts("f")
    assert len(kept) - 2 <= counts["reading"] - 1 <= len(kept)
    assert (counts["call"], counts["judgement"], counts["node"]) == (1, 1, 20)
    assert {reading.node: reading.t for _, reading in store.latest("f")}["silent"] == START
    day, week = (START + 60 * DAY, START + 61 * DAY), (START + 10 * DAY, START + 17 * DAY)
    assert len(store.history("f", ["n0"], "wind", *day, 180).t) == 24
    assert len(store.history("f", ["n0"], "wind", *week, 180).t) == 7
    with caplog.at_level(logging.WARNING):
        assert store.append(rows) == []
    assert "older than the store keeps" in caplog.text
    tend(store, keep, now)
    assert rounded(store.history("f", *whole)) == before
    assert store.counts("f") == counts
    store.close()


def test_work_in_bounds_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much there is to drop, and of however many nodes: ingest waits for no more than a piece of it."""
    monkeypatch.setattr("cloud.store.sqlite.DROPPED_AT_ONCE", 100)
    store = open_store(f"sqlite={tmp_path}/field.db")
    store.append(hourly(5, 30))
    keep, now = Keep(readings_days=14, hourly_days=20), START + 30 * DAY
    store.roll_up("f", START, now)
    counts = [store.counts("f")["reading"]]
    hours = [len(store.rollups("f", HOUR, 0, now))]
    more = True
    while more:
        more = store.tend("f", keep, now)
        counts.append(store.counts("f")["reading"])
        hours.append(len(store.rollups("f", HOUR, 0, now)))
    assert (counts[0], counts[-1]) == (5 * 720, 5 * (14 * 24 + 1))
    assert (hours[0], hours[-1]) == (5 * 720, 5 * (20 * 24 + 1))
    assert max(before - after for before, after in pairwise(counts)) <= 100
    assert max(before - after for before, after in pairwise(hours)) <= 100
    store.close()


def test_a_clock_that_is_wrong_makes_nothing_old(tmp_path: Path) -> None:
    store = open_store(f"sqlite={tmp_path}/field.db")
    rows = hourly(3, 2)
    store.append([*rows, reading("n0", START + 900 * DAY, 1.0)])
    tend(store, Keep(readings_days=14, hourly_days=14), START + 5000 * DAY)
    assert store.counts("f")["reading"] == len(rows) + 1
    store.close()


def test_ids_stay_above_what_is_folded_after_everything_went_and_the_file_was_packed(tmp_path: Path) -> None:
    store = open_store(f"sqlite={tmp_path}/field.db")
    keep, late = Keep(readings_days=14, hourly_days=5000), START + 2000 * DAY
    store.append([reading("n0", START + step * HOUR, 1.0) for step in range(50)])
    tend(store, keep, START + 3 * DAY)
    store.append([reading("n0", late, 2.0)])
    tend(store, keep, late)
    store.close()
    with sqlite3.connect(tmp_path / "field.db", isolation_level=None) as packed:
        packed.execute("VACUUM")
    store = open_store(f"sqlite={tmp_path}/field.db")
    store.append([reading("n0", late + step * HOUR, 6.0) for step in range(1, 4)])
    tend(store, keep, late)
    drawn = store.history("f", ["n0"], "wind", late - DAY, late + 2 * DAY, 1)
    assert (rounded(drawn).mean, drawn.low, drawn.high) == ([5.0], [2.0], [6.0])
    store.close()


def test_a_year_is_drawn_from_daily_rollups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the work of the readings, with a reading an hour; with six of them the same."""
    with counted(monkeypatch) as work:
        store = open_store(f"sqlite={tmp_path}/field.db")
    rows, nodes = hourly(10, 365), [f"n{node}" for node in range(10)]
    for first in range(0, len(rows), 10_000):
        store.append(rows[first : first + 10_000])
    year = nodes, "wind", START, START + 365 * DAY, 180
    work.reset()
    from_readings = rounded(store.history("f", *year))
    of_readings = work.steps
    tend(store, ALL, START + 365 * DAY)
    work.reset()
    assert rounded(store.history("f", *year)) == from_readings
    assert work.steps < 80 * 10 * 365 < of_readings / 10
    store.close()


def test_the_span_is_the_longest_that_is_fine_enough_and_there() -> None:
    assert [span_for(hours * HOUR, 0, {}) for hours in (1, 2, 47, 48)] == [READINGS, HOUR, HOUR, DAY]
    gone = {READINGS: 500, HOUR: 200}
    assert [span_for(1, since, gone) for since in (500, 499, 200, 199)] == [READINGS, HOUR, HOUR, DAY]
