"""What a browser shows before Streamlit has started there, for which a phone takes seconds: Streamlit's own index.html
with the farm's list and cards in it, or a block's state and charts, in the page's own pieces. They go once the page is
drawn, and stay where it cannot be.
"""

import asyncio
import gzip
import re
from collections.abc import Callable, Mapping
from html import escape
from string import Template

import anyio
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.clock import DAY_MS
from cloud.farm_view import FarmView
from cloud.language.reader import reader_now, speaking_to
from cloud.language.speech import mark, say
from cloud.language.times import at
from cloud.zone_state import ZoneState
from edge.contract.errors import CooeeError

from ..cards.block_cards import trouble_card, trouble_more, unasked_card, zone_head
from ..cards.farm_lists import quiet_list, summary, task_list
from ..cards.pieces import banner, history_address, named
from ..cards.style import STYLE
from ..charts.block_history import SPANS_DAYS, USUAL_SPAN, block_asked, block_charts, block_state
from ..charts.touch import READ
from ..queries.farm import farm_now, who_was_told
from ..queries.outlook import coming_days
from ..queries.past import past_troubles, records
from ..session.long_lists import A_PAGE
from ..session.menu import pages_menu
from ..session.page import notices, tab_of
from ..session.reading import asked_in, reader_asking
from .static_files import FOLDER

WAIT_S = 1.0
"""For the farm's state; who would wait longer sees Streamlit start, as without a snapshot."""
GIVEN_UP_MS = 20_000
"""After so long without the page a reader is told that it does not start; it may still."""
START_MS = 1_000
SETTLES_MS = 3_000
"""In which a piece may yet come above those that are drawn; the page stays where the reader was all the same."""
STARTS = mark("The farm at {time}. The page is starting.")
FAILS = mark("The farm at {time}. The page itself does not start in this browser: load it again to see what is new.")
INDEX = (FOLDER / "index.html").read_text(encoding="utf-8")
"""Streamlit's."""
ROOT = '<div id="root">'
APP = re.compile(r'<script type="module".*?</script>')
SHEET = re.compile(r'<link rel="stylesheet"[^>]*>')
LOOK = """<style>#root { visibility: hidden } body { margin: 0 }
#cooee-snapshot { font: 1rem/1.6 "Source Sans", sans-serif; color: #2f2d2b; background: #fff; min-height: 100vh }
#cooee-snapshot main { box-sizing: border-box; margin: auto; padding-inline: 1rem }
@media (min-width: 736px) { #cooee-snapshot main { padding-inline: 5rem } }
#cooee-snapshot .cooee-banner, .cooee-cards { margin: 1rem 0 }
#cooee-snapshot h1 { line-height: 1.2; margin: 1rem 0 0 }
.cooee-card { border: 1px solid var(--rule); border-radius: .5rem; padding: calc(1rem - 1px); display: grid;
  gap: .5rem }
.cooee-chosen p { margin: 0; font-size: .875rem; min-height: 1.5rem }
.cooee-chosen p:nth-child(even) { min-height: 44px; align-content: center; margin-bottom: 1rem; padding-left: 1rem;
  border: 1px solid var(--rule); border-radius: .5rem }
#cooee-snapshot .cooee-charts { margin-top: 6.5rem }
.cooee-card summary { min-height: 44px; align-content: center; padding-left: 1rem; font-size: .875rem }
.cooee-card details { border: 1px solid var(--rule); border-radius: .5rem; margin-bottom: 4.5rem }
.cooee-card > a { min-height: 44px; align-content: center; font-size: .875rem }
.cooee-starting { position: fixed; inset: auto 0 0; margin: 0; padding: .5rem 1rem; background: var(--banner);
  color: var(--banner-text) }
@media (prefers-color-scheme: dark) { #cooee-snapshot { color: #edebe8; background: #171614 } }</style>"""
SNAPSHOT = Template("""<div id="cooee-snapshot" class="stApp">$look<main class="stMainBlockContainer">$content</main>
<p class="cooee-starting" role="status" data-starts="$starts">$fails</p><script>{
  const snapshot = document.getElementById("cooee-snapshot"), line = snapshot.querySelector(".cooee-starting")
  const fails = line.textContent
  line.textContent = line.dataset.starts
  const start = () => document.head.append(document.getElementById("cooee-app").content)
  requestAnimationFrame(() => setTimeout(start))
  setTimeout(start, $start_ms)
  const given_up = setTimeout(() => { line.textContent = fails }, $given_up_ms)
  new MutationObserver((_, watch) => {
    const last = document.querySelector("#root .st-key-reader [role=radio]")
    if (!last) return
    watch.disconnect()
    clearTimeout(given_up)
    const read_to = scrollY
    snapshot.remove()
    let page = last
    while (page && page.scrollHeight - page.clientHeight < read_to) page = page.parentElement
    if (!page) return
    page.style.overflowAnchor = "none"
    page.scrollTo(0, read_to)
    setTimeout(() => { page.style.overflowAnchor = "" }, $settles_ms)
  }).observe(document, {childList: true, subtree: true})
}</script></div>""")
"""Its last line says what is so where no script runs. Streamlit starts when the snapshot has been painted (soon all the
same in a tab that nobody sees). The page is drawn when the foot of it is."""


class Snapshot:
    """ASGI middleware before Streamlit, behind the gate: answers who asks for the farm's page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: dict[str, asyncio.Task[str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        asks = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in CONTENTS
        page = await self._page(scope["path"], dict(QueryParams(scope["query_string"]))) if asks else ""
        if not page:
            await self._app(scope, receive, send)
            return
        said = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        content = page.encode()
        if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            content, said["Content-Encoding"] = gzip.compress(content, 6), "gzip"
        await Response(content, media_type="text/html", headers=said)(scope, receive, send)

    async def _page(self, path: str, query: Mapping[str, str]) -> str:
        """Nothing when it is not to be had in time: those who come while it is looked for wait for the same look."""
        key = repr((path, asked_in(query), query.get("zone")))
        look = self._under_way.get(key)
        if look is None:
            look = asyncio.create_task(anyio.to_thread.run_sync(page_with_snapshot, INDEX, path, query))
            self._under_way[key] = look
            look.add_done_callback(lambda _: self._under_way.pop(key))
        done, _ = await asyncio.wait({look}, timeout=WAIT_S)
        return look.result() if done else ""


def page_with_snapshot(index: str, path: str, query: Mapping[str, str]) -> str:
    """Streamlit's index.html with the farm as it is now, as the page at a path shows it to who asks so; nothing when
    the farm cannot be reached."""
    asked = asked_in(query)
    with speaking_to(reader_asking(asked)):
        try:
            view = farm_now()
            content = CONTENTS[path](view, asked, query.get("zone"))
        except CooeeError:  # of which the page itself will speak
            return ""
        time = at(view.now, view.farm.timezone)
        texts = {"starts": escape(say(STARTS, time=time)), "fails": escape(say(FAILS, time=time))}
        title, language = tab_of(view)[0], reader_now().language
    shown = SNAPSHOT.substitute(
        look=STYLE + LOOK, content=content, given_up_ms=GIVEN_UP_MS, start_ms=START_MS, settles_ms=SETTLES_MS, **texts
    )
    sheet, app = SHEET.search(index), APP.search(index)
    for old, new in (
        (r'<html lang="en">', f'<html lang="{language}">'),
        (r"<title>.*?</title>", f"<title>{escape(title)}</title>"),
        (r"(?s)<noscript>.*?</noscript>", ""),
        (SHEET, ""),  # which the browser would wait for before it shows anything
        (APP, f'<template id="cooee-app">{app[0] if app else ""}</template>'),
        (ROOT, f"{shown}{sheet[0] if sheet else ''}{ROOT}"),
    ):
        index = re.sub(old, lambda _, new=new: new, index, count=1)
    return index if app and shown in index else ""


def farm_content(view: FarmView, asked: Mapping[str, str], _zone: str | None = None) -> str:
    """What views/farm.py draws, without what needs Streamlit. Raises CooeeError."""
    in_trouble = [zone for zone in view.zones if not zone.quiet][:A_PAGE]
    quiet = [(zone, ()) for zone in view.zones if zone.quiet][:A_PAGE]
    cards = "".join(_card(view, zone, asked) for zone in in_trouble)
    return (
        f"{pages_menu('', asked)}{_notes(view)}<h1>{named(view.farm.name)}</h1>{summary(view)}{task_list(view)}"
        f'<div class="cooee-cards">{cards}</div>{quiet_list(quiet, asked)}'
    )


def zone_content(view: FarmView, asked: Mapping[str, str], zone: str | None) -> str:
    """What views/zone.py draws, without what needs Streamlit. Raises CooeeError."""
    block = view.zone(block_asked(view.farm, zone))
    coming, _ = coming_days(view)
    since = view.now - SPANS_DAYS[USUAL_SPAN] * DAY_MS
    written = records(block.zone.id, since, view.now + 1)
    charts = block_charts(view, block, past_troubles(block.zone.id, since, view.now + 1), written, since)
    chosen = "".join(
        f"<p>{escape(label)}</p><p>{text}</p>"
        for label, text in ((say("Block"), named(block.zone.name)), (say("Time"), escape(say(USUAL_SPAN))))
    )
    title = escape(say("History"))
    return (
        f'{pages_menu("zone", asked)}<h1>{title}</h1><div class="cooee-chosen">{chosen}</div>'
        f'{_notes(view)}<section class="cooee-card cooee-card-{block.level}-{escape(block.zone.id)}"><div>'
        f"{block_state(view, block, coming)}</div></section>{charts}{READ}"
    )


def _notes(view: FarmView) -> str:
    return "".join(banner(text.replace("`", "")) for _, text in notices(view))


def _card(view: FarmView, zone: ZoneState, asked: Mapping[str, str]) -> str:
    history = escape(say("History of {block}", block=zone.zone.name))
    link = f'<a href="{history_address(zone.zone.id, asked)}">{history}</a>'
    parts = [f"<div>{zone_head(zone, view.now)}</div>", link, unasked_card(zone.unasked) if zone.unasked else ""]
    timezone = view.farm.timezone
    told = who_was_told(zone.zone.id, timezone)
    for trouble in zone.troubles:
        more, steps = escape(say("What to do, and why")), trouble_more(trouble, told.get(trouble.trouble.kind, ()))
        steps = f"<details><summary>{more}</summary>{steps}</details>"
        parts.append(trouble_card(trouble, timezone) + steps)
    return f'<section class="cooee-card cooee-card-{zone.level}-{escape(zone.zone.id)}">{"".join(parts)}</section>'


CONTENTS: dict[str, Callable[[FarmView, Mapping[str, str], str | None], str]] = {
    "/": farm_content,
    "/zone": zone_content,
}
"""Path of a page -> what it shows of the farm to who asked for that, and of which block."""
