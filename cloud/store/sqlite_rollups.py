"""Rollups in SQLite: every reading is folded into them once, whenever it comes, and goes when it is old.

Readings are folded in the order of their ids, as they were stored: a reading that comes days late changes the rollups
of its hour and day then. What is not folded yet, history takes from the readings.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median_low
from typing import Any

from edge.contract.channels import channel_names

from .rollups import READINGS, SPANS, Rollup

NEW_SERIES = """
INSERT INTO series (farm, channel, node, zone)
SELECT DISTINCT farm, '{channel}', node, zone FROM reading WHERE id > :done AND id <= :last AND {channel} IS NOT NULL
ON CONFLICT DO NOTHING
"""
FOLD = """
INSERT INTO rollup (span, series, t, mean, low, high, count)
SELECT :span, series.id, t / :span * :span AS begins, avg({channel}), min({channel}), max({channel}), count(*)
FROM reading JOIN series ON (series.farm, series.channel, series.node, series.zone)
    = (reading.farm, '{channel}', reading.node, reading.zone)
WHERE reading.id > :done AND reading.id <= :last AND {channel} IS NOT NULL GROUP BY series.id, begins
ON CONFLICT DO UPDATE SET mean = (mean * count + excluded.mean * excluded.count) / (count + excluded.count),
    low = min(low, excluded.low), high = max(high, excluded.high), count = count + excluded.count
"""

OF_READINGS = """
SELECT (t - :since) / :width AS bucket, {channel} AS mean, {channel} AS low, {channel} AS high, 1 AS count
FROM reading WHERE farm = :farm AND node IN ({nodes}) AND t >= :{begin} AND t < :{end} AND {channel} IS NOT NULL
"""
OF_NEW_READINGS = """
SELECT (t / :span * :span + :span / 2 - :since) / :width AS bucket,
    {channel} AS mean, {channel} AS low, {channel} AS high, 1 AS count
FROM reading WHERE id > (SELECT id FROM folded) AND {by_id}farm = :farm AND {by_id}node IN ({nodes})
    AND {by_id}t >= :first AND {by_id}t < :last AND {channel} IS NOT NULL
"""
MANY = 5_000
"""Fewer readings that are not folded are looked through (a + before a column keeps SQLite from its index)."""
OF_ROLLUPS = """
SELECT (t + :span / 2 - :since) / :width AS bucket, mean, low, high, count FROM rollup WHERE span = :span
    AND series IN (SELECT id FROM series WHERE farm = :farm AND channel = '{channel}' AND node IN ({nodes}))
    AND t >= :first AND t < :last
"""


NODES = """
WITH RECURSIVE device (name) AS (
    SELECT min(node) FROM {table} WHERE farm = :farm
    UNION ALL
    SELECT (SELECT min(node) FROM {table} WHERE farm = :farm AND node > name) FROM device WHERE name IS NOT NULL)
SELECT name FROM device WHERE name IS NOT NULL
"""
"""Every node: hops from node to node through the index, so that its cost does not grow with time."""

NEWEST = f"""
SELECT (SELECT max(t) FROM reading WHERE farm = :farm AND node = name) AS t FROM ({NODES.format(table="reading")})
"""
SPAN = f"""
SELECT min(first) AS first, max(last) AS last FROM (
    SELECT (SELECT min(t) FROM reading WHERE farm = :farm AND node = name) AS first,
        (SELECT max(t) FROM reading WHERE farm = :farm AND node = name) AS last FROM ({NODES.format(table="reading")})
    UNION ALL SELECT min(t), max(t) FROM call WHERE farm = :farm
    UNION ALL SELECT min(t), max(t) FROM node WHERE farm = :farm
    UNION ALL SELECT min(t), max(t) FROM judgement WHERE farm = :farm
    UNION ALL SELECT min(t), max(t) FROM record WHERE farm = :farm
    UNION ALL SELECT min(t), max(t) FROM rollup WHERE span = {SPANS["daily"]}
        AND series IN (SELECT id FROM series WHERE farm = :farm))
"""
ROLLUPS = """
SELECT zone, node, channel, t, mean, low, high, count FROM series JOIN rollup ON rollup.series = series.id
WHERE farm = :farm AND span = :span AND t >= :since AND t < :until ORDER BY node, channel, zone, t
"""


def fold(database: sqlite3.Connection, most: int) -> bool:
    """Folds the next readings, at most so many, into the rollups; whether there were any. Within a transaction."""
    done = database.execute("SELECT id FROM folded").fetchone()["id"]
    last = database.execute(
        "SELECT max(id) AS last FROM (SELECT id FROM reading WHERE id > ? ORDER BY id LIMIT ?)", (done, most)
    ).fetchone()["last"]
    if last is None:
        return False
    for channel in channel_names():
        new = database.execute(NEW_SERIES.format(channel=channel), {"done": done, "last": last})
        if new.rowcount == 0 and not _any(database, channel, done, last):
            continue
        for span in SPANS.values():
            database.execute(FOLD.format(channel=channel), {"done": done, "last": last, "span": span})
    database.execute("UPDATE folded SET id = ?", (last,))
    return True


def _any(database: sqlite3.Connection, channel: str, done: int, last: int) -> bool:
    asked = f"SELECT 1 FROM reading WHERE id > ? AND id <= ? AND {channel} IS NOT NULL LIMIT 1"
    return database.execute(asked, (done, last)).fetchone() is not None


def drop(database: sqlite3.Connection, farm: str, horizons: Mapping[int, int], most: int) -> bool:
    """Drops what is older than its horizon, at most so many rows; whether there may be more. The newest reading and
    status of a node stay however old they are, so that it is known when it was heard. Within a transaction."""
    left = most
    forget_before(database, farm, horizons)
    for table in ("reading", "node") if READINGS in horizons else ():
        # The newest id stays too: the ids of readings to come lie above it.
        rest = " AND id < (SELECT id FROM folded)" if table == "reading" else ""
        for (node,) in (row.values() for row in database.execute(NODES.format(table=table), {"farm": farm}).fetchall()):
            left -= database.execute(
                f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE farm = :farm AND node = :node "
                f"AND t < min(:since, (SELECT max(t) FROM {table} WHERE farm = :farm AND node = :node)){rest} "
                "LIMIT :left)",
                {"farm": farm, "node": node, "since": horizons[READINGS], "left": left},
            ).rowcount
    for span in horizons.keys() & SPANS.values():
        left -= database.execute(
            "DELETE FROM rollup WHERE (span, series, t) IN (SELECT span, series, t FROM rollup WHERE span = :span "
            "AND series IN (SELECT id FROM series WHERE farm = :farm) AND t < :since LIMIT :left)",
            {"farm": farm, "span": span, "since": horizons[span], "left": left},
        ).rowcount
    return left == 0


def _waiting(database: sqlite3.Connection) -> int:
    """How many readings are not folded yet, about."""
    found = database.execute("SELECT (SELECT max(id) FROM reading) - (SELECT id FROM folded) AS waiting").fetchone()
    return int(found["waiting"] or 0)


def forget_before(database: sqlite3.Connection, farm: str, horizons: Mapping[int, int]) -> None:
    """Keeps the time [UTC ms] from which there are readings (span 0) or rollups. Within a transaction."""
    database.executemany(
        "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET since = max(since, excluded.since)",
        [(farm, span, since) for span, since in horizons.items()],
    )


def put(database: sqlite3.Connection, farm: str, rollups: Sequence[Rollup]) -> None:
    """Keeps rollups in place of those that are there. Within a transaction."""
    named = [asdict(rollup) | {"farm": farm} for rollup in rollups]
    database.executemany(
        "INSERT INTO series (farm, channel, node, zone) VALUES (:farm, :channel, :node, :zone) ON CONFLICT DO NOTHING",
        named,
    )
    database.executemany(
        "INSERT OR REPLACE INTO rollup SELECT :span, id, :t, :mean, :low, :high, :count FROM series "
        "WHERE (farm, channel, node, zone) = (:farm, :channel, :node, :zone)",
        named,
    )


def heard_until(database: sqlite3.Connection, farm: str) -> int:
    """The time [UTC ms] that half of the nodes were heard after; 0 without any. A clock that is wrong for a while, or
    one node's time, makes nobody's past old by it."""
    newest: list[int] = [row["t"] for row in database.execute(NEWEST, {"farm": farm})]
    return median_low(newest or [0])


def kept_since(database: sqlite3.Connection, farm: str) -> dict[int, int]:
    """The time [UTC ms] from which readings (span 0) and rollups are still there; nothing for those never dropped."""
    rows = database.execute("SELECT span, since FROM kept WHERE farm = ?", (farm,))
    return {row["span"]: row["since"] for row in rows}


def history(
    database: sqlite3.Connection,
    farm: str,
    nodes: Sequence[str],
    channel: str,
    since: int,
    until: int,
    width: int,
    span: int,
) -> list[dict[str, Any]]:
    """bucket, mean, low and high of a channel of these nodes. From rollups of `span` that lie whole in [since, until),
    each in the bucket that holds its middle, and from readings at both ends; from readings alone with span READINGS."""
    marks = {f"node{number}": node for number, node in enumerate(nodes)}
    names = {"channel": channel, "nodes": ", ".join(f":{mark}" for mark in marks)}
    parts = [OF_READINGS.format(**names, begin="since", end="until")]
    first = last = until
    if span != READINGS:
        first = min(-(-since // span) * span, until)
        last = max(first, until // span * span)
        parts = [
            OF_READINGS.format(**names, begin="since", end="first"),
            OF_READINGS.format(**names, begin="last", end="until"),
            OF_NEW_READINGS.format(**names, by_id="+" if _waiting(database) < MANY else ""),
            OF_ROLLUPS.format(**names),
        ]
    asked = (
        "SELECT bucket, sum(mean * count) / sum(count) AS mean, min(low) AS low, max(high) AS high "
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY bucket ORDER BY bucket"
    )
    times = {"since": since, "until": until, "first": first, "last": last, "width": width, "span": span}
    return database.execute(asked, {"farm": farm, **times, **marks}).fetchall()
