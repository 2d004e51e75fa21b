"""What could not be taken, kept with the reason and counted: frames at the gateway, payloads at ingest.

Entries can come back: `again` marks them, and the service that refused them takes them once more.
"""

import logging
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import CooeeError
from . import sqlite_file

log = logging.getLogger("cooee.quarantine")

KEPT = 10_000
"""Newest different entries kept of a kind; the counts go on. A flood of rubbish neither fills the disk nor pushes out
what another kind keeps."""
WAITING = ("future", "ancient", "time")
"""Kinds that are refused for a clock's fault: once it is mended they can be taken."""
WAITING_KEPT = 100_000
LONGEST = 4096
"""Bytes kept of an entry, and letters of its reason."""
BUSY_S = 0.2
"""Nothing valid waits for a quarantine that another process holds."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY, t INTEGER NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
    content BLOB NOT NULL, UNIQUE (source, kind, content));
CREATE TABLE IF NOT EXISTS tally (kind TEXT PRIMARY KEY, count INTEGER NOT NULL, newest INTEGER NOT NULL);
"""
ADDED = {
    "heard_ms": "INTEGER",
    "reply_to": "TEXT",
    "again": "INTEGER NOT NULL DEFAULT 0",
    "dropped": "INTEGER NOT NULL DEFAULT 0",
}
"""Columns that entries of the first version lack."""
INDEX = """
CREATE INDEX IF NOT EXISTS entry_of_kind ON entry (kind, id);
CREATE INDEX IF NOT EXISTS entry_again ON entry (id) WHERE again;
"""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Something that was not taken: `source` is its topic or "radio", `kind` what to count it by, `reason` a sentence.
    `heard_ms`: the clock that it came with (UTC ms); `reply_to`: the topic on which its sender waits for a receipt."""

    source: str
    kind: str
    reason: str
    content: bytes
    heard_ms: int | None = None
    reply_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A refusal on disk: its number, and the time of day (UTC ms) of the last time it came."""

    id: int
    t: int
    refused: Refused


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How often a kind of fault was seen; `newest` is the time of day (UTC ms) of the last one."""

    kind: str
    count: int
    newest: int


class Quarantine:
    """An SQLite file of refused content. Methods raise sqlite3.Error (disk full, held by another process)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said: dict[str, float] = {}
        self._open()

    def _open(self) -> None:
        """Goes on in the file at the path; where that fails, in the one before."""
        database = sqlite_file.connect(self._path)
        try:
            file = sqlite_file.FileIdentity(self._path)
            database.executescript(SCHEMA)
            present = {row[1] for row in database.execute("PRAGMA table_info(entry)")}
            for name in ADDED.keys() - present:
                database.execute(f"ALTER TABLE entry ADD COLUMN {name} {ADDED[name]}")
            database.executescript(INDEX)
            database.execute(f"PRAGMA busy_timeout = {1000 * BUSY_S:.0f}")
        except sqlite3.Error:
            database.close()
            raise
        self._db, self._file = database, file

    def add(self, refused: Sequence[Refused]) -> list[bool]:
        """Keeps and counts all, durably, before it returns; the same content of one source is kept once, and counted
        once while it waits. True where a person has dropped that very content before."""
        now = time.time_ns() // 1_000_000
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            dropped = [self._add_one(each, now) for each in refused]
            for kind in {each.kind for each in refused}:
                self._db.execute(
                    "DELETE FROM entry WHERE kind = ?1 AND id <= "
                    "(SELECT id FROM entry WHERE kind = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                    (kind, WAITING_KEPT if kind in WAITING else KEPT),
                )
        if not self._file.is_there():
            log.error("%s was removed or replaced: what comes since then is in the one that is there now", self._path)
            gone = self._db
            self._open()
            gone.close()
            return self.add(refused)
        return dropped

    def _add_one(self, r: Refused, now: int) -> bool:
        key = (r.source, r.kind, r.content[:LONGEST])
        known = self._db.execute(
            "UPDATE entry SET t = ?4, reason = ?5, again = 0 WHERE source = ?1 AND kind = ?2 AND content = ?3 "
            "RETURNING dropped",
            (*key, now, r.reason[:LONGEST]),
        ).fetchone()
        if known is None:
            self._db.execute(
                "INSERT INTO entry (source, kind, content, t, reason, heard_ms, reply_to) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*key, now, r.reason[:LONGEST], r.heard_ms, r.reply_to),
            )
        if known is None or r.kind not in WAITING:
            self._db.execute(
                "INSERT INTO tally VALUES (?, 1, ?) "
                "ON CONFLICT DO UPDATE SET count = count + 1, newest = excluded.newest",
                (r.kind, now),
            )
        return known is not None and bool(known[0])

    def say(self, refused: Refused, log: logging.Logger) -> None:
        """Logs one line a kind and minute."""
        now = time.monotonic()
        if now - self._said.get(refused.kind, -60.0) >= 60.0:
            self._said[refused.kind] = now
            log.warning("quarantined, %s (%s): %s", refused.kind, refused.source, refused.reason)

    def tallies(self) -> list[Tally]:
        """Counts a kind, the most frequent first."""
        rows = self._db.execute("SELECT kind, count, newest FROM tally ORDER BY count DESC, kind").fetchall()
        return [Tally(kind=k, count=n, newest=t) for k, n, t in rows]

    def counts(self) -> dict[str, int]:
        """How often each kind of fault was seen; nothing while the file cannot be read."""
        try:
            return {tally.kind: tally.count for tally in self.tallies()}
        except sqlite3.Error:
            return {}

    def newest(self, limit: int = 10, kind: str | None = None) -> list[Entry]:
        """The latest entries that nobody has dropped, newest first."""
        return self._entries("NOT dropped AND (?1 IS NULL OR kind = ?1) ORDER BY t DESC, id DESC LIMIT ?2", kind, limit)

    def entry(self, number: int) -> Entry | None:
        """One entry; None when there is none or a person has dropped it."""
        return next(iter(self._entries("NOT dropped AND id = ?", number)), None)

    def again(self, numbers: Iterable[int] = (), kinds: Iterable[str] = ()) -> int:
        """Marks entries, by number and by kind, to be taken once more; returns how many. One that was too long to be
        kept whole cannot."""
        return self._change(f"again = 1 WHERE NOT dropped AND length(content) < {LONGEST}", numbers, kinds)

    def marked(self, limit: int) -> list[Entry]:
        """Entries to be taken once more, oldest first."""
        return self._entries("again ORDER BY id LIMIT ?", limit)

    def remove(self, numbers: Iterable[int]) -> None:
        """Lets go of marked entries that have been taken; one that was refused and added again is no longer marked."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM entry WHERE id = ? AND again", ((n,) for n in numbers))

    def drop(self, numbers: Iterable[int] = (), kinds: Iterable[str] = ()) -> int:
        """Drops entries, by number and by kind, for good; returns how many. What waits for a clock is remembered, so
        that its sender can be told when it sends it again."""
        count = self._change("dropped = 1, again = 0 WHERE NOT dropped", numbers, kinds)
        self._db.execute(f"DELETE FROM entry WHERE dropped AND kind NOT IN {WAITING}")
        return count

    def _change(self, change: str, numbers: Iterable[int], kinds: Iterable[str]) -> int:
        chosen = [("id", number) for number in numbers] + [("kind", kind) for kind in kinds]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            return sum(
                self._db.execute(f"UPDATE entry SET {change} AND {column} = ?", (value,)).rowcount
                for column, value in chosen
            )

    def _entries(self, condition: str, *parameters: object) -> list[Entry]:
        rows = self._db.execute(
            f"SELECT id, t, source, kind, reason, content, heard_ms, reply_to FROM entry WHERE {condition}", parameters
        )
        return [
            Entry(id=n, t=t, refused=Refused(source=s, kind=k, reason=r, content=c, heard_ms=heard, reply_to=reply))
            for n, t, s, k, r, c, heard, reply in rows
        ]

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def open_quarantine(folder: Path, name: str) -> Quarantine:
    """Opens or makes the quarantine file `name` in a data folder; a damaged one is set aside for a new one. CooeeError
    when it cannot be written."""
    path = folder / name
    try:
        return sqlite_file.open_or_set_aside(
            path, Quarantine, log, "%(path)s is damaged (%(error)s): moved to %(aside)s"
        )
    except (sqlite3.Error, OSError) as error:
        raise CooeeError(f"data folder {folder}: {error}; mend it or choose another with --data") from None


def read_tallies(path: Path) -> list[Tally]:
    """Counts in a quarantine file, opened read-only; empty when there is no file."""
    if not path.exists():
        return []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = db.execute("SELECT kind, count, newest FROM tally ORDER BY count DESC, kind").fetchall()
    finally:
        db.close()
    return [Tally(kind=k, count=n, newest=t) for k, n, t in rows]
