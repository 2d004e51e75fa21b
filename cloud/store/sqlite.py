"""The embedded store: one SQLite file, a wide table a measurement with one column a channel."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge import sqlite_file
from edge.contract.channels import channel_names
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import Call, Judgement, Reading, Status

from .fields import MEASUREMENTS, call, farm_clock, fields, judgement, reading, settle_times, status
from .interface import History, Stored

SCHEMA_VERSION = 2
COLUMNS = {
    "reading": ("inc", "boot", "seq", "faults", *channel_names()),
    "call": ("inc", "boot", "seq", "sentinel", "version", "class", "confidence", "state", "raised_t", "why"),
    "node": ("state", "wake_interval_s", "gateway", "simulated"),
    "judgement": ("sentinel", "class", "raised_t", "verdict", "note"),
}
"""Columns of a table after farm, zone, node and t."""
FRAMES = ("reading", "call")
"""Tables of what nodes say, whose rows have an identity."""
BUSY_S = 5.0
"""How long to wait for another process to finish its write."""

HEAD = "farm TEXT NOT NULL, zone TEXT NOT NULL, node TEXT NOT NULL, t INTEGER NOT NULL"
FRAME = f"{HEAD}, inc INTEGER NOT NULL DEFAULT 0, boot INTEGER NOT NULL, seq INTEGER NOT NULL"
IDENTITY = "farm, node, inc, boot, seq"
OF_FRAMES = f"""
CREATE TABLE reading ({FRAME}, faults TEXT NOT NULL, UNIQUE ({IDENTITY})) STRICT;
CREATE INDEX reading_of_node ON reading (farm, node, t);
CREATE TABLE call ({FRAME}, sentinel TEXT NOT NULL, version TEXT NOT NULL, class TEXT NOT NULL,
    confidence INTEGER NOT NULL, state TEXT NOT NULL, raised_t INTEGER NOT NULL, why TEXT NOT NULL,
    UNIQUE ({IDENTITY})) STRICT;
CREATE INDEX call_by_time ON call (farm, t);
"""
SCHEMA = f"""{OF_FRAMES}
CREATE TABLE node ({HEAD}, state TEXT NOT NULL, wake_interval_s INTEGER NOT NULL, gateway INTEGER NOT NULL,
    simulated INTEGER NOT NULL, UNIQUE (farm, node, t)) STRICT;
CREATE TABLE judgement ({HEAD}, sentinel TEXT NOT NULL, class TEXT NOT NULL, raised_t INTEGER NOT NULL,
    verdict TEXT NOT NULL, note TEXT NOT NULL, UNIQUE (farm, node, t)) STRICT;
"""

NEWEST = """
WITH RECURSIVE device (name) AS (
    SELECT min(node) FROM {table} WHERE farm = :farm
    UNION ALL
    SELECT (SELECT min(node) FROM {table} WHERE farm = :farm AND node > name) FROM device WHERE name IS NOT NULL)
SELECT * FROM {table} WHERE rowid IN (
    SELECT (SELECT rowid FROM {table} WHERE farm = :farm AND node = name ORDER BY t DESC, rowid DESC LIMIT 1)
    FROM device)
ORDER BY node
"""
"""Newest row of every node: hops from node to node through the index, so that its cost does not grow with time."""

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


class SqliteStore:
    """Store in one SQLite file. May be shared by threads; one process writes, any number may read."""

    def __init__(self, path: str, *, read_only: bool = False) -> None:
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
            with self._transaction():
                found = run("PRAGMA user_version").fetchone()["user_version"]
                if found == 0:
                    self._make(SCHEMA)
                elif found == 1:
                    self._add_incarnations()
                if found < SCHEMA_VERSION:
                    run(f"PRAGMA user_version = {SCHEMA_VERSION}")
                self._add_channels()
        version = run("PRAGMA user_version").fetchone()["user_version"]
        if version == 0 and run("SELECT count(*) AS n FROM sqlite_master").fetchone()["n"] == 0:
            raise StoreUnavailable(f"{self._path}: nothing is stored there yet: start ingest, or name another file")
        if version == 1:
            raise StoreUnavailable(f"{self._path}: is of an older Cooee: start ingest once, which brings it up to date")
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"{self._path}: schema {version}, but this Cooee knows {SCHEMA_VERSION}: "
                "use the Cooee that wrote it, or name another file"
            )
        if missing := self._missing_channels():
            raise StoreError(f"{self._path}: has no column for {', '.join(missing)}: start ingest once, which adds it")

    def _missing_channels(self) -> list[str]:
        columns = {row["name"] for row in self._database.execute("PRAGMA table_info(reading)")}
        return [name for name in channel_names() if name not in columns]

    def _make(self, schema: str) -> None:
        for statement in schema.split(";"):
            self._database.execute(statement)

    def _add_channels(self) -> None:
        for name in self._missing_channels():
            self._database.execute(f"ALTER TABLE reading ADD COLUMN {name} REAL")

    def _add_incarnations(self) -> None:
        """A store of the time when identities had no incarnation: its tables of frames anew, with every row."""
        run = self._database.execute
        for index in ("reading_of_node", "reading_of_zone", "call_by_time"):
            run(f"DROP INDEX {index}")
        for table in FRAMES:
            run(f"ALTER TABLE {table} RENAME TO old_{table}")
        self._make(OF_FRAMES)
        self._add_channels()
        for table in FRAMES:
            names = ", ".join(row["name"] for row in run(f"PRAGMA table_info(old_{table})"))
            run(f"INSERT INTO {table} ({names}) SELECT {names} FROM old_{table} ORDER BY rowid")
            run(f"DROP TABLE old_{table}")

    def append(self, rows: Sequence[Stored]) -> list[Stored]:
        with self._lock, self._errors(), self._transaction():
            other: list[Stored] = []
            settled = settle_times(rows, self._newest_status, self._judgement_at)
            for table, of_table in _by_table(settled).items():
                before = self._database.total_changes
                self._database.executemany(_insert(table), [_values(row) for row in of_table])
                if table in FRAMES and self._database.total_changes - before < len(of_table):
                    other += [row for row in of_table if self._differs(table, row)]
        if not self._file.is_there():
            self._open_anew()
        return other

    def _differs(self, table: str, row: Stored) -> bool:
        """Whether the store has something else under a row's identity; the zone is what farm.yaml said at the time."""
        columns = ("farm", "node", "t", *COLUMNS[table])
        wanted = dict(zip(("farm", "zone", "node", "t", *COLUMNS[table]), _values(row), strict=True))
        (kept,) = self._database.execute(
            f"SELECT {', '.join(columns)} FROM {table} WHERE ({IDENTITY}) = (:farm, :node, :inc, :boot, :seq)", wanted
        ).fetchall()
        return any(kept[name] != wanted[name] for name in columns)

    def _open_anew(self) -> None:
        """What was just written is in a file that nobody will find: StoreUnavailable, with the one at the path open."""
        with self._lock:
            self._database.close()
            try:
                self._open(read_only=False)
            except StoreError as error:
                raise StoreUnavailable(str(error)) from None
        raise StoreUnavailable(f"{self._path}: was removed or replaced; what came since goes into the file there now")

    def _newest_status(self, farm: str, node: str) -> Status | None:
        found = self._database.execute(
            "SELECT * FROM node WHERE farm = ? AND node = ? ORDER BY t DESC LIMIT 1", (farm, node)
        ).fetchone()
        return status(found) if found else None

    def _judgement_at(self, farm: str, node: str, t: int) -> Judgement | None:
        found = self._database.execute(
            "SELECT * FROM judgement WHERE farm = ? AND node = ? AND t = ?", (farm, node, t)
        ).fetchone()
        return judgement(found) if found else None

    def latest(self, farm: str) -> list[tuple[str, Reading]]:
        return [(row["zone"], reading(row)) for row in self._query(NEWEST.format(table="reading"), farm=farm)]

    def statuses(self, farm: str) -> list[Status]:
        return [status(row) for row in self._query(NEWEST.format(table="node"), farm=farm)]

    def open_calls(self, farm: str) -> list[tuple[str, Call]]:
        # With one max() in it, SQLite takes the other columns of a group from the row that holds the maximum.
        rows = self._query(
            "SELECT *, max(t) FROM call WHERE farm = :farm GROUP BY node, sentinel, class "
            "HAVING state != 'cleared' ORDER BY raised_t, node, sentinel, class",
            farm=farm,
        )
        return [(row["zone"], call(row)) for row in rows]

    def calls(self, farm: str, since: int, until: int) -> list[tuple[str, Call]]:
        rows = self._query(
            "SELECT * FROM call WHERE farm = :farm AND t >= :since AND t < :until ORDER BY t, node",
            farm=farm,
            since=since,
            until=until,
        )
        return [(row["zone"], call(row)) for row in rows]

    def history(self, farm: str, nodes: Sequence[str], channel: str, since: int, until: int, points: int) -> History:
        if channel not in channel_names():
            raise StoreError(f"history: {channel!r} is not a channel ({', '.join(channel_names())})")
        width = max(1, -(-(until - since) // points))
        marks = {f"node{number}": node for number, node in enumerate(nodes)}
        rows = self._query(
            f"SELECT (t - :since) / :width AS bucket, avg({channel}) AS mean, min({channel}) AS low, "
            f"max({channel}) AS high FROM reading WHERE farm = :farm AND node IN ({', '.join(f':{m}' for m in marks)}) "
            f"AND t >= :since AND t < :until AND {channel} IS NOT NULL GROUP BY bucket ORDER BY bucket",
            farm=farm,
            since=since,
            until=until,
            width=width,
            **marks,
        )
        return History(
            t=[since + row["bucket"] * width for row in rows],
            mean=[row["mean"] for row in rows],
            low=[row["low"] for row in rows],
            high=[row["high"] for row in rows],
        )

    def judgements(self, farm: str, since: int, until: int) -> list[Judgement]:
        rows = self._query(
            "SELECT * FROM judgement WHERE farm = :farm AND raised_t >= :since AND raised_t < :until ORDER BY t, node",
            farm=farm,
            since=since,
            until=until,
        )
        return [judgement(row) for row in rows]

    def farm_now(self, farm: str) -> tuple[int, bool]:
        return farm_clock(self.statuses(farm))

    def counts(self, farm: str) -> dict[str, int]:
        return {
            table: self._query(f"SELECT count(*) AS n FROM {table} WHERE farm = :farm", farm=farm)[0]["n"]
            for table in MEASUREMENTS.values()
        }

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _query(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        with self._lock, self._errors():
            return self._database.execute(sql, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What is wrong with a row is a StoreError; everything else may be mended while the rows wait."""
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


def _insert(table: str) -> str:
    columns = ("farm", "zone", "node", "t", *COLUMNS[table])
    # A device may change its state twice in one millisecond: the later word counts.
    rule = (
        "(farm, node, t) DO UPDATE SET state = excluded.state, wake_interval_s = excluded.wake_interval_s"
        if table == "node"
        else "DO NOTHING"
    )
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) ON CONFLICT {rule}"


def _by_table(rows: Sequence[Stored]) -> dict[str, list[Stored]]:
    tables: dict[str, list[Stored]] = {}
    for row in rows:
        tables.setdefault(MEASUREMENTS[type(row.message)], []).append(row)
    return tables


def _values(row: Stored) -> tuple[Any, ...]:
    """A row of its table: farm, zone, node, t and the table's COLUMNS."""
    kept = fields(row.message)
    head = (row.message.farm, row.zone, row.message.node, row.message.t)
    return head + tuple(kept.get(name) for name in COLUMNS[MEASUREMENTS[type(row.message)]])
