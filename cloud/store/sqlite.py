"""The embedded store: one SQLite file, a wide table a measurement with one column a channel."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge import sqlite_file
from edge.contract.channels import channel_names
from edge.contract.errors import StoreError, StoreUnavailable
from edge.contract.messages import Call, Judgement, Reading, Record, Status
from edge.farm import Keep

from . import sqlite_rollups, sqlite_schema
from .fields import (
    IMPORTED,
    MEASUREMENTS,
    READERS,
    call,
    farm_clock,
    fields,
    judgement,
    newest_records,
    reading,
    record,
    settle_times,
    status,
)
from .interface import History, Kept, Stored
from .rollups import READINGS, Rollup, TooOld, horizons, span_for
from .sqlite_rollups import kept_since
from .sqlite_schema import COLUMNS, FRAMES, IDENTITY, SCHEMA_VERSION

BUSY_S = 5.0
"""How long to wait for another process to finish its write."""
FOLDED_AT_ONCE = 5_000
DROPPED_AT_ONCE = 2_000
"""Rows; more of them would keep messages waiting."""

NEWEST = f"""
SELECT * FROM {{table}} WHERE rowid IN (
    SELECT (SELECT rowid FROM {{table}} WHERE farm = :farm AND node = name {{which}}
        ORDER BY t DESC, rowid DESC LIMIT 1)
    FROM ({sqlite_rollups.NODES}))
ORDER BY node
"""

OWN = f"AND inc != {IMPORTED}"
"""What the nodes themselves said."""

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
    """Store in one SQLite file. May be shared by threads; any number of processes write, in turn, and read."""

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        """Opens the file, which is made when it is not there. StoreError: it cannot be used; StoreUnavailable:
        read-only, and nothing has been stored yet."""
        self._path = Path(path).absolute()
        self._lock = threading.Lock()
        self._too_old = TooOld()
        self._tended: tuple[str, dict[int, int]] | None = None
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

    def append(self, rows: Sequence[Stored]) -> list[Stored]:
        with self._lock, self._errors(), self._transaction():
            other: list[Stored] = []
            settled = settle_times(self._young(rows), self._newest_status, self._said_at)
            for table, of_table in _by_table(settled).items():
                kept = self._database.executemany(_insert(table), [_values(row) for row in of_table]).rowcount
                if table in FRAMES and kept < len(of_table):
                    other += [row for row in of_table if self._differs(table, row)]
        if not self._file.is_there():
            self._open_anew()
        return other

    def _young(self, rows: Sequence[Stored]) -> list[Stored]:
        """Rows but the readings of a time whose readings have gone: they stand in the rollups already, or come late by
        more than the store keeps."""
        farms = {row.message.farm for row in rows}
        since = {farm: kept_since(self._database, farm).get(READINGS, 0) for farm in farms}
        young = [row for row in rows if type(row.message) is not Reading or row.message.t >= since[row.message.farm]]
        if len(young) < len(rows):
            self._too_old.add(len(rows) - len(young))
        return young

    def tend(self, farm: str, keep: Keep, now: int) -> bool:
        with self._lock, self._errors():
            with self._transaction():
                if sqlite_rollups.fold(self._database, FOLDED_AT_ONCE):
                    return True
            due = farm, horizons(keep, min(now, sqlite_rollups.heard_until(self._database, farm)))
            if due == self._tended:
                return False
            with self._transaction():
                more = sqlite_rollups.drop(self._database, *due, DROPPED_AT_ONCE)
            self._tended = None if more else due
            return more

    def roll_up(self, farm: str, since: int, until: int) -> None:
        more = True
        while more:
            with self._lock, self._errors(), self._transaction():
                more = sqlite_rollups.fold(self._database, FOLDED_AT_ONCE)

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

    def _said_at(self, message: Judgement | Record) -> Kept | None:
        table = MEASUREMENTS[type(message)]
        found = self._database.execute(
            f"SELECT * FROM {table} WHERE farm = ? AND node = ? AND t = ?", (message.farm, message.node, message.t)
        ).fetchone()
        return READERS[table](found) if found else None

    def latest(self, farm: str) -> list[tuple[str, Reading]]:
        return [
            (row["zone"], reading(row)) for row in self._query(NEWEST.format(table="reading", which=OWN), farm=farm)
        ]

    def statuses(self, farm: str) -> list[Status]:
        return [status(row) for row in self._query(NEWEST.format(table="node", which=""), farm=farm)]

    def open_calls(self, farm: str) -> list[tuple[str, Call]]:
        rows = self._query(
            f"SELECT call.* FROM alarm JOIN call USING ({IDENTITY}) WHERE farm = :farm AND alarm.state != 'cleared' "
            "ORDER BY raised_t, node, call.sentinel, call.class",
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
        with self._lock, self._errors():
            span = span_for(width, since, kept_since(self._database, farm))
            rows = sqlite_rollups.history(self._database, farm, nodes, channel, since, until, width, span)
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

    def records(self, farm: str, since: int, until: int) -> list[Record]:
        # Nothing is written before it happened.
        rows = self._query(
            "SELECT * FROM record WHERE farm = :farm AND t >= :since ORDER BY t, node", farm=farm, since=since
        )
        return newest_records(map(record, rows), since, until)

    def farm_now(self, farm: str) -> tuple[int, bool]:
        return farm_clock(self.statuses(farm))

    def span(self, farm: str) -> tuple[int, int] | None:
        found = self._query(sqlite_rollups.SPAN, farm=farm)[0]
        return None if found["first"] is None else (found["first"], found["last"] + 1)

    def rows(self, farm: str, measurement: str, since: int, until: int) -> list[Stored]:
        nodes = self._query(sqlite_rollups.NODES.format(table=measurement), farm=farm)
        found = [
            row
            for node in nodes
            for row in self._query(
                f"SELECT * FROM {measurement} WHERE farm = :farm AND node = :node AND t >= :since AND t < :until",
                farm=farm,
                node=node["name"],
                since=since,
                until=until,
            )
        ]
        found.sort(key=lambda row: (row["t"], row["node"]))
        return [Stored(zone=row["zone"], message=READERS[measurement](row)) for row in found]

    def kept_since(self, farm: str) -> dict[int, int]:
        with self._lock, self._errors():
            return kept_since(self._database, farm)

    def rollups(self, farm: str, span: int, since: int, until: int) -> list[Rollup]:
        rows = self._query(sqlite_rollups.ROLLUPS, farm=farm, span=span, since=since, until=until)
        return [Rollup(span=span, **row) for row in rows]

    def put_rollups(self, farm: str, rollups: Sequence[Rollup], kept_since: Mapping[int, int]) -> None:
        with self._lock, self._errors(), self._transaction():
            sqlite_rollups.put(self._database, farm, rollups)
            sqlite_rollups.forget_before(self._database, farm, kept_since)

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
