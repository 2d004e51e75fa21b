"""What a block's sensors measured, with the calls on it: all its charts in one piece of HTML."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from cloud.block.past_readings import envelope
from cloud.block.weather_service import ComingDay
from cloud.farm_view import FarmView
from cloud.language.quantities import count
from cloud.language.speech import mark, say
from cloud.store import History
from cloud.zone_state import ZoneState
from edge.contract.messages import Record
from edge.farm import Farm, Node

from ..cards.block_cards import block_card
from ..cards.pieces import quiet_line
from ..queries.farm import who_was_told
from ..queries.outlook import ahead, disease_so_far
from ..queries.past import PastTrouble, history
from .axes import SIDE
from .happenings import happenings
from .history_chart import history_chart
from .lines import SENSOR_COLOURS
from .panels import PANELS, Panel

SPANS_DAYS = {mark("Day"): 1, mark("Week"): 7, mark("Month"): 30, mark("Season"): 180}
USUAL_SPAN = "Week"
POINTS = 180
HOUR_S = 3600


def block_asked(farm: Farm, zone: str | None) -> str:
    """The block that an address names, or the first."""
    return zone if zone in farm.zone_by_id else farm.zones[0].id


def block_state(view: FarmView, zone: ZoneState, coming: Sequence[ComingDay]) -> str:
    """How the block is, what is to come, and what to do. `coming`: days of a weather service's forecast."""
    timezone = view.farm.timezone
    to_come, disease = ahead(zone, view.farm, coming), disease_so_far(zone, timezone)
    return block_card(zone, timezone, to_come, disease, who_was_told(zone.zone.id, timezone))


def block_charts(
    view: FarmView, zone: ZoneState, troubles: Sequence[PastTrouble], written: Sequence[Record], since: int
) -> str:
    """What happened to the block since then, and a chart of each quantity that is measured there."""
    name, parts = zone.zone.name, []
    strip = happenings(troubles, written, since, view.now, view.farm.timezone)
    if strip is not None:
        alt = say("What happened to {block}: calls, judgements, and what was written down", block=name)
        parts.append(_titled(say("What happened"), _picture(alt, strip), kind="cooee-strip"))
    for panel in PANELS:
        if nodes := measuring(panel, zone):
            parts.append(_titled(say(panel.title), _panel(view, zone, panel, nodes, troubles, written, since)))
    return f'<div class="cooee-charts">{"".join(parts)}</div>'


def _titled(title: str, content: str, kind: str = "") -> str:
    return f'<section class="cooee-chart {kind}"><h3>{escape(title)}</h3>{content}</section>'


def _picture(alt: str, chart: str) -> str:
    """A chart that is read by touch and by the arrow keys (touch.py), and the line that says what they read."""
    how = escape(say("Read it with the arrow keys."))
    return (
        f'<div class="cooee-slider" role="slider" tabindex="0" aria-label="{escape(alt)}" aria-valuemin="0" '
        f'aria-valuemax="{SIDE}" aria-valuenow="{SIDE}" aria-valuetext="{how}">{chart}</div>'
        '<p class="cooee-heard" aria-live="polite"></p>'
    )


def measuring(panel: Panel, zone: ZoneState) -> list[Node]:
    """The block's sensors that measure what a panel draws; those that call come first."""
    calling = {call.node for trouble in zone.troubles for call in trouble.trouble.calls}
    nodes = [sensor.node for sensor in zone.sensors if set(sensor.node.channels) & panel.channels.keys()]
    return sorted(nodes, key=lambda node: (node.id not in calling, node.id))


def _panel(
    view: FarmView,
    zone: ZoneState,
    panel: Panel,
    nodes: Sequence[Node],
    troubles: Sequence[PastTrouble],
    written: Sequence[Record],
    since: int,
) -> str:
    """One chart of these nodes, and what its lines are."""
    if panel.per_hour:
        panel = replace(panel, factor=HOUR_S / nodes[0].wake_interval_s)
    drawn = nodes[: len(SENSOR_COLOURS)]

    def of(channel: str, sensor: str | None = None) -> History:
        return history(zone.zone.id, channel, since, view.now, POINTS, sensor)

    channels = [name for name in panel.channels if any(name in node.channels for node in nodes)]
    sensors = {node.id: {name: of(name, node.id) for name in channels if name in node.channels} for node in drawn}
    if len(nodes) > len(drawn):
        block = {name: of(name) for name in channels}
    else:
        block = {name: envelope([own[name] for own in sensors.values() if name in own]) for name in channels}
    timezone = view.farm.timezone
    chart = history_chart(panel, zone.zone, block, sensors, troubles, written, since, view.now, timezone)
    if chart is None:
        return quiet_line(say("Nothing was measured in this time."))
    if panel.bars and not any(any(own.high) for own in block.values()):
        return quiet_line(say("No rain in this time."))
    lines = []
    if len(channels) > 1:
        solid, dashed, *dotted = map(panel.series, channels)
        lines.append(say("Solid lines: {solid}. Dashed lines: {dashed}.", solid=solid, dashed=dashed))
        lines += [say("Dotted lines: {dotted}.", dotted=each) for each in dotted]
    if len(nodes) > len(drawn):
        shown = {"shown": count(len(drawn)), "all": count(len(nodes))}
        lines.append(say("Lines of {shown} of {all} sensors, those that call first; the band is of all.", **shown))
    alt = say("{quantity} of {block} over time", quantity=say(panel.title), block=zone.zone.name)
    return _picture(alt, chart) + quiet_line(" ".join(lines))
