"""One block over time: its state, and what its sensors measured, with the calls on it."""

from dataclasses import replace

import streamlit as st

from cloud.clock import DAY_MS
from cloud.farm_view import FarmView
from cloud.language.quantities import count
from cloud.language.speech import mark, say
from cloud.past_readings import envelope
from cloud.store import History
from cloud.zone_state import ZoneState
from dashboard.cards import trouble_card, trouble_more, unasked_card, zone_head
from dashboard.charts import PANELS, SENSOR_COLOURS, Panel, history_chart
from dashboard.happenings import happenings
from dashboard.page import farm_with_banners, forecast_or_warning, reached, small_print
from dashboard.queries import PastTrouble, ahead, disease_so_far, farm_now, history, past_troubles, records
from dashboard.records import change, write_down
from dashboard.tables import record_table
from edge.contract.messages import Record
from edge.farm import Node

SPANS_DAYS = {mark("Day"): 1, mark("Week"): 7, mark("Month"): 30, mark("Season"): 180}
POINTS = 180
HOUR_S = 3600


def choose_zone(view: FarmView) -> str:
    """The block that the address names, or another one the reader picks."""
    ids = [zone.id for zone in view.farm.zones]
    asked = st.query_params.get("zone")
    chosen = st.selectbox(
        say("Block"),
        ids,
        index=ids.index(asked) if asked in ids else 0,
        format_func=lambda zone_id: view.farm.zone_by_id[zone_id].name,
    )
    st.query_params["zone"] = chosen
    return chosen


def show(zone_id: str, days: int) -> None:
    """The block as it is now, and its charts."""
    view = farm_with_banners()
    coming = forecast_or_warning(view)
    zone = view.zone(zone_id)
    with st.container(border=True, key=f"card-{zone.level}-{zone.zone.id}"):
        st.html(zone_head(zone, view.now, ahead(zone, view.farm, coming)))
        if disease := disease_so_far(zone, view.farm.timezone):
            small_print(disease)
        if zone.unasked:
            st.html(unasked_card(zone.unasked))
        for trouble in zone.troubles:
            st.html(trouble_card(trouble, view.farm.timezone) + trouble_more(trouble, view.farm.timezone))
    since = view.now - days * DAY_MS
    written = records(zone_id, since, view.now + 1)
    with st.container(key="write"):
        write_down(view, zone, written)
    troubles = past_troubles(zone_id, since, view.now + 1)
    with st.container(key="charts"):
        show_happenings(view, zone, troubles, written, since)
        for panel in PANELS:
            show_panel(view, zone, panel, troubles, written, since)
    show_records(view, zone, written)


def show_happenings(
    view: FarmView, zone: ZoneState, troubles: list[PastTrouble], written: list[Record], since: int
) -> None:
    """What happened to the block, over the time of its charts."""
    strip = happenings(troubles, written, since, view.now, view.farm.timezone)
    if strip is not None:
        st.subheader(say("What happened"), anchor=False)
        alt = say("What happened to {block}: calls, judgements, and what was written down", block=zone.zone.name)
        st.altair_chart(strip, width="stretch", alt=alt)


def measuring(panel: Panel, zone: ZoneState) -> list[Node]:
    """The block's sensors that measure what a panel draws; those that call come first."""
    calling = {call.node for trouble in zone.troubles for call in trouble.trouble.calls}
    nodes = [sensor.node for sensor in zone.sensors if set(sensor.node.channels) & panel.channels.keys()]
    return sorted(nodes, key=lambda node: (node.id not in calling, node.id))


def show_panel(
    view: FarmView, zone: ZoneState, panel: Panel, troubles: list[PastTrouble], written: list[Record], since: int
) -> None:
    """One chart, if anything of the block measures it."""
    nodes = measuring(panel, zone)
    if not nodes:
        return
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
    chart = history_chart(
        panel,
        zone.zone,
        block,
        sensors,
        troubles,
        written,
        since,
        view.now,
        view.farm.timezone,
        dark=st.context.theme.type == "dark",
    )
    st.subheader(say(panel.title), anchor=False)
    if chart is None:
        small_print(say("Nothing was measured in this time."))
        return
    if panel.bars and not any(any(own.high) for own in block.values()):
        small_print(say("No rain in this time."))
        return
    if len(channels) > 1:
        solid, dashed = map(panel.series, channels)
        small_print(say("Solid lines: {solid}. Dashed lines: {dashed}.", solid=solid, dashed=dashed))
    alt = say("{quantity} of {block} over time", quantity=say(panel.title), block=zone.zone.name)
    st.altair_chart(chart, width="stretch", alt=alt)
    if len(nodes) > len(drawn):
        shown = {"shown": count(len(drawn)), "all": count(len(nodes))}
        small_print(say("Lines of {shown} of {all} sensors, those that call first; the band is of all.", **shown))


def show_records(view: FarmView, zone: ZoneState, written: list[Record]) -> None:
    """What was written down of the block; on paper there is nothing else."""
    with st.container(key="records"):
        st.subheader(say("Records of {block}", block=zone.zone.name), anchor=False)
        if any(not record.withdrawn for record in written):
            st.html(record_table(written, view.farm.timezone))
        else:
            small_print(say("Nothing was written down in this time."))
    if written:
        with st.container(key="change"):
            change(view, zone, written)


@st.fragment
def choose() -> None:
    """Block and time; comes back by itself when the farm file is mended."""
    with reached():
        now = farm_now()
        with st.container(key="chooser"):
            block = choose_zone(now)
            span = st.segmented_control(say("Time"), list(SPANS_DAYS), format_func=say, default="Week", required=True)
        show(block, SPANS_DAYS[span or "Week"])


st.title(say("History"), anchor=False)
choose()
