"""A language in which every message stands in brackets, so that a text that is none of the catalogues' stands out."""

import re
from gettext import NullTranslations

import pytest

from cloud.language import speech

_MESSAGE = re.compile(r"⟦[^⟦⟧]*⟧")


class _Bracketed(NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


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
