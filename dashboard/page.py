"""What every page does first: reach the farm, say whose clock it shows, and say in plain words when it cannot."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cloud.clock import at
from cloud.farm_view import FarmView
from edge.contract.errors import CooeeError, FarmError

from .cards import banner
from .queries import farm_now, notification_failures

REFRESH_S = 5

_log = logging.getLogger(__name__)


@contextmanager
def reached() -> Iterator[None]:
    """Turns what can go wrong outside the page into a message that says what to do."""
    try:
        yield
    except FarmError as error:
        st.error(f"The farm file cannot be used. Mend it, and this page comes back by itself.\n\n```\n{error}\n```")
    except CooeeError as error:
        _log.warning("%s", error)
        st.error(
            "The farm's records cannot be reached, so nothing is known of the crops now. "
            f"This page tries again every {REFRESH_S} seconds; `cooee doctor` says more.\n\n```\n{error}\n```"
        )


def farm_with_banners() -> FarmView:
    """The farm now, after what a reader must know before believing the page. Raises CooeeError."""
    view = farm_now()
    timezone = view.farm.timezone
    if view.stopped:
        still = f"Simulated farm: its clock stands still at {at(view.now, timezone)}."
        st.html(banner(f"{still} This is how the farm was then; nothing new comes in."))
    elif view.simulated:
        st.html(banner(f"Simulated farm: its clock says {at(view.now, timezone)}."))
    if view.farm.security == "open":
        st.html(banner("Anyone near this farm could invent readings: its sensors do not sign what they say."))
    if view.away:
        st.warning(
            "The gateway is not connected: nothing new comes in, and what you see may be old. Check that it has "
            "power and network."
        )
    if lines := notification_failures(timezone):
        st.warning(lines[0] + (f" ({len(lines) - 1} more: see `cooee doctor`)" if lines[1:] else ""))
    if view.empty:
        st.info(
            "No sensor has reported yet. Switch the sensors on and wait for their first reading; "
            "if nothing comes, run `cooee doctor` on the farm's computer."
        )
    return view
