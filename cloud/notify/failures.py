"""What notifying itself has failed at, in lines for the page and `cooee doctor`; reads notify.db and nothing else."""

from pathlib import Path

from ..language.speech import mark, say
from ..language.times import at
from .database import FILE, looked_at

STOPPED_MS = 3 * 60_000
"""A service that lives says so every half minute."""
SHOWN_MS = 7 * 86_400_000

SETTINGS = "SELECT name, value FROM setting WHERE name IN ('alive', 'people')"
NOT_REACHED = """
WITH attempt AS (SELECT person, channel, state, error, message, message.wall FROM delivery
    JOIN message ON message.id = message
    WHERE state IN ('sent', 'failed', 'unknown') OR state IN ('waiting', 'sending') AND tries > 0)
SELECT person, channel, state, error,
    (SELECT min(wall) FROM attempt AS failed WHERE (failed.person, failed.channel) = (last.person, last.channel)
        AND message > (SELECT coalesce(max(message), 0) FROM attempt AS came WHERE state = 'sent'
            AND (came.person, came.channel) = (last.person, last.channel)))
FROM attempt AS last WHERE (person, channel, message) IN
    (SELECT person, channel, max(message) FROM attempt GROUP BY person, channel)
AND state != 'sent' AND wall > ? ORDER BY message
"""
"""Channels whose newest attempt, since a time, did not come through; and since when none did."""


def failures(data: Path, timezone: str, wall: int) -> list[str]:
    """One line a failure, the worst first; empty where no notifications were set up. `wall`: now, UTC ms."""
    if not (data / FILE).exists():
        return []
    settings = dict(looked_at(data, SETTINGS))
    alive, fault = settings.get("alive"), settings.get("people")
    lines = []
    if alive is None or abs(wall - alive) > STOPPED_MS:
        lines.append(
            say(
                "Notifications have stopped since {time}: nobody is told. Start `cooee notify`.",
                time=at(alive, timezone, now=wall),
            )
            if alive
            else say("Notifications have stopped: nobody is told. Start `cooee notify`.")
        )
    if fault:
        lines.append(say("The list of people has a mistake, so they are told as before: {reason}", reason=fault))
    for person, channel, state, reason, since in looked_at(data, NOT_REACHED, wall - SHOWN_MS):
        lines.append(not_reached(person, channel, state, reason, at(since, timezone, now=wall)))
    return lines


def not_reached(person: str, channel: str, state: str, reason: str, time: str) -> str:
    """What became of a delivery that did not come through; `time`: since when."""
    text = (
        mark("Stopped while telling {person} by {channel}, {time}: it may not have arrived.")
        if state == "unknown"
        else mark("Could not reach {person} by {channel} since {time}: {reason}")
    )
    return say(text, person=person, channel=channel, time=time, reason=reason)
