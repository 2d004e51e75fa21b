"""The tables of the gateway's outbox, their rows, and what brings an outbox of an earlier version up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from ..contract.messages import Identity, StatusState

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, node TEXT NOT NULL, inc INTEGER NOT NULL DEFAULT 0, boot INTEGER NOT NULL,
    seq INTEGER NOT NULL, t INTEGER NOT NULL, digest INTEGER NOT NULL, kind TEXT NOT NULL, payload BLOB,
    UNIQUE (node, inc, boot, seq), UNIQUE (node, t));
CREATE INDEX IF NOT EXISTS waiting ON message (id) WHERE payload IS NOT NULL;
CREATE TABLE IF NOT EXISTS node (
    id TEXT PRIMARY KEY, inc INTEGER NOT NULL DEFAULT 0, boot INTEGER NOT NULL, seen_t INTEGER NOT NULL,
    wake_interval_s INTEGER NOT NULL, state TEXT NOT NULL, state_t INTEGER NOT NULL,
    link TEXT NOT NULL DEFAULT '', rssi INTEGER, snr INTEGER, channels TEXT NOT NULL DEFAULT '',
    sentinels TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS last_call (
    node TEXT PRIMARY KEY, inc INTEGER NOT NULL DEFAULT 0, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    t INTEGER NOT NULL DEFAULT 0, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS incarnation (
    node TEXT NOT NULL, inc INTEGER NOT NULL, forgotten_boot INTEGER NOT NULL DEFAULT -1,
    forgotten_seq INTEGER NOT NULL DEFAULT -1, down INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (node, inc));
CREATE TABLE IF NOT EXISTS raised (
    node TEXT NOT NULL, sentinel TEXT NOT NULL, class TEXT NOT NULL, t INTEGER NOT NULL,
    PRIMARY KEY (node, sentinel, class));
CREATE TABLE IF NOT EXISTS clock (
    node TEXT NOT NULL, inc INTEGER NOT NULL, boot INTEGER NOT NULL, t INTEGER NOT NULL, clock_s INTEGER NOT NULL,
    PRIMARY KEY (node, inc, boot));
CREATE TABLE IF NOT EXISTS value (
    node TEXT NOT NULL, kind INTEGER NOT NULL, version INTEGER NOT NULL, data BLOB NOT NULL, command INTEGER NOT NULL,
    state TEXT NOT NULL, told INTEGER NOT NULL, why TEXT NOT NULL, PRIMARY KEY (node, kind));
CREATE TABLE IF NOT EXISTS farm_block (node TEXT PRIMARY KEY, block BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS gauge (node TEXT PRIMARY KEY, rain INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sunshine (node TEXT PRIMARY KEY, adjustment REAL NOT NULL, days INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dropped (kind TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""
NODE_FIELDS = (
    "node",
    "inc",
    "boot",
    "seen_t",
    "wake_interval_s",
    "state",
    "state_t",
    "link",
    "rssi",
    "snr",
    "channels",
    "sentinels",
)
SELECT_NODES = (
    "SELECT id, inc, boot, seen_t, wake_interval_s, state, state_t, link, rssi, snr, channels, sentinels FROM node"
)
SELECT_VALUES = "SELECT node, kind, version, data, command, state, told, why FROM value"
TABLES = (
    "message",
    "node",
    "last_call",
    "raised",
    "incarnation",
    "dropped",
    "value",
    "clock",
    "gauge",
    "farm_block",
    "sunshine",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A message without a receipt. `id` is its place in the order of arrival; `t` its event time, UTC ms."""

    id: int
    identity: Identity
    t: int
    kind: str
    payload: bytes


@dataclass(frozen=True, kw_only=True)
class NodeState:
    """What the gateway knows of a node: its newest incarnation and boot, newest event time heard, how often it wakes,
    its status with the time that got it (UTC ms), the link over which it was heard last ("": not known), with
    what that tells of the signal [dBm, dB], and of its newest hello the channels and the versions of its sentinels, as
    eight hexadecimal digits, joined by commas ("": none heard)."""

    node: str
    boot: int
    seen_t: int
    wake_interval_s: int
    state: StatusState
    state_t: int
    inc: int = 0
    link: str = ""
    rssi: int | None = None
    snr: int | None = None
    channels: str = ""
    sentinels: str = ""


ValueState = Literal["waiting", "confirmed", "refused"]


@dataclass(frozen=True, slots=True)
class WantedValue:
    """What a node is to use: a block of settings or a sentinel's image, by the kind of its pieces. Without data: the
    node is to give up what it was sent with this version. `command`: the version of the command that said so; `told`:
    of settings, the version of those in use by the node's newest hello; `why`: the node's reason for refusing
    it, or giving it up."""

    node: str
    kind: int
    version: int
    data: bytes
    command: int
    state: ValueState = "waiting"
    told: int = 0
    why: str = ""


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Commits at its end, or rolls back and raises."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # A full disk may have rolled back already.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def bring_up_to_date(database: sqlite3.Connection) -> None:
    """Makes the tables, or adds what an earlier version did not have."""
    columns = [row[1] for row in database.execute("PRAGMA table_info(message)")]
    if columns and "inc" not in columns:
        _add_incarnations(database)
    database.executescript(SCHEMA)
    columns = [row[1] for row in database.execute("PRAGMA table_info(node)")]
    text = "TEXT NOT NULL DEFAULT ''"
    for name, kind in (
        ("link", text),
        ("rssi", "INTEGER"),
        ("snr", "INTEGER"),
        ("channels", text),
        ("sentinels", text),
    ):
        if name not in columns:
            database.execute(f"ALTER TABLE node ADD COLUMN {name} {kind}")
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'settings'").fetchone():
        _take_settings(database)


def _add_incarnations(database: sqlite3.Connection) -> None:
    """An outbox of the time when identities had no incarnation: its tables anew, with every row."""
    with transaction(database):
        database.execute("DROP INDEX IF EXISTS waiting")
        tables = ("message", "node", "last_call")
        for table in tables:
            database.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        for statement in SCHEMA.split(";"):
            database.execute(statement)
        for table in tables:
            names = ", ".join(row[1] for row in database.execute(f"PRAGMA table_info(old_{table})"))
            database.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM old_{table}")
            database.execute(f"DROP TABLE old_{table}")


def _take_settings(database: sqlite3.Connection) -> None:
    """An outbox of the time when settings alone went to nodes."""
    with transaction(database):
        database.execute(
            "INSERT OR IGNORE INTO value SELECT node, 1, version, block, version, state, told, '' FROM settings"
        )
        database.execute("DROP TABLE settings")
