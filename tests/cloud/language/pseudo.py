"""A language in which every message of the catalogues stands in brackets, so that any other text stands out."""

import re
from functools import cache
from gettext import NullTranslations

import pytest
from babel.messages.pofile import read_po

from cloud.language import speech
from cloud.language.__main__ import TEMPLATE

_MESSAGE = re.compile(r"⟦[^⟦⟧]*⟧")


class _Bracketed(NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in _messages() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        message = msgid1 if n == 1 else msgid2
        return f"⟦{message}⟧" if (msgid1, msgid2) in _messages() else message


@cache
def _messages() -> frozenset[str | tuple[str, ...]]:
    with TEMPLATE.open("rb") as text:
        ids = [message.id for message in read_po(text)]
    return frozenset(found if isinstance(found, str) else tuple(found) for found in ids)


def speak_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the test ends."""
    monkeypatch.setattr(speech, "catalogue", lambda _: _Bracketed())


def outside(text: str) -> str:
    """What of a text stands in no bracket."""
    while _MESSAGE.search(text):
        text = _MESSAGE.sub("", text)
    return text


def words_outside(text: str, *known: str) -> list[str]:
    """The words of a text that come from no message and are no known names."""
    left = outside(text)
    for name in sorted(known, key=len, reverse=True):
        left = left.replace(name, "")
    return re.findall(r"[^\W\d_]+", left)
