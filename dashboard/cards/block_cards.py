"""The card of a block: how it is, its troubles in words, and the steps of what is to be done."""

from collections.abc import Mapping, Sequence
from html import escape

from cloud.advice.probe_advice import odd_in_words
from cloud.advice.trouble import Advice
from cloud.language.names import crop_in_words, soil_in_words
from cloud.language.quantities import area, count
from cloud.language.speech import mark, say, say_count
from cloud.language.times import ago, at
from cloud.sensor_state import SensorStateName
from cloud.zone_state import OpenTrouble, ZoneState
from edge.contract.messages import JudgementVerdict

from .measures import air_said, unseen, water_said
from .pieces import SENSOR_WORDS, named, pill, quiet_line, zone_word

SAID: dict[JudgementVerdict, str] = {
    "right": mark("Answered: it was right, {ago}."),
    "wrong": mark("Answered: a false alarm, {ago}."),
    "handled": mark("Answered: handled, {ago}."),
}
SENSORS_NAMED = 2
"""Sensors of a block in one state, other than well, that are still named on its card."""


def zone_head(view: ZoneState, now: int, ahead: Sequence[str] = ()) -> str:
    """Name, state, crop, how it is doing, what its sensors do, and what is to come."""
    zone = view.zone
    facts = [crop_in_words(zone.crop), soil_in_words(zone.soil) if zone.soil else say("Store"), area(zone.area_ha)]
    return (
        f'<div class="cooee-head"><h2>{named(zone.name)}</h2>{pill(view.level, zone_word(view))}</div>'
        f'<p class="cooee-quiet cooee-sensors">{" · ".join(map(escape, facts))} · '
        f"{_sensor_line(view)}</p>{_rest(view)}{_silence(view, now)}{_odd(view)}{_measures(view, ahead)}"
    )


def _rest(view: ZoneState) -> str:
    return f'<p class="cooee-quiet">{escape(view.rest)}</p>' if view.resting else ""


def block_card(
    view: ZoneState, timezone: str, ahead: Sequence[str], besides: str, told: Mapping[str, Sequence[str]]
) -> str:
    """All of a block's state, with the steps of what is to be done; `besides`: what else is to be known of it; `told`:
    kind of trouble -> who was told of it."""
    parts = [zone_head(view, view.now, ahead), quiet_line(besides) if besides else ""]
    parts.append(unasked_card(view.unasked) if view.unasked else "")
    parts += [
        trouble_card(trouble, timezone) + trouble_more(trouble, told.get(trouble.trouble.kind, ()))
        for trouble in view.troubles
    ]
    return "".join(parts)


def unasked_card(advice: Advice) -> str:
    """What the probes say while no sensor calls."""
    return (
        f'<div class="cooee-trouble"><h3>{escape(advice.title)}</h3><p>{escape(advice.why)}</p>{_steps(advice)}</div>'
    )


def trouble_card(open_trouble: OpenTrouble, timezone: str) -> str:
    """A trouble in words: what and why, since when, what was said of it, and until when that holds."""
    advice, trouble, said = open_trouble.advice, open_trouble.trouble, open_trouble.judgement
    began = say(
        "Began {ago} ({time}).",
        ago=ago(trouble.began, trouble.now),
        time=at(trouble.began, timezone, now=trouble.now),
    )
    if said:
        began += " " + say(SAID[said.verdict], ago=ago(said.t, trouble.now))
    if open_trouble.until is not None:
        began += " " + say("In hand until {time}.", time=at(open_trouble.until, timezone, now=trouble.now))
    judged = " judged" if open_trouble.level in ("in_hand", "fine") else ""
    return (
        f'<div class="cooee-trouble{judged}"><h3>{escape(advice.title)}</h3><p>{escape(advice.why)}</p>'
        f'<p class="cooee-quiet">{escape(began)}</p></div>'
    )


def trouble_more(open_trouble: OpenTrouble, told: Sequence[str]) -> str:
    """The steps, what the sensors decided by, and who was told of it."""
    evidence = open_trouble.advice.evidence
    lines = ([evidence] if evidence else []) + list(told)
    return _steps(open_trouble.advice) + "".join(f'<p class="cooee-quiet">{escape(line)}</p>' for line in lines)


def _steps(advice: Advice) -> str:
    return f'<ul class="cooee-steps">{"".join(f"<li>{escape(step)}</li>" for step in advice.steps)}</ul>'


def _silence(view: ZoneState, now: int) -> str:
    """Silence never looks like "all fine": what nobody watches is said."""
    return "" if view.sensors and not view.blind else f"<p><strong>{escape(unseen(view, now))}</strong></p>"


def _odd(view: ZoneState) -> str:
    """What seems wrong with which probe."""
    odd = [each for sensor in view.sensors if sensor.state == "suspect" for each in sensor.odd]
    return f'<p class="cooee-quiet">{escape(odd_in_words(odd, view.now))}</p>' if odd else ""


def _measures(view: ZoneState, ahead: Sequence[str]) -> str:
    air = " · ".join((*ahead, *air_said(view.values)))
    line = f"<p class='cooee-quiet'>{escape(air)}</p>" if air else ""
    return (water_said(view.water, watered=view.zone.irrigation is not None) if view.water else "") + line


def _sensor_line(view: ZoneState) -> str:
    """All working in quiet words; otherwise each state with its sign, apart from what the crop needs, and which sensors
    it is of where they are few."""
    by_state: dict[SensorStateName, list[str]] = {}
    for sensor in view.sensors:
        by_state.setdefault(sensor.state, []).append(sensor.node.id)
    if set(by_state) <= {"sleeping"}:
        return escape(say_count("{count} sensor, working", "{count} sensors, all working", len(view.sensors)))
    many = say_count("{count} sensor", "{count} sensors", len(view.sensors))
    return f"{escape(many)}: {' '.join(_of_state(state, names) for state, names in by_state.items())}"


def _of_state(state: SensorStateName, names: Sequence[str]) -> str:
    level, word = SENSOR_WORDS[state]
    which = count(len(names)) if state == "sleeping" or len(names) > SENSORS_NAMED else ", ".join(names)
    said = say(word)
    return pill(level, f"{said}: {which}")
