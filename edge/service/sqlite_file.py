"""SQLite files that outlive what happens to them: private, each commit on disk, noticed when they are removed or
replaced, salvaged when they are damaged."""

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
CHUNK = 100
"""Rows read at once from a damaged table; where that fails they are tried one by one."""


def connect(path: Path, *, timeout_s: float = 5.0, check_same_thread: bool = True) -> sqlite3.Connection:
    """Opens a file, or makes one that only its owner can read; a commit survives a power cut. Raises sqlite3.Error."""
    with contextlib.suppress(OSError):
        if not path.exists():  # Opening and closing it here would end the locks of our other connections to it.
            path.touch(0o600)
        path.chmod(0o600)  # SQLite gives its -wal and -shm files the same mode.
    database = sqlite3.connect(path, isolation_level=None, timeout=timeout_s, check_same_thread=check_same_thread)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        database.close()
        raise
    return database


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is no sound database."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED


def check(database: sqlite3.Connection) -> None:
    """sqlite3.DatabaseError when a page of the file is damaged."""
    found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        error = sqlite3.DatabaseError(" ".join(str(found).split()))
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


class FileIdentity:
    """The file behind a path, as it is now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self._look()

    def is_there(self) -> bool:
        """Whether the path still leads to that file: what is written to one that was removed or replaced is lost."""
        return self._known is not None and self._look() == self._known

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def set_aside(path: Path) -> Path:
    """Moves a database that nobody has open out of the way, with its log; returns where it is now. Raises OSError."""
    stem = f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    aside, count = path.with_name(stem), 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{stem}-{count}")
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    return aside


def open_or_set_aside(path: Path, opened: Callable[[Path], T], log: logging.Logger, says: str) -> T:
    """What `opened` makes of a database; of a new one when it is damaged, which is then set aside and logged as `says`
    with %(path)s, %(error)s and %(aside)s. Raises sqlite3.Error and OSError."""
    try:
        return opened(path)
    except sqlite3.DatabaseError as error:
        if not is_damaged(error):
            raise
        log.error(says, {"path": path, "error": error, "aside": set_aside(path).name})
        return opened(path)


def salvage(path: Path, tables: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row that can still be read of these tables, as (table, columns by name)."""
    try:
        database = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error:
        return
    database.row_factory = sqlite3.Row
    try:
        for table in tables:
            for row in _readable(database, table):
                yield table, dict(row)
    finally:
        with contextlib.suppress(sqlite3.Error):
            database.close()


def _readable(database: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Rows in chunks of the key, so that a damaged page takes none along but its own."""
    try:
        low, high = database.execute(f"SELECT min(rowid), max(rowid) FROM {table}").fetchone()
    except sqlite3.Error:
        low, high = 1, _highest(database, table)
    if low is None:
        return
    for first in range(low, high + 1, CHUNK):
        try:
            yield from _between(database, table, first, first + CHUNK)
        except sqlite3.Error:
            for rowid in range(first, first + CHUNK):
                with contextlib.suppress(sqlite3.Error):
                    yield from _between(database, table, rowid, rowid + 1)


def _between(database: sqlite3.Connection, table: str, first: int, stop: int) -> list[sqlite3.Row]:
    return database.execute(f"SELECT * FROM {table} WHERE rowid >= ? AND rowid < ?", (first, stop)).fetchall()


def _highest(database: sqlite3.Connection, table: str) -> int:
    """A rowid that no readable row lies far beyond, found by doubling."""
    highest, probe = 0, CHUNK
    while probe < 2**40:
        with contextlib.suppress(sqlite3.Error):
            if database.execute(f"SELECT 1 FROM {table} WHERE rowid >= ? LIMIT 1", (probe // 2,)).fetchone():
                highest = probe
        probe *= 2
    return highest
