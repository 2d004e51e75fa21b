"""Tables of the SQLite store, and how a file of an earlier version is brought up to date."""

import sqlite3

from edge.contract.channels import channel_names

SCHEMA_VERSION = 6
COLUMNS = {
    "reading": ("inc", "boot", "seq", "faults", *channel_names()),
    "call": ("inc", "boot", "seq", "sentinel", "version", "class", "confidence", "state", "raised_t", "why"),
    "node": ("state", "wake_interval_s", "gateway", "simulated"),
    "judgement": ("sentinel", "class", "raised_t", "verdict", "note"),
    "record": ("id", "kind", "happened_t", "amount", "text", "withdrawn"),
}
"""Columns of a table after farm, zone, node and t."""
FRAMES = ("reading", "call")
"""Tables of what nodes say, whose rows have an identity."""

HEAD = "farm TEXT NOT NULL, zone TEXT NOT NULL, node TEXT NOT NULL, t INTEGER NOT NULL"
FRAME = f"{HEAD}, inc INTEGER NOT NULL DEFAULT 0, boot INTEGER NOT NULL, seq INTEGER NOT NULL"
IDENTITY = "farm, node, inc, boot, seq"
OF_FRAMES = {
    "reading": f"""
CREATE TABLE reading (id INTEGER PRIMARY KEY, {FRAME}, faults TEXT NOT NULL, UNIQUE ({IDENTITY})) STRICT;
CREATE INDEX reading_of_node ON reading (farm, node, t);
""",
    "call": f"""
CREATE TABLE call ({FRAME}, sentinel TEXT NOT NULL, version TEXT NOT NULL, class TEXT NOT NULL,
    confidence INTEGER NOT NULL, state TEXT NOT NULL, raised_t INTEGER NOT NULL, why TEXT NOT NULL,
    UNIQUE ({IDENTITY})) STRICT;
CREATE INDEX call_by_time ON call (farm, t);
""",
}
BOUNDS = """
CREATE TABLE series (id INTEGER PRIMARY KEY, farm TEXT NOT NULL, channel TEXT NOT NULL, node TEXT NOT NULL,
    zone TEXT NOT NULL, UNIQUE (farm, channel, node, zone)) STRICT;
CREATE TABLE rollup (span INTEGER NOT NULL, series INTEGER NOT NULL, t INTEGER NOT NULL, mean REAL NOT NULL,
    low REAL NOT NULL, high REAL NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (span, series, t)) STRICT, WITHOUT ROWID;
CREATE TABLE folded (id INTEGER NOT NULL) STRICT;
INSERT INTO folded VALUES (0);
CREATE TABLE kept (farm TEXT NOT NULL, span INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (farm, span)) STRICT;
"""
"""Rollups of every reading up to `folded`, and the time from which readings (span 0) and rollups are still there."""
ALARMS = """
CREATE TABLE alarm (farm TEXT NOT NULL, node TEXT NOT NULL, sentinel TEXT NOT NULL, class TEXT NOT NULL,
    t INTEGER NOT NULL, state TEXT NOT NULL, inc INTEGER NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (farm, node, sentinel, class)) STRICT, WITHOUT ROWID;
CREATE INDEX open_alarm ON alarm (farm) WHERE state != 'cleared';
"""
"""The newest call of each alarm by its identity: what is open is found without the calls of the past."""
FILL_ALARMS = """
INSERT INTO alarm SELECT farm, node, sentinel, class, max(t), state, inc, boot, seq
FROM call GROUP BY farm, node, sentinel, class
"""
"""With one max() in it, SQLite takes the other columns of a group from the row that holds the maximum."""
KEEP_ALARMS = """
CREATE TRIGGER alarm_of_call AFTER INSERT ON call BEGIN
    INSERT INTO alarm VALUES (new.farm, new.node, new.sentinel, new.class, new.t, new.state, new.inc, new.boot, new.seq)
    ON CONFLICT DO UPDATE SET t = new.t, state = new.state, inc = new.inc, boot = new.boot, seq = new.seq
        WHERE CASE WHEN new.inc = inc THEN (new.boot, new.seq) > (boot, seq) ELSE new.t > t END;
END
"""
"""A node counts what it says: of its own calls the newest is known, whatever the gateway's clock did meanwhile."""
RECORDS = f"""
CREATE TABLE record ({HEAD}, id TEXT NOT NULL, kind TEXT NOT NULL, happened_t INTEGER NOT NULL, amount REAL,
    text TEXT NOT NULL, withdrawn INTEGER NOT NULL, UNIQUE (farm, node, t)) STRICT;
CREATE INDEX record_by_time ON record (farm, t);
"""
"""What people write down of a block, which stands in the column of the node too."""
SCHEMA = f"""{"".join(OF_FRAMES.values())}{BOUNDS}
CREATE TABLE node ({HEAD}, state TEXT NOT NULL, wake_interval_s INTEGER NOT NULL, gateway INTEGER NOT NULL,
    simulated INTEGER NOT NULL, UNIQUE (farm, node, t)) STRICT;
CREATE TABLE judgement ({HEAD}, sentinel TEXT NOT NULL, class TEXT NOT NULL, raised_t INTEGER NOT NULL,
    verdict TEXT NOT NULL, note TEXT NOT NULL, UNIQUE (farm, node, t)) STRICT;
"""


def bring_up_to_date(database: sqlite3.Connection) -> None:
    """Makes the tables of an empty file, or those that a file of an earlier version lacks; a later version is left
    alone. Within a transaction. Raises sqlite3.Error."""
    (found,) = database.execute("SELECT user_version FROM pragma_user_version").fetchone().values()
    if found == 0:
        _make(database, SCHEMA)
    elif found < 3:
        # Version 1 had no incarnations; version 2 no id that stays with a reading, by which it is folded once.
        _anew(database, FRAMES if found == 1 else ("reading",))
        _make(database, BOUNDS)
    if found < 4:
        _make(database, ALARMS)
        database.execute(FILL_ALARMS)
    if found < 5:
        _make(database, RECORDS)
    if found < SCHEMA_VERSION:
        database.execute("DROP TRIGGER IF EXISTS alarm_of_call")
        database.execute(KEEP_ALARMS)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    _add_channels(database)


def missing_channels(database: sqlite3.Connection) -> list[str]:
    """Channels that the table of readings has no column for."""
    columns = {row["name"] for row in database.execute("PRAGMA table_info(reading)")}
    return [name for name in channel_names() if name not in columns]


def _make(database: sqlite3.Connection, schema: str) -> None:
    for statement in schema.split(";"):
        database.execute(statement)


def _add_channels(database: sqlite3.Connection) -> None:
    for name in missing_channels(database):
        database.execute(f"ALTER TABLE reading ADD COLUMN {name} REAL")


def _anew(database: sqlite3.Connection, tables: tuple[str, ...]) -> None:
    """Makes tables of frames anew, with every row that they have."""
    for index in ("reading_of_zone", *(f"{table}_{by}" for table, by in BY.items() if table in tables)):
        database.execute(f"DROP INDEX IF EXISTS {index}")
    for table in tables:
        database.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        _make(database, OF_FRAMES[table])
    _add_channels(database)
    for table in tables:
        names = ", ".join(row["name"] for row in database.execute(f"PRAGMA table_info(old_{table})"))
        database.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM old_{table} ORDER BY rowid")
        database.execute(f"DROP TABLE old_{table}")


BY = {"reading": "of_node", "call": "by_time"}
"""How the index of a table of frames is called after it."""
