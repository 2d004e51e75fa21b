"""Sentences in the reader's language, from the catalogues beside this file (gettext; docs/LANGUAGES.md).

A message is written in English where it is said, as a whole sentence with {named} parts. It is never put together from
pieces: the order of words, plurals and gender differ.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from edge.farm import Language

from .reader import locale, reader_now


def say(message: str, **parts: object) -> str:
    """A message to the reader, with its parts filled in."""
    text = catalogue(reader_now().language).gettext(message)
    return text.format(**parts) if parts else text


def say_count(one: str, many: str, count: int, **parts: object) -> str:
    """The form of a message for that many things; {count} is filled in too."""
    return catalogue(reader_now().language).ngettext(one, many, count).format(count=count, **parts)


def mark(message: str) -> str:
    """The message itself: it goes into the catalogues, and is said later."""
    return message


def listed(words: list[str]) -> str:
    """A, B and C."""
    return str(format_list(words, "standard", locale())) if words else ""


def listed_or(words: list[str]) -> str:
    """A, B or C."""
    return str(format_list(words, "or", locale())) if words else ""


@cache
def catalogue(language: Language) -> NullTranslations:
    """Messages of a language, read once; English is in the code itself."""
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    with files(__package__).joinpath("catalogues", f"{language}.po").open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
