"""One block over time: its state, and what its sensors measured, with the calls on it."""

import streamlit as st

from cloud.clock import DAY_MS
from cloud.farm_view import FarmView
from cloud.language.speech import mark, say
from cloud.zone_state import ZoneState
from dashboard.block_history import block_charts
from dashboard.cards import trouble_card, trouble_more, unasked_card, zone_head
from dashboard.page import farm_with_banners, forecast_or_warning, reached, small_print
from dashboard.queries import ahead, disease_so_far, farm_now, past_troubles, records
from dashboard.records import change, write_down
from dashboard.tables import record_table
from edge.contract.messages import Record

SPANS_DAYS = {mark("Day"): 1, mark("Week"): 7, mark("Month"): 30, mark("Season"): 180}


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
        st.html(block_charts(view, zone, troubles, written, since))
    show_records(view, zone, written)


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
