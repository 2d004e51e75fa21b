"""Store, quarantine and outbox whose folder was away for a while, as of a disk that comes loose, worked no more when it
was back: ingest held its messages until somebody started it again. An outbox that was replaced by something else lost
what it held."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cloud.store import Stored, open_store
from edge.contract.errors import StoreUnavailable
from edge.contract.messages import Identity, Reading
from edge.gateway.outbox import Outbox
from edge.service.quarantine import Quarantine, Refused, read_tallies

T = 1_430_438_400_000


@contextmanager
def _away(folder: Path) -> Iterator[None]:
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    yield
    elsewhere.rename(folder)


def _row(seq: int) -> Stored:
    reading = Reading(farm="f", node="n1", boot=1, seq=seq, t=T + seq, values={"battery": 3.3}, faults=())
    return Stored(zone="z", message=reading)


def test_the_store_takes_again_what_comes(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with closing(open_store(f"sqlite={folder / 'cooee.db'}")) as store:
        store.append([_row(0)])
        with _away(folder):
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    store.append([_row(1)])
        store.append([_row(1), _row(2)])
        assert store.counts("f")["reading"] == 3


def test_quarantine_takes_again_what_comes(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(Quarantine(folder / "quarantine.db")) as quarantine:
        refused = [Refused(source="radio", kind="frame", reason="why", content=b"a")]
        with _away(folder):
            for _ in range(2):
                with pytest.raises(sqlite3.Error):
                    quarantine.add(refused)
        quarantine.add([Refused(source="radio", kind="seal", reason="why", content=b"b")])
        assert "seal" in [tally.kind for tally in read_tallies(folder / "quarantine.db")]


def test_the_outbox_keeps_what_it_holds_when_something_else_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(Outbox(path)) as outbox:
        with outbox.transaction():
            outbox.keep(Identity("n1", 1, 0), T, 7, "call", b"first")
        other = tmp_path / "other"
        other.write_bytes(b"no database at all" * 100)
        _replace(path, other)
        with outbox.transaction():
            outbox.keep(Identity("n1", 1, 1), T + 1, 7, "telemetry", b"second")
        assert [message.payload for message in outbox.waiting(0, 10)] == [b"first", b"second"]


def test_the_outbox_goes_on_in_the_file_it_holds_when_the_new_one_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(Outbox(path)) as outbox:
        with outbox.transaction():
            outbox.keep(Identity("n1", 1, 0), T, 7, "call", b"first")
        _newer(path)
        with pytest.raises(sqlite3.Error), outbox.transaction():
            outbox.keep(Identity("n1", 1, 1), T + 1, 7, "telemetry", b"second")
        path.unlink()
        with outbox.transaction():
            outbox.keep(Identity("n1", 1, 2), T + 2, 7, "telemetry", b"third")
        assert outbox.backlog == 3
    with closing(Outbox(path)) as outbox:
        assert [message.payload for message in outbox.waiting(0, 10)] == [b"first", b"second", b"third"]


def _newer(path: Path) -> None:
    """A database at the path in which the outbox's tables cannot be made."""
    other = path.with_name("other.db")
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE VIEW node AS SELECT 1 AS id")
    _replace(path, other)


def _replace(path: Path, other: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink()
    other.rename(path)
