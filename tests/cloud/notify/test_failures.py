"""What notifying failed at stands in `cooee doctor`, without any part of an address."""

from pathlib import Path

import pytest

from cloud.notify.failures import failures
from cloud.notify.told import told_of
from edge.contract.errors import CooeeError

from .rig import MINUTE, WALL, Sink, person, rig


def test_where_nobody_is_to_be_notified_nothing_is_wrong(tmp_path: Path) -> None:
    assert failures(tmp_path, "UTC", WALL) == []


def test_a_service_that_stopped_is_said(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        farm.at(0)
        assert failures(tmp_path, "UTC", WALL + 2 * MINUTE) == []
        (line,) = failures(tmp_path, "UTC", WALL + 10 * MINUTE)
        assert line == "Notifications have stopped since 22:13 UTC: nobody is told. Start `cooee notify`."


def test_what_fails_for_hours_is_tried_again_and_said_since_it_began(tmp_path: Path, sink: Sink) -> None:
    """Each repeat is a new message; the page counted from the newest."""
    people = person("Anna", sink.url("anna"), 'repeat = "30 min"') + person("Ben", sink.url("ben"), 'repeat = "never"')
    with rig(tmp_path, people) as farm:
        farm.frost()
        farm.at(0)
        came = ("Anna was told by JSON, 22:13 UTC.", "Ben was told by JSON, 22:13 UTC.")
        assert told_of(tmp_path, "UTC", farm.wall) == {("apples", "frost"): came}
        sink.refuses = {"anna"}
        for minutes in range(30, 24 * 60, 10):
            farm.at(minutes)
            (line,) = failures(tmp_path, "UTC", farm.wall)
            assert line.startswith(f"Could not reach Anna by JSON since {'Tue ' * (minutes > 106)}22:43 UTC: ")
        failed, told = told_of(tmp_path, "UTC", farm.wall)["apples", "frost"]
        assert failed.startswith("Could not reach Anna by JSON since ")
        assert told == "Ben was told by JSON, Tue 22:13 UTC."
        assert len(sink.titles("anna")) > 24, "it is tried again and again"
        sink.refuses = set()
        farm.at(24 * 60 + 40)
        assert failures(tmp_path, "UTC", farm.wall) == []
        assert told_of(tmp_path, "UTC", farm.wall)["apples", "frost"][0] == "Anna was told by JSON, 22:53 UTC."
        farm.thaw()
        farm.at(24 * 60 + 50)
        assert told_of(tmp_path, "UTC", farm.wall) == {}


def test_a_store_that_is_away_stops_nothing_for_good(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        farm.frost()
        kept = (tmp_path / "cooee.db").rename(tmp_path / "away.db")
        farm.wall += 10 * MINUTE
        farm.notifier.step()
        assert sink.got == []
        assert failures(tmp_path, "UTC", farm.wall) == [], "it lives and tries again"
        kept.rename(tmp_path / "cooee.db")
        farm.at(11)
        assert len(sink.got) == 1


def test_a_damaged_file_is_set_aside_by_the_service_and_named_by_the_others(tmp_path: Path, sink: Sink) -> None:
    (tmp_path / "notify.db").write_bytes(b"nonsense " * 1000)
    with pytest.raises(CooeeError, match=r"notify\.db: .*move the file away"):
        failures(tmp_path, "UTC", WALL)
    with rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        farm.frost()
        farm.at(0)
        assert len(sink.got) == 1
    assert list(tmp_path.glob("notify.db.damaged-*"))
