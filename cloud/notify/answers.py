"""Where a person answers: a page of one trouble with three buttons, behind a signed link that works once.

Only POST acts, so that programs which look at links answer nothing.
"""

import base64
import hashlib
import hmac
import html
import logging
import sys
import threading
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple, Self, get_args
from urllib.parse import parse_qs

from edge.contract.errors import CooeeError
from edge.farm import Language
from edge.service.bounded_server import BoundedServer

from ..language.reader import Reader, speaking_to
from ..language.speech import mark, say

log = logging.getLogger("cooee.notify")

BUTTONS = {
    "handled": mark("Handled: I see to it"),
    "snooze": mark("Later: remind me again"),
    "wrong": mark("Wrong: a false alarm"),
}
SAID = {
    "handled": mark("Noted: it is in your hands."),
    "snooze": mark("Noted: you will be reminded."),
    "wrong": mark("Noted: a false alarm."),
}
"""An answer as a person gives it, and what they read then."""
NO_ANSWER = mark("This is no answer: use the buttons.")
LONGEST_BODY = 100
PATIENCE_S = 5.0

PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>Cooee</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 1.5rem auto; padding: 0 1rem }}
button {{ font: inherit; display: block; width: 100%; min-height: 3.2rem; margin: .7rem 0; cursor: pointer }}
</style></head><body><h1>{title}</h1><main>{content}</main></body></html>
"""
FORM = '<form method="post">{buttons}</form>'
BUTTON = '<button name="answer" value="{answer}">{label}</button>'


@cache
def _words() -> dict[str, str]:
    found = {answer: answer for answer in BUTTONS}
    for language in get_args(Language):
        with speaking_to(Reader(language=language)):
            found |= {say(label).partition(":")[0].strip().casefold(): answer for answer, label in BUTTONS.items()}
    return found


def answer_of(word: str) -> str | None:
    """The answer that a word stands for, in any letter case: its name, or what its button begins with in some
    language."""
    return _words().get(word.strip().casefold())


class Reply(NamedTuple):
    """What a person is shown: status, heading, whether the buttons are there, and who reads it."""

    status: HTTPStatus
    title: str
    buttons: bool = False
    reader: Reader = Reader()


class Signer:
    """Makes and reads what stands at the end of a link: its number and an HMAC-SHA256 of it, cut to 128 bits."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, link: int) -> str:
        """The end of the link of that number."""
        return f"{link}.{self._mac(str(link))}"

    def link(self, token: str) -> int | None:
        """The number of a link; None when we did not sign it."""
        number, _, mac = token.partition(".")
        if not (number.isascii() and number.isdigit()) or len(number) > 18:
            return None
        return int(number) if hmac.compare_digest(mac.encode(), self._mac(number).encode()) else None

    def _mac(self, number: str) -> str:
        digest = hmac.digest(self._key, number.encode(), hashlib.sha256)[:16]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class AnswerPage:
    """Serves the page in a thread of its own. `look(link number)` and `act(link number, answer)` give the reply;
    `reader`: who is spoken to where the link does not tell."""

    def __init__(
        self,
        host: str,
        port: int,
        signer: Signer,
        look: Callable[[int], Reply],
        act: Callable[[int, str], Reply],
        reader: Reader = Reader(),  # noqa: B008 - it is frozen
    ) -> None:
        """CooeeError: it cannot listen there."""

        class Handler(_Handler):
            def reply(self, answer: str | None) -> Reply:
                """What the link in the path comes to."""
                number = signer.link(self.path.removeprefix("/a/"))
                if not self.path.startswith("/a/") or number is None:
                    return self.refusal(HTTPStatus.NOT_FOUND, mark("This link is not whole: copy all of it."))
                return look(number) if answer is None else act(number, answer)

            def refusal(self, status: HTTPStatus, message: str) -> Reply:
                """Why there is nothing to answer."""
                with speaking_to(reader):
                    return Reply(status, say(message), reader=reader)

        try:
            self._server = _Server((host, port), Handler)
        except OSError as error:
            raise CooeeError(f"cannot listen on {host}:{port} ({error.strerror}); choose with --listen") from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="answers", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(BoundedServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """One line for a visitor who went away or a fault of ours, without the link."""
        log.warning("a visitor to the answer page was not served (%s)", type(sys.exc_info()[1]).__name__)


class _Handler(BaseHTTPRequestHandler):
    server_version = "Cooee"
    sys_version = ""
    timeout = PATIENCE_S

    def reply(self, answer: str | None) -> Reply:
        """What to show; `answer` None: only look."""
        raise NotImplementedError

    def refusal(self, status: HTTPStatus, message: str) -> Reply:
        """Why there is nothing to show."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Shows the trouble and the buttons; changes nothing."""
        self._show(self.reply(None))

    def do_HEAD(self) -> None:
        """As GET, without the page."""
        self._show(self.reply(None))

    def do_POST(self) -> None:
        """Takes an answer."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self._show(self.refusal(HTTPStatus.BAD_REQUEST, NO_ANSWER))
            return
        answer = parse_qs(self.rfile.read(int(length)).decode("ascii", "replace")).get("answer", [""])[0]
        if answer not in BUTTONS:
            self._show(self.refusal(HTTPStatus.BAD_REQUEST, NO_ANSWER))
            return
        self._show(self.reply(answer))

    def _show(self, reply: Reply) -> None:
        with speaking_to(reply.reader):
            labels = {answer: html.escape(say(label)) for answer, label in BUTTONS.items()}
        buttons = "".join(BUTTON.format(answer=answer, label=label) for answer, label in labels.items())
        content = FORM.format(buttons=buttons) if reply.buttons else ""
        title, language = html.escape(reply.title), reply.reader.language
        page = PAGE.format(title=title, content=content, language=language).encode()
        self.send_response(reply.status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a line would hold the link."""
