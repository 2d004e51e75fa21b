"""Quarantine: counted, kept, bounded."""

import logging
import sqlite3
from pathlib import Path

import pytest

from edge.service import quarantine as module
from edge.service.quarantine import Quarantine, Refused, read_tallies


def _refused(content: bytes, *, kind: str = "frame") -> Refused:
    return Refused(source="radio", kind=kind, reason="why", content=content)


def test_all_are_counted_and_the_same_content_is_kept_once(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.db")
    quarantine.add([_refused(b"a"), _refused(b"a"), _refused(b"b"), _refused(b"c", kind="time")])
    assert [(t.kind, t.count) for t in quarantine.tallies()] == [("frame", 3), ("time", 1)]
    assert sorted(e.refused.content for e in quarantine.newest()) == [b"a", b"b", b"c"]
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
    assert all(len(e.refused.content) == module.LONGEST for e in kept)
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


def test_a_flood_of_one_kind_pushes_out_nothing_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 20)
    quarantine = Quarantine(tmp_path / "q.db")
    quarantine.add([_refused(b"%d" % n, kind="future") for n in range(50)])
    quarantine.add([_refused(b"%d" % n) for n in range(200)])
    assert len(quarantine.newest(1000, "future")) == 50
    assert len(quarantine.newest(1000, "frame")) == 20
    quarantine.close()


def test_what_waits_is_counted_once_and_remembered_when_dropped(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.db")
    waits, frame = _refused(b"a", kind="future"), _refused(b"b")
    assert quarantine.add([waits, waits, frame]) == [False, False, False]
    assert {t.kind: t.count for t in quarantine.tallies()} == {"future": 1, "frame": 1}
    assert quarantine.drop(kinds=["future", "frame"]) == 2
    assert quarantine.newest() == []
    assert quarantine.add([waits, frame]) == [True, False]
    quarantine.close()


def test_marked_entries_come_back_once_and_go_only_when_taken(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q.db")
    whole, cut = _refused(b"a"), _refused(bytes(module.LONGEST + 1))
    quarantine.add([whole, cut, _refused(b"c")])
    first, second, third = sorted(quarantine.newest(), key=lambda e: e.id)
    assert quarantine.again([first.id, second.id]) == 1, "what was cut cannot be taken"
    assert [e.refused for e in quarantine.marked(10)] == [whole]
    quarantine.add([whole])
    quarantine.remove([first.id])
    assert quarantine.entry(first.id) is not None, "it was refused again"
    quarantine.again([first.id])
    quarantine.remove([first.id, third.id])
    assert quarantine.entry(first.id) is None
    assert quarantine.entry(third.id) is not None, "nobody asked for that one"
    quarantine.close()


def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "q.db") as db:
        db.executescript(module.SCHEMA)
        db.execute("INSERT INTO entry (t, source, kind, reason, content) VALUES (1, 'radio', 'frame', 'why', x'61')")
    quarantine = Quarantine(tmp_path / "q.db")
    assert quarantine.add([_refused(b"a")]) == [False]
    assert [e.refused for e in quarantine.newest()] == [_refused(b"a")]
    quarantine.close()
