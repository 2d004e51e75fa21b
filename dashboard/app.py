"""The farmer's page. Started by `cooee dashboard`; farm file and store come in the environment (queries.py)."""

import streamlit as st

from dashboard.style import STYLE

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#1b7a3a"/>'
    '<path d="M4 9h2l3 3V4L6 7H4zM11 6a3 3 0 0 1 0 4" fill="none" stroke="#fff" stroke-width="1.4"/></svg>'
)

PAGES = [
    st.Page("views/farm.py", title="Farm", icon=":material/home:", default=True),
    st.Page("views/zone.py", title="History", icon=":material/show_chart:", url_path="zone"),
    st.Page("views/sensors.py", title="Sensors", icon=":material/sensors:", url_path="sensors"),
    st.Page("views/past_calls.py", title="Past calls", icon=":material/history:", url_path="past"),
]

st.set_page_config(page_title="Cooee", page_icon=ICON, layout="wide")
st.html(STYLE)
page = st.navigation(PAGES, position="hidden")
with st.container(horizontal=True, gap="small", key="pages"):  # a phone sees them too, unlike Streamlit's own menu
    for target in PAGES:
        st.page_link(target)
page.run()
