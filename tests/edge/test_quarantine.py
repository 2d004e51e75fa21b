"""Quarantine: counted, kept, bounded."""

import logging
from pathlib import Path

import pytest

from edge import quarantine as module
from edge.quarantine import Quarantine, Refused, read_tallies


def _refused(content: bytes, *, kind: str = "frame") -> Refused:
    return Refused(source="radio", kind=kind, reason="why", content=content)


def test_all_are_counted_and_the_same_content_is_kept_once(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.db")
    quarantine.add([_refused(b"a"), _refused(b"a"), _refused(b"b"), _refused(b"c", kind="time")])
    assert [(t.kind, t.count) for t in quarantine.tallies()] == [("frame", 3), ("time", 1)]
    assert sorted(r.content for r in quarantine.newest()) == [b"a", b"b", b"c"]
    quarantine.close()
    assert [(t.kind, t.count) for t in read_tallies(tmp_path / "q.db")] == [("frame", 3), ("time", 1)]


def test_no_file_means_nothing_refused(tmp_path: Path) -> None:
    assert read_tallies(tmp_path / "none.db") == []


def test_a_flood_is_counted_but_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 20)
    quarantine = Quarantine(tmp_path / "q.db")
    for first in range(0, 100, 10):
        quarantine.add([_refused(b"%d" % n + bytes(10_000)) for n in range(first, first + 10)])
    kept = quarantine.newest(1000)
    assert [t.count for t in quarantine.tallies()] == [100]
    assert len(kept) == 20
    assert all(len(r.content) == module.LONGEST for r in kept)
    quarantine.close()


def test_one_line_a_kind_is_logged_at_a_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    quarantine = Quarantine(tmp_path / "q.db")
    for kind in ("frame", "frame", "time", "frame"):
        quarantine.say(_refused(b"", kind=kind), logging.getLogger("test"))
    assert [r.getMessage() for r in caplog.records] == [
        "quarantined, frame (radio): why",
        "quarantined, time (radio): why",
    ]
    quarantine.close()
