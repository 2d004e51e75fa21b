"""Who reads the page: by the address (?lang=de&units=us), else by farm.yaml; the foot of every page changes it."""

from collections.abc import Mapping
from typing import cast, get_args

import streamlit as st

from cloud.language.reader import ENDONYMS, Reader, reader_now
from cloud.language.speech import mark, say
from edge.farm import Language, Units

from ..queries.farm import farms_reader

LANGUAGE, UNITS = "lang", "units"
"""Their names in the address."""
UNIT_WORDS: dict[Units, str] = {"metric": mark("Metric (mm, °C, ha)"), "us": mark("US (in, °F, acres)")}


def asked() -> dict[str, str]:
    """What the address asks for, to be kept in links."""
    return asked_in(st.query_params)


def asked_in(query: Mapping[str, str]) -> dict[str, str]:
    """What of that an address asks for, by its query."""
    known = {LANGUAGE: get_args(Language), UNITS: get_args(Units)}
    return {name: value for name, values in known.items() if (value := query.get(name, "")) in values}


def reader() -> Reader:
    """Who reads now."""
    return reader_asking(asked())


def reader_asking(said: Mapping[str, str]) -> Reader:
    """Who reads, when their address asks for that."""
    return farms_reader(cast(Language | None, said.get(LANGUAGE)), cast(Units | None, said.get(UNITS)))


def language_script() -> str:
    """Tells browser and screen reader the language of the page."""
    return f"<script>document.documentElement.lang = '{reader_now().language}'</script>"


def choose_reader() -> None:
    """Another language or other units, from here on."""
    now = reader_now()
    st.session_state[LANGUAGE], st.session_state[UNITS] = now.language, now.units
    with st.container(horizontal=True, key="reader"):
        st.segmented_control(
            say("Language"),
            list(ENDONYMS),
            format_func=lambda language: ENDONYMS[language],
            key=LANGUAGE,
            wrap=True,
            required=True,
            on_change=_chosen,
            args=(LANGUAGE,),
        )
        st.segmented_control(
            say("Units"),
            list(UNIT_WORDS),
            format_func=lambda units: say(UNIT_WORDS[units]),
            key=UNITS,
            required=True,
            on_change=_chosen,
            args=(UNITS,),
        )


def _chosen(name: str) -> None:
    st.query_params[name] = st.session_state[name]
