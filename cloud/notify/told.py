"""Who was told of what stands now, by what and when, in lines for the page; reads notify.db and nothing else."""

from collections.abc import Mapping
from pathlib import Path

from ..language.speech import say
from ..language.times import at
from .database import looked_at
from .failures import not_reached

NEWEST = """
SELECT zone, kind, told.person, channel, state, tries, error, delivery.wall FROM incident
LEFT JOIN told ON told.incident = incident.id LEFT JOIN delivery ON delivery.message = told.message
WHERE ended IS NULL ORDER BY told.first_t, told.person, channel
"""
"""The last message of each open incident to each person, and what became of it."""


def told_of(data: Path, timezone: str, wall: int) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Zone and kind of what stands -> one line a person and channel; nothing of what nobody was told. `wall`: now, UTC
    ms. Raises CooeeError."""
    lines: dict[tuple[str, str], tuple[str, ...]] = {}
    for zone, kind, person, channel, state, tries, error, since in looked_at(data, NEWEST):
        if state in (None, "dropped"):
            continue
        time = at(since, timezone, now=wall)
        if state == "sent":
            line = say("{person} was told by {channel}, {time}.", person=person, channel=channel, time=time)
        elif state == "sending" or not tries:
            line = say("A message to {person} by {channel} is on its way.", person=person, channel=channel)
        else:
            line = not_reached(person, channel, state, error, time)
        lines[zone, kind] = (*lines.get((zone, kind), ()), line)
    return lines
