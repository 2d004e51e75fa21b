"""Pieces of the page as HTML: text from outside is escaped here, and every colour comes with a word and a sign."""

import re
from collections.abc import Iterable
from html import escape

from cloud.advice import RootZone, soil_water
from cloud.clock import ago, at, lasting
from cloud.farm_view import FarmView
from cloud.levels import LEVELS, Level
from cloud.zone_state import OpenTrouble, SensorState, SensorStateName, ZoneState
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

VERDICT_WORDS = {"right": "right", "wrong": "wrong", "handled": "handled"}

_FIGURE = re.compile(r"(\d) (?=(%|mm|m³|ppm|°C|V|h|min|days|cm|ha|m/s|km/h)\b|%)")


def _text(text: str) -> str:
    """Text from outside as HTML; a figure and its unit stay on one line."""
    return _FIGURE.sub("\\1\u00a0", escape(text))


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


def summary(view: FarmView) -> str:
    """The farm in one sentence, spoken by screen readers when it changes."""
    names: dict[str, list[str]] = {}
    for zone in view.zones:
        names.setdefault(zone_word(zone), []).append(zone.zone.name)
    text = " · ".join(f"{word}: {', '.join(of)}" for word, of in names.items())
    return f'<p class="cooee-sum" role="status" aria-live="polite">{_text(text)}</p>'


def zone_head(view: ZoneState, now: int) -> str:
    """Name, state, crop, how it is doing, and what its sensors do."""
    zone = view.zone
    where = soil(zone.soil).label if zone.soil else "Store"
    return (
        f'<div class="cooee-head"><h2>{_text(zone.name)}</h2>{pill(view.level, zone_word(view))}</div>'
        f'<p class="cooee-quiet">{_text(crop(zone.crop).label)} · {_text(where)} · {zone.area_ha:g} ha</p>'
        f"{_silence(view, now)}{_measures(view, now)}{_sensor_line(view)}"
    )


def trouble_card(open_trouble: OpenTrouble, timezone: str) -> str:
    """A trouble in words: what, why, what to do, since when, and what was said of it."""
    advice, trouble, said = open_trouble.advice, open_trouble.trouble, open_trouble.judgement
    began = f"Began {ago(trouble.began, trouble.now)} ({at(trouble.began, timezone, now=trouble.now)})."
    if said:
        began += f" You said {VERDICT_WORDS[said.verdict]}, {ago(said.t, trouble.now)}."
    steps = "".join(f"<li>{_text(step)}</li>" for step in advice.steps)
    return (
        f'<div class="cooee-trouble"><h3>{_text(advice.title)}</h3><p>{_text(advice.why)}</p>'
        f'<ul>{steps}</ul><p class="cooee-quiet">{_text(began)}</p></div>'
    )


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
        what = f"<strong>{_text(names.get(episode.zone, episode.zone))}</strong>: {_text(kind_in_words(episode.kind))}"
        said = f"You said {VERDICT_WORDS[episode.verdict]}" if episode.verdict else "Not judged"
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
        f"<strong>{_text(sensor.node.id)}</strong><br><span class='cooee-quiet'>{_text(zone.name)}</span>",
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
    if any(sensor.heard for sensor in view.sensors):
        if not view.blind:
            return ""
        unseen = listed(troubles_seen_by(view.blind), "or")
        return f"<p><strong>No sensor here can see {_text(unseen)} now. Look yourself.</strong></p>"
    if not view.sensors:
        return "<p><strong>There is no sensor here.</strong></p>"
    last = max((s.last.t for s in view.sensors if s.last), default=None)
    since = f"for {ago(last, now).removesuffix(' ago')}" if last is not None else "yet"
    return (
        f"<p><strong>No sensor here has been heard {since}. Whether the crop is well is not known: look yourself, "
        f"and check the sensors.</strong></p>"
    )


def _measures(view: ZoneState, now: int) -> str:
    values = view.values
    water = soil_water(view.zone, values, now)
    parts = []
    if (ppm := values.get("ethylene")) is not None:
        parts.append(f"Ethylene {ppm:.3g} ppm")
    if (air := values.get("air_temperature")) is not None:
        parts.append(f"Air {air:.1f} °C")
    if (humidity := values.get("humidity")) is not None:
        parts.append(f"Humidity {humidity:.0f} %")
    if (gust := values.get("gust")) is not None:
        parts.append(f"Gusts {gust:.0f} m/s")
    line = f"<p class='cooee-quiet'>{' · '.join(parts)}</p>" if parts else ""
    return (_water_bar(water, watered=view.zone.irrigation is not None) if water else "") + line


def _water_bar(water: RootZone, *, watered: bool) -> str:
    left, refill = 100 * (1 - water.lost), 100 * (1 - water.refill_at)
    text = f"Water for the roots: {left:.0f} % left ({'water again at' if watered else 'too dry below'} {refill:.0f} %)"
    return (
        f'<p class="cooee-quiet">{text}</p>'
        f'<div class="cooee-bar" role="img" aria-label="{text}"><i style="width:{left:.0f}%"></i>'
        f'<b style="left:{refill:.0f}%"></b></div>'
    )


def _sensor_line(view: ZoneState) -> str:
    """All fine in quiet words; otherwise each state with its sign, apart from what the crop needs."""
    counts: dict[SensorStateName, int] = {}
    for sensor in view.sensors:
        counts[sensor.state] = counts.get(sensor.state, 0) + 1
    many = f"{len(view.sensors)} sensor{'s' if len(view.sensors) != 1 else ''}"
    if set(counts) <= {"sleeping"}:
        return f'<p class="cooee-quiet">{many}, all fine</p>'
    parts = [pill(SENSOR_WORDS[state][0], f"{n} {SENSOR_WORDS[state][1].lower()}") for state, n in counts.items()]
    return f'<p class="cooee-quiet cooee-sensors">{many}: {" ".join(parts)}</p>'
