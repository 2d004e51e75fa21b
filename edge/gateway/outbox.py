"""The gateway's outbox: every message on disk from before the node's acknowledgement until after ingest's receipt.

Identities and event times outlive the receipt (the newest REMEMBERED of an incarnation): a frame sent again gets no
new time. The newest identity that was let go is kept for ever, so that none is taken for new again.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

from ..contract.messages import YEAR_2000_S, Identity
from .outbox_file import OutboxFile
from .outbox_schema import NODE_FIELDS, SELECT_NODES, SELECT_VALUES, NodeState, Waiting, WantedValue
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
    """What is in the file (outbox_file). Changes are made inside `transaction()` and are on disk once it ends. Methods
    raise sqlite3.Error (a full disk): then nothing of that transaction is kept."""

    def __init__(self, path: Path) -> None:
        self._file = OutboxFile(path)

    @property
    def generation(self) -> int:
        """How many files have followed another; messages get new ids then."""
        return self._file.generation

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at its end, into the file that is at its path; or rolls back and raises."""
        with self._file.transaction():
            yield
            self._make_room()

    def _make_room(self) -> None:
        """Lets the oldest go when too many wait; they stay known: a node's repetition does not bring one back."""
        for kind in ("telemetry", "call"):
            if self._file.waiting <= MOST_WAITING:
                return
            gone = self._file.database.execute(
                "UPDATE message SET payload = NULL WHERE id IN "
                "(SELECT id FROM message WHERE payload IS NOT NULL AND kind = ? ORDER BY id LIMIT ?)",
                (kind, self._file.waiting - MOST_WAITING + ROOM),
            ).rowcount
            self._file.waiting -= gone
            if gone:
                self._file.database.execute(
                    "INSERT INTO dropped VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = count + ?2", (kind, gone)
                )
                log.error("the outbox is full: the %d oldest of kind %s were dropped; is ingest running?", gone, kind)

    @property
    def backlog(self) -> int:
        """How many messages wait for a receipt."""
        return self._file.waiting

    def dropped(self) -> dict[str, int]:
        """How many messages of each kind were ever dropped for want of room."""
        return dict(self._file.rows("SELECT kind, count FROM dropped"))

    def known(self, identity: Identity) -> int | None:
        """The digest under which an identity was kept, None for a new one."""
        rows = self._file.rows(
            "SELECT digest FROM message WHERE node = ? AND boot = ? AND seq = ? AND inc = ?", identity
        )
        return int(rows[0][0]) if rows else None

    def is_too_old(self, identity: Identity) -> bool:
        """Whether nobody can tell if an identity that is not known is a new one: it is not above the newest that its
        incarnation has been let go of."""
        below = "(?2, ?3) <= (forgotten_boot, forgotten_seq)"
        return bool(self._file.rows(f"SELECT 1 FROM incarnation WHERE node = ?1 AND inc = ?4 AND {below}", identity))

    def next_down(self, node: str, inc: int) -> int:
        """A sequence for a frame to an incarnation, above all before. The first is the time of day in seconds since
        2000, so that a gateway that has lost its disk goes on above what it sent."""
        rows = self._file.rows(
            "INSERT INTO incarnation (node, inc, down) VALUES (?1, ?2, ?3) "
            "ON CONFLICT DO UPDATE SET down = CASE down WHEN 0 THEN ?3 ELSE down + 1 END RETURNING down",
            (node, inc, int(time.time()) - YEAR_2000_S),
        )
        return int(rows[0][0])

    def add_to_gauge(self, node: str, rain: int) -> None:
        """Adds rain (0.01 mm) to what a weather station's gauge has counted."""
        self._file.rows(
            "INSERT INTO gauge VALUES (?1, ?2) ON CONFLICT DO UPDATE SET rain = rain + ?2 RETURNING 1", (node, rain)
        )

    def gauge(self, node: str) -> int:
        """What a weather station's gauge has counted, 0.01 mm."""
        rows = self._file.rows("SELECT rain FROM gauge WHERE node = ?", (node,))
        return int(rows[0][0]) if rows else 0

    def sunshine(self) -> dict[str, Sunshine]:
        """What the days of weather stations are like, by station."""
        rows = self._file.rows("SELECT node, adjustment, days FROM sunshine", ())
        return {node: Sunshine(adjustment=adjustment, days=days) for node, adjustment, days in rows}

    def keep_sunshine(self, node: str, sunshine: Sunshine) -> None:
        """Keeps what a weather station's days are like."""
        row = (node, sunshine.adjustment, sunshine.days)
        self._file.rows("INSERT OR REPLACE INTO sunshine VALUES (?, ?, ?) RETURNING 1", row)

    def free_time(self, node: str, t: int) -> int:
        """The first time from `t` on (UTC ms) that no other message of the node has."""
        while self._file.rows("SELECT 1 FROM message WHERE node = ? AND t = ?", (node, t)):
            t += 1
        return t

    def keep(self, identity: Identity, t: int, digest: int, kind: str, payload: bytes) -> None:
        """Adds a new message; a call becomes its node's last one unless a later one is known."""
        self._file.database.execute(
            "INSERT INTO message (node, boot, seq, inc, t, digest, kind, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*identity, t, digest, kind, payload),
        )
        self._file.waiting += 1
        if kind == "call":
            self._file.database.execute(
                "INSERT INTO last_call (node, boot, seq, inc, t, payload) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET inc = excluded.inc, boot = excluded.boot, seq = excluded.seq, "
                "t = excluded.t, payload = excluded.payload WHERE CASE WHEN excluded.inc = inc "
                "THEN (excluded.boot, excluded.seq) > (boot, seq) ELSE excluded.t > t END",
                (*identity, t, payload),
            )

    def raised(self, node: str, sentinel: str, kind: str) -> int | None:
        """The newest time (UTC ms) under which a class was said to be raised."""
        rows = self._file.rows(
            "SELECT t FROM raised WHERE node = ? AND sentinel = ? AND class = ?", (node, sentinel, kind)
        )
        return int(rows[0][0]) if rows else None

    def remember_raise(self, node: str, sentinel: str, kind: str, t: int) -> None:
        """Keeps the time of a raise, unless a newer one is known."""
        self._file.database.execute(
            "INSERT INTO raised VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET t = max(t, excluded.t)",
            (node, sentinel, kind, t),
        )

    def clock(self, node: str, inc: int, boot: int) -> tuple[int, int] | None:
        """When (UTC ms) the clock of a boot showed so many seconds; None when nothing has told it."""
        rows = self._file.rows(
            "SELECT t, clock_s FROM clock WHERE node = ? AND inc = ? AND boot = ?", (node, inc, boot)
        )
        return (int(rows[0][0]), int(rows[0][1])) if rows else None

    def set_clock(self, node: str, inc: int, boot: int, t: int, clock_s: int) -> None:
        """Keeps what a boot's clock shows at `t`, instead of what it showed before."""
        self._file.database.execute(
            "INSERT OR REPLACE INTO clock VALUES (?, ?, ?, ?, ?)", (node, inc, boot, t, clock_s)
        )
        self._file.database.execute(
            "DELETE FROM clock WHERE node = ? AND inc = ? AND boot <= ?", (node, inc, boot - BOOTS)
        )

    def settle(self, identities: Iterable[Identity]) -> None:
        """Lets go of payloads that ingest has receipted; the identities stay known."""
        self._file.waiting -= self._file.database.executemany(
            "UPDATE message SET payload = NULL "
            "WHERE node = ? AND boot = ? AND seq = ? AND inc = ? AND payload IS NOT NULL",
            identities,
        ).rowcount

    def forget(self) -> None:
        """Drops all but the newest REMEMBERED receipted identities of each incarnation."""
        for node, inc in self._file.rows("SELECT DISTINCT node, inc FROM message"):
            newest = self._file.rows(
                "SELECT node, inc, boot, seq FROM message WHERE node = ? AND inc = ? "
                "ORDER BY boot DESC, seq DESC LIMIT 1 OFFSET ?",
                (node, inc, REMEMBERED),
            )
            self._file.database.executemany(
                "INSERT INTO incarnation (node, inc, forgotten_boot, forgotten_seq) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET forgotten_boot = excluded.forgotten_boot, "
                "forgotten_seq = excluded.forgotten_seq "
                "WHERE (excluded.forgotten_boot, excluded.forgotten_seq) > (forgotten_boot, forgotten_seq)",
                newest,
            )
            self._file.database.executemany(
                "DELETE FROM message WHERE node = ? AND inc = ? AND payload IS NULL AND (boot, seq) <= (?, ?)", newest
            )

    def waiting(self, after: int, limit: int) -> list[Waiting]:
        """Messages without a receipt that arrived after message `after`, in order of arrival."""
        rows = self._file.rows(
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
        rows = self._file.rows("SELECT node, boot, seq, inc, payload FROM last_call ORDER BY node")
        return [(Identity(node, boot, seq, inc), payload) for node, boot, seq, inc, payload in rows]

    def is_last_call(self, identity: Identity) -> bool:
        """Whether no later call of that node is known."""
        return bool(
            self._file.rows("SELECT 1 FROM last_call WHERE node = ? AND boot = ? AND seq = ? AND inc = ?", identity)
        )

    def nodes(self) -> dict[str, NodeState]:
        """Every node ever heard."""
        rows = self._file.rows(SELECT_NODES)
        return {row[0]: NodeState(**dict(zip(NODE_FIELDS, row, strict=True))) for row in rows}

    def save_nodes(self, nodes: Iterable[NodeState]) -> None:
        """Keeps what is known of nodes."""
        self._file.database.executemany(
            "INSERT OR REPLACE INTO node (id, inc, boot, seen_t, wake_interval_s, state, state_t, link, rssi, snr, "
            "channels, sentinels) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (tuple(getattr(n, name) for name in NODE_FIELDS) for n in nodes),
        )

    def values(self) -> list[WantedValue]:
        """What is meant for nodes."""
        return [WantedValue(*row) for row in self._file.rows(SELECT_VALUES)]

    def save_value(self, value: WantedValue) -> None:
        """Keeps what became of a value."""
        self._file.database.execute("INSERT OR REPLACE INTO value VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(value))

    def farm_blocks(self) -> dict[str, bytes]:
        """Settings by node, as farm.yaml had them when a gateway last looked at it."""
        return dict(self._file.rows("SELECT node, block FROM farm_block"))

    def save_farm_blocks(self, blocks: dict[str, bytes]) -> None:
        """Keeps the settings that farm.yaml has now."""
        self._file.database.executemany("INSERT OR REPLACE INTO farm_block VALUES (?, ?)", blocks.items())

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def newest_time(outbox: Outbox) -> int | None:
    """The newest event time heard of any node, UTC ms: where a simulated clock stood; None in a new outbox."""
    return max((node.seen_t for node in outbox.nodes().values()), default=None)
