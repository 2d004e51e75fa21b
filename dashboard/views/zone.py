"""One block over time: its state, and what its sensors measured, with the calls on it."""

import streamlit as st

from cloud.clock import DAY_MS
from cloud.farm_view import FarmView
from cloud.language.speech import say
from cloud.zone_state import ZoneState
from dashboard.answers.records import change, write_down
from dashboard.cards.tables import record_table
from dashboard.charts.block_history import SPANS_DAYS, USUAL_SPAN, block_asked, block_charts, block_state
from dashboard.queries.farm import farm_now
from dashboard.queries.past import past_troubles, records
from dashboard.session.page import farm_with_banners, forecast_or_warning, reached, small_print
from edge.contract.messages import Record


def choose_zone(view: FarmView) -> str:
    """The block that the address names, or another one the reader picks."""
    ids = [zone.id for zone in view.farm.zones]
    asked = block_asked(view.farm, st.query_params.get("zone"))
    chosen = st.selectbox(
        say("Block"),
        ids,
        index=ids.index(asked),
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
        st.html(block_state(view, zone, coming))
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
            span = st.segmented_control(
                say("Time"), list(SPANS_DAYS), format_func=say, default=USUAL_SPAN, required=True
            )
        show(block, SPANS_DAYS[span or USUAL_SPAN])


st.title(say("History"), anchor=False)
choose()
