"""The farmer's page. Served by server.py; farm file and store come in the environment (queries.py)."""

import streamlit as st

from cloud.language.reader import speaking_to
from cloud.language.speech import say
from dashboard import provider
from dashboard.chart_touch import READ
from dashboard.menu import PAGES, links_script, pages_menu
from dashboard.page import begin, watch
from dashboard.reading import asked, choose_reader, language_script, reader
from dashboard.style import STYLE

st.set_page_config(layout="wide")
begin()
with speaking_to(reader()):
    if provider.asks():
        provider.let_in()
    pages = [st.Page(file, title=say(title), url_path=path, default=not path) for path, (title, file) in PAGES.items()]
    st.html(STYLE)
    page = st.navigation(pages, position="hidden")
    scripts = language_script() + links_script() + READ
    st.html(pages_menu(page.url_path, asked()) + scripts, unsafe_allow_javascript=True)
    page.run()
    choose_reader()
    watch()
