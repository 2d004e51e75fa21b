"""Lists that would not fit a page: found by a word, and turned over page by page."""

import re
from collections.abc import Callable, Sequence
from math import ceil
from typing import TypeVar

import streamlit as st

from cloud.language.speech import say

Row = TypeVar("Row")
SEARCHED = 12
"""Rows up to which a list needs no search."""
A_PAGE = 30


def counted(name: str) -> list[tuple[bool, int, str]]:
    """By which names are ordered as people count: p2 before p10."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name.casefold())
    return [(not number, int(number or 0), text) for number, text in parts]


def searched(rows: Sequence[Row], words: Callable[[Row], str], label: str, *, key: str) -> list[Row]:
    """Those rows whose words hold what the reader types."""
    if len(rows) <= SEARCHED:
        return list(rows)
    wanted = (st.text_input(label, key=f"find-{key}") or "").casefold().split()
    return [row for row in rows if all(word in words(row).casefold() for word in wanted)]


def one_page(rows: Sequence[Row], *, key: str) -> Sequence[Row]:
    """The rows of the page that the reader turned to."""
    pages = ceil(len(rows) / A_PAGE)
    if pages <= 1:
        return rows
    label = say("Page, of {pages} ({rows} in all)", pages=pages, rows=len(rows))
    turned = st.session_state.get(f"page-{key}", 1)
    st.session_state[f"page-{key}"] = min(turned, pages)
    page = st.number_input(label, min_value=1, max_value=pages, key=f"page-{key}")
    return rows[(page - 1) * A_PAGE : page * A_PAGE]
