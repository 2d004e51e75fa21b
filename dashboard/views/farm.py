"""First page: what to do by when, then the blocks in trouble, the worst first, then a line each for the rest."""

from collections.abc import Sequence

import streamlit as st

from cloud.block.weather_service import ComingDay
from cloud.farm_view import FarmView
from cloud.language.speech import say
from cloud.zone_state import ZoneState
from dashboard.answers.verdicts import ask
from dashboard.cards.block_cards import trouble_card, trouble_more, unasked_card, zone_head
from dashboard.cards.farm_lists import quiet_list, summary, task_list
from dashboard.plan.farm_plan import farm_plan
from dashboard.queries.farm import block_outlines, who_was_told
from dashboard.queries.outlook import ahead
from dashboard.session.long_lists import one_page, searched
from dashboard.session.page import farm_with_banners, forecast_or_warning, reached
from dashboard.session.reading import asked

HISTORY = "views/zone.py"


@st.fragment
def show() -> None:
    """The farm as it is now."""
    with reached():
        view = farm_with_banners()
        coming = forecast_or_warning(view)
        st.title(view.farm.name, anchor=False)
        st.html(summary(view) + task_list(view))
        quiet = [zone for zone in view.zones if zone.quiet]
        in_trouble = one_page([zone for zone in view.zones if not zone.quiet], key="cards")
        with st.container(key="cards"):
            for zone in in_trouble:
                show_zone(view, zone, coming)
        found = searched(quiet, lambda zone: zone.zone.name, say("Find a block"), key="blocks")
        lines = [(zone, ahead(zone, view.farm, coming, pressing=True)) for zone in one_page(found, key="blocks")]
        st.html(quiet_list(lines, asked()))
        show_map(view)


def show_map(view: FarmView) -> None:
    """Blocks and sensors where they are; a GeoJSON file that cannot be used is named."""
    st.subheader(say("Map"), anchor=False)
    drawn, fault = block_outlines()
    if fault:
        st.warning(say("The outlines of the blocks cannot be read.") + f"\n\n```\n{fault}\n```")
    st.html(farm_plan(view, drawn, asked()))


def show_zone(view: FarmView, zone: ZoneState, coming: Sequence[ComingDay]) -> None:
    """The card of a block: state, the way to its history (above all that an answer adds, so that it stays where it is),
    and troubles with what to do."""
    with st.container(border=True, gap="xsmall", key=f"card-{zone.level}-{zone.zone.id}"):
        st.html(zone_head(zone, view.now, ahead(zone, view.farm, coming)))
        label = say("History of {block}", block=zone.zone.name)
        st.page_link(HISTORY, label=label, query_params={"zone": zone.zone.id, **asked()})
        if zone.unasked:
            st.html(unasked_card(zone.unasked))
        told = who_was_told(zone.zone.id, view.farm.timezone)
        for trouble in zone.troubles:
            st.html(trouble_card(trouble, view.farm.timezone))
            with st.expander(say("What to do, and why")):
                st.html(trouble_more(trouble, told.get(trouble.trouble.kind, ())))
            ask(trouble.trouble, trouble.judgement, asks_twice=trouble.asks_twice)


show()
