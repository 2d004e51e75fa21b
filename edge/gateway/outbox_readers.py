"""What other processes read of the gateway's outbox: its file, opened read-only."""

import sqlite3
from pathlib import Path
from typing import Any

from .outbox_schema import NODE_FIELDS, SELECT_NODES, SELECT_VALUES, NodeState, WantedValue


def read_values(path: Path, node: str) -> dict[int, WantedValue]:
    """What is meant for a node, by kind, in an outbox file, opened read-only; nothing when it is not there."""
    return {row[1]: WantedValue(*row) for row in _look(path, SELECT_VALUES) if row[0] == node}


def read_nodes(path: Path) -> dict[str, NodeState]:
    """Nodes in an outbox file, opened read-only; none when it is not there."""
    return {row[0]: NodeState(**dict(zip(NODE_FIELDS, row, strict=True))) for row in _look(path, SELECT_NODES)}


def _look(path: Path, sql: str) -> list[tuple[Any, ...]]:
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return []


def read_backlog(path: Path) -> tuple[int, dict[str, int]]:
    """Messages without a receipt in an outbox file, opened read-only, and how many of each kind were ever dropped
    because it was full; sqlite3.Error when it is none."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        waiting = int(db.execute("SELECT count(*) FROM message WHERE payload IS NOT NULL").fetchone()[0])
        return waiting, dict(db.execute("SELECT kind, count FROM dropped"))
    finally:
        db.close()


def read_links(path: Path) -> dict[str, str]:
    """The link over which each node was heard last, as far as it is known, from an outbox file opened read-only;
    sqlite3.Error when it is none."""
    return _known_of_nodes(path, "link")


def read_channels(path: Path) -> dict[str, str]:
    """The channels of each node's newest hello, joined by commas, as read_links."""
    return _known_of_nodes(path, "channels")


def _known_of_nodes(path: Path, column: str) -> dict[str, str]:
    """A column that outboxes of earlier versions lack."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute("SELECT * FROM node")]
        return {row["id"]: row[column] for row in rows if row.get(column)}
    finally:
        db.close()
