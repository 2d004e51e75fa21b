"""Incidents, what each person was told of them and what they answered, in notify.db."""

import sqlite3
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal, cast

from ..advice.levels import Level
from ..zone_state import HANDLED_FOR_MS
from .concerns import OF_SENSORS, SILENT_GATEWAY, Concern
from .database import Database
from .rules import Incident, Told

SETTLED_MS = 10 * 60_000
"""What may be an echo of the past (a call in a backlog, the silence after it) rings when it was seen for so long."""
OVER_FOR_MS = 86_400_000
"""Who could not be told for a day that something is over is not told."""

Answer = Literal["handled", "wrong", "snooze"]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A one-time link to answer an incident; `used`: the answer that was given with it."""

    id: int
    incident: int
    person: str
    used: str | None


class State:
    """What is known of incidents."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = database.run

    def follow(
        self, concerns: Sequence[Concern], now: int, wall: int, zones: Set[str], *, sensors_unknown: bool = False
    ) -> list[Incident]:
        """Opens an incident for each new concern and ends those that are over; all open ones, and those that ended
        within a day. `zones`: those of the farm; nobody is told that it is over in one that farm.yaml has no more.
        `sensors_unknown`: nothing can be said of silent sensors, so what was said stays."""
        for concern in concerns:
            self._see(concern, now, wall)
        here = {(concern.zone, concern.kind): concern for concern in concerns}
        for row in self._run("SELECT id, zone, kind FROM incident WHERE ended IS NULL").fetchall():
            if (row["zone"], row["kind"]) not in here and not (sensors_unknown and row["kind"] in OF_SENSORS):
                self._run("UPDATE incident SET ended = ?, ended_wall = ? WHERE id = ?", now, wall, row["id"])
                if row["zone"] not in zones and row["kind"] != SILENT_GATEWAY:
                    self._run("UPDATE told SET over = 1 WHERE incident = ?", row["id"])
                self._database.forget(wall)
        rows = self._run("SELECT * FROM incident WHERE ended IS NULL OR ended_wall > ?", wall - OVER_FOR_MS)
        return [_incident(row, here, self._told(row["id"])) for row in rows.fetchall()]

    def _see(self, concern: Concern, now: int, wall: int) -> None:
        self._run(
            "INSERT INTO incident (zone, kind, began, seen_wall, level, title, awake_since) "
            "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS "
            "(SELECT 1 FROM incident WHERE zone = ?1 AND kind = ?2 AND ended IS NULL)",
            concern.zone,
            concern.kind,
            concern.began,
            wall,
            concern.level,
            concern.advice.title,
            now,
        )
        row = self._run(
            "SELECT * FROM incident WHERE zone = ? AND kind = ? AND ended IS NULL", concern.zone, concern.kind
        ).fetchone()
        answered = _is_answered(row, concern, now)
        changed = {
            "level": concern.level,
            "title": concern.advice.title,
            "settled": int(row["settled"] or concern.heard or wall - row["seen_wall"] >= SETTLED_MS),
            "answered": int(answered),
            "awake_since": now if row["answered"] and not answered else row["awake_since"],
        }
        if any(row[name] != value for name, value in changed.items()):
            columns = ", ".join(f"{name} = ?" for name in changed)
            self._run(f"UPDATE incident SET {columns} WHERE id = ?", *changed.values(), row["id"])

    def _told(self, incident: int) -> dict[str, Told]:
        rows = self._run(
            "SELECT *, (SELECT min(tries > 0 AND state IN ('waiting', 'sending', 'failed')) FROM delivery "
            "WHERE delivery.message = told.message) AS failed FROM told WHERE incident = ?",
            incident,
        )
        return {
            row["person"]: Told(
                first_t=row["first_t"],
                last_t=row["last_t"],
                level=cast(Level, row["level"]),
                reached=bool(row["reached"]),
                failed=bool(row["failed"]),
                over=bool(row["over"]),
            )
            for row in rows
        }

    def new_link(self, incident: int, person: str) -> int:
        """Number of a new link."""
        number = self._run("INSERT INTO link (incident, person) VALUES (?, ?)", incident, person).lastrowid
        assert number is not None
        return number

    def link(self, number: int) -> Link | None:
        """The link of that number."""
        row = self._run("SELECT * FROM link WHERE id = ?", number).fetchone()
        return row and Link(**row)

    def use(self, number: int, answer: Answer) -> None:
        """Notes that a link was used."""
        self._run("UPDATE link SET used = ? WHERE id = ?", answer, number)

    def answer(self, incident: int, answer: Answer, concern: Concern, now: int, *, snooze_ms: int) -> None:
        """Keeps an answer; of handled and wrong only what the store does not keep, those of silence."""
        if answer == "snooze":
            self._run("UPDATE incident SET snoozed_until = ?, answered = 1 WHERE id = ?", now + snooze_ms, incident)
        else:
            self._run(
                "UPDATE incident SET verdict = ?, verdict_t = ?, verdict_who = ?, answered = 1 WHERE id = ?",
                answer,
                now,
                " ".join(sorted(concern.who)),
                incident,
            )

    def last_digest(self, person: str, now: int) -> int:
        """When the person's digest was last due; the first time of asking, now."""
        self._run("INSERT INTO digest VALUES (?, ?) ON CONFLICT DO NOTHING", person, now)
        return int(self._run("SELECT t FROM digest WHERE person = ?", person).fetchone()[0])

    def digest_was_due(self, person: str, now: int) -> None:
        """Notes that the person's hour for the small ones has passed."""
        self._run("UPDATE digest SET t = ? WHERE person = ?", now, person)


def _is_answered(row: sqlite3.Row, concern: Concern, now: int) -> bool:
    """Whether somebody has a concern in hand: by the store's judgements, or for silence by the answer kept here."""
    if now < row["snoozed_until"] or concern.level in ("in_hand", "fine"):
        return True
    if concern.trouble is not None or not concern.who <= set(row["verdict_who"].split()):
        return False
    return bool(row["verdict"] == "wrong" or now - row["verdict_t"] < HANDLED_FOR_MS)


def _incident(row: sqlite3.Row, here: Mapping[tuple[str, str], Concern], told: Mapping[str, Told]) -> Incident:
    return Incident(
        id=row["id"],
        zone=row["zone"],
        kind=row["kind"],
        level=row["level"],
        title=row["title"],
        began=row["began"],
        ended=row["ended"],
        concern=None if row["ended"] is not None else here.get((row["zone"], row["kind"])),
        rings=bool(row["settled"] and not row["answered"] and (row["zone"], row["kind"]) in here),
        awake_since=row["awake_since"],
        told=told,
    )
