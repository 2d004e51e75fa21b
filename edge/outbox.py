"""The gateway's outbox: every message on disk from before the node's acknowledgement until after ingest's receipt.

Identities and event times outlive the receipt (the newest REMEMBERED of a node): a frame sent again gets no new time.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .contract.errors import CooeeError
from .contract.messages import Identity, StatusState

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
    PRIMARY KEY (node, sentinel, class)) WITHOUT ROWID;
"""


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
    (a full disk): then nothing of that transaction is kept."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            # FULL: an acknowledged frame survives a power cut, not only a killed process.
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise CooeeError(f"outbox {path} cannot be used ({error}); free space or move the file away") from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at its end, or rolls back and raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def known(self, identity: Identity) -> int | None:
        """The digest under which an identity was kept, None for a new one."""
        rows = self._db.execute("SELECT digest FROM message WHERE node = ? AND boot = ? AND seq = ?", identity)
        row = rows.fetchone()
        return None if row is None else int(row[0])

    def free_time(self, node: str, t: int) -> int:
        """The first time from `t` on (UTC ms) that no other message of the node has."""
        while self._db.execute("SELECT 1 FROM message WHERE node = ? AND t = ?", (node, t)).fetchone():
            t += 1
        return t

    def keep(self, identity: Identity, t: int, digest: int, kind: str, payload: bytes) -> None:
        """Adds a new message; a call becomes its node's last one unless a later one is known."""
        self._db.execute(
            "INSERT INTO message (node, boot, seq, t, digest, kind, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*identity, t, digest, kind, payload),
        )
        if kind == "call":
            self._db.execute(
                "INSERT INTO last_call VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET boot = excluded.boot, "
                "seq = excluded.seq, payload = excluded.payload WHERE (excluded.boot, excluded.seq) > (boot, seq)",
                (*identity, payload),
            )

    def raised(self, node: str, sentinel: str, kind: str) -> int | None:
        """The newest time (UTC ms) under which a class was said to be raised."""
        rows = self._db.execute(
            "SELECT t FROM raised WHERE node = ? AND sentinel = ? AND class = ?", (node, sentinel, kind)
        )
        row = rows.fetchone()
        return None if row is None else int(row[0])

    def remember_raise(self, node: str, sentinel: str, kind: str, t: int) -> None:
        """Keeps the time of a raise, unless a newer one is known."""
        self._db.execute(
            "INSERT INTO raised VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET t = max(t, excluded.t)",
            (node, sentinel, kind, t),
        )

    def settle(self, identities: Iterable[Identity]) -> None:
        """Lets go of payloads that ingest has receipted; the identities stay known."""
        self._db.executemany("UPDATE message SET payload = NULL WHERE node = ? AND boot = ? AND seq = ?", identities)

    def forget(self, nodes: Iterable[str]) -> None:
        """Drops all but the newest REMEMBERED receipted identities of each node."""
        self._db.executemany(
            "DELETE FROM message WHERE node = ?1 AND payload IS NULL AND (boot, seq) <= "
            "(SELECT boot, seq FROM message WHERE node = ?1 ORDER BY boot DESC, seq DESC LIMIT 1 OFFSET ?2)",
            ((node, REMEMBERED) for node in nodes),
        )

    def waiting(self, after: int, limit: int) -> list[Waiting]:
        """Messages without a receipt that arrived after message `after`, in order of arrival."""
        rows = self._db.execute(
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
        rows = self._db.execute("SELECT node, boot, seq, payload FROM last_call ORDER BY node")
        return [((node, boot, seq), payload) for node, boot, seq, payload in rows]

    def is_last_call(self, identity: Identity) -> bool:
        """Whether no later call of that node is known."""
        rows = self._db.execute("SELECT 1 FROM last_call WHERE node = ? AND boot = ? AND seq = ?", identity)
        return rows.fetchone() is not None

    def nodes(self) -> dict[str, NodeState]:
        """Every node ever heard."""
        rows = self._db.execute("SELECT id, boot, seen_t, wake_interval_s, state, state_t FROM node")
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


def read_backlog(path: Path) -> int:
    """Messages without a receipt in an outbox file, opened read-only; sqlite3.Error when it is none."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(db.execute("SELECT count(*) FROM message WHERE payload IS NOT NULL").fetchone()[0])
    finally:
        db.close()
