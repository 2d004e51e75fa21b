"""First page: one card a block, the worst first."""

import streamlit as st

from cloud.advice import Trouble
from cloud.farm_view import FarmView
from cloud.zone_state import OpenTrouble, ZoneState
from dashboard.cards import summary, trouble_card, zone_head
from dashboard.charts import farm_plan
from dashboard.page import REFRESH_S, farm_with_banners, reached
from dashboard.queries import judge
from edge.contract.messages import JudgementVerdict

COLUMNS = 3
VERDICTS: tuple[tuple[JudgementVerdict, str, str], ...] = (
    ("handled", "Handled", "I have dealt with it"),
    ("right", "Right", "The sensors were right"),
    ("wrong", "Wrong", "It was a false alarm"),
)


@st.fragment(run_every=REFRESH_S)
def show() -> None:
    """The farm as it is now; runs again by itself."""
    with reached():
        view = farm_with_banners()
        st.title(view.farm.name, anchor=False)
        st.html(summary(view))
        columns = st.columns(min(COLUMNS, len(view.zones)))
        for index, zone in enumerate(view.zones):
            with columns[index % len(columns)]:
                show_zone(view, zone)
        st.subheader("Where the sensors stand", anchor=False)
        st.altair_chart(
            farm_plan(view),
            width="stretch",
            alt="Plan of the farm: sensors by position, marked with the state of their block",
        )


def show_zone(view: FarmView, zone: ZoneState) -> None:
    """The card of a block: state, troubles with what to do, and the way to its history."""
    with st.container(border=True, key=f"card-{zone.level}-{zone.zone.id}"):
        st.html(zone_head(zone, view.now))
        for trouble in zone.troubles:
            st.html(trouble_card(trouble, view.farm.timezone))
            show_verdicts(trouble)
        st.page_link(
            "views/zone.py",
            label=f"History of {zone.zone.name}",
            icon=":material/show_chart:",
            query_params={"zone": zone.zone.id},
        )


def show_verdicts(open_trouble: OpenTrouble) -> None:
    """Buttons to say what became of a trouble."""
    trouble = open_trouble.trouble
    with st.container(horizontal=True, key=f"say-{trouble.zone.id}-{trouble.kind}"):
        for verdict, label, help_text in VERDICTS:
            key = f"{verdict}-{trouble.zone.id}-{trouble.kind}"
            st.button(label, key=key, help=help_text, on_click=keep, args=(trouble, verdict))


def keep(trouble: Trouble, verdict: JudgementVerdict) -> None:
    """Keeps what the reader said, before the page is drawn again."""
    with reached():
        judge(trouble, verdict)


show()
