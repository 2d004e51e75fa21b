"""The sample farm in a SQLite store, as the page's environment names it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from cloud.store import Store, open_store
from dashboard import FARM_VARIABLE, STORE_VARIABLE
from edge.farm import Farm

from .farm_data import sample_farm, write_farm_file


@pytest.fixture
def farm() -> Farm:
    return sample_farm()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A writable store that the page reads too; nothing in it yet."""
    url = f"sqlite={tmp_path / 'cooee.db'}"
    monkeypatch.setenv(FARM_VARIABLE, str(write_farm_file(tmp_path)))
    monkeypatch.setenv(STORE_VARIABLE, url)
    st.cache_data.clear()
    st.cache_resource.clear()
    opened = open_store(url)
    yield opened
    opened.close()
