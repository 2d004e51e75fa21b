"""What stands before the page: only our own names are answered to, and from elsewhere only who has signed in.

ASGI middleware around all of Streamlit, so that no view, file or socket has to remember it.
"""

import html
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.language.reader import Reader, speaking_to
from cloud.language.speech import mark, say
from edge.contract.errors import CooeeError

from .users import LONGEST, SIGNED_IN_S, Users

log = logging.getLogger(__name__)

COOKIE = "cooee_page"
LOGIN, LOGOUT = "/login", "/logout"
HEALTH = "/_stcore/health"
LARGEST_FORM = 4096
TRIES, PERIOD_S = 5, 60.0
"""Failed sign-ins of one address in a period; beyond, it has to wait."""
ADDRESSES = 10_000
FORM = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Cooee</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{{font:1.1rem system-ui,sans-serif;max-width:20rem;margin:4rem auto;padding:0 1rem}}
input,button{{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.6rem;margin:.3rem 0 1rem}}
button{{background:#1b7a3a;color:#fff;border:0;border-radius:.4rem}}</style>
<h1>Cooee</h1><p role="alert">{said}</p><form method="post" action="/login">
<label>{name}<input name="name" autocomplete="username" required maxlength="{longest}"></label>
<label>{password}<input name="password" type="password" autocomplete="current-password" required
maxlength="{longest}"></label>
<button>{sign_in}</button></form></html>"""


class Gate:
    """The middleware. `hosts` are the names that the page is reached under; `users` None lets everybody in; `reader`
    tells who is spoken to."""

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str], users: Path | None, reader: Callable[[], Reader] = Reader
    ) -> None:
        self._app = app
        self._reader = reader
        self._hosts = hosts
        self._users = Users(users) if users else None
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._one_at_a_time = anyio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            answer = self._strange(connection.headers) or await self._at_the_door(connection, receive)
        except CooeeError as error:
            log.error("nobody can come in: %s", error)
            answer = PlainTextResponse("Nobody can sign in now: see the log of cooee dashboard.\n", 503)
        if answer is None:
            await self._app(scope, self._watched(connection, receive) if self._users else receive, send)
        elif scope["type"] == "http":
            await answer(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "sign in"})

    def _strange(self, headers: Headers) -> Response | None:
        """Refuses another site: one whose name was pointed at us (DNS rebinding), or whose script reaches for us."""
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return PlainTextResponse("This is no name of the farm's page: see cooee dashboard --name.\n", 421)
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != host.lower():
            return PlainTextResponse("Another site may not reach for the farm's page.\n", 403)
        return None

    async def _at_the_door(self, connection: HTTPConnection, receive: Receive) -> Response | None:
        """None for who may come in; else what they get instead."""
        if self._users is None or connection.url.path == HEALTH:
            return None
        if connection.url.path == LOGIN and connection.scope["type"] == "http":
            return await self._login(Request(connection.scope, receive))
        if connection.url.path == LOGOUT:
            gone = RedirectResponse(LOGIN, 303)
            gone.delete_cookie(COOKIE)
            return gone
        if self._signed_in(connection.cookies):
            return None
        wants_page = "text/html" in connection.headers.get("accept", "")
        return RedirectResponse(LOGIN, 303) if wants_page else PlainTextResponse("Sign in.\n", 401)

    def _signed_in(self, cookies: Mapping[str, str]) -> bool:
        assert self._users is not None
        return self._users.signed_in(cookies.get(COOKIE, "")) is not None

    def _watched(self, connection: HTTPConnection, receive: Receive) -> Receive:
        """Ends a socket that stays open once its user is gone."""

        async def watched() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not self._signed_in(connection.cookies):
                return {"type": "websocket.disconnect", "code": 1008}
            return message

        return watched

    async def _login(self, request: Request) -> Response:
        if request.method != "POST":
            return self._form()
        address = request.client.host if request.client else ""
        if self._must_wait(address):
            return self._form(mark("Too many tries. Wait a minute."), 429)
        form = b""
        async for chunk in request.stream():
            form += chunk
            if len(form) > LARGEST_FORM:
                return PlainTextResponse("Too large.\n", 413)
        fields = parse_qs(form.decode("utf-8", "replace"))
        token = await self._try(fields.get("name", [""])[0], fields.get("password", [""])[0], address)
        if token is None:
            return self._form(mark("That name and password do not fit."), 401)
        inside = RedirectResponse("/", 303)
        secure = request.headers.get("origin", "").startswith("https:")  # a proxy's TLS is seen only there
        inside.set_cookie(COOKIE, token, max_age=SIGNED_IN_S, httponly=True, samesite="lax", secure=secure)
        return inside

    async def _try(self, name: str, password: str, address: str) -> str | None:
        """A token, or None after counting the failure. One try at a time bounds what strangers make us compute."""
        assert self._users is not None
        async with self._one_at_a_time:
            if self._must_wait(address):
                return None
            token = await anyio.to_thread.run_sync(self._users.sign_in, name[:LONGEST], password[:LONGEST])
            if token is None:
                count, began = self._failed.pop(address, (0, time.monotonic()))
                self._failed[address] = count + 1, began
                while len(self._failed) > ADDRESSES:
                    self._failed.popitem(last=False)
        return token

    def _form(self, message: str = "", status: int = 200) -> HTMLResponse:
        """Where to sign in, and why it did not work."""
        headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}
        reader = self._reader()
        with speaking_to(reader):
            texts = {
                "said": say(message) if message else "",
                "name": say("Name"),
                "password": say("Password"),
                "sign_in": say("Sign in"),
            }
        escaped = {name: html.escape(text) for name, text in texts.items()}
        page = FORM.format(**escaped, longest=LONGEST, language=reader.language)
        return HTMLResponse(page, status, headers=headers)

    def _must_wait(self, address: str) -> bool:
        count, began = self._failed.get(address, (0, 0.0))
        if time.monotonic() - began >= PERIOD_S:
            self._failed.pop(address, None)
            return False
        return count >= TRIES


def _netloc(origin: str) -> str:
    """Name and port in an Origin header; nothing when it has none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name in a Host header, without its port; nothing when it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".") if "@" not in host else ""
    except ValueError:
        return ""
