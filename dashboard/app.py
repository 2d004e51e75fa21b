"""The farmer's page. Started by `cooee dashboard`; farm file and store come in the environment (queries.py)."""

import streamlit as st

from dashboard.cards import pages_menu
from dashboard.style import STYLE

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#1b7a3a"/>'
    '<path d="M4 9h2l3 3V4L6 7H4zM11 6a3 3 0 0 1 0 4" fill="none" stroke="#fff" stroke-width="1.4"/></svg>'
)

PAGES = [
    st.Page("views/farm.py", title="Farm", default=True),
    st.Page("views/zone.py", title="History", url_path="zone"),
    st.Page("views/sensors.py", title="Sensors", url_path="sensors"),
    st.Page("views/past_calls.py", title="Past calls", url_path="past"),
]

st.set_page_config(page_title="Cooee", page_icon=ICON, layout="wide")
st.html(STYLE)
page = st.navigation(PAGES, position="hidden")
st.html(pages_menu([(target.title, target.url_path) for target in PAGES], page.url_path))
page.run()
