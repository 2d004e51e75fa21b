"""The gateway's outbox: every message on disk from before the node's acknowledgement until after ingest's receipt.

Identities and event times outlive the receipt (the newest REMEMBERED of a node): a frame sent again gets no new time.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import sqlite_file
from .contract.errors import CooeeError
from .contract.messages import Identity, StatusState

log = logging.getLogger("cooee.gateway")

MOST_WAITING = 1_000_000
"""Messages that wait for a receipt (0.5 GB); beyond, the oldest telemetry goes first, calls last, and is counted."""
ROOM = 1000
"""Messages let go at once when the outbox is full."""
REMEMBERED = 4096
"""Receipted identities kept a node; a node's own outbox is far smaller."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, t INTEGER NOT NULL,
    digest INTEGER NOT NULL, kind TEXT NOT NULL, payload BLOB, UNIQUE (node, boot, seq), UNIQUE (node, t));
CREATE INDEX IF NOT EXISTS waiting ON message (id) WHERE payload IS NOT NULL;
CREATE TABLE IF NOT EXISTS node (
    id TEXT PRIMARY KEY, boot INTEGER NOT NULL, seen_t INTEGER NOT NULL, wake_interval_s INTEGER NOT NULL,
    state TEXT NOT NULL, state_t INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS last_call (
    node TEXT PRIMARY KEY, boot INTEGER NOT NULL, seq INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS raised (
    node TEXT NOT NULL, sentinel TEXT NOT NULL, class TEXT NOT NULL, t INTEGER NOT NULL,
    PRIMARY KEY (node, sentinel, class));
CREATE TABLE IF NOT EXISTS dropped (kind TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""
TABLES = ("message", "node", "last_call", "raised", "dropped")


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A message without a receipt. `id` is its place in the order of arrival; `t` its event time, UTC ms."""

    id: int
    identity: Identity
    t: int
    kind: str
    payload: bytes


@dataclass(frozen=True, kw_only=True)
class NodeState:
    """What the gateway knows of a node: its newest boot, newest event time heard, how often it wakes, and its status
    with the time that got it (UTC ms)."""

    node: str
    boot: int
    seen_t: int
    wake_interval_s: int
    state: StatusState
    state_t: int


class Outbox:
    """An SQLite file. Changes are made inside `transaction()` and are on disk once it ends. Methods raise sqlite3.Error
    (a full disk): then nothing of that transaction is kept.

    A file that is damaged is set aside and what can be read of it is taken over; from one that is removed or replaced
    everything is. `generation` grows each time, as messages get new ids."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.generation = 0
        try:
            self._open()
            sqlite_file.check(self._db)
        except sqlite3.Error as error:
            if not sqlite_file.is_damaged(error):
                raise self._unusable(error) from None
            self._mend(error)

    def _unusable(self, error: Exception) -> CooeeError:
        return CooeeError(f"outbox {self._path} cannot be used ({error}); free space or move the file away")

    def _open(self) -> None:
        self._db = sqlite_file.connect(self._path)
        self._db.executescript(SCHEMA)
        self._file = sqlite_file.FileIdentity(self._path)
        self._waiting = self._count_waiting()

    def _count_waiting(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM message WHERE payload IS NOT NULL").fetchone()[0])

    def _mend(self, error: sqlite3.Error) -> None:
        """Sets a damaged file aside and begins a new one with every row that can still be read."""
        try:
            if hasattr(self, "_db"):
                self._db.close()
            aside = sqlite_file.set_aside(self._path)
            self._open()
            taken = self._take_over(sqlite_file.salvage(aside, TABLES))
        except (sqlite3.Error, OSError) as again:
            raise self._unusable(again) from None
        log.error(
            "%s was damaged (%s): moved to %s; %d messages were saved from it", self._path, error, aside.name, taken
        )

    def _follow(self) -> None:
        """Goes on in a new file when somebody has removed or replaced the one we hold, with all that was in it."""
        old = self._db
        self._open()
        old.row_factory = sqlite3.Row
        taken = self._take_over((table, dict(row)) for table in TABLES for row in old.execute(f"SELECT * FROM {table}"))
        old.close()
        log.error("%s was removed or replaced: its %d messages are in the one that is there now", self._path, taken)

    def _take_over(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> int:
        """Adds rows of another outbox; returns how many of them are messages that wait."""
        self.generation += 1
        waiting = 0
        with self._transaction():
            for table, row in rows:
                if table == "message":
                    del row["id"]
                columns = ", ".join(row)
                marks = ", ".join("?" * len(row))
                self._db.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))
                waiting += table == "message" and row["payload"] is not None
        self._waiting = self._count_waiting()
        return waiting

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at its end, into the file that is at its path; or rolls back and raises."""
        try:
            waiting = self._waiting
            try:
                with self._transaction():
                    yield
                    self._make_room()
            except BaseException:
                self._waiting = waiting
                raise
            if not self._file.is_there():
                self._follow()
        except sqlite3.DatabaseError as error:
            if sqlite_file.is_damaged(error):
                self._mend(error)
            raise

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _make_room(self) -> None:
        """Lets the oldest go when too many wait; they stay known: a node's repetition does not bring one back."""
        for kind in ("telemetry", "call"):
            if self._waiting <= MOST_WAITING:
                return
            gone = self._db.execute(
                "UPDATE message SET payload = NULL WHERE id IN "
                "(SELECT id FROM message WHERE payload IS NOT NULL AND kind = ? ORDER BY id LIMIT ?)",
                (kind, self._waiting - MOST_WAITING + ROOM),
            ).rowcount
            self._waiting -= gone
            if gone:
                self._db.execute(
                    "INSERT INTO dropped VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = count + ?2", (kind, gone)
                )
                log.error("the outbox is full: the %d oldest of kind %s were dropped; is ingest running?", gone, kind)

    def _rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query; a file that turns out to be damaged is mended, outside of a transaction."""
        try:
            return self._db.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            if self._db.in_transaction or not sqlite_file.is_damaged(error):
                raise
            self._mend(error)
            return self._db.execute(sql, parameters).fetchall()

    def known(self, identity: Identity) -> int | None:
        """The digest under which an identity was kept, None for a new one."""
        rows = self._rows("SELECT digest FROM message WHERE node = ? AND boot = ? AND seq = ?", identity)
        return int(rows[0][0]) if rows else None

    def free_time(self, node: str, t: int) -> int:
        """The first time from `t` on (UTC ms) that no other message of the node has."""
        while self._rows("SELECT 1 FROM message WHERE node = ? AND t = ?", (node, t)):
            t += 1
        return t

    def keep(self, identity: Identity, t: int, digest: int, kind: str, payload: bytes) -> None:
        """Adds a new message; a call becomes its node's last one unless a later one is known."""
        self._db.execute(
            "INSERT INTO message (node, boot, seq, t, digest, kind, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*identity, t, digest, kind, payload),
        )
        self._waiting += 1
        if kind == "call":
            self._db.execute(
                "INSERT INTO last_call VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET boot = excluded.boot, "
                "seq = excluded.seq, payload = excluded.payload WHERE (excluded.boot, excluded.seq) > (boot, seq)",
                (*identity, payload),
            )

    def raised(self, node: str, sentinel: str, kind: str) -> int | None:
        """The newest time (UTC ms) under which a class was said to be raised."""
        rows = self._rows("SELECT t FROM raised WHERE node = ? AND sentinel = ? AND class = ?", (node, sentinel, kind))
        return int(rows[0][0]) if rows else None

    def remember_raise(self, node: str, sentinel: str, kind: str, t: int) -> None:
        """Keeps the time of a raise, unless a newer one is known."""
        self._db.execute(
            "INSERT INTO raised VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET t = max(t, excluded.t)",
            (node, sentinel, kind, t),
        )

    def settle(self, identities: Iterable[Identity]) -> None:
        """Lets go of payloads that ingest has receipted; the identities stay known."""
        self._waiting -= self._db.executemany(
            "UPDATE message SET payload = NULL WHERE node = ? AND boot = ? AND seq = ? AND payload IS NOT NULL",
            identities,
        ).rowcount

    def forget(self, nodes: Iterable[str]) -> None:
        """Drops all but the newest REMEMBERED receipted identities of each node."""
        self._db.executemany(
            "DELETE FROM message WHERE node = ?1 AND payload IS NULL AND (boot, seq) <= "
            "(SELECT boot, seq FROM message WHERE node = ?1 ORDER BY boot DESC, seq DESC LIMIT 1 OFFSET ?2)",
            ((node, REMEMBERED) for node in nodes),
        )

    def waiting(self, after: int, limit: int) -> list[Waiting]:
        """Messages without a receipt that arrived after message `after`, in order of arrival."""
        rows = self._rows(
            "SELECT id, node, boot, seq, t, kind, payload FROM message "
            "WHERE payload IS NOT NULL AND id > ? ORDER BY id LIMIT ?",
            (after, limit),
        )
        return [
            Waiting(id=i, identity=(node, boot, seq), t=t, kind=kind, payload=payload)
            for i, node, boot, seq, t, kind, payload in rows
        ]

    def last_calls(self) -> list[tuple[Identity, bytes]]:
        """Every node's last call, with its payload."""
        rows = self._rows("SELECT node, boot, seq, payload FROM last_call ORDER BY node")
        return [((node, boot, seq), payload) for node, boot, seq, payload in rows]

    def is_last_call(self, identity: Identity) -> bool:
        """Whether no later call of that node is known."""
        return bool(self._rows("SELECT 1 FROM last_call WHERE node = ? AND boot = ? AND seq = ?", identity))

    def nodes(self) -> dict[str, NodeState]:
        """Every node ever heard."""
        rows = self._rows("SELECT id, boot, seen_t, wake_interval_s, state, state_t FROM node")
        return {
            name: NodeState(node=name, boot=boot, seen_t=seen_t, wake_interval_s=wake, state=state, state_t=state_t)
            for name, boot, seen_t, wake, state, state_t in rows
        }

    def save_nodes(self, nodes: Iterable[NodeState]) -> None:
        """Keeps what is known of nodes."""
        self._db.executemany(
            "INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?)",
            ((n.node, n.boot, n.seen_t, n.wake_interval_s, n.state, n.state_t) for n in nodes),
        )

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def newest_time(outbox: Outbox) -> int | None:
    """The newest event time heard of any node, UTC ms: where a simulated clock stood; None in a new outbox."""
    return max((node.seen_t for node in outbox.nodes().values()), default=None)


def read_backlog(path: Path) -> tuple[int, dict[str, int]]:
    """Messages without a receipt in an outbox file, opened read-only, and how many of each kind were ever dropped
    because it was full; sqlite3.Error when it is none."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        waiting = int(db.execute("SELECT count(*) FROM message WHERE payload IS NOT NULL").fetchone()[0])
        return waiting, dict(db.execute("SELECT kind, count FROM dropped"))
    finally:
        db.close()
