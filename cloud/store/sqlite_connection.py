"""The SQLite file of a store: opened and brought up to date, shared by threads, and what is wrong with it in words."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.contract.errors import StoreError, StoreUnavailable
from edge.service import sqlite_file

from . import sqlite_schema
from .sqlite_schema import SCHEMA_VERSION

BUSY_S = 5.0
"""How long to wait for another process to finish its write."""
MEND = {
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_BUSY: "another process holds it: stop that one, or wait",
    sqlite3.SQLITE_LOCKED: "another process holds it: stop that one, or wait",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: stop Cooee, move it away, and salvage it with sqlite3's .recover",
    sqlite3.SQLITE_NOTADB: "this is not a SQLite file: name another one, or move it away",
    sqlite3.SQLITE_READONLY: "it cannot be written: check the owner and the mode of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check that its folder exists and is yours",
    sqlite3.SQLITE_IOERR: "the disk does not answer, or is full: check it",
}
PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN)
"""What a reader may meet while ingest is making the file."""


class SqliteConnection:
    """A connection that one thread uses at a time; any number of processes write, in turn, and read."""

    def __init__(self, path: str, *, read_only: bool) -> None:
        """Opens the file, which is made when it is not there. StoreError: it cannot be used; StoreUnavailable:
        read-only, and nothing has been stored yet."""
        self._path = Path(path).absolute()
        self._lock = threading.Lock()
        if read_only and not self._path.exists():
            raise StoreUnavailable(f"{self._path}: nothing is stored there yet: start ingest, or name another file")
        try:
            if not read_only:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}: check that its folder exists and is yours") from None
        self._open(read_only)

    def _open(self, read_only: bool) -> None:
        try:
            self._database = self._connect(read_only)
            try:
                self._file = sqlite_file.FileIdentity(self._path)
                self._prepare(read_only)
            except (sqlite3.Error, StoreError):
                self._database.close()
                raise
        except sqlite3.Error as error:
            transient = read_only and getattr(error, "sqlite_errorcode", 0) & 0xFF in PASSING
            raise (StoreUnavailable if transient else StoreError)(self._say(error)) from None

    def _connect(self, read_only: bool) -> sqlite3.Connection:
        if read_only:
            database = sqlite3.connect(
                f"{self._path.as_uri()}?mode=ro",
                uri=True,
                timeout=BUSY_S,
                isolation_level=None,
                check_same_thread=False,
            )
        else:
            database = sqlite_file.connect(self._path, timeout_s=BUSY_S, check_same_thread=False)
        database.row_factory = _as_dict
        return database

    def _prepare(self, read_only: bool) -> None:
        run = self._database.execute
        if not read_only:
            with self.transaction():
                sqlite_schema.bring_up_to_date(self._database)
        version = run("PRAGMA user_version").fetchone()["user_version"]
        if version == 0 and run("SELECT count(*) AS n FROM sqlite_master").fetchone()["n"] == 0:
            raise StoreUnavailable(f"{self._path}: nothing is stored there yet: start ingest, or name another file")
        if 0 < version < SCHEMA_VERSION:
            raise StoreUnavailable(f"{self._path}: is of an older Cooee: start ingest once, which brings it up to date")
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{self._path}: schema {version}, but this Cooee knows {SCHEMA_VERSION}: "
                "use the Cooee that wrote it, or name another file"
            )
        if missing := sqlite_schema.missing_channels(self._database):
            raise StoreError(f"{self._path}: has no column for {', '.join(missing)}: start ingest once, which adds it")

    @contextmanager
    def held(self) -> Iterator[sqlite3.Connection]:
        """The database, for this thread alone. What is wrong with a row is a StoreError; everything else,
        StoreUnavailable, may be mended while the rows wait."""
        with self._lock, self._errors():
            yield self._database

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The same, for one transaction."""
        with self.held() as database, self.transaction():
            yield database

    def query(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows, each by column; errors as of `held`."""
        with self.held() as database:
            return database.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Within `held`: all that is done in it, or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def check_in_place(self) -> None:
        """StoreUnavailable when what was just written is in a file that nobody will find; the one at the path is open
        then, or is tried again after the next write."""
        if self._file.is_there():
            return
        with self._lock:
            gone = self._database, self._file
            try:
                self._open(read_only=False)
            except StoreError as error:
                self._database, self._file = gone
                raise StoreUnavailable(str(error)) from None
            gone[0].close()
        raise StoreUnavailable(f"{self._path}: was removed or replaced; what came since goes into the file there now")

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, OverflowError) as error:
            raise StoreError(f"{self._path}: refused: {error}") from None
        except sqlite3.Error as error:
            raise StoreUnavailable(self._say(error)) from None

    def _say(self, error: sqlite3.Error) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return f"{self._path}: {MEND.get(code, error)}"


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
