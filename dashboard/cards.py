"""Pieces of the page as HTML: text from outside is escaped here, and every colour comes with a word and a sign."""

from html import escape

from cloud.advice import LEVEL_WORDS, Level, SoilWater, kind_in_words, soil_water

from .clock import ago, at, lasting
from .queries import Episode, FarmView, OpenTrouble, Sensor, SensorState, ZoneView

STYLE = """<style>
:root { --fine: #1b7a3a; --in-hand: #1f5fa8; --needs-you: #8a5200; --urgent: #b3261e; --no-word: #59616d;
        --fine-edge: #1b7a3a; --in-hand-edge: #1f5fa8; --needs-you-edge: #d98200; --urgent-edge: #b3261e; --no-word-edge: #7b8490;
        --quiet: #4d5560; --rule: #d5d9de; --water: #2a78c8; --banner: #e8f0fa; --banner-text: #173a63; }
@media (prefers-color-scheme: dark) {
  :root { --fine-edge: #49b96d; --in-hand-edge: #6aa7ee; --needs-you-edge: #f0a63a; --urgent-edge: #ff7468; --no-word-edge: #8a93a0;
          --quiet: #b3bac4; --rule: #3a404a; --water: #5fa8f0; --banner: #14304f; --banner-text: #d8e8fb; } }
.stApp [data-testid="stMainBlockContainer"] { padding-top: 4.5rem; padding-bottom: 3rem; max-width: 1240px; }
[class*="st-key-card-"] { border-left: 8px solid var(--no-word-edge) !important; height: 100%; }
[class*="st-key-card-fine"] { border-left-color: var(--fine-edge) !important; }
[class*="st-key-card-in_hand"] { border-left-color: var(--in-hand-edge) !important; }
[class*="st-key-card-needs_you"] { border-left-color: var(--needs-you-edge) !important; }
[class*="st-key-card-urgent"] { border-left-color: var(--urgent-edge) !important; }
.cooee-pill { display: inline-flex; align-items: center; gap: .4em; padding: .15em .7em; border-radius: 1em; color: #fff;
              font-weight: 600; font-size: .95rem; background: var(--no-word); white-space: nowrap; }
.cooee-pill svg { width: 1em; height: 1em; flex: none; }
.cooee-pill.fine { background: var(--fine); } .cooee-pill.in_hand { background: var(--in-hand); }
.cooee-pill.needs_you { background: var(--needs-you); } .cooee-pill.urgent { background: var(--urgent); }
.cooee-head { display: flex; justify-content: space-between; align-items: center; gap: .5rem; flex-wrap: wrap; }
.cooee-head h2 { font-size: 1.35rem; padding: 0; margin: 0; }
.cooee-quiet { color: var(--quiet); font-size: .9rem; margin: .15rem 0; }
.cooee-trouble { border-top: 1px solid var(--rule); padding-top: .7rem; }
.cooee-trouble h3 { font-size: 1.1rem; line-height: 1.35; padding: 0; margin: 0 0 .3rem; }
.cooee-trouble p { margin: .25rem 0; } .cooee-trouble ul { margin: .3rem 0 .3rem 1.2rem; padding: 0; }
.cooee-trouble li { margin: .15rem 0; font-size: 1rem; }
.cooee-bar { position: relative; height: .8rem; border-radius: .4rem; background: var(--rule); margin: .3rem 0 .2rem; overflow: hidden; }
.cooee-bar > i { position: absolute; inset: 0 auto 0 0; background: var(--water); }
.cooee-bar > b { position: absolute; top: 0; bottom: 0; width: 3px; background: var(--urgent-edge); }
.cooee-banner { background: var(--banner); color: var(--banner-text); border-radius: .5rem; padding: .5rem .9rem; }
.cooee-sum { font-size: 1.15rem; margin: 0; }
table.cooee { width: 100%; border-collapse: collapse; } table.cooee th, table.cooee td { text-align: left; padding: .45rem .6rem .45rem 0;
  border-bottom: 1px solid var(--rule); vertical-align: top; }
table.cooee th { font-weight: 600; color: var(--quiet); }
@media (max-width: 640px) { table.cooee thead { position: absolute; left: -9999px; } table.cooee tr { display: block; padding: .6rem 0;
  border-bottom: 1px solid var(--rule); } table.cooee td { display: block; border: 0; padding: .1rem 0; }
  .stApp [data-testid="stMainBlockContainer"] { padding-left: .8rem; padding-right: .8rem; } }
</style>"""

_SHAPES = {
    "fine": '<path d="M3 8.5l3.5 3.5L13 4.5" fill="none" stroke="currentColor" stroke-width="2.4"/>',
    "in_hand": '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 4.5V8l2.5 2" '
               'fill="none" stroke="currentColor" stroke-width="2"/>',
    "needs_you": '<path d="M8 1.5l7 12.5H1z" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M8 6v4M8 11.2v1.5" '
                 'stroke="currentColor" stroke-width="1.8"/>',
    "urgent": '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor"/><path d="M8 4v5M8 10.6v1.9" stroke="#b3261e" stroke-width="2"/>',
    "no_word": '<path d="M2.5 2.5l11 11M8 11.5v2M4.5 8.5a5 5 0 0 1 2-1.3M2 5.8A8.5 8.5 0 0 1 4 4.4M8.5 4a8.5 8.5 0 0 1 5.5 1.8" '
               'fill="none" stroke="currentColor" stroke-width="1.8"/>',
}

SENSOR_WORDS: dict[SensorState, tuple[Level, str]] = {
    "sleeping": ("fine", "Fine"), "late": ("in_hand", "Late"), "dead": ("no_word", "Silent"), "never": ("no_word", "Not heard yet"),
    "faulty": ("needs_you", "Probe faulty")}
"""How a sensor's state looks and reads. `sleeping` is fine: it rests between readings."""

BLIND_WORDS = {"soil": "dry or wet soil", "ethylene": "ripening fruit", "weather": "frost, wind and disease weather"}
VERDICT_WORDS = {"right": "right", "wrong": "wrong", "handled": "handled"}


def pill(level: Level, word: str | None = None) -> str:
    """A state with its colour, sign and word."""
    return (f'<span class="cooee-pill {level}"><svg viewBox="0 0 16 16" aria-hidden="true">{_SHAPES[level]}</svg>'
            f"{escape(word or LEVEL_WORDS[level])}</span>")


def banner(text: str) -> str:
    """A calm note across the page."""
    return f'<div class="cooee-banner" role="note">{escape(text)}</div>'


def summary(view: FarmView) -> str:
    """The farm in one sentence, spoken by screen readers when it changes."""
    of: dict[Level, list[str]] = {}
    for zone in view.zones:
        of.setdefault(zone.level, []).append(zone.zone.name)
    words: dict[Level, str] = {"urgent": "Urgent", "needs_you": "Needs you", "no_word": "No word from", "in_hand": "In hand", "fine": "Fine"}
    text = " · ".join(f"{words[level]}: {', '.join(names)}" for level, names in of.items())
    return f'<p class="cooee-sum" role="status" aria-live="polite">{escape(text)}</p>'


def zone_head(view: ZoneView, now: int) -> str:
    """Name, state, crop, how it is doing, and what its sensors do."""
    zone = view.zone
    where = "store" if zone.store else f"{(zone.soil or '').replace('_', ' ')} soil"
    return (f'<div class="cooee-head"><h2>{escape(zone.name)}</h2>{pill(view.level)}</div>'
            f'<p class="cooee-quiet">{escape(zone.crop.replace("_", " ").capitalize())} · {escape(where)} · {zone.area_ha:g} ha</p>'
            f"{_silence(view, now)}{_measures(view)}{_sensor_line(view)}")


def trouble_card(open_trouble: OpenTrouble, timezone: str) -> str:
    """A trouble in words: what, why, what to do, since when, and what was said of it."""
    advice, trouble, said = open_trouble.advice, open_trouble.trouble, open_trouble.judgement
    began = f"Began {ago(trouble.began, trouble.now)} ({at(trouble.began, timezone, now=trouble.now)})."
    if said:
        began += f" You said {VERDICT_WORDS[said.verdict]}, {ago(said.t, trouble.now)}."
    steps = "".join(f"<li>{escape(step)}</li>" for step in advice.steps)
    return (f'<div class="cooee-trouble"><h3>{escape(advice.title)}</h3><p>{escape(advice.why)}</p>'
            f'<ul>{steps}</ul><p class="cooee-quiet">{escape(began)}</p></div>')


def sensor_table(sensors: list[tuple[str, Sensor]], now: int, timezone: str) -> str:
    """Sensors (zone name, sensor) with state, last word, battery and what is wrong."""
    rows = "".join(_sensor_row(zone, sensor, now, timezone) for zone, sensor in sensors)
    return _table(("Sensor", "State", "Last heard", "Battery", "What it means"), rows)


def past_table(episodes: list[Episode], view: FarmView) -> str:
    """Troubles of the past: when, where and what, how long, and what was said of it."""
    names = {zone.id: zone.name for zone in view.farm.zones}
    rows = []
    for episode in episodes:
        lasted = f"{lasting(episode.ended - episode.began)}" if episode.ended else f"goes on, {lasting(view.now - episode.began)} so far"
        what = f"<strong>{escape(names.get(episode.zone, episode.zone))}</strong>: {escape(kind_in_words(episode.kind))}"
        said = f"You said {VERDICT_WORDS[episode.verdict]}" if episode.verdict else "Not judged"
        cells = (escape(at(episode.began, view.farm.timezone)), what, escape(lasted), escape(", ".join(episode.nodes)), said)
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return _table(("Began", "What", "Lasted", "Sensors", "Judged"), "".join(rows))


def _table(titles: tuple[str, ...], rows: str) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return f'<table class="cooee"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def sensor_meaning(sensor: Sensor, now: int) -> str:
    """What a sensor's state means and what to do about it."""
    match sensor.state:
        case "never":
            return "Nothing has come from it yet. Switch it on and check that its address is the one in the farm file."
        case "dead":
            return "It has stopped reporting: its readings say nothing of the crop now. Check battery, antenna and that it still stands."
        case "late":
            return "It should have reported by now. Often the next reading comes by itself."
        case "faulty":
            faulty = " and ".join(name.replace("_", " ") for name in sensor.faults)
            return f"It reports, but its {faulty} readings cannot be true. Check that the probe sits firmly and its cable is whole."
    return "Reports on time and rests in between."


def _sensor_row(zone: str, sensor: Sensor, now: int, timezone: str) -> str:
    level, word = SENSOR_WORDS[sensor.state]
    last = f"{ago(sensor.last.t, now)} ({at(sensor.last.t, timezone, now=now)})" if sensor.last else "never"
    volts = sensor.last.values.get("battery") if sensor.last else None
    cells = (f"<strong>{escape(sensor.node.id)}</strong><br><span class='cooee-quiet'>{escape(zone)}</span>", pill(level, word), escape(last),
             f"{volts:.2f} V" if volts is not None else "no reading", escape(sensor_meaning(sensor, now)))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _silence(view: ZoneView, now: int) -> str:
    """Silence never looks like "all fine": what nobody watches is said."""
    if any(sensor.heard for sensor in view.sensors):
        if not view.blind:
            return ""
        unseen = " or ".join(BLIND_WORDS[name] for name in view.blind)
        return f"<p><strong>No sensor here can see {escape(unseen)} now. Look yourself.</strong></p>"
    if not view.sensors:
        return "<p><strong>There is no sensor here.</strong></p>"
    last = max((s.last.t for s in view.sensors if s.last), default=None)
    since = f"for {ago(last, now).removesuffix(' ago')}" if last is not None else "yet"
    return (f"<p><strong>No sensor here has been heard {since}. Whether the crop is well is not known: "
            "look yourself, and check the sensors.</strong></p>")


def _measures(view: ZoneView) -> str:
    values = view.values
    water = soil_water(view.zone, values)
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
    return (_water_bar(water) if water else "") + line


def _water_bar(water: SoilWater) -> str:
    left, refill = 100 * (1 - water.lost), 100 * (1 - water.refill_at)
    text = f"Water for the roots: {left:.0f} % left (water again at {refill:.0f} %)"
    return (f'<p class="cooee-quiet">{text}</p><div class="cooee-bar" role="img" aria-label="{text}"><i style="width:{left:.0f}%"></i>'
            f'<b style="left:{refill:.0f}%"></b></div>')


def _sensor_line(view: ZoneView) -> str:
    counts: dict[str, int] = {}
    for sensor in view.sensors:
        word = SENSOR_WORDS[sensor.state][1].lower()
        counts[word] = counts.get(word, 0) + 1
    many = f"{len(view.sensors)} sensor{'s' if len(view.sensors) != 1 else ''}"
    return f'<p class="cooee-quiet">{escape(many)}: {escape(", ".join(f"{n} {word}" for word, n in counts.items()))}</p>'
