"""notify.db in the data folder: what was told to whom, so that a restart tells nothing twice and forgets nothing.

Farm times are UTC ms of the farm's clock; `wall` ones of this machine's.
"""

import logging
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from edge.contract.errors import CooeeError
from edge.service import sqlite_file

log = logging.getLogger("cooee.notify")

FILE = "notify.db"
KEPT_MS = 30 * 86_400_000
"""How long what is past stays there."""

SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
CREATE TABLE incident (id INTEGER PRIMARY KEY, zone TEXT NOT NULL, kind TEXT NOT NULL, began INTEGER NOT NULL,
    seen_wall INTEGER NOT NULL, level TEXT NOT NULL, title TEXT NOT NULL, settled INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0, awake_since INTEGER NOT NULL, snoozed_until INTEGER NOT NULL DEFAULT 0,
    verdict TEXT, verdict_t INTEGER NOT NULL DEFAULT 0, verdict_who TEXT NOT NULL DEFAULT '', ended INTEGER,
    ended_wall INTEGER) STRICT;
CREATE UNIQUE INDEX open_incident ON incident (zone, kind) WHERE ended IS NULL;
CREATE TABLE told (incident INTEGER NOT NULL, person TEXT NOT NULL, first_t INTEGER NOT NULL, last_t INTEGER NOT NULL,
    level TEXT NOT NULL, message INTEGER NOT NULL, reached INTEGER NOT NULL DEFAULT 0, over INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (incident, person)) STRICT;
CREATE INDEX told_in ON told (message);
CREATE TABLE message (id INTEGER PRIMARY KEY, person TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
    rings INTEGER NOT NULL, wall INTEGER NOT NULL) STRICT;
CREATE TABLE delivery (message INTEGER NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    tries INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    wall INTEGER NOT NULL, PRIMARY KEY (message, channel)) STRICT;
CREATE TABLE link (id INTEGER PRIMARY KEY, incident INTEGER NOT NULL, person TEXT NOT NULL, used TEXT) STRICT;
CREATE TABLE digest (person TEXT PRIMARY KEY, t INTEGER NOT NULL) STRICT;
PRAGMA user_version = 1;
"""


def looked_at(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the file as it stands, for who only reads; none where there is no file. Raises CooeeError."""
    path = folder / FILE
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as database:
            return database.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise CooeeError(f"{path}: {error}: stop `cooee notify`, move the file away, start it again") from None


class Database:
    """The file; may be used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Opens or makes the file; a damaged one is set aside. CooeeError: it cannot be written."""
        path = folder / FILE
        try:
            sqlite_file.open_or_set_aside(
                path, self._open, log, "%(path)s is damaged: moved to %(aside)s; people are told anew"
            )
        except (sqlite3.Error, OSError) as error:
            raise CooeeError(f"{path}: {error}; mend it or choose another folder with --data") from None

    def _open(self, path: Path) -> None:
        self._db = sqlite_file.connect(path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        try:
            sqlite_file.check(self._db)
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                with self.transaction():
                    for statement in SCHEMA.split(";"):
                        self.run(statement)
                    self.run("INSERT INTO setting VALUES ('key', ?)", secrets.token_bytes(32))
            self.run(
                "UPDATE told SET reached = 1 WHERE message IN (SELECT message FROM delivery WHERE state = 'sending')"
            )
            self.run("UPDATE delivery SET state = 'unknown' WHERE state = 'sending'")
        except sqlite3.Error:
            self._db.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done within is on disk at its end, or none of it."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        finally:
            if self._db.in_transaction:
                self.run("ROLLBACK")

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Runs one statement."""
        return self._db.execute(sql, values)

    @property
    def key(self) -> bytes:
        """The secret that signs links; made once, for this data folder."""
        return bytes(self.run("SELECT value FROM setting WHERE name = 'key'").fetchone()[0])

    def beat(self, wall: int) -> None:
        """Notes that the service lives."""
        self.run("INSERT OR REPLACE INTO setting VALUES ('alive', ?)", wall)

    def note_people(self, fault: str | None) -> None:
        """Notes what is wrong with people.toml, None for nothing."""
        if fault is None:
            self.run("DELETE FROM setting WHERE name = 'people'")
        else:
            self.run("INSERT OR REPLACE INTO setting VALUES ('people', ?)", fault)

    def forget(self, wall: int) -> None:
        """Lets go of what is long past."""
        past = wall - KEPT_MS
        self.run("DELETE FROM incident WHERE ended_wall < ?", past)
        for table in ("told", "link"):
            self.run(f"DELETE FROM {table} WHERE incident NOT IN (SELECT id FROM incident)")
        self.run("DELETE FROM delivery WHERE message IN (SELECT id FROM message WHERE wall < ?)", past)
        self.run("DELETE FROM message WHERE wall < ?", past)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()
