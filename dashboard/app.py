"""The farmer's page. Served by server.py; farm file and store come in the environment (queries.py)."""

import os

import streamlit as st

from cloud.language.reader import speaking_to
from cloud.language.speech import say
from dashboard import USERS_VARIABLE, provider
from dashboard.cards import links_script, pages_menu
from dashboard.gate import LOGOUT
from dashboard.page import begin, watch
from dashboard.reading import asked, choose_reader, language_script, reader
from dashboard.style import STYLE

st.set_page_config(layout="wide")
begin()
by_provider = provider.asks()
with speaking_to(reader()):
    if by_provider:
        provider.let_in()
    pages = [
        st.Page("views/farm.py", title=say("Farm"), default=True),
        st.Page("views/zone.py", title=say("History"), url_path="zone"),
        st.Page("views/sensors.py", title=say("Sensors"), url_path="sensors"),
        st.Page("views/past_calls.py", title=say("Past calls"), url_path="past"),
        st.Page("views/model.py", title=say("Model"), url_path="model"),
    ]
    st.html(STYLE)
    page = st.navigation(pages, position="hidden")
    ways = [(target.title, target.url_path) for target in pages]
    if os.environ.get(USERS_VARIABLE):
        ways.append((say("Sign out"), (provider.LOGOUT if by_provider else LOGOUT).removeprefix("/")))
    scripts = language_script() + links_script(target.url_path for target in pages)
    st.html(pages_menu(ways, page.url_path, asked()) + scripts, unsafe_allow_javascript=True)
    page.run()
    choose_reader()
    watch()
