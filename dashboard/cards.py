"""Pieces of the page as HTML: text from outside is escaped here, and every colour comes with a word and a sign."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from math import inf

from cloud.advice import Advice, Deadline
from cloud.block_water import BlockWater, RootZone
from cloud.clock import ago, at, lasting
from cloud.farm_view import FarmView
from cloud.levels import LEVELS, Level, badness
from cloud.zone_state import OpenTrouble, SensorState, SensorStateName, ZoneState, time_to_act
from edge.agronomy import crop, soil
from edge.contract.channels import channel
from edge.contract.kinds import kind_in_words
from edge.farm import Node, Zone
from edge.watching import cannot_watch, listed, troubles_seen_by

from .queries import PastTrouble

SENSOR_WORDS: dict[SensorStateName, tuple[Level, str]] = {
    "sleeping": ("fine", "Fine"),
    "late": ("no_word", "Late"),
    "dead": ("no_word", "Silent"),
    "never": ("no_word", "Not heard yet"),
    "faulty": ("needs_you", "Probe faulty"),
}
"""How a sensor's state looks and reads. `sleeping` is fine: it rests between readings."""

VERDICT_WORDS = {"right": "it was right", "wrong": "it was a false alarm", "handled": "handled"}

DEADLINES: dict[Deadline, str] = {"now": "Do now", "today": "Today", "tomorrow": "By tomorrow"}
NAMED = 4
"""Blocks of one state that are still named in the farm's one sentence."""
OPEN: tuple[Level, ...] = ("urgent", "needs_you")
CURRENT = ' aria-current="page"'

_FIGURE = re.compile(r"(\d) (?=(%|mm|m³|ppm|°C|V|h|min|days|cm|ha|m/s|km/h)\b|%)")


def _text(text: str) -> str:
    """Text from outside as HTML; a figure and its unit stay on one line."""
    return _FIGURE.sub("\\1\u00a0", escape(text))


def _name(text: str) -> str:
    """A name that somebody gave, whichever way its script runs."""
    return f"<bdi>{_text(text)}</bdi>"


def pill(level: Level, word: str | None = None) -> str:
    """A state with its colour, sign and word."""
    return f'<span class="cooee-pill {level}">{_text(word or LEVELS[level].word)}</span>'


def banner(text: str) -> str:
    """A calm note across the page."""
    return f'<div class="cooee-banner" role="note">{_text(text)}</div>'


def zone_word(view: ZoneState) -> str:
    """The word for a zone's state."""
    partly = view.level == "no_word" and any(sensor.heard for sensor in view.sensors)
    return "Not all seen" if partly else LEVELS[view.level].word


def sensor_look(view: ZoneState, sensor: SensorState) -> tuple[Level, str]:
    """What a sensor says: the worst trouble that it calls for, or its own state."""
    if sensor.state != "sleeping":
        return SENSOR_WORDS[sensor.state]
    called = [t.level for t in view.troubles if any(call.node == sensor.node.id for call in t.trouble.calls)]
    level: Level = min(called, key=badness) if called else "fine"
    return level, LEVELS[level].word


def summary(view: FarmView) -> str:
    """The farm in one sentence, spoken by screen readers when it changes."""
    names: dict[str, list[str]] = {}
    for zone in view.zones:
        names.setdefault(zone_word(zone), []).append(zone.zone.name)
    text = " · ".join(
        f"{word}: {', '.join(of) if len(of) <= NAMED else f'{len(of)} blocks'}" for word, of in names.items()
    )
    return f'<p class="cooee-sum" role="status" aria-live="polite">{_text(text)}</p>'


def pages_menu(pages: list[tuple[str, str]], here: str) -> str:
    """The way to the other pages, (title, path) each; a phone sees it too, unlike Streamlit's own menu."""
    links = "".join(
        f'<a href="./{path}"{CURRENT if path == here else ""} target="_self">{title}</a>' for title, path in pages
    )
    return f'<nav class="cooee-pages" aria-label="Pages">{links}</nav>'


def task_list(view: FarmView) -> str:
    """What to do now, today and by tomorrow, one line a trouble, and what is not known."""
    tasks = [
        (badness(trouble.level), time_to_act(trouble.trouble.kind), trouble.level, trouble.advice)
        for zone in view.zones
        for trouble in zone.troubles
        if trouble.level in OPEN
    ]
    tasks += [(badness(z.unasked.level), inf, z.unasked.level, z.unasked) for z in view.zones if z.unasked]
    tasks.sort(key=lambda task: task[:2])
    parts = [
        _lines(title, [(level, advice.title) for _, _, level, advice in tasks if advice.deadline == deadline])
        for deadline, title in DEADLINES.items()
    ]
    unseen = [zone for zone in view.zones if zone.blind or not zone.sensors]
    parts.append(_lines("Not known", [("no_word", f"{z.zone.name}: {_unseen(z, view.now)}") for z in unseen]))
    if not tasks and not unseen:
        parts.append("<p>Nothing to do now.</p>")
    return f'<section class="cooee-tasks" aria-label="What to do">{"".join(parts)}</section>'


def _lines(title: str, lines: list[tuple[Level, str]]) -> str:
    rows = "".join(f'<li><span class="cooee-sign {level}"></span>{_text(text)}</li>' for level, text in lines)
    return f"<h2>{title}</h2><ul>{rows}</ul>" if lines else ""


def quiet_line(view: ZoneState) -> str:
    """A block that needs nobody: its state and its one number."""
    left = f"{_left(view.water.shown)} % water left" if view.water else _air(view.values).split(" · ")[0]
    return f'<span class="cooee-line">{pill(view.level)} <span>{_text(left)}</span></span>'


def zone_head(view: ZoneState, now: int) -> str:
    """Name, state, crop, how it is doing, and what its sensors do."""
    zone = view.zone
    where = soil(zone.soil).label if zone.soil else "Store"
    return (
        f'<div class="cooee-head"><h2>{_name(zone.name)}</h2>{pill(view.level, zone_word(view))}</div>'
        f'<p class="cooee-quiet cooee-sensors">{_text(crop(zone.crop).label)} · {_text(where)} · {zone.area_ha:g} ha · '
        f"{_sensor_line(view)}</p>{_silence(view, now)}{_measures(view)}"
    )


def unasked_card(advice: Advice) -> str:
    """What the probes say while no sensor calls."""
    return f'<div class="cooee-trouble"><h3>{_text(advice.title)}</h3><p>{_text(advice.why)}</p>{_steps(advice)}</div>'


def trouble_card(open_trouble: OpenTrouble, timezone: str) -> str:
    """A trouble in words: what and why, since when, what was said of it, and until when that holds."""
    advice, trouble, said = open_trouble.advice, open_trouble.trouble, open_trouble.judgement
    began = f"Began {ago(trouble.began, trouble.now)} ({at(trouble.began, timezone, now=trouble.now)})."
    if said:
        began += f" You said {VERDICT_WORDS[said.verdict]}, {ago(said.t, trouble.now)}."
    if open_trouble.until is not None:
        began += f" In hand until {at(open_trouble.until, timezone, now=trouble.now)}."
    judged = " judged" if open_trouble.level in ("in_hand", "fine") else ""
    return (
        f'<div class="cooee-trouble{judged}"><h3>{_text(advice.title)}</h3><p>{_text(advice.why)}</p>'
        f'<p class="cooee-quiet">{_text(began)}</p></div>'
    )


def trouble_more(open_trouble: OpenTrouble, timezone: str) -> str:
    """The steps, and what the sensors decided by."""
    evidence = open_trouble.advice.evidence
    return _steps(open_trouble.advice) + (f'<p class="cooee-quiet">{_text(evidence)}</p>' if evidence else "")


def _steps(advice: Advice) -> str:
    return f'<ul class="cooee-steps">{"".join(f"<li>{_text(step)}</li>" for step in advice.steps)}</ul>'


def sensor_table(sensors: list[tuple[Zone, SensorState]], now: int, timezone: str) -> str:
    """Sensors with their zone: state, last word, battery, what they watch for and what is wrong."""
    return _table(
        ("", "", "Last heard", "Battery", "Watches for", ""),
        (_sensor_row(zone, sensor, now, timezone) for zone, sensor in sensors),
    )


def past_table(episodes: list[PastTrouble], view: FarmView) -> str:
    """Troubles of the past: when, where and what, how long, and what was said of it."""
    names = {zone.id: zone.name for zone in view.farm.zones}
    rows = []
    for episode in episodes:
        lasted = (
            f"{lasting(episode.ended - episode.began)}"
            if episode.ended
            else f"goes on, {lasting(view.now - episode.began)} so far"
        )
        if episode.removed:
            lasted = f"{lasted}, until its sensors were taken out of the farm"
        what = f"<strong>{_name(names.get(episode.zone, episode.zone))}</strong>: {_text(kind_in_words(episode.kind))}"
        said = f"You said {VERDICT_WORDS[episode.judgement.verdict]}" if episode.judgement else "Not judged"
        cells = (
            _text(at(episode.began, view.farm.timezone)),
            what,
            _text(lasted),
            _text(", ".join(episode.nodes)),
            said,
        )
        rows.append(cells)
    return _table(("Began", "", "Lasted", "Sensors", "Judged"), rows)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of HTML cells; on a phone each row becomes a list in which the title stands before its cell."""
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{title}">{cell}</td>' for title, cell in zip(titles, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<table class="cooee"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def sensor_meaning(sensor: SensorState) -> str:
    """What a sensor's state means and what to do about it."""
    match sensor.state:
        case "never":
            return "Nothing has come from it yet. Switch it on and check that its address is the one in the farm file."
        case "dead":
            return (
                "It has stopped reporting: its readings say nothing of the crop now. Check battery, antenna and that "
                "it still stands."
            )
        case "late":
            return "It should have reported by now. Often the next reading comes by itself."
        case "faulty":
            faulty = " and ".join(channel(name).label.lower() for name in sensor.faults)
            return (
                f"It reports, but these readings cannot be true: {faulty}. Check that the probe sits firmly and its "
                f"cable is whole."
            )
    return "Reports on time and rests in between."


def _sensor_row(zone: Zone, sensor: SensorState, now: int, timezone: str) -> tuple[str, ...]:
    level, word = SENSOR_WORDS[sensor.state]
    last = f"{ago(sensor.last.t, now)} ({at(sensor.last.t, timezone, now=now)})" if sensor.last else "never"
    volts = sensor.last.values.get("battery") if sensor.last else None
    return (
        f"<strong>{_name(sensor.node.id)}</strong><br><span class='cooee-quiet'>{_name(zone.name)}</span>",
        pill(level, word),
        _text(last),
        f"{volts:.2f} V" if volts is not None else "no reading",
        _watched(zone, sensor.node),
        _text(sensor_meaning(sensor)),
    )


def _watched(zone: Zone, node: Node) -> str:
    """What a sensor can call about, and what it cannot and why."""
    parts = [_text(listed(troubles_seen_by(node.sentinels)) or "nothing: it only measures")]
    parts += [f"<span class='cooee-quiet'>Not {_text(why)}</span>" for why in cannot_watch(zone, node)]
    return "<br>".join(parts)


def _silence(view: ZoneState, now: int) -> str:
    """Silence never looks like "all fine": what nobody watches is said."""
    if view.sensors and not view.blind:
        return ""
    text = _unseen(view, now)
    return f"<p><strong>{_text(text[0].upper() + text[1:])}</strong></p>"


def _unseen(view: ZoneState, now: int) -> str:
    if not view.sensors:
        return "there is no sensor here."
    if any(sensor.heard for sensor in view.sensors):
        return f"no sensor here can see {listed(troubles_seen_by(view.blind), 'or')} now. Look yourself."
    last = max((s.last.t for s in view.sensors if s.last), default=None)
    since = f"for {ago(last, now).removesuffix(' ago')}" if last is not None else "yet"
    return f"no sensor here has been heard {since}. Look at the crop yourself, and check the sensors."


def _measures(view: ZoneState) -> str:
    line = f"<p class='cooee-quiet'>{_text(air)}</p>" if (air := _air(view.values)) else ""
    return (_water_bar(view.water, watered=view.zone.irrigation is not None) if view.water else "") + line


def _air(values: Mapping[str, float]) -> str:
    parts = []
    if (ppm := values.get("ethylene")) is not None:
        parts.append(f"Ethylene {ppm:.3g} ppm")
    if (air := values.get("air_temperature")) is not None:
        parts.append(f"Air {air:.1f} °C")
    if (humidity := values.get("humidity")) is not None:
        parts.append(f"Humidity {humidity:.0f} %")
    if (gust := values.get("gust")) is not None:
        parts.append(f"Gusts {gust:.0f} m/s")
    return " · ".join(parts)


def _left(water: RootZone) -> int:
    """Percent left, on the same side of the refill point as the water itself."""
    refill = round(100 * (1 - water.refill_at))
    left = round(100 * (1 - water.lost))
    return max(left, refill + 1) if water.lost < water.refill_at else min(left, refill)


def _water_bar(water: BlockWater, *, watered: bool) -> str:
    """The block's one number, and what it is compared with."""
    shown, dry, of = water.shown, len(water.dry), len(water.places)
    left, refill = _left(shown), round(100 * (1 - shown.refill_at))
    where = f" in the {dry} dry of {of} places" if water.lacks and dry < of else ""
    text = f"Water for the roots{where}: {left} % left ({'water again at' if watered else 'too dry below'} {refill} %)"
    return (
        f'<p class="cooee-quiet">{_text(text)}</p>'
        f'<div class="cooee-bar" role="img" aria-label="{_text(text)}"><i style="width:{left}%"></i>'
        f'<b style="left:{refill}%"></b></div>'
    )


def _sensor_line(view: ZoneState) -> str:
    """All fine in quiet words; otherwise each state with its sign, apart from what the crop needs."""
    counts: dict[SensorStateName, int] = {}
    for sensor in view.sensors:
        counts[sensor.state] = counts.get(sensor.state, 0) + 1
    many = f"{len(view.sensors)} sensor{'s' if len(view.sensors) != 1 else ''}"
    if set(counts) <= {"sleeping"}:
        return f"{many}, all fine"
    parts = [pill(SENSOR_WORDS[state][0], f"{n} {SENSOR_WORDS[state][1].lower()}") for state, n in counts.items()]
    return f"{many}: {' '.join(parts)}"
