"""A farm moved between SQLite and a real InfluxDB 2.7, stopped in the middle, and held against each other."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bench.influxd.server import DATABASE
from cloud.store import Store, Stored, open_store
from cloud.store.fields import IMPORTED
from cloud.store.rollups import SPANS
from cloud.storekeeping import copying
from cloud.storekeeping.influx_setup import set_up
from edge.contract.errors import StoreError
from edge.contract.messages import Evidence, Judgement, Reading, Record, Status
from edge.farm import Keep
from tests.cloud.store.test_rollups import DAY, HOUR, START, reading, tend
from tests.cloud.storekeeping.test_influx_setup import a_call, a_judgement

ALL = Keep(readings_days="all", hourly_days="all")
NOW = START + 60 * DAY


def nothing(done: int, whole: int) -> None:
    pass


@pytest.fixture
def empty_influx(influx: Callable[[str], str], request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A bucket without retention, set up."""
    name = re.sub(r"\W", "", request.node.name)[-28:]
    url = influx("2.7.12").removesuffix(DATABASE) + name
    set_up(url, ALL, tmp_path / "tokens")
    return url


def a_farm(url: str) -> Store:
    """Sixty days of it, of which the readings of the first thirty have gone."""
    store = open_store(url)
    rows = [
        reading(f"n{node}", START + hour * HOUR + node, hour % 29 + 0.1 * node, "old" if hour < 700 else "block")
        for hour in range(60 * 24)
        for node in range(2)
    ]
    faulty = Reading(farm="f", node="n1", boot=2, seq=1, t=NOW + 5, values={"rain": 1e-07}, faults=("wind", "gust"))
    imported = Reading(farm="f", node="n1", inc=IMPORTED, boot=0, seq=9, t=NOW - DAY + 7, values={"wind": 1.0})
    status = Status(farm="f", node="n1", t=NOW, state="sleeping", wake_interval_s=600)
    why = (Evidence(feature="wind.last", value=14.5, unit="m/s"),)
    store.append([*rows, *(Stored(zone="block", message=message) for message in (faulty, imported, status))])
    store.append([a_call(START), a_call(START + HOUR, seq=8, why=why, state="cleared"), a_judgement(START + HOUR)])
    note = Judgement(
        farm="f", node="n1", sentinel="weather", kind="wind", raised_t=START, t=NOW, verdict="wrong", note='"?"\nü\\'
    )
    given = Record(farm="f", zone="block", id="r1", kind="irrigation", t=NOW, happened_t=START, amount=12.5)
    back = Record(farm="f", zone="block", id="r1", kind="note", t=NOW + 1, happened_t=START, withdrawn=True)
    store.append([Stored(zone="block", message=message) for message in (note, given, back)])
    tend(store, Keep(readings_days=30, hourly_days=50), NOW)
    return store


def test_there_and_back_everything_is_alike(tmp_path: Path, empty_influx: str) -> None:
    with (
        closing(a_farm(f"sqlite={tmp_path}/first.db")) as first,
        closing(open_store(empty_influx)) as influx,
        closing(open_store(f"sqlite={tmp_path}/second.db")) as second,
    ):
        there = copying.copy(first, influx, "f", nothing)
        back = copying.copy(influx, second, "f", nothing)
        assert there.digest == back.digest
        counts = first.counts("f")
        assert counts["reading"] > 1400
        assert {kind: there.rows[kind] for kind in counts} == counts
        assert second.counts("f") == influx.counts("f") == counts
        assert second.latest("f") == first.latest("f") == influx.latest("f")
        assert second.judgements("f", 0, 2**41) == first.judgements("f", 0, 2**41)
        assert second.calls("f", 0, 2**41) == first.calls("f", 0, 2**41)
        year = ["n0", "n1"], "wind", START, NOW, 20
        wanted = first.history("f", *year)
        for store in (influx, second):
            drawn = store.history("f", *year)
            assert drawn.t == wanted.t
            assert drawn.mean == pytest.approx(wanted.mean)
            assert (drawn.low, drawn.high) == (wanted.low, wanted.high)
        for span in SPANS.values():
            assert [r.count for r in second.rollups("f", span, 0, NOW)] == [
                r.count for r in first.rollups("f", span, 0, NOW)
            ]
        again = copying.copy(first, influx, "f", nothing)
        assert (again.written, again.digest) == (0, there.digest)


def test_one_that_was_stopped_goes_on_and_writes_only_the_rest(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, whole: int) -> None:
        if done == 20:
            raise Stopped

    with closing(a_farm(f"sqlite={tmp_path}/first.db")) as first:
        with closing(open_store(f"sqlite={tmp_path}/second.db")) as second, pytest.raises(Stopped):
            copying.copy(first, second, "f", stop)
        with closing(open_store(f"sqlite={tmp_path}/second.db")) as second:
            half = sum(second.counts("f").values())
            done = copying.copy(first, second, "f", nothing)
            assert 0 < half < done.written + half == sum(second.counts("f").values())
            assert second.counts("f") == first.counts("f")


def test_what_is_otherwise_in_the_second_store_is_found(tmp_path: Path) -> None:
    with closing(a_farm(f"sqlite={tmp_path}/first.db")) as first:
        with closing(open_store(f"sqlite={tmp_path}/second.db")) as second:
            copying.copy(first, second, "f", nothing)
        with sqlite3.connect(tmp_path / "second.db", isolation_level=None) as changed:
            changed.execute("UPDATE reading SET wind = wind + 1e-9 WHERE id = 700")
        with (
            closing(open_store(f"sqlite={tmp_path}/second.db")) as second,
            pytest.raises(StoreError, match="1 rows of reading are otherwise"),
        ):
            copying.copy(first, second, "f", nothing)
        with (
            closing(open_store(f"sqlite={tmp_path}/second.db")) as second,
            pytest.raises(StoreError, match="nothing of"),
        ):
            copying.copy(first, second, "nobody", nothing)
