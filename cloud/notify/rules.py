"""Who is to be told what, now: quiet hours, repeats, escalation, digest and "it is over". No clock and no disk: both
are handed in. Times are the farm's, UTC ms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal

from ..advice.levels import Level, badness
from .concerns import ODD_PROBE, SILENT_GATEWAY, Concern
from .people import Person

Form = Literal["new", "again", "escalated", "over"]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a person was last told of an incident. `reached`: some message of it came through; `failed`: the last one
    could not be delivered at all; `over`: they know that it is over."""

    first_t: int
    last_t: int
    level: Level
    reached: bool
    failed: bool
    over: bool


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A concern from its first sight to its end. `concern`: None once it is over; `rings`: it is no echo of something
    past, and nobody has answered; `awake_since`: since when it has been without an answer."""

    id: int
    zone: str
    kind: str
    level: Level
    title: str
    began: int
    ended: int | None
    concern: Concern | None
    rings: bool
    awake_since: int
    told: Mapping[str, Told] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """An incident to be told; `silent`: who was told before and has not answered (form "escalated")."""

    incident: Incident
    form: Form
    silent: str | None = None


def due(
    person: Person, people: Sequence[Person], incidents: Sequence[Incident], now: int, local: datetime, *, digest: bool
) -> list[Notice]:
    """What to tell a person now, the worst first; `local` is `now` on the farm's wall clock, `digest` whether the time
    for the small ones has come."""
    quiet = person.quiet is not None and within(local, *person.quiet)
    found = []
    for incident in incidents:
        notice = _ended(person, incident) if incident.ended is not None else _ringing(person, people, incident, now)
        if notice is None:
            continue
        held = quiet and (notice.form == "over" or incident.kind not in person.wake_for)
        if digest or (_at_once(person, notice) and not held):
            found.append(notice)
    return sorted(found, key=lambda notice: (notice.form == "over", badness(notice.incident.level)))


def digest_is_due(person: Person, last: int, local: datetime) -> bool:
    """Whether the person's hour for the small ones has come since `last` (UTC ms)."""
    hour = local.replace(hour=person.digest_at.hour, minute=person.digest_at.minute, second=0, microsecond=0, fold=0)
    if hour > local:
        hour -= timedelta(days=1)
    # An hour that the clock leaves out in spring comes when as much time has passed.
    return last < 1000 * hour.timestamp() <= 1000 * local.timestamp()


def _at_once(person: Person, notice: Notice) -> bool:
    """Whether a notice is none of the small ones. That it is over is as small as what was told; a probe to look at is
    small at every level."""
    if notice.incident.kind == ODD_PROBE:
        return False
    level = notice.incident.told[person.name].level if notice.form == "over" else notice.incident.level
    return notice.form == "escalated" or level in person.levels


def _ringing(person: Person, people: Sequence[Person], incident: Incident, now: int) -> Notice | None:
    if not incident.rings:
        return None
    told = incident.told.get(person.name)
    if told is not None:
        return Notice(incident=incident, form="again") if _again(person, incident, told, now) else None
    if silent := _unanswered(person, people, incident, now):
        return Notice(incident=incident, form="escalated", silent=silent)
    return Notice(incident=incident, form="new") if _wants(person, incident) else None


def _ended(person: Person, incident: Incident) -> Notice | None:
    told = incident.told.get(person.name)
    if told is None or told.over or not told.reached or incident.level == "fine":
        return None
    return Notice(incident=incident, form="over")


def _wants(person: Person, incident: Incident) -> bool:
    return (
        (person.zones is None or incident.zone in person.zones or incident.kind == SILENT_GATEWAY)
        and (person.kinds is None or incident.kind in person.kinds)
        and incident.level in (*person.levels, *person.digest)
    )


def _again(person: Person, incident: Incident, told: Told, now: int) -> bool:
    if badness(incident.level) < badness(told.level) or told.last_t < incident.awake_since:
        return True
    return person.repeat is not None and incident.level in person.levels and now - told.last_t >= 1000 * person.repeat


def _unanswered(person: Person, people: Sequence[Person], incident: Incident, now: int) -> str | None:
    """Who should have answered and hands on to this person."""
    for other in people:
        told = incident.told.get(other.name)
        if told is None or other.escalate_to != person.name:
            continue
        since = max(told.first_t, incident.awake_since)
        if told.failed or now - since >= 1000 * other.escalate_after:
            return other.name
    return None


def within(local: datetime, start: time, end: time) -> bool:
    """Whether a time of day lies in a span that may pass midnight; its end is outside."""
    moment = local.time()
    return start <= moment < end if start <= end else moment >= start or moment < end
