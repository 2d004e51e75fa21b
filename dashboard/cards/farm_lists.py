"""The farm in lists: its one sentence, what is to be done by when, and the blocks that need nobody."""

from collections.abc import Mapping, Sequence
from html import escape
from math import inf

from cloud.advice.levels import Level, badness
from cloud.advice.trouble import Deadline
from cloud.farm_view import FarmView
from cloud.language.speech import mark, say, say_count
from cloud.zone_state import ZoneState, time_to_act

from .measures import quiet_text, unseen
from .pieces import history_address, named, pill, sign, zone_word

DEADLINES: dict[Deadline, str] = {"now": mark("Do now"), "today": mark("Today"), "tomorrow": mark("By tomorrow")}
NAMED = 4
"""Blocks of one state that are still named in the farm's one sentence."""
OPEN: tuple[Level, ...] = ("urgent", "needs_you")


def summary(view: FarmView) -> str:
    """The farm in one sentence, spoken by screen readers when it changes."""
    names: dict[str, list[str]] = {}
    for zone in view.zones:
        names.setdefault(zone_word(zone), []).append(zone.zone.name)
    text = " · ".join(f"{word}: {_blocks(of)}" for word, of in names.items())
    return f'<p class="cooee-sum" role="status" aria-live="polite">{escape(text)}</p>'


def _blocks(names: list[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return say_count("{count} block", "{count} blocks", len(names))


def task_list(view: FarmView) -> str:
    """What to do now, today and by tomorrow, one line a trouble, and what is not known."""
    tasks = [
        (badness(trouble.level), time_to_act(trouble.trouble.kind), trouble.level, trouble.advice)
        for zone in view.zones
        for trouble in zone.troubles
        if trouble.level in OPEN or (trouble.held and trouble.level == "no_word")
    ]
    tasks += [(badness(z.unasked.level), inf, z.unasked.level, z.unasked) for z in view.zones if z.unasked]
    tasks.sort(key=lambda task: task[:2])
    parts = [
        _lines(say(title), [(level, advice.title) for _, _, level, advice in tasks if advice.deadline == deadline])
        for deadline, title in DEADLINES.items()
    ]
    blind: dict[str, list[str]] = {}
    for zone in view.zones:
        if zone.blind or not zone.sensors:
            blind.setdefault(unseen(zone, view.now), []).append(zone.zone.name)
    parts.append(_lines(say("Not known"), [("no_word", f"{_blocks(names)}: {text}") for text, names in blind.items()]))
    if not tasks and not blind:
        nothing = escape(say("Nothing to do now."))
        parts.append(f"<p>{nothing}</p>")
    name = escape(say("What to do"))
    return f'<section class="cooee-tasks" aria-label="{name}">{"".join(parts)}</section>'


def _lines(title: str, lines: list[tuple[Level, str]]) -> str:
    rows = "".join(f"<li>{sign(level)}{escape(text)}</li>" for level, text in lines)
    return f"<h2>{escape(title)}</h2><ul>{rows}</ul>" if lines else ""


def quiet_list(views: Sequence[tuple[ZoneState, Sequence[str]]], asked: Mapping[str, str]) -> str:
    """Blocks that need nobody, with what is to come of them: a line each that leads to its History. One piece of HTML,
    for a browser draws a hundred elements of Streamlit's in a second."""
    lines = "".join(_quiet_line(view, ahead, asked) for view, ahead in views)
    return f'<div class="cooee-lines">{lines}</div>'


def _quiet_line(view: ZoneState, ahead: Sequence[str], asked: Mapping[str, str]) -> str:
    text = " · ".join(filter(None, (quiet_text(view), *ahead)))
    return (
        f'<a class="cooee-card-{view.level}-{escape(view.zone.id)}" href="{history_address(view.zone.id, asked)}">'
        f"{pill(view.level, zone_word(view))} <b>{named(view.zone.name)}</b> <span>{escape(text)}</span></a>"
    )
