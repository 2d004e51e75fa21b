"""The text of a message: titles and steps come from the advice, here is only what frames them."""

from collections.abc import Callable, Sequence

from cloud.clock import at
from edge.farm import Farm

from .rules import Incident, Notice


def message(farm: Farm, notices: Sequence[Notice], now: int, link: Callable[[Incident], str]) -> tuple[str, str]:
    """Title and body that tell of incidents, the first one in the title; `link(incident)` is where to answer."""
    (title, body), *others = (_part(farm, notice, now, link) for notice in notices)
    if others:
        title = f"{title} ({len(others)} more below)"
    return title, "\n\n".join([body, *(f"{heading}\n{text}" for heading, text in others)])


def trial(farm: Farm, name: str) -> tuple[str, str]:
    """Title and body of a trial message."""
    return f"{farm.name}: a trial message", f"If you read this, {name}, Cooee can reach you here. Nothing is wrong."


def _part(farm: Farm, notice: Notice, now: int, link: Callable[[Incident], str]) -> tuple[str, str]:
    incident = notice.incident
    began = at(incident.began, farm.timezone, now=now)
    if incident.concern is None:
        ended = at(incident.ended or now, farm.timezone, now=now)
        return f"It is over: {incident.title}", f"From {began} to {ended}."
    advice = incident.concern.advice
    lines = [f"Since {began}. {advice.why} {advice.evidence}".strip(), *(f"- {step}" for step in advice.steps)]
    if notice.silent is not None:
        lines.insert(0, f"{notice.silent} was told and has not answered.")
    return advice.title, "\n".join([*lines, f"Answer: {link(incident)}"])
