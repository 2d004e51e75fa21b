"""Which version of what decides on which sensors, since when, and how it did by what people said of its calls."""

import streamlit as st

from cloud.language.speech import say
from dashboard.cards.tables import model_table
from dashboard.queries.farm import sentinels_in_use
from dashboard.session.page import farm_with_banners, reached, small_print


@st.fragment
def show() -> None:
    """The versions as they are now."""
    with reached():
        view = farm_with_banners()
        st.title(say("Model"), anchor=False)
        small_print(
            say(
                "What sensors decide by, and what you said of their calls. Judge calls as right or wrong, and "
                "`cooee learn` makes a better version of them."
            )
        )
        st.html(model_table(sentinels_in_use(), view.farm.timezone))


show()
