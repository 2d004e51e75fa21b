"""The gateway's outbox: every message on disk from before the node's acknowledgement until after ingest's receipt.

Identities and event times outlive the receipt (the newest REMEMBERED of an incarnation): a frame sent again gets no
new time. The newest identity that was let go is kept for ever, so that none is taken for new again.
"""

import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from ..contract.errors import CooeeError
from ..contract.messages import YEAR_2000_S, Identity
from ..service import sqlite_file
from . import outbox_schema
from .outbox_schema import NODE_FIELDS, SELECT_NODES, SELECT_VALUES, TABLES, NodeState, Waiting, WantedValue
from .station import Sunshine

log = logging.getLogger("cooee.gateway")

MOST_WAITING = 1_000_000
"""Messages that wait for a receipt (0.5 GB); beyond, the oldest telemetry goes first, calls last, and is counted."""
ROOM = 1000
"""Messages let go at once when the outbox is full."""
REMEMBERED = 4096
"""Receipted identities kept an incarnation; a node's own outbox is far smaller."""
BOOTS = 256
"""Clocks kept an incarnation, of its newest boots; a node's own memory is far smaller."""


class Outbox:
    """An SQLite file. Changes are made inside `transaction()` and are on disk once it ends. Methods raise sqlite3.Error
    (a full disk): then nothing of that transaction is kept.

    A file that is damaged is set aside and what can be read of it is taken over; from one that is removed or replaced
    everything is. `generation` grows each time, as messages get new ids."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.generation = 0
        try:
            self._open()
            sqlite_file.check(self._db)
        except sqlite3.Error as error:
            if not sqlite_file.is_damaged(error):
                raise self._unusable(error) from None
            self._mend(error)

    def _unusable(self, error: Exception) -> CooeeError:
        return CooeeError(f"outbox {self._path} cannot be used ({error}); free space or move the file away")

    def _open(self) -> None:
        self._db = sqlite_file.connect(self._path)
        outbox_schema.bring_up_to_date(self._db)
        self._file = sqlite_file.FileIdentity(self._path)
        self._waiting = self._count_waiting()

    def _count_waiting(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM message WHERE payload IS NOT NULL").fetchone()[0])

    def _mend(self, error: sqlite3.Error) -> None:
        """Sets a damaged file aside and begins a new one with every row that can still be read."""
        try:
            if hasattr(self, "_db"):
                self._db.close()
            aside = sqlite_file.set_aside(self._path)
            self._open()
            taken = self._take_over(sqlite_file.salvage(aside, TABLES))
        except (sqlite3.Error, OSError) as again:
            raise self._unusable(again) from None
        log.error(
            "%s was damaged (%s): moved to %s; %d messages were saved from it", self._path, error, aside.name, taken
        )

    def _follow(self) -> None:
        """Goes on in a new file when somebody has removed or replaced the one we hold, with all that was in it."""
        old = self._db
        self._open()
        old.row_factory = sqlite3.Row
        taken = self._take_over((table, dict(row)) for table in TABLES for row in old.execute(f"SELECT * FROM {table}"))
        old.close()
        log.error("%s was removed or replaced: its %d messages are in the one that is there now", self._path, taken)

    def _take_over(self, rows: Iterable[tuple[str, dict[str, Any]]]) -> int:
        """Adds rows of another outbox; returns how many of them are messages that wait."""
        self.generation += 1
        waiting = 0
        with outbox_schema.transaction(self._db):
            for table, row in rows:
                if table == "message":
                    del row["id"]
                columns = ", ".join(row)
                marks = ", ".join("?" * len(row))
                self._db.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))
                waiting += table == "message" and row["payload"] is not None
        self._waiting = self._count_waiting()
        return waiting

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at its end, into the file that is at its path; or rolls back and raises."""
        try:
            waiting = self._waiting
            try:
                with outbox_schema.transaction(self._db):
                    yield
                    self._make_room()
            except BaseException:
                self._waiting = waiting
                raise
            if not self._file.is_there():
                self._follow()
        except sqlite3.DatabaseError as error:
            if sqlite_file.is_damaged(error):
                self._mend(error)
            raise

    def _make_room(self) -> None:
        """Lets the oldest go when too many wait; they stay known: a node's repetition does not bring one back."""
        for kind in ("telemetry", "call"):
            if self._waiting <= MOST_WAITING:
                return
            gone = self._db.execute(
                "UPDATE message SET payload = NULL WHERE id IN "
                "(SELECT id FROM message WHERE payload IS NOT NULL AND kind = ? ORDER BY id LIMIT ?)",
                (kind, self._waiting - MOST_WAITING + ROOM),
            ).rowcount
            self._waiting -= gone
            if gone:
                self._db.execute(
                    "INSERT INTO dropped VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = count + ?2", (kind, gone)
                )
                log.error("the outbox is full: the %d oldest of kind %s were dropped; is ingest running?", gone, kind)

    def _rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query; a file that turns out to be damaged is mended, outside of a transaction."""
        try:
            return self._db.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            if self._db.in_transaction or not sqlite_file.is_damaged(error):
                raise
            self._mend(error)
            return self._db.execute(sql, parameters).fetchall()

    @property
    def backlog(self) -> int:
        """How many messages wait for a receipt."""
        return self._waiting

    def dropped(self) -> dict[str, int]:
        """How many messages of each kind were ever dropped for want of room."""
        return dict(self._rows("SELECT kind, count FROM dropped"))

    def known(self, identity: Identity) -> int | None:
        """The digest under which an identity was kept, None for a new one."""
        rows = self._rows("SELECT digest FROM message WHERE node = ? AND boot = ? AND seq = ? AND inc = ?", identity)
        return int(rows[0][0]) if rows else None

    def is_too_old(self, identity: Identity) -> bool:
        """Whether nobody can tell if an identity that is not known is a new one: it is not above the newest that its
        incarnation has been let go of."""
        below = "(?2, ?3) <= (forgotten_boot, forgotten_seq)"
        return bool(self._rows(f"SELECT 1 FROM incarnation WHERE node = ?1 AND inc = ?4 AND {below}", identity))

    def next_down(self, node: str, inc: int) -> int:
        """A sequence for a frame to an incarnation, above all before. The first is the time of day in seconds since
        2000, so that a gateway that has lost its disk goes on above what it sent."""
        rows = self._rows(
            "INSERT INTO incarnation (node, inc, down) VALUES (?1, ?2, ?3) "
            "ON CONFLICT DO UPDATE SET down = CASE down WHEN 0 THEN ?3 ELSE down + 1 END RETURNING down",
            (node, inc, int(time.time()) - YEAR_2000_S),
        )
        return int(rows[0][0])

    def add_to_gauge(self, node: str, rain: int) -> None:
        """Adds rain (0.01 mm) to what a weather station's gauge has counted."""
        self._rows(
            "INSERT INTO gauge VALUES (?1, ?2) ON CONFLICT DO UPDATE SET rain = rain + ?2 RETURNING 1", (node, rain)
        )

    def gauge(self, node: str) -> int:
        """What a weather station's gauge has counted, 0.01 mm."""
        rows = self._rows("SELECT rain FROM gauge WHERE node = ?", (node,))
        return int(rows[0][0]) if rows else 0

    def sunshine(self) -> dict[str, Sunshine]:
        """What the days of weather stations are like, by station."""
        rows = self._rows("SELECT node, adjustment, days FROM sunshine", ())
        return {node: Sunshine(adjustment=adjustment, days=days) for node, adjustment, days in rows}

    def keep_sunshine(self, node: str, sunshine: Sunshine) -> None:
        """Keeps what a weather station's days are like."""
        row = (node, sunshine.adjustment, sunshine.days)
        self._rows("INSERT OR REPLACE INTO sunshine VALUES (?, ?, ?) RETURNING 1", row)

    def free_time(self, node: str, t: int) -> int:
        """The first time from `t` on (UTC ms) that no other message of the node has."""
        while self._rows("SELECT 1 FROM message WHERE node = ? AND t = ?", (node, t)):
            t += 1
        return t

    def keep(self, identity: Identity, t: int, digest: int, kind: str, payload: bytes) -> None:
        """Adds a new message; a call becomes its node's last one unless a later one is known."""
        self._db.execute(
            "INSERT INTO message (node, boot, seq, inc, t, digest, kind, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*identity, t, digest, kind, payload),
        )
        self._waiting += 1
        if kind == "call":
            self._db.execute(
                "INSERT INTO last_call (node, boot, seq, inc, t, payload) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET inc = excluded.inc, boot = excluded.boot, seq = excluded.seq, "
                "t = excluded.t, payload = excluded.payload WHERE CASE WHEN excluded.inc = inc "
                "THEN (excluded.boot, excluded.seq) > (boot, seq) ELSE excluded.t > t END",
                (*identity, t, payload),
            )

    def raised(self, node: str, sentinel: str, kind: str) -> int | None:
        """The newest time (UTC ms) under which a class was said to be raised."""
        rows = self._rows("SELECT t FROM raised WHERE node = ? AND sentinel = ? AND class = ?", (node, sentinel, kind))
        return int(rows[0][0]) if rows else None

    def remember_raise(self, node: str, sentinel: str, kind: str, t: int) -> None:
        """Keeps the time of a raise, unless a newer one is known."""
        self._db.execute(
            "INSERT INTO raised VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET t = max(t, excluded.t)",
            (node, sentinel, kind, t),
        )

    def clock(self, node: str, inc: int, boot: int) -> tuple[int, int] | None:
        """When (UTC ms) the clock of a boot showed so many seconds; None when nothing has told it."""
        rows = self._rows("SELECT t, clock_s FROM clock WHERE node = ? AND inc = ? AND boot = ?", (node, inc, boot))
        return (int(rows[0][0]), int(rows[0][1])) if rows else None

    def set_clock(self, node: str, inc: int, boot: int, t: int, clock_s: int) -> None:
        """Keeps what a boot's clock shows at `t`, instead of what it showed before."""
        self._db.execute("INSERT OR REPLACE INTO clock VALUES (?, ?, ?, ?, ?)", (node, inc, boot, t, clock_s))
        self._db.execute("DELETE FROM clock WHERE node = ? AND inc = ? AND boot <= ?", (node, inc, boot - BOOTS))

    def settle(self, identities: Iterable[Identity]) -> None:
        """Lets go of payloads that ingest has receipted; the identities stay known."""
        self._waiting -= self._db.executemany(
            "UPDATE message SET payload = NULL "
            "WHERE node = ? AND boot = ? AND seq = ? AND inc = ? AND payload IS NOT NULL",
            identities,
        ).rowcount

    def forget(self) -> None:
        """Drops all but the newest REMEMBERED receipted identities of each incarnation."""
        for node, inc in self._rows("SELECT DISTINCT node, inc FROM message"):
            newest = self._rows(
                "SELECT node, inc, boot, seq FROM message WHERE node = ? AND inc = ? "
                "ORDER BY boot DESC, seq DESC LIMIT 1 OFFSET ?",
                (node, inc, REMEMBERED),
            )
            self._db.executemany(
                "INSERT INTO incarnation (node, inc, forgotten_boot, forgotten_seq) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET forgotten_boot = excluded.forgotten_boot, "
                "forgotten_seq = excluded.forgotten_seq "
                "WHERE (excluded.forgotten_boot, excluded.forgotten_seq) > (forgotten_boot, forgotten_seq)",
                newest,
            )
            self._db.executemany(
                "DELETE FROM message WHERE node = ? AND inc = ? AND payload IS NULL AND (boot, seq) <= (?, ?)", newest
            )

    def waiting(self, after: int, limit: int) -> list[Waiting]:
        """Messages without a receipt that arrived after message `after`, in order of arrival."""
        rows = self._rows(
            "SELECT id, node, boot, seq, inc, t, kind, payload FROM message "
            "WHERE payload IS NOT NULL AND id > ? ORDER BY id LIMIT ?",
            (after, limit),
        )
        return [
            Waiting(id=i, identity=Identity(node, boot, seq, inc), t=t, kind=kind, payload=payload)
            for i, node, boot, seq, inc, t, kind, payload in rows
        ]

    def last_calls(self) -> list[tuple[Identity, bytes]]:
        """Every node's last call, with its payload."""
        rows = self._rows("SELECT node, boot, seq, inc, payload FROM last_call ORDER BY node")
        return [(Identity(node, boot, seq, inc), payload) for node, boot, seq, inc, payload in rows]

    def is_last_call(self, identity: Identity) -> bool:
        """Whether no later call of that node is known."""
        return bool(self._rows("SELECT 1 FROM last_call WHERE node = ? AND boot = ? AND seq = ? AND inc = ?", identity))

    def nodes(self) -> dict[str, NodeState]:
        """Every node ever heard."""
        rows = self._rows(SELECT_NODES)
        return {row[0]: NodeState(**dict(zip(NODE_FIELDS, row, strict=True))) for row in rows}

    def save_nodes(self, nodes: Iterable[NodeState]) -> None:
        """Keeps what is known of nodes."""
        self._db.executemany(
            "INSERT OR REPLACE INTO node (id, inc, boot, seen_t, wake_interval_s, state, state_t, link, rssi, snr, "
            "channels, sentinels) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (tuple(getattr(n, name) for name in NODE_FIELDS) for n in nodes),
        )

    def values(self) -> list[WantedValue]:
        """What is meant for nodes."""
        return [WantedValue(*row) for row in self._rows(SELECT_VALUES)]

    def save_value(self, value: WantedValue) -> None:
        """Keeps what became of a value."""
        self._db.execute("INSERT OR REPLACE INTO value VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(value))

    def farm_blocks(self) -> dict[str, bytes]:
        """Settings by node, as farm.yaml had them when a gateway last looked at it."""
        return dict(self._rows("SELECT node, block FROM farm_block"))

    def save_farm_blocks(self, blocks: dict[str, bytes]) -> None:
        """Keeps the settings that farm.yaml has now."""
        self._db.executemany("INSERT OR REPLACE INTO farm_block VALUES (?, ?)", blocks.items())

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def newest_time(outbox: Outbox) -> int | None:
    """The newest event time heard of any node, UTC ms: where a simulated clock stood; None in a new outbox."""
    return max((node.seen_t for node in outbox.nodes().values()), default=None)
