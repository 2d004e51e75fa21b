"""The question whether a call was right: the answer that was given is seen as pressed, and a second tap takes it back.

What comes nearer while the page is looked at (frost while the air falls) is asked again before it is put away.
"""

import streamlit as st

from cloud.advice.trouble import Trouble
from cloud.language.names import kind_in_words
from cloud.language.speech import mark, say
from edge.contract.messages import Judgement, JudgementVerdict

from ..queries.said import judge
from ..session.page import reached

ANSWERS: dict[JudgementVerdict, str] = {
    "right": mark("Yes"),
    "wrong": mark("No, a false alarm"),
    "handled": mark("Yes, and handled"),
}


def ask(trouble: Trouble, judgement: Judgement | None, *, asks_twice: bool = False) -> None:
    """The question, with the answer that stands; a note can be added to an answer."""
    name = f"{trouble.zone.id}-{trouble.kind}-{trouble.began}"
    what = f"{trouble.zone.name}: {kind_in_words(trouble.kind)}"
    given = judgement.verdict if judgement else None
    doubt = f"doubt-{name}"
    answer = f"say-{name}"
    if st.session_state.get(doubt) is None:
        st.session_state[answer] = given
    st.segmented_control(
        say("Was this call right? ({what})", what=what),
        list(ANSWERS),
        format_func=lambda verdict: say(ANSWERS[verdict]),
        key=answer,
        on_change=_answered,
        args=(trouble, answer, doubt, asks_twice),
    )
    if (doubtful := st.session_state.get(doubt)) is not None:
        st.warning(
            say(
                "It is still coming nearer at {block}. Put it away all the same? It stays on the page.",
                block=trouble.zone.name,
            )
        )
        with st.container(horizontal=True, key=f"sure-{name}"):
            st.button(
                say("Put away: {what}", what=what),
                key=f"yes-{name}",
                on_click=_sure,
                args=(trouble, doubt, doubtful, True),
            )
            st.button(
                say("Keep: {what}", what=what), key=f"no-{name}", on_click=_sure, args=(trouble, doubt, doubtful, False)
            )
    if judgement:
        note = f"note-{name}"
        st.session_state.setdefault(note, judgement.note)
        st.text_input(
            say("Note ({what})", what=what),
            key=note,
            max_chars=200,
            on_change=_noted,
            args=(trouble, judgement.verdict, note),
        )


def _answered(trouble: Trouble, answer: str, doubt: str, asks_twice: bool) -> None:
    verdict: JudgementVerdict = st.session_state[answer] or "withdrawn"
    if asks_twice and verdict in ("wrong", "handled"):
        st.session_state[doubt] = verdict
        return
    st.session_state[doubt] = None
    with reached():
        judge(trouble, verdict)


def _sure(trouble: Trouble, doubt: str, verdict: JudgementVerdict, sure: bool) -> None:
    st.session_state[doubt] = None
    if sure:
        with reached():
            judge(trouble, verdict)


def _noted(trouble: Trouble, verdict: JudgementVerdict, note: str) -> None:
    with reached():
        judge(trouble, verdict, st.session_state[note])
