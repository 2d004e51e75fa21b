"""What people write down of a block, in two taps: what it is, and save. It can be corrected and taken back."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from cloud.advice.dry_advice import to_give
from cloud.advice.trouble import DRY_KIND
from cloud.clock import local
from cloud.farm_view import FarmView
from cloud.language.names import RECORDS, record_in_words
from cloud.language.quantities import converted, ours, unit_name
from cloud.language.reader import reader_now
from cloud.language.speech import mark, say
from cloud.language.times import at, clock, day
from cloud.zone_state import ZoneState
from edge.contract.messages import Record, RecordKind

from ..queries.said import write
from ..session.page import reached

QUANTITIES: dict[RecordKind, str] = {"irrigation": "depth", "rain": "depth", "harvest": "mass"}
"""What a kind of record counts; the others are words alone."""
MOST: dict[RecordKind, float] = {"irrigation": 500.0, "rain": 2000.0, "harvest": 1e7}
"""More than that is a slip of the finger: mm, mm, kg."""
TEXTS: dict[RecordKind, str] = {"spray": mark("What was sprayed, and how much")}
NOTE = mark("Note")
DAYS_BACK = 60
"""How far back something may be written down."""
HOURS, DEPTH = mark("hours"), "depth"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A record that is being written: a new one, or the correction of `before`. `amount`: what it begins with."""

    id: str
    kind: RecordKind
    began: int
    amount: float | None
    before: Record | None = None

    def key(self, field: str) -> str:
        """Of a widget of its form."""
        return f"{field}-{self.id}-{self.began}"


def write_down(view: FarmView, zone: ZoneState, records: Sequence[Record]) -> None:
    """The kinds of record, and the form of the one that the reader chose. `records`: the block's, oldest first."""
    here = zone.zone.id
    st.segmented_control(
        say("Write down ({block})", block=zone.zone.name),
        list(RECORDS),
        format_func=lambda kind: say(RECORDS[kind]),
        key=f"write-{here}",
        on_change=_begin,
        args=(here, view.now, {kind: _usual(zone, kind, records) for kind in QUANTITIES}),
        wrap=True,
    )
    draft: Draft | None = st.session_state.get(f"draft-{here}")
    if draft and draft.before is None:
        _form(view, zone, draft)


def change(view: FarmView, zone: ZoneState, records: Sequence[Record]) -> None:
    """A record to correct, to take back, or to put back."""
    here = zone.zone.id
    named = {record.id: _named(record, view.farm.timezone) for record in reversed(records)}
    st.selectbox(
        say("Correct a record, or take it back"),
        [None, *named],
        format_func=lambda chosen: named.get(chosen, "—"),
        key=f"change-{here}",
        on_change=_correct,
        args=(here, {record.id: record for record in records}, view.now),
    )
    draft: Draft | None = st.session_state.get(f"draft-{here}")
    if draft and draft.before:
        _form(view, zone, draft)
        st.button(
            say("Put back") if draft.before.withdrawn else say("Take back"),
            key=draft.key("back"),
            on_click=_keep,
            args=(draft, replace(draft.before, t=view.now, withdrawn=not draft.before.withdrawn)),
        )


def _named(record: Record, timezone: str) -> str:
    text = f"{at(record.happened_t, timezone)}: {record_in_words(record)}"
    return say("{record} (taken back)", record=text) if record.withdrawn else text


def _form(view: FarmView, zone: ZoneState, draft: Draft) -> None:
    before, timezone = draft.before, view.farm.timezone
    mm_h = _in_hours(zone, draft)
    with st.form(draft.key("form")):
        if draft.kind in QUANTITIES:
            _amount(draft, mm_h)
        text = before.text if before else ""
        st.text_input(say(TEXTS.get(draft.kind, NOTE)), text, key=draft.key("text"), max_chars=200)
        _when(draft, local(before.happened_t if before else draft.began, timezone), local(view.now, timezone))
        st.form_submit_button(say("Save"), type="primary", on_click=_save, args=(view, zone, draft, mm_h))
    if st.session_state.get(draft.key("lacks")):
        st.warning(say("Write down how much it was.") if draft.kind in QUANTITIES else say("Write down what it was."))


def _when(draft: Draft, happened: datetime, now: datetime) -> None:
    """Day and time; a calendar of Streamlit's has parts too small to be tapped."""
    days = sorted({happened.date(), *(now.date() - timedelta(days=back) for back in range(DAYS_BACK))}, reverse=True)
    halves = [time(minutes // 60, minutes % 60) for minutes in range(0, 24 * 60, 30)]
    own = happened.time().replace(second=0, microsecond=0)
    with st.container(horizontal=True, key=draft.key("when")):
        st.selectbox(say("Day"), days, days.index(happened.date()), format_func=day, key=draft.key("day"))
        st.selectbox(say("Time"), [own, *halves], format_func=clock, key=draft.key("time"))


def _in_hours(zone: ZoneState, draft: Draft) -> float | None:
    """What the block's irrigation gives in an hour [mm], where it is known and the reader counts in hours."""
    if draft.kind != "irrigation" or not zone.zone.flow_mm_h:
        return None
    counted = st.segmented_control(
        say("How much, in"),
        [HOURS, DEPTH],
        format_func=lambda way: say(HOURS) if way == HOURS else unit_name(way),
        key=draft.key("in"),
        default=HOURS,
        required=True,
    )
    return zone.zone.flow_mm_h if counted == HOURS else None


def _amount(draft: Draft, mm_h: float | None) -> None:
    quantity = QUANTITIES[draft.kind]
    fine = 0.1 if quantity == "depth" and reader_now().units == "us" else 1.0
    st.number_input(
        say("{what} ({unit})", what=say(RECORDS[draft.kind]), unit=say(HOURS) if mm_h else unit_name(quantity)),
        min_value=0.0,
        max_value=_shown(draft.kind, MOST[draft.kind], mm_h),
        value=_shown(draft.kind, draft.amount, mm_h),
        step=0.25 if mm_h else fine,
        key=_amount_key(draft, mm_h),
    )


def _amount_key(draft: Draft, mm_h: float | None) -> str:
    return draft.key("hours" if mm_h else "amount")


def _shown(kind: RecordKind, amount: float | None, mm_h: float | None) -> float | None:
    """An amount of ours as it is written: in hours at so many mm an hour, or in the reader's unit."""
    if amount is None:
        return None
    return round(amount / mm_h, 2) if mm_h else round(converted(QUANTITIES[kind], amount), 2)


def _usual(zone: ZoneState, kind: RecordKind, records: Sequence[Record]) -> float | None:
    """What is probably meant: the water that is advised now, or the same as last time."""
    if kind == "irrigation":
        for trouble in zone.troubles:
            if trouble.trouble.kind == DRY_KIND and (give := to_give(trouble.trouble)):
                return give.portion_mm
    return next((r.amount for r in reversed(records) if r.kind == kind and not r.withdrawn), None)


def _begin(here: str, now: int, usual: Mapping[RecordKind, float | None]) -> None:
    kind: RecordKind | None = st.session_state[f"write-{here}"]
    st.session_state[f"draft-{here}"] = (
        Draft(id=secrets.token_hex(6), kind=kind, began=now, amount=usual.get(kind)) if kind else None
    )
    st.session_state[f"change-{here}"] = None


def _correct(here: str, records: dict[str, Record], now: int) -> None:
    before = records.get(st.session_state[f"change-{here}"])
    st.session_state[f"draft-{here}"] = (
        Draft(id=before.id, kind=before.kind, began=now, amount=before.amount, before=before) if before else None
    )
    st.session_state[f"write-{here}"] = None


def _save(view: FarmView, zone: ZoneState, draft: Draft, mm_h: float | None) -> None:
    state = st.session_state
    amount, text = state.get(_amount_key(draft, mm_h)), state[draft.key("text")].strip()
    if amount is None if draft.kind in QUANTITIES else not text:
        state[draft.key("lacks")] = True
        return
    if amount is not None:
        with reached():  # it is in the reader's unit
            amount = amount * mm_h if mm_h else ours(QUANTITIES[draft.kind], amount)
    happened = datetime.combine(state[draft.key("day")], state[draft.key("time")], ZoneInfo(view.farm.timezone))
    _keep(
        draft,
        Record(
            farm=view.farm.id,
            zone=zone.zone.id,
            id=draft.id,
            kind=draft.kind,
            t=view.now,
            happened_t=min(view.now, round(1000 * happened.timestamp())),
            amount=amount,
            text=text,
        ),
    )


def _keep(draft: Draft, record: Record) -> None:
    """Keeps it once, however often the button is tapped, and closes the form."""
    state = st.session_state
    if state.get(f"draft-{record.zone}") != draft:
        return
    with reached():
        write(record)
        state[f"draft-{record.zone}"] = state[f"write-{record.zone}"] = state[f"change-{record.zone}"] = None
