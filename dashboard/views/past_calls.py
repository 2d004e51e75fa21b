"""What the sensors called for in the past, how long it lasted, and what people said of it."""

import streamlit as st

from cloud.advice.trouble import Trouble
from cloud.clock import DAY_MS
from cloud.farm_view import FarmView
from cloud.language.names import kind_in_words
from cloud.language.speech import mark, say
from cloud.language.times import at
from dashboard.answers.verdicts import ask
from dashboard.cards.tables import past_table
from dashboard.queries.past import PastTrouble, past_troubles
from dashboard.session.page import farm_with_banners, reached, small_print

SPANS_DAYS = {mark("Week"): 7, mark("Month"): 30, mark("Season"): 180}
SHOWN = 200


@st.fragment
def show(days: int) -> None:
    """The calls of the last days."""
    with reached():
        view = farm_with_banners()
        found = past_troubles(None, view.now - days * DAY_MS, view.now + 1)
        if not found:
            st.info(say("No sensor called in this time."))
            return
        if len(found) > SHOWN:
            small_print(say("The newest {shown} of {all} calls.", shown=SHOWN, all=len(found)))
        judge_one(view, [trouble for trouble in found[:SHOWN] if trouble.zone in view.farm.zone_by_id])
        st.html(past_table(found[:SHOWN], view))


def judge_one(view: FarmView, found: list[PastTrouble]) -> None:
    """The question whether one of the calls was right, the newest first."""
    if not found:
        return
    names = {zone.id: zone.name for zone in view.farm.zones}
    by_name = {
        f"{at(past.began, view.farm.timezone)}, {names[past.zone]}: {kind_in_words(past.kind)}": past for past in found
    }
    past = by_name[st.selectbox(say("Say of a call whether it was right"), list(by_name))]
    trouble = Trouble(zone=view.farm.zone_by_id[past.zone], kind=past.kind, calls=past.calls, now=view.now)
    current = next((t for t in view.zone(past.zone).troubles if t.trouble.kind == past.kind), None)
    ask(trouble, past.judgement, asks_twice=past.ended is None and current is not None and current.asks_twice)


st.title(say("Past calls"), anchor=False)
span = st.segmented_control(say("Time"), list(SPANS_DAYS), format_func=say, default="Month", required=True)
show(SPANS_DAYS[span or "Month"])
