"""The farmer's page. Served by serving/server.py; farm file and store come in the environment (queries/source.py)."""

import streamlit as st

from cloud.language.reader import speaking_to
from cloud.language.speech import say
from dashboard.cards.style import STYLE
from dashboard.charts.touch import READ
from dashboard.door import provider
from dashboard.session.menu import PAGES, links_script, pages_menu
from dashboard.session.page import begin, watch
from dashboard.session.reading import asked, choose_reader, language_script, reader

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
