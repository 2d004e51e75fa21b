"""Messages on their way.

A delivery is `sending` on disk before it leaves. Found so at a start it may have arrived: it is `unknown`, and not sent
again; the next repeat comes as it would have.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .database import Database
from .rules import Notice

FIRST_RETRY_MS = 30_000
LONGEST_RETRY_MS = 1_800_000
GIVEN_UP_MS = 86_400_000
"""A message that could not be delivered for a day is given up."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message on its way to one person through one channel."""

    message: int
    person: str
    channel: str
    title: str
    body: str


class Deliveries:
    """The messages in notify.db. `given_up` counts those since the start that could not be delivered in time."""

    def __init__(self, database: Database) -> None:
        self._run = database.run
        self.given_up = 0

    def count(self) -> int:
        """How many wait."""
        return int(self._run("SELECT count(*) FROM delivery WHERE state = 'waiting'").fetchone()[0])

    def queue(
        self,
        person: str,
        channels: Iterable[str],
        title: str,
        body: str,
        notices: Sequence[Notice],
        now: int,
        wall: int,
    ) -> None:
        """Puts a message on its way and notes what it tells."""
        rings = any(notice.form != "over" for notice in notices)
        message = self._run(
            "INSERT INTO message (person, title, body, rings, wall) VALUES (?, ?, ?, ?, ?)",
            person,
            title,
            body,
            rings,
            wall,
        ).lastrowid
        for channel in channels:
            self._run("INSERT INTO delivery (message, channel, wall) VALUES (?, ?, ?)", message, channel, wall)
        for notice in notices:
            self._run(
                "INSERT INTO told (incident, person, first_t, last_t, level, message, over) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET last_t = excluded.last_t, "
                "level = excluded.level, message = excluded.message, over = excluded.over",
                notice.incident.id,
                person,
                now,
                now,
                notice.incident.level,
                message,
                notice.form == "over",
            )

    def waiting(self, wall: int) -> list[Delivery]:
        """What is to be sent now, what was never tried first. What has meanwhile ended, been answered or been told
        anew is dropped: nobody is rung for what is over."""
        self._run(
            "UPDATE delivery SET state = iif(tries > 0, 'failed', 'dropped') WHERE state = 'waiting' "
            "AND message IN (SELECT id FROM message WHERE rings AND NOT EXISTS "
            "(SELECT 1 FROM told JOIN incident ON incident.id = incident "
            "WHERE told.message = message.id AND ended IS NULL AND NOT answered))"
        )
        self.given_up += self._run(
            "UPDATE delivery SET state = 'failed' WHERE state = 'waiting' AND wall < ?", wall - GIVEN_UP_MS
        ).rowcount
        rows = self._run(
            "SELECT message, person, channel, title, body FROM delivery JOIN message ON message.id = message "
            "WHERE state = 'waiting' AND (not_before <= ?1 OR not_before > ?1 + ?2) "
            "ORDER BY tries > 0, message, channel",
            wall,
            LONGEST_RETRY_MS,  # what waits for longer was put off before the clock was set back
        )
        return [Delivery(**row) for row in rows.fetchall()]

    def sending(self, delivery: Delivery) -> None:
        """Notes that a delivery leaves now."""
        self._run(
            "UPDATE delivery SET state = 'sending' WHERE message = ? AND channel = ?",
            delivery.message,
            delivery.channel,
        )

    def drop(self, delivery: Delivery) -> None:
        """Gives up a delivery whose channel is no more."""
        self._run(
            "UPDATE delivery SET state = 'dropped' WHERE message = ? AND channel = ?",
            delivery.message,
            delivery.channel,
        )

    def sent(self, delivery: Delivery, wall: int) -> None:
        """Notes that a delivery came through, and when."""
        self._run(
            "UPDATE delivery SET state = 'sent', tries = tries + 1, wall = ? WHERE message = ? AND channel = ?",
            wall,
            delivery.message,
            delivery.channel,
        )
        self._run("UPDATE told SET reached = 1 WHERE message = ?", delivery.message)

    def not_sent(self, delivery: Delivery, error: str, wall: int) -> None:
        """Notes why a delivery did not come through; it is tried again later, each time after twice the pause."""
        self._run(
            "UPDATE delivery SET state = 'waiting', tries = tries + 1, error = ?, "
            "not_before = ? + min(? * (1 << min(tries, 10)), ?) WHERE message = ? AND channel = ?",
            error,
            wall,
            FIRST_RETRY_MS,
            LONGEST_RETRY_MS,
            delivery.message,
            delivery.channel,
        )
