"""Pieces of the page as HTML: text from outside is escaped here, and every colour comes with a word and a sign."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import inf
from urllib.parse import urlencode

from cloud.advice.levels import Level, badness, level_word
from cloud.advice.probe_advice import odd_in_words
from cloud.advice.trouble import Advice, Deadline
from cloud.advice.watching import troubles_seen_by
from cloud.block.water import BlockWater, RootZone
from cloud.farm_view import FarmView
from cloud.language.names import crop_in_words, soil_in_words
from cloud.language.quantities import area, count, degrees, gas, percent, speed
from cloud.language.speech import listed_or, mark, say, say_count
from cloud.language.times import ago, at, lasting
from cloud.sensor_state import SensorState, SensorStateName
from cloud.zone_state import OpenTrouble, ZoneState, time_to_act
from edge.contract.messages import JudgementVerdict

SENSOR_WORDS: dict[SensorStateName, tuple[Level, str]] = {
    "sleeping": ("fine", mark("Working")),
    "late": ("no_word", mark("Late")),
    "dead": ("no_word", mark("Silent")),
    "never": ("no_word", mark("Not heard yet")),
    "faulty": ("needs_you", mark("Probe faulty")),
    "suspect": ("no_word", mark("Look at the probe")),
}
"""How a sensor's state looks and reads. `sleeping` is well: it rests between readings. It is not called fine, which the
crop beside it may not be."""

SAID: dict[JudgementVerdict, str] = {
    "right": mark("Answered: it was right, {ago}."),
    "wrong": mark("Answered: a false alarm, {ago}."),
    "handled": mark("Answered: handled, {ago}."),
}

DEADLINES: dict[Deadline, str] = {"now": mark("Do now"), "today": mark("Today"), "tomorrow": mark("By tomorrow")}
NAMED = 4
"""Blocks of one state that are still named in the farm's one sentence."""
SENSORS_NAMED = 2
"""Sensors of a block in one state, other than well, that are still named on its card."""
OPEN: tuple[Level, ...] = ("urgent", "needs_you")


def named(text: str) -> str:
    """A name that somebody gave, whichever way its script runs."""
    return f"<bdi>{escape(text)}</bdi>"


def pill(level: Level, word: str | None = None) -> str:
    """A state with its colour, sign and word."""
    return f'<span class="cooee-pill {level}">{escape(word or level_word(level))}</span>'


def sign(level: Level) -> str:
    """The sign of a state, for beside its word."""
    return f'<span class="cooee-sign {level}"></span>'


def banner(text: str) -> str:
    """A calm note across the page."""
    return f'<div class="cooee-banner" role="note">{escape(text)}</div>'


def quiet_line(text: str) -> str:
    """A sentence that stands back; a command in it stands between backticks."""
    return f"<p class='cooee-quiet'>{escape(text).replace('`', '')}</p>"


def zone_word(view: ZoneState) -> str:
    """The word for a zone's state."""
    if view.resting and view.level == "fine":
        return say("Resting")
    partly = view.level == "no_word" and any(sensor.heard for sensor in view.sensors)
    return say("Not all seen") if partly else level_word(view.level)


def sensor_look(view: ZoneState, sensor: SensorState) -> tuple[Level, str]:
    """What a sensor says: the worst trouble that it calls for, or its own state."""
    if sensor.state != "sleeping":
        level, word = SENSOR_WORDS[sensor.state]
        return level, say(word)
    called = [t.level for t in view.troubles if any(call.node == sensor.node.id for call in t.trouble.calls)]
    level = min(called, key=badness, default="fine")
    return level, level_word(level)


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
    unseen: dict[str, list[str]] = {}
    for zone in view.zones:
        if zone.blind or not zone.sensors:
            unseen.setdefault(_unseen(zone, view.now), []).append(zone.zone.name)
    parts.append(_lines(say("Not known"), [("no_word", f"{_blocks(names)}: {text}") for text, names in unseen.items()]))
    if not tasks and not unseen:
        nothing = escape(say("Nothing to do now."))
        parts.append(f"<p>{nothing}</p>")
    name = escape(say("What to do"))
    return f'<section class="cooee-tasks" aria-label="{name}">{"".join(parts)}</section>'


def _lines(title: str, lines: list[tuple[Level, str]]) -> str:
    rows = "".join(f"<li>{sign(level)}{escape(text)}</li>" for level, text in lines)
    return f"<h2>{escape(title)}</h2><ul>{rows}</ul>" if lines else ""


def quiet_text(view: ZoneState) -> str:
    """That it rests, or a block's one number: the water that is left, or else what its air says."""
    if view.resting:
        return view.rest
    if view.water:
        return say("{share} of the water left", share=percent(_left(view.water.shown) / 100))
    return next(_air(view.values), "")


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


def history_address(zone: str, asked: Mapping[str, str]) -> str:
    """Of a block's History, for a link; `asked`: what the reader asked for."""
    return escape("./zone?" + urlencode({"zone": zone, **asked}))


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
    return "" if view.sensors and not view.blind else f"<p><strong>{escape(_unseen(view, now))}</strong></p>"


def _odd(view: ZoneState) -> str:
    """What seems wrong with which probe."""
    odd = [each for sensor in view.sensors if sensor.state == "suspect" for each in sensor.odd]
    return f'<p class="cooee-quiet">{escape(odd_in_words(odd, view.now))}</p>' if odd else ""


def _unseen(view: ZoneState, now: int) -> str:
    if not view.sensors:
        return say("There is no sensor here.")
    if any(sensor.heard for sensor in view.sensors):
        troubles = listed_or(troubles_seen_by(view.blind))
        return say("No sensor here can see {troubles} now. Look yourself.", troubles=troubles)
    last = max((s.last.t for s in view.sensors if s.last), default=None)
    if last is None:
        return say("No sensor here has been heard yet. Look at the crop yourself, and check the sensors.")
    return say(
        "No sensor here has been heard for {time}. Look at the crop yourself, and check the sensors.",
        time=lasting(now - last),
    )


def _measures(view: ZoneState, ahead: Sequence[str]) -> str:
    air = " · ".join((*ahead, *_air(view.values)))
    line = f"<p class='cooee-quiet'>{escape(air)}</p>" if air else ""
    return (_water_said(view.water, watered=view.zone.irrigation is not None) if view.water else "") + line


def _air(values: Mapping[str, float]) -> Iterator[str]:
    if (ppm := values.get("ethylene")) is not None:
        yield say("Ethylene {amount}", amount=gas(ppm))
    if (air := values.get("air_temperature")) is not None:
        yield say("Air {amount}", amount=degrees(air))
    if (humidity := values.get("humidity")) is not None:
        yield say("Humidity {amount}", amount=percent(humidity / 100))
    if (gust := values.get("gust")) is not None:
        yield say("Gusts {amount}", amount=speed(gust))


def _left(water: RootZone) -> int:
    """Percent left, on the same side of the refill point as the water itself."""
    refill, left = _refill(water), round(100 * (1 - water.lost))
    return max(left, refill + 1) if water.lost < water.refill_at else min(left, refill)


def _refill(water: RootZone) -> int:
    return round(100 * (1 - water.refill_at))


def water_bar(water: BlockWater) -> str:
    """The water that is left, and where it is too little, as a picture for those who see."""
    left, refill = _left(water.shown), _refill(water.shown)
    return (
        f'<span class="cooee-bar" aria-hidden="true"><i style="width:{left}%"></i><b style="left:{refill}%"></b></span>'
    )


def _water_said(water: BlockWater, *, watered: bool) -> str:
    """The block's one number, and what it is compared with."""
    shown, dry, of = water.shown, len(water.dry), len(water.places)
    left, refill = _left(shown), _refill(shown)
    if water.lacks and dry < of:
        message = (
            mark("Water for the roots in the {dry} dry of {all} places: {left} left (water again at {refill})")
            if watered
            else mark("Water for the roots in the {dry} dry of {all} places: {left} left (too dry below {refill})")
        )
    else:
        message = (
            mark("Water for the roots: {left} left (water again at {refill})")
            if watered
            else mark("Water for the roots: {left} left (too dry below {refill})")
        )
    text = say(message, dry=count(dry), all=count(of), left=percent(left / 100), refill=percent(refill / 100))
    return f'<p class="cooee-quiet">{escape(text)}</p>{water_bar(water)}'


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
