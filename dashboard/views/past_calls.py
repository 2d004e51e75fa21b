"""What the sensors called for in the past, how long it lasted, and what people said of it."""

import streamlit as st

from cloud.clock import DAY_MS
from dashboard.cards import past_table
from dashboard.page import farm_with_banners, reached
from dashboard.queries import past_troubles

SPANS_DAYS = {"Week": 7, "Month": 30, "Season": 180}
SHOWN = 200
REFRESH_S = 10


@st.fragment(run_every=REFRESH_S)
def show(days: int) -> None:
    """The calls of the last days; runs again by itself."""
    with reached():
        view = farm_with_banners()
        found = past_troubles(None, view.now - days * DAY_MS, view.now + 1)
        if not found:
            st.info("No sensor called in this time.")
            return
        if len(found) > SHOWN:
            st.caption(f"The newest {SHOWN} of {len(found)} calls.")
        st.html(past_table(found[:SHOWN], view))


st.title("Past calls", anchor=False)
span = st.segmented_control("Time", list(SPANS_DAYS), default="Month", required=True)
show(SPANS_DAYS[span or "Month"])
