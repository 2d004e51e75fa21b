"""The text of a message: titles and steps come from the advice, here is only what frames them."""

from collections.abc import Callable, Sequence

from edge.farm import Farm

from ..language.speech import say, say_count
from ..language.times import at
from .concerns import SILENT_GATEWAY, concern_in_words
from .rules import Incident, Notice

IN_FULL = 20
"""Of so many incidents a message says what to do; of the others, less bad, their headings."""


def message(farm: Farm, notices: Sequence[Notice], now: int, link: Callable[[Incident], str]) -> tuple[str, str]:
    """Title and body that tell of incidents, the first one in the title; `link(incident)` is where to answer."""
    (title, body), *others = (_part(farm, notice, now, link) for notice in notices[:IN_FULL])
    rest = [_heading(farm, notice.incident) for notice in notices[IN_FULL:]]
    if others:
        more = say_count("({count} more below)", "({count} more below)", len(notices) - 1)
        title = f"{title} {more}"
    parts = [body, *(f"{heading}\n{text}" for heading, text in others), *(["\n".join(rest)] if rest else [])]
    return _plain(title), _plain("\n\n".join(parts))


def trial(farm: Farm, name: str) -> tuple[str, str]:
    """Title and body of a trial message."""
    title = say("{farm}: a trial message", farm=farm.name)
    return title, say("If you read this, {name}, Cooee can reach you here. Nothing is wrong.", name=name)


def _part(farm: Farm, notice: Notice, now: int, link: Callable[[Incident], str]) -> tuple[str, str]:
    incident = notice.incident
    began = at(incident.began, farm.timezone, now=now)
    heading = _heading(farm, incident)
    if incident.concern is None:
        ended = at(incident.ended or now, farm.timezone, now=now)
        return heading, say("From {began} to {ended}.", began=began, ended=ended)
    advice = incident.concern.advice
    since = say("Since {began}.", began=began)
    lines = [f"{since} {advice.why} {advice.evidence}".strip(), *(f"- {step}" for step in advice.steps)]
    if notice.silent is not None:
        lines.insert(0, say("{name} was told and has not answered.", name=notice.silent))
    return heading, "\n".join([*lines, say("Answer: {link}", link=link(incident))])


def _heading(farm: Farm, incident: Incident) -> str:
    if incident.concern is not None:
        return incident.concern.advice.title
    what = concern_in_words(incident.kind)
    if incident.kind == SILENT_GATEWAY:
        return say("It is over: {trouble}.", trouble=what)
    zone = farm.zone_by_id.get(incident.zone)
    return say("It is over: {block}, {trouble}.", block=zone.name if zone else incident.zone, trouble=what)


def _plain(text: str) -> str:
    """Without what only a page needs: an SMS with such a space holds half as many letters."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
