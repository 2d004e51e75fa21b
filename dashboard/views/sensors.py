"""All sensors: which are fine, late, silent or have a faulty probe, apart from what the crops need."""

import streamlit as st

from cloud.language.speech import say
from dashboard.cards import sensor_table
from dashboard.page import REFRESH_S, farm_with_banners, reached

TROUBLE_FIRST = ("dead", "faulty", "late", "never", "sleeping")


@st.fragment(run_every=REFRESH_S)
def show() -> None:
    """The sensors as they are now; runs again by itself."""
    with reached():
        view = farm_with_banners()
        st.title(say("Sensors"), anchor=False)
        sensors = [(zone.zone, sensor) for zone in view.zones for sensor in zone.sensors]
        sensors.sort(key=lambda pair: (TROUBLE_FIRST.index(pair[1].state), pair[0].name, pair[1].node.id))
        st.html(sensor_table(sensors, view.now, view.farm.timezone))


show()
