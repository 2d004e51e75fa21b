"""The files of store and outbox were removed under running services: 200 readings, all receipted, went into nothing."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from edge.contract.messages import Identity
from edge.gateway.outbox import Outbox
from edge.service.quarantine import Quarantine, Refused, read_tallies
from tests.transport.rig import Rig, wait_until

T = 1_430_438_400_000


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def test_what_comes_after_the_store_was_removed_is_in_the_new_one(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        rig.send(20).join(120)
        rig.wait_stored()
        before = set(rig.stored())
        _remove(tmp_path / "cooee.db")
        rig.send(50).join(120)
        after = set(rig.expected()) - before
        wait_until(lambda: (tmp_path / "cooee.db").exists() and _safe(rig) >= after, what="what came after")
        assert "was removed or replaced" in rig.log("ingest")


def _safe(rig: Rig) -> set[tuple[str, int, int, int]]:
    try:
        return set(rig.stored())
    except sqlite3.OperationalError:  # it is just being made
        return set()


def test_what_comes_after_the_store_was_replaced_by_a_copy_is_in_the_copy(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig:
        rig.send(20).join(120)
        rig.wait_stored()
        with sqlite3.connect(tmp_path / "cooee.db") as old, sqlite3.connect(tmp_path / "copy.db") as copy:
            old.backup(copy)
        os.replace(tmp_path / "copy.db", tmp_path / "cooee.db")
        rig.send(50).join(120)
        wait_until(lambda: rig.stored() == rig.expected(), what="all readings")


@pytest.mark.parametrize("replaced", [False, True])
def test_the_outbox_carries_all_that_waits_into_the_file_that_is_there(tmp_path: Path, replaced: bool) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    with outbox.transaction():
        outbox.keep(Identity("n1", 1, 0), T, 7, "call", b"first")
    if replaced:
        other = Outbox(tmp_path / "other.db")
        with other.transaction():
            other.keep(Identity("n9", 1, 0), T, 7, "telemetry", b"other")
        other.close()
    _remove(path)
    if replaced:
        shutil.move(tmp_path / "other.db", path)
    with outbox.transaction():
        outbox.keep(Identity("n1", 1, 1), T + 1, 7, "telemetry", b"second")
    assert outbox.generation == 1
    outbox.close()
    outbox = Outbox(path)
    assert {m.payload for m in outbox.waiting(0, 10)} == {b"first", b"second"} | ({b"other"} if replaced else set())
    assert outbox.last_calls() == [(Identity("n1", 1, 0), b"first")]
    outbox.close()


def test_what_is_refused_after_quarantine_was_removed_is_in_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.db"
    quarantine = Quarantine(path)
    _remove(path)
    quarantine.add([Refused(source="radio", kind="frame", reason="why", content=b"a")])
    assert [tally.kind for tally in read_tallies(path)] == ["frame"]
    quarantine.close()


def test_nothing_is_lost_when_the_outbox_is_removed_while_ingest_is_away(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    try:
        rig.start("broker")
        rig.start("gateway")
        rig.send(50).join(120)
        _remove(tmp_path / "outbox.db")
        rig.send(50).join(120)
        rig.kill("gateway")
        rig.kill("broker")
        for name in ("broker", "gateway", "ingest"):
            rig.start(name)
        rig.wait_stored()
        assert rig.stored() == rig.expected()
    finally:
        rig.__exit__()
