"""Tables of the page as HTML: sensors, calls of the past, versions of sentinels, what people wrote down."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from cloud.advice.battery import battery_in_words
from cloud.advice.watching import cannot_watch, troubles_seen_by
from cloud.farm_view import FarmView
from cloud.language.names import RECORDS, amount_in_words, kind_in_words
from cloud.language.quantities import count
from cloud.language.speech import listed, mark, say
from cloud.language.times import ago, at, lasting
from cloud.learning.record import InUse
from cloud.sensor_advice import sensor_meaning
from cloud.sensor_state import SensorState
from edge.contract.messages import JudgementVerdict, Record
from edge.farm import Node, Zone

from ..queries.past import PastTrouble
from .pieces import SENSOR_WORDS, named, pill

JUDGED: dict[JudgementVerdict, str] = {
    "right": mark("It was right"),
    "wrong": mark("False alarm"),
    "handled": mark("Handled"),
}


def sensor_table(
    sensors: list[tuple[Zone, SensorState]], left: Mapping[str, float | None], now: int, timezone: str
) -> str:
    """Sensors with their zone: state, last word, battery, what they watch for and what is wrong. `left`: sensor -> days
    that its battery lasts."""
    return _table(
        ("", "", say("Last heard"), say("Battery"), say("Watches for"), ""),
        (_sensor_row(zone, sensor, left.get(sensor.node.id), now, timezone) for zone, sensor in sensors),
    )


def past_table(episodes: list[PastTrouble], view: FarmView) -> str:
    """Troubles of the past: when, where and what, how long, and what was said of it."""
    names = {zone.id: zone.name for zone in view.farm.zones}
    rows = []
    for episode in episodes:
        time = lasting((episode.ended or view.now) - episode.began)
        lasted = say("{time}, and goes on", time=time) if episode.ended is None else time
        if episode.removed:
            lasted = say("{time}, until its sensors were taken out of the farm", time=time)
        what = f"<strong>{named(names.get(episode.zone, episode.zone))}</strong>: {escape(kind_in_words(episode.kind))}"
        said = say(JUDGED[episode.judgement.verdict]) if episode.judgement else say("Not judged")
        cells = (
            escape(at(episode.began, view.farm.timezone)),
            what,
            escape(lasted),
            escape(", ".join(episode.nodes)),
            escape(said),
        )
        rows.append(cells)
    return _table((say("Began"), "", say("Lasted"), say("Sensors"), say("Judged")), rows)


def model_table(uses: list[InUse], timezone: str) -> str:
    """Which version of what decides on which sensors, since when, and how it did."""
    titles = (
        say("Watches for"),
        say("Version"),
        say("Sensors"),
        say("Since"),
        say("Calls judged right"),
        say("Calls judged wrong"),
        say("Wrong calls a sensor and month"),
    )
    return _table(titles, (_model_row(use, timezone) for use in uses))


def record_table(records: Sequence[Record], timezone: str) -> str:
    """What people wrote down of a block, newest first."""
    return _table(
        (say("When"), say("What"), say("How much"), say("Note")),
        (
            (
                escape(at(record.happened_t, timezone)),
                escape(say(RECORDS[record.kind])),
                escape(amount_in_words(record)),
                escape(record.text),
            )
            for record in reversed(records)
            if not record.withdrawn
        ),
    )


def _model_row(use: InUse, timezone: str) -> tuple[str, ...]:
    wrong = use.false_per_node_month
    rate = say("Not known") if wrong is None else count(wrong, 2)
    return (
        escape(listed([kind_in_words(kind) for kind in use.kinds])),
        escape(use.version),
        escape(", ".join(use.nodes)),
        escape(say("Not known") if use.since is None else at(use.since, timezone)),
        _by_kind(use, use.right),
        _by_kind(use, use.wrong),
        escape(rate if use.right or use.wrong else say("No call was judged yet")),
    )


def _by_kind(use: InUse, calls: Mapping[str, int]) -> str:
    """How many calls; of each kind, where the sentinel has several."""
    if len(use.kinds) == 1 or not calls:
        return count(sum(calls.values()))
    return "<br>".join(escape(f"{kind_in_words(kind)}: {count(number)}") for kind, number in calls.items())


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of HTML cells; on a phone each row becomes a list in which the title stands before its cell."""
    titles = tuple(map(escape, titles))
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{title}">{cell}</td>' for title, cell in zip(titles, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<table class="cooee"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _sensor_row(zone: Zone, sensor: SensorState, left: float | None, now: int, timezone: str) -> tuple[str, ...]:
    level, word = SENSOR_WORDS[sensor.state]
    last = f"{ago(sensor.last.t, now)} ({at(sensor.last.t, timezone, now=now)})" if sensor.last else say("never")
    volts = sensor.last.values.get("battery") if sensor.last else None
    return (
        f"<strong>{named(sensor.node.id)}</strong><br><span class='cooee-quiet'>{named(zone.name)}</span>",
        pill(level, say(word)),
        escape(last),
        escape(battery_in_words(volts, left)),
        _watched(zone, sensor.node),
        escape(sensor_meaning(sensor, now)),
    )


def _watched(zone: Zone, node: Node) -> str:
    """What a sensor can call about, and what it cannot and why."""
    parts = [escape(listed(troubles_seen_by(node.sentinels)) or say("nothing: it only measures"))]
    lacks = [escape(say("Not {troubles}", troubles=why)) for why in cannot_watch(zone, node)]
    parts += [f"<span class='cooee-quiet'>{why}</span>" for why in lacks]
    return "<br>".join(parts)
