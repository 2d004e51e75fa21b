"""What `cooee dashboard` serves: the page behind its gate. Streamlit looks for `app` here."""

import os
from functools import partial
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard import HOSTS_VARIABLE, USERS_VARIABLE
from dashboard.door import provider
from dashboard.door.gate import Gate
from dashboard.queries.farm import farms_reader
from dashboard.serving.snapshot import Snapshot
from dashboard.serving.static_files import StaticFiles

# With an identity provider Streamlit's own routes have to be reached, and the page lets in (app.py): before that nobody
# sees anything of the farm.
USERS = None if provider.asks() else os.environ.get(USERS_VARIABLE)

app = st.App(
    Path(__file__).parents[1] / "app.py",
    middleware=[
        Middleware(
            Gate,
            hosts=frozenset(os.environ[HOSTS_VARIABLE].split(",")),
            users=Path(USERS) if USERS else None,
            reader=partial(farms_reader, None, None),
        ),
        *([] if provider.asks() else [Middleware(Snapshot)]),
        Middleware(StaticFiles),
    ],
)
