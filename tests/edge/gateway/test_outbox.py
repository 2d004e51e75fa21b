"""The outbox: identities, times, receipts, memory."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.errors import CooeeError
from edge.contract.messages import Identity
from edge.core import SETTINGS
from edge.gateway.outbox import REMEMBERED, Outbox
from edge.gateway.outbox_readers import read_backlog, read_channels, read_links, read_values
from edge.gateway.outbox_schema import NodeState, WantedValue

T = 1_430_438_400_000


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox.db")
    yield outbox
    outbox.close()


def _keep(outbox: Outbox, seq: int, *, boot: int = 1, kind: str = "telemetry") -> None:
    outbox.keep(Identity("n1", boot, seq), outbox.free_time("n1", T + seq), 7, kind, b"%d" % seq)


def test_messages_wait_in_order_until_settled_and_stay_known(outbox: Outbox, tmp_path: Path) -> None:
    with outbox.transaction():
        for seq in range(5):
            _keep(outbox, seq)
        outbox.settle([Identity("n1", 1, 0), Identity("n1", 1, 3)])
    assert [(m.identity[2], m.payload) for m in outbox.waiting(0, 10)] == [(1, b"1"), (2, b"2"), (4, b"4")]
    assert read_backlog(tmp_path / "outbox.db") == (3, {})
    first = outbox.waiting(0, 1)[0]
    assert [m.identity[2] for m in outbox.waiting(first.id, 10)] == [2, 4]
    assert outbox.known(Identity("n1", 1, 0)) == 7
    assert outbox.known(Identity("n1", 2, 0)) is None


def test_what_was_committed_is_there_after_opening_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    state = NodeState(node="n1", boot=3, seen_t=T, wake_interval_s=600, state="sleeping", state_t=T)
    with outbox.transaction():
        _keep(outbox, 1)
        outbox.save_nodes([state])
    outbox.close()
    outbox = Outbox(tmp_path / "outbox.db")
    assert [m.identity for m in outbox.waiting(0, 10)] == [Identity("n1", 1, 1)]
    assert outbox.nodes() == {"n1": state}
    outbox.close()


def test_an_outbox_that_knew_neither_links_nor_sentinels_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    Outbox(path).close()
    with sqlite3.connect(path) as old:
        for name in ("link", "rssi", "snr", "channels", "sentinels"):
            old.execute(f"ALTER TABLE node DROP COLUMN {name}")
        old.execute("INSERT INTO node VALUES ('n1', 0, 3, ?, 600, 'sleeping', ?)", (T, T))
        old.execute("CREATE TABLE settings (node TEXT PRIMARY KEY, version, block, state, told)")
        old.execute("INSERT INTO settings VALUES ('n1', 7, x'0102', 'refused', 5)")
    old.close()
    assert read_links(path) == read_channels(path) == {}
    outbox = Outbox(path)
    assert outbox.nodes()["n1"].link == ""
    settings = WantedValue("n1", SETTINGS, 7, b"\1\2", 7, state="refused", told=5)
    assert outbox.values() == [settings]
    outbox.close()
    assert read_values(path, "n1") == {SETTINGS: settings}


def test_a_transaction_that_fails_leaves_nothing(outbox: Outbox) -> None:
    def keep_twice() -> None:
        with outbox.transaction():
            _keep(outbox, 1)
            _keep(outbox, 1)

    with pytest.raises(sqlite3.IntegrityError):
        keep_twice()
    assert outbox.waiting(0, 10) == []
    with outbox.transaction():
        _keep(outbox, 1)
    assert len(outbox.waiting(0, 10)) == 1


def test_memory_is_the_newest_receipted_identities_and_all_that_wait(outbox: Outbox) -> None:
    with outbox.transaction():
        for seq in range(REMEMBERED + 10):
            _keep(outbox, seq)
        outbox.settle(Identity("n1", 1, seq) for seq in range(REMEMBERED + 10) if seq != 2)
        outbox.forget()
    known = {seq for seq in range(REMEMBERED + 10) if outbox.known(Identity("n1", 1, seq)) is not None}
    assert known == {2} | set(range(10, REMEMBERED + 10))


def test_the_last_call_is_the_latest_sent_not_the_latest_heard(outbox: Outbox) -> None:
    with outbox.transaction():
        _keep(outbox, 5, boot=2, kind="call")
        _keep(outbox, 9, boot=1, kind="call")
    assert outbox.last_calls() == [(Identity("n1", 2, 5), b"5")]
    assert outbox.is_last_call(Identity("n1", 2, 5))
    assert not outbox.is_last_call(Identity("n1", 1, 9))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(T, T + 20), max_size=40))
def test_no_two_messages_of_a_node_share_a_time(tmp_path_factory: pytest.TempPathFactory, times: list[int]) -> None:
    outbox = Outbox(tmp_path_factory.mktemp("o") / "outbox.db")
    with outbox.transaction():
        for seq, t in enumerate(times):
            fixed = outbox.free_time("n1", t)
            assert fixed >= t
            outbox.keep(Identity("n1", 1, seq), fixed, 0, "telemetry", b"")
    kept = [m.t for m in outbox.waiting(0, 100)]
    outbox.close()
    assert len(kept) == len(set(kept)) == len(times)


def test_a_path_that_cannot_be_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(CooeeError, match=r"outbox .* cannot be used .*; free space or move the file away"):
        Outbox(tmp_path / "outbox.db")


FIRST_SCHEMA = """
CREATE TABLE message (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, t INTEGER NOT NULL,
    digest INTEGER NOT NULL, kind TEXT NOT NULL, payload BLOB, UNIQUE (node, boot, seq), UNIQUE (node, t));
CREATE INDEX waiting ON message (id) WHERE payload IS NOT NULL;
CREATE TABLE node (
    id TEXT PRIMARY KEY, boot INTEGER NOT NULL, seen_t INTEGER NOT NULL, wake_interval_s INTEGER NOT NULL,
    state TEXT NOT NULL, state_t INTEGER NOT NULL);
CREATE TABLE last_call (
    node TEXT PRIMARY KEY, boot INTEGER NOT NULL, seq INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE raised (
    node TEXT NOT NULL, sentinel TEXT NOT NULL, class TEXT NOT NULL, t INTEGER NOT NULL,
    PRIMARY KEY (node, sentinel, class));
INSERT INTO message VALUES (3, 'n1', 1, 0, 1430438400000, 7, 'call', x'61');
INSERT INTO message VALUES (5, 'n1', 1, 1, 1430438400001, 8, 'telemetry', NULL);
INSERT INTO node VALUES ('n1', 1, 1430438400000, 600, 'sleeping', 1430438400000);
INSERT INTO last_call VALUES ('n1', 1, 0, x'61');
INSERT INTO raised VALUES ('n1', 'soil', 'dry', 1430438400000);
"""


def test_an_outbox_of_the_first_version_is_taken_over_whole(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "outbox.db") as db:
        db.executescript(FIRST_SCHEMA)
    db.close()
    for _ in range(2):
        outbox = Outbox(tmp_path / "outbox.db")
        assert [(m.id, m.identity, m.payload) for m in outbox.waiting(0, 10)] == [(3, Identity("n1", 1, 0, 0), b"a")]
        assert outbox.known(Identity("n1", 1, 1)) == 8
        assert outbox.nodes()["n1"].inc == 0
        assert outbox.is_last_call(Identity("n1", 1, 0))
        assert outbox.raised("n1", "soil", "dry") == T
        with outbox.transaction():
            assert outbox.known(Identity("n1", 1, 0, inc=9)) is None
        outbox.close()


def test_the_last_call_of_a_swapped_board_takes_the_place_of_the_old_ones(outbox: Outbox) -> None:
    old, new = Identity("n1", 9, 5, 1), Identity("n1", 1, 0, 2)
    with outbox.transaction():
        outbox.keep(old, T, 7, "call", b"old")
        outbox.keep(new, T + 10, 7, "call", b"new")
        outbox.keep(Identity("n1", 9, 6, 1), T + 5, 7, "call", b"late")
    assert outbox.last_calls() == [(new, b"new")]
