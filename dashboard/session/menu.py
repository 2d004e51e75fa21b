"""The pages, and the way from one to another; a phone sees it too, unlike Streamlit's own menu."""

import os
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from cloud.language.speech import mark, say

from .. import USERS_VARIABLE
from ..door import provider
from ..door.gate import LOGOUT

PAGES = {
    "": (mark("Farm"), "views/farm.py"),
    "zone": (mark("History"), "views/zone.py"),
    "sensors": (mark("Sensors"), "views/sensors.py"),
    "past": (mark("Past calls"), "views/past_calls.py"),
    "model": (mark("Model"), "views/model.py"),
}
"""Path -> title and file of a page."""
CURRENT = ' aria-current="page"'


def pages_menu(here: str, asked: Mapping[str, str]) -> str:
    """Links to the pages, with what the reader asked for, and the way out for who has signed in."""
    query = f"?{escape(urlencode(asked))}" if asked else ""
    ways = {path: say(title) for path, (title, _) in PAGES.items()}
    if os.environ.get(USERS_VARIABLE):
        ways[(provider.LOGOUT if provider.asks() else LOGOUT).removeprefix("/")] = say("Sign out")
    links = "".join(
        f'<a href="./{path}{query}"{CURRENT if path == here else ""}>{escape(title)}</a>'
        for path, title in ways.items()
    )
    name = escape(say("Pages"))
    return f'<nav class="cooee-pages" aria-label="{name}">{links}</nav>'


def links_script() -> str:
    """Has our own links to these pages followed as the browser's Back is, of which Streamlit is told: loading it anew
    costs a phone seconds. And a tap that began on a link is one on it, though the page was drawn anew meanwhile and the
    link is elsewhere when the finger is lifted: a browser then sends the click to what holds both places."""
    ours = "|".join(PAGES)
    return f"""<script>
window.cooeeLinks ??= (() => {{
  const FAR = 12
  let pressed = null
  document.addEventListener("pointerdown", event => {{
    const link = event.button ? null : event.target.closest?.("a")
    pressed = link && {{link, x: event.clientX, y: event.clientY}}
  }}, true)
  document.addEventListener("click", event => {{
    const meant = pressed
    pressed = null
    if (!meant || !event.isTrusted || !event.detail || event.target.closest("a") === meant.link) return
    if (Math.hypot(event.clientX - meant.x, event.clientY - meant.y) > FAR) return
    const link = meant.link.isConnected ? meant.link : [...document.links].find(each => each.href === meant.link.href)
    event.preventDefault()
    event.stopPropagation()
    link?.click()
  }}, true)
  document.addEventListener("click", event => {{
    const link = event.target.closest("a")
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
    if (elsewhere || !/^\\.\\/({ours})(\\?|$)/.test(link?.getAttribute("href") ?? "")) return
    event.preventDefault()
    history.pushState(null, "", link.href)
    window.dispatchEvent(new PopStateEvent("popstate"))
    window.scrollTo(0, 0)
  }})
  return true
}})()</script>"""
