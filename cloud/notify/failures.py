"""What notifying itself has failed at, in lines for the page and `cooee doctor`; reads notify.db and nothing else."""

import sqlite3
from pathlib import Path

from cloud.language.speech import mark, say
from cloud.language.times import at
from edge.contract.errors import CooeeError

from .database import FILE

STOPPED_MS = 3 * 60_000
"""A service that lives says so every half minute."""
SHOWN_MS = 7 * 86_400_000

NOT_REACHED = """
SELECT person, channel, state, error, message.wall AS since FROM delivery JOIN message ON message.id = message
WHERE (person, channel, message) IN (
    SELECT person, channel, max(message) FROM delivery JOIN message ON message.id = message
    WHERE state != 'dropped' AND (state != 'waiting' OR tries > 0) GROUP BY person, channel)
AND state IN ('waiting', 'failed', 'unknown') AND message.wall > ? ORDER BY message
"""
"""Channels whose newest attempt, since a time, did not come through."""


def failures(data: Path, timezone: str, wall: int) -> list[str]:
    """One line a failure, the worst first; empty where no notifications were set up. `wall`: now, UTC ms."""
    path = data / FILE
    if not path.exists():
        return []
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            alive = db.execute("SELECT value FROM setting WHERE name = 'alive'").fetchone()
            fault = db.execute("SELECT value FROM setting WHERE name = 'people'").fetchone()
            rows = db.execute(NOT_REACHED, (wall - SHOWN_MS,)).fetchall()
        finally:
            db.close()
    except sqlite3.Error as error:
        raise CooeeError(f"{path}: {error}: stop `cooee notify`, move the file away, start it again") from None
    lines = []
    if alive is None or abs(wall - alive[0]) > STOPPED_MS:
        lines.append(
            say(
                "Notifications have stopped since {time}: nobody is told. Start `cooee notify`.",
                time=at(alive[0], timezone, now=wall),
            )
            if alive
            else say("Notifications have stopped: nobody is told. Start `cooee notify`.")
        )
    if fault:
        lines.append(say("The list of people has a mistake, so they are told as before: {reason}", reason=fault[0]))
    for person, channel, state, reason, since in rows:
        text = (
            mark("Stopped while telling {person} by {channel}, {time}: it may not have arrived.")
            if state == "unknown"
            else mark("Could not reach {person} by {channel} since {time}: {reason}")
        )
        time = at(since, timezone, now=wall)
        lines.append(say(text, person=person, channel=channel, time=time, reason=reason))
    return lines
