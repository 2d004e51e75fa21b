"""The file of the gateway's outbox, which outlives what happens to it.

A file that is damaged is set aside and what can be read of it is taken over; from one that is removed or replaced
everything is.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..contract.errors import CooeeError
from ..service import sqlite_file
from . import outbox_schema
from .outbox_schema import TABLES

log = logging.getLogger("cooee.gateway")


class OutboxFile:
    """An SQLite file with the tables of outbox_schema. `generation` grows each time another file follows, as messages
    get new ids; `waiting` is how many messages have a payload, kept in step by whoever changes them within a
    transaction."""

    database: sqlite3.Connection
    waiting: int
    _identity: sqlite_file.FileIdentity

    def __init__(self, path: Path) -> None:
        """CooeeError: it cannot be used."""
        self._path = path
        self.generation = 0
        try:
            self._open()
            sqlite_file.check(self.database)
        except sqlite3.Error as error:
            if not sqlite_file.is_damaged(error):
                raise self._unusable(error) from None
            self._mend(error)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at its end, into the file that is at its path; or rolls back and raises."""
        waiting = self.waiting
        try:
            try:
                with outbox_schema.transaction(self.database):
                    yield
            except BaseException:
                self.waiting = waiting
                raise
            if not self._identity.is_there():
                self._follow()
        except sqlite3.DatabaseError as error:
            if sqlite_file.is_damaged(error):
                self._mend(error)
            raise

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query; a file that turns out to be damaged is mended, outside of a transaction."""
        try:
            return self.database.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            if self.database.in_transaction or not sqlite_file.is_damaged(error):
                raise
            self._mend(error)
            return self.database.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Closes the file."""
        self.database.close()

    def _unusable(self, error: Exception) -> CooeeError:
        return CooeeError(f"outbox {self._path} cannot be used ({error}); free space or move the file away")

    def _open(self) -> None:
        self.database = sqlite_file.connect(self._path)
        outbox_schema.bring_up_to_date(self.database)
        self._identity = sqlite_file.FileIdentity(self._path)
        self.waiting = self._count_waiting()

    def _count_waiting(self) -> int:
        return int(self.database.execute("SELECT count(*) FROM message WHERE payload IS NOT NULL").fetchone()[0])

    def _mend(self, error: sqlite3.Error) -> None:
        """Sets a damaged file aside and begins a new one with every row that can still be read."""
        try:
            if hasattr(self, "database"):
                self.database.close()
            aside = sqlite_file.set_aside(self._path)
            self._open()
            taken = self._take_over(sqlite_file.salvage(aside, TABLES))
        except (sqlite3.Error, OSError) as again:
            raise self._unusable(again) from None
        log.error(
            "%s was damaged (%s): moved to %s; %d messages were saved from it", self._path, error, aside.name, taken
        )

    def _follow(self) -> None:
        """Goes on in a new file when somebody has removed or replaced the one we hold, with all that was in it. Where
        that fails, in the one we hold: the next transaction tries again."""
        held = self.database, self._identity, self.waiting
        rows = held[0].cursor()
        rows.row_factory = sqlite3.Row
        try:
            self._open_another()
            taken = self._take_over(
                (table, dict(row)) for table in TABLES for row in rows.execute(f"SELECT * FROM {table}")
            )
        except BaseException:
            if self.database is not held[0]:
                self.database.close()
            self.database, self._identity, self.waiting = held
            raise
        held[0].close()
        log.error("%s was removed or replaced: its %d messages are in the one that is there now", self._path, taken)

    def _open_another(self) -> None:
        """The file that is at the path now; what is no database is set aside."""
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if not sqlite_file.is_damaged(error):
                raise
            sqlite_file.set_aside(self._path)
            self._open()

    def _take_over(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> int:
        """Adds rows of another outbox; returns how many of them are messages that wait."""
        self.generation += 1
        waiting = 0
        with outbox_schema.transaction(self.database):
            for table, row in rows:
                if table == "message":
                    del row["id"]
                columns = ", ".join(row)
                marks = ", ".join("?" * len(row))
                self.database.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", (*row.values(),))
                waiting += table == "message" and row["payload"] is not None
        self.waiting = self._count_waiting()
        return waiting
