"""What could not be read, kept with the reason and counted: frames at the gateway, payloads at ingest."""

import logging
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .contract.errors import CooeeError

KEPT = 10_000
"""Newest different entries kept; the counts go on. A flood of rubbish must not fill the disk."""
LONGEST = 4096
"""Bytes kept of an entry, and letters of its reason."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY, t INTEGER NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
    content BLOB NOT NULL, UNIQUE (source, kind, content));
CREATE TABLE IF NOT EXISTS tally (kind TEXT PRIMARY KEY, count INTEGER NOT NULL, newest INTEGER NOT NULL);
"""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Something unreadable: `source` is its topic or "radio", `kind` what to count it by, `reason` a sentence."""

    source: str
    kind: str
    reason: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How often a kind of fault was seen; `newest` is the time of day (UTC ms) of the last one."""

    kind: str
    count: int
    newest: int


class Quarantine:
    """An SQLite file of refused content. Methods raise sqlite3.Error (disk full, not ours to read)."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(SCHEMA)
        self._said: dict[str, float] = {}

    def add(self, refused: Sequence[Refused]) -> None:
        """Keeps and counts all, durably, before it returns; the same content of one source is kept once."""
        now = time.time_ns() // 1_000_000
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for r in refused:
                self._db.execute(
                    "INSERT INTO entry (t, source, kind, reason, content) VALUES (?, ?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET t = excluded.t",
                    (now, r.source, r.kind, r.reason[:LONGEST], r.content[:LONGEST]),
                )
                self._db.execute(
                    "INSERT INTO tally VALUES (?, 1, ?) "
                    "ON CONFLICT DO UPDATE SET count = count + 1, newest = excluded.newest",
                    (r.kind, now),
                )
            self._db.execute("DELETE FROM entry WHERE id <= (SELECT max(id) FROM entry) - ?", (KEPT,))

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

    def newest(self, limit: int = 10) -> list[Refused]:
        """The latest entries, newest first."""
        rows = self._db.execute(
            "SELECT source, kind, reason, content FROM entry ORDER BY t DESC, id DESC LIMIT ?", (limit,)
        )
        return [Refused(source=s, kind=k, reason=r, content=c) for s, k, r, c in rows]

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def open_quarantine(folder: Path, name: str) -> Quarantine:
    """Opens or makes the quarantine file `name` in a data folder; CooeeError when it cannot be written."""
    try:
        return Quarantine(folder / name)
    except sqlite3.Error as error:
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
