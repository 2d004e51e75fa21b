"""Who reads: their language and units, which everything in this room asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from babel import Locale

from edge.farm import Farm, Language, Units

ENDONYMS: dict[Language, str] = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "hi": "हिन्दी",
    "sw": "Kiswahili",
}
"""Each language as those who speak it call it."""
US_LOCALES: dict[Language, str] = {"en": "en_US", "es": "es_US"}
"""Where US units are at home, dates and times are written as there too."""


REMEMBERED = 4096
"""Forms of a number or a time that are kept: a page says the same again every few seconds, and Babel takes its time."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A person who reads, by what they understand."""

    language: Language = "en"
    units: Units = "metric"


def reader_of(farm: Farm, language: Language | None = None, units: Units | None = None) -> Reader:
    """Somebody on a farm, who may ask for another language or other units than the farm's."""
    return Reader(language=language or farm.language, units=units or farm.units)


_reader: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - it is frozen


@contextmanager
def speaking_to(reader: Reader) -> Iterator[None]:
    """Whatever is put in words inside is for this reader. Outside, and so in logs and on the command line, it is
    English."""
    before = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(before)


def reader_now() -> Reader:
    """Who is spoken to."""
    return _reader.get()


def locale() -> Locale:
    """How the reader writes numbers and dates."""
    return _locale(reader_now())


@cache
def _locale(reader: Reader) -> Locale:
    usual = "en_GB" if reader.language == "en" else reader.language
    return Locale.parse(US_LOCALES.get(reader.language, usual) if reader.units == "us" else usual)
