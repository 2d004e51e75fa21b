"""The embedded store: one SQLite file, a wide table a measurement with one column a channel."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from edge.contract.channels import channel_names
from edge.contract.errors import StoreError
from edge.contract.messages import Call, Judgement, Reading, Record, Status
from edge.farm import Keep

from . import sqlite_rollups
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
from .sqlite_connection import SqliteConnection
from .sqlite_rollups import kept_since
from .sqlite_schema import COLUMNS, FRAMES, IDENTITY

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


class SqliteStore:
    """Store in one SQLite file. May be shared by threads; any number of processes write, in turn, and read."""

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        """Opens the file, which is made when it is not there. StoreError: it cannot be used; StoreUnavailable:
        read-only, and nothing has been stored yet."""
        self._file = SqliteConnection(path, read_only=read_only)
        self._too_old = TooOld()
        self._tended: tuple[str, dict[int, int]] | None = None

    def append(self, rows: Sequence[Stored]) -> list[Stored]:
        with self._file.writing() as database:
            other: list[Stored] = []
            settled = settle_times(
                self._young(database, rows), partial(_newest_status, database), partial(_said_at, database)
            )
            for table, of_table in _by_table(settled).items():
                kept = database.executemany(_insert(table), [_values(row) for row in of_table]).rowcount
                if table in FRAMES and kept < len(of_table):
                    other += [row for row in of_table if _differs(database, table, row)]
        self._file.check_in_place()
        return other

    def _young(self, database: sqlite3.Connection, rows: Sequence[Stored]) -> list[Stored]:
        """Rows but the readings of a time whose readings have gone: they stand in the rollups already, or come late by
        more than the store keeps."""
        farms = {row.message.farm for row in rows}
        since = {farm: kept_since(database, farm).get(READINGS, 0) for farm in farms}
        young = [row for row in rows if type(row.message) is not Reading or row.message.t >= since[row.message.farm]]
        if len(young) < len(rows):
            self._too_old.add(len(rows) - len(young))
        return young

    def tend(self, farm: str, keep: Keep, now: int) -> bool:
        with self._file.held() as database:
            with self._file.transaction():
                if sqlite_rollups.fold(database, FOLDED_AT_ONCE):
                    return True
            due = farm, horizons(keep, min(now, sqlite_rollups.heard_until(database, farm)))
            if due == self._tended:
                return False
            with self._file.transaction():
                more = sqlite_rollups.drop(database, *due, DROPPED_AT_ONCE)
            self._tended = None if more else due
            return more

    def roll_up(self, farm: str, since: int, until: int) -> None:
        more = True
        while more:
            with self._file.writing() as database:
                more = sqlite_rollups.fold(database, FOLDED_AT_ONCE)

    def latest(self, farm: str) -> list[tuple[str, Reading]]:
        return [
            (row["zone"], reading(row))
            for row in self._file.query(NEWEST.format(table="reading", which=OWN), farm=farm)
        ]

    def statuses(self, farm: str) -> list[Status]:
        return [status(row) for row in self._file.query(NEWEST.format(table="node", which=""), farm=farm)]

    def open_calls(self, farm: str) -> list[tuple[str, Call]]:
        rows = self._file.query(
            f"SELECT call.* FROM alarm JOIN call USING ({IDENTITY}) WHERE farm = :farm AND alarm.state != 'cleared' "
            "ORDER BY raised_t, node, call.sentinel, call.class",
            farm=farm,
        )
        return [(row["zone"], call(row)) for row in rows]

    def calls(self, farm: str, since: int, until: int) -> list[tuple[str, Call]]:
        rows = self._file.query(
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
        with self._file.held() as database:
            span = span_for(width, since, kept_since(database, farm))
            rows = sqlite_rollups.history(database, farm, nodes, channel, since, until, width, span)
        return History(
            t=[since + row["bucket"] * width for row in rows],
            mean=[row["mean"] for row in rows],
            low=[row["low"] for row in rows],
            high=[row["high"] for row in rows],
        )

    def judgements(self, farm: str, since: int, until: int) -> list[Judgement]:
        rows = self._file.query(
            "SELECT * FROM judgement WHERE farm = :farm AND raised_t >= :since AND raised_t < :until ORDER BY t, node",
            farm=farm,
            since=since,
            until=until,
        )
        return [judgement(row) for row in rows]

    def records(self, farm: str, since: int, until: int) -> list[Record]:
        # Nothing is written before it happened.
        rows = self._file.query(
            "SELECT * FROM record WHERE farm = :farm AND t >= :since ORDER BY t, node", farm=farm, since=since
        )
        return newest_records(map(record, rows), since, until)

    def farm_now(self, farm: str) -> tuple[int, bool]:
        return farm_clock(self.statuses(farm))

    def span(self, farm: str) -> tuple[int, int] | None:
        found = self._file.query(sqlite_rollups.SPAN, farm=farm)[0]
        return None if found["first"] is None else (found["first"], found["last"] + 1)

    def rows(self, farm: str, measurement: str, since: int, until: int) -> list[Stored]:
        nodes = self._file.query(sqlite_rollups.NODES.format(table=measurement), farm=farm)
        found = [
            row
            for node in nodes
            for row in self._file.query(
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
        with self._file.held() as database:
            return kept_since(database, farm)

    def rollups(self, farm: str, span: int, since: int, until: int) -> list[Rollup]:
        rows = self._file.query(sqlite_rollups.ROLLUPS, farm=farm, span=span, since=since, until=until)
        return [Rollup(span=span, **row) for row in rows]

    def put_rollups(self, farm: str, rollups: Sequence[Rollup], kept_since: Mapping[int, int]) -> None:
        with self._file.writing() as database:
            sqlite_rollups.put(database, farm, rollups)
            sqlite_rollups.forget_before(database, farm, kept_since)

    def counts(self, farm: str) -> dict[str, int]:
        return {
            table: self._file.query(f"SELECT count(*) AS n FROM {table} WHERE farm = :farm", farm=farm)[0]["n"]
            for table in MEASUREMENTS.values()
        }

    def close(self) -> None:
        self._file.close()


def _differs(database: sqlite3.Connection, table: str, row: Stored) -> bool:
    """Whether the store has something else under a row's identity; the zone is what farm.yaml said at the time."""
    columns = ("farm", "node", "t", *COLUMNS[table])
    wanted = dict(zip(("farm", "zone", "node", "t", *COLUMNS[table]), _values(row), strict=True))
    (kept,) = database.execute(
        f"SELECT {', '.join(columns)} FROM {table} WHERE ({IDENTITY}) = (:farm, :node, :inc, :boot, :seq)", wanted
    ).fetchall()
    return any(kept[name] != wanted[name] for name in columns)


def _newest_status(database: sqlite3.Connection, farm: str, node: str) -> Status | None:
    found = database.execute(
        "SELECT * FROM node WHERE farm = ? AND node = ? ORDER BY t DESC LIMIT 1", (farm, node)
    ).fetchone()
    return status(found) if found else None


def _said_at(database: sqlite3.Connection, message: Judgement | Record) -> Kept | None:
    table = MEASUREMENTS[type(message)]
    found = database.execute(
        f"SELECT * FROM {table} WHERE farm = ? AND node = ? AND t = ?", (message.farm, message.node, message.t)
    ).fetchone()
    return READERS[table](found) if found else None


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
