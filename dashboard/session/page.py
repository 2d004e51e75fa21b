"""What every page does first: reach the farm, say whose clock it shows, and say in plain words when it cannot; and what
has it drawn anew."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cloud.advice.levels import Level, badness, level_word
from cloud.block.weather_service import ComingDay
from cloud.farm_view import FarmView
from cloud.language.reader import speaking_to
from cloud.language.speech import say, say_count
from cloud.language.times import at
from edge.contract.errors import CooeeError, FarmError

from ..cards.pieces import banner, quiet_line
from ..cards.style import icon
from ..door import provider
from ..queries.farm import farm_now, notification_failures
from ..queries.outlook import coming_days
from .reading import reader

REFRESH_S = 5
"""What a farm's state has become is seen after so long."""
REDRAWN_S = 60
"""Times and numbers that move by themselves are."""
DRAWN, WHOLE, TAB = "drawn", "whole", "tab"
"""In the session: what is shown, whether the whole page is being drawn, and what the browser's tab says."""

Notice = Literal["note", "warning", "info"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The farm's state as it is shown, or why it is not; `at` in seconds of the machine's clock. `whole`: not only the
    part of the page that somebody touched."""

    what: object
    at: float
    whole: bool


@contextmanager
def reached() -> Iterator[None]:
    """Speaks to the page's reader, and turns what can go wrong outside the page into a message that says what to do.
    Whoever may not read any more is sent back to the door."""
    _still_in()
    with speaking_to(reader()):
        try:
            yield
        except FarmError as error:
            _drawn(str(error))
            text = say("The farm file cannot be used. Mend it, and this page comes back by itself.")
            st.error(f"{text}\n\n```\n{error}\n```")
        except CooeeError as error:
            _log.warning("%s", error)
            _drawn(str(error))
            text = say(
                "The farm's records cannot be reached, so nothing is known of the crops now. This page tries again by "
                "itself; `cooee doctor` says more."
            )
            st.error(f"{text}\n\n```\n{error}\n```")


def tab_of(view: FarmView) -> tuple[str, Level]:
    """What the browser's tab says of a farm, and its worst state."""
    worst = min((zone.level for zone in view.zones), key=badness)
    title = view.farm.name if worst == "fine" else say("{state}: {farm}", state=level_word(worst), farm=view.farm.name)
    return title, worst


def notices(view: FarmView) -> Iterator[tuple[Notice, str]]:
    """What a reader must know before believing the page. Raises CooeeError."""
    timezone = view.farm.timezone
    clock = at(view.now, timezone)
    if view.stopped:
        yield (
            "note",
            say(
                "Simulated farm: its clock stands still at {time}. This is how the farm was then; nothing new comes "
                "in.",
                time=clock,
            ),
        )
    elif view.simulated:
        yield "note", say("Simulated farm: its clock says {time}.", time=clock)
    if view.farm.security == "open":
        yield "note", say("Anyone near this farm could invent readings: its sensors do not sign what they say.")
    if view.away:
        yield (
            "warning",
            say(
                "The gateway is not connected: nothing new comes in, and what you see may be old. Check that it has "
                "power and network."
            ),
        )
    if lines := notification_failures(timezone):
        more = len(lines) - 1
        rest = say_count("({count} more: see `cooee doctor`)", "({count} more: see `cooee doctor`)", more)
        yield "warning", f"{lines[0]} {rest}" if more else lines[0]
    if view.empty:
        yield (
            "info",
            say(
                "No sensor has reported yet. Switch the sensors on and wait for their first reading; if nothing comes, "
                "run `cooee doctor` on the farm's computer."
            ),
        )


def farm_with_banners() -> FarmView:
    """The farm now, after its notices; the browser's tab says the worst state. Raises CooeeError."""
    view = farm_now()
    _drawn(view.states)
    st.session_state[TAB] = tab_of(view)
    _set_tab()
    draw: dict[Notice, Callable[[str], object]] = {
        "note": lambda text: st.html(banner(text)),
        "warning": st.warning,
        "info": st.info,
    }
    for kind, text in notices(view):
        draw[kind](text)
    return view


def begin() -> None:
    """The whole page will be drawn; until it is, the browser's tab says what it said."""
    st.session_state[WHOLE] = True
    _set_tab()


def _set_tab() -> None:
    title, worst = st.session_state.get(TAB, ("Cooee", "fine"))
    st.set_page_config(page_title=title, page_icon=icon(worst))


def _still_in() -> None:
    if provider.asks() and not provider.is_in():
        st.rerun()


def _drawn(what: object) -> None:
    st.session_state[DRAWN] = Drawn(what=what, at=time.monotonic(), whole=st.session_state.get(WHOLE, False))


@st.fragment(run_every=REFRESH_S)
def watch() -> None:
    """Has the page drawn anew when the farm's state has changed, or after a while; else the browser is sent nothing.
    Also after a part was drawn: when this look follows at once, Streamlit's browser keeps what should have gone."""
    if st.session_state.pop(WHOLE, False):
        return
    _still_in()
    try:
        now: object = farm_now().states
    except CooeeError as error:
        now = str(error)
    drawn: Drawn | None = st.session_state.get(DRAWN)
    if drawn is None or drawn.what != now or not drawn.whole or time.monotonic() - drawn.at > REDRAWN_S:
        st.rerun()


def forecast_or_warning(view: FarmView) -> list[ComingDay]:
    """The weather service's coming days; says when there is one that cannot be used."""
    coming, fault = coming_days(view)
    if fault:
        text = say("The weather service's forecast is not used. This page reckons with your own sensors alone.")
        st.warning(f"{text}\n\n```\n{fault}\n```")
    return coming


def small_print(text: str) -> None:
    """A sentence that stands back."""
    st.html(quiet_line(text))
