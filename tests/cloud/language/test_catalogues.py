"""Every catalogue says everything, and nothing that a farmer reads is outside them."""

import ast
import string
from functools import cache
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from cloud.language.__main__ import CATALOGUES, KEYWORDS, ROOT, SPOKEN_IN, TEMPLATE, path, template
from cloud.language.reader import ENDONYMS, Reader, speaking_to
from cloud.language.speech import catalogue, listed, listed_or, say, say_count
from cloud.language.times import ago, at, lasting
from edge.farm import Language

NOW = 1_433_355_600_000
HOUR = 3_600_000
TRANSLATED = [language for language in get_args(Language) if language != "en"]
each_language = pytest.mark.parametrize("language", TRANSLATED)


@cache
def _read(language: Language | None) -> Catalog:
    with (path(language) if language else TEMPLATE).open("rb") as text:
        return read_po(text, locale=language)


def _ids(found: Catalog) -> set[tuple[str, ...]]:
    return {_forms(message.id) for message in found if message.id}


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A message or its translation; all forms of one that counts."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def _parts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_template_has_what_the_code_and_the_tables_say() -> None:
    assert _ids(_read(None)) == _ids(template()), "run: python -m cloud.language"


def test_no_message_hides_in_an_f_string() -> None:
    """Babel finds none there before Python 3.12."""
    hidden = [
        f"{file.name}: {ast.unparse(call)}"
        for folder in SPOKEN_IN
        for file in (ROOT / folder).rglob("*.py")
        for text in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
    ]
    assert hidden == []


def test_each_language_has_a_catalogue_and_a_name_and_there_is_no_other() -> None:
    assert {file.stem for file in CATALOGUES.glob("*.po")} == set(TRANSLATED)
    assert set(ENDONYMS) == set(get_args(Language))


@each_language
def test_a_catalogue_is_whole(language: Language) -> None:
    """Each message once, none fuzzy or empty, with the parts of the English one and all plurals of the language."""
    found = _read(language)
    assert _ids(found) == _ids(_read(None)), "run: python -m cloud.language"
    assert not found.obsolete
    for message in found:
        if not message.id:
            continue
        forms, english = _forms(message.string), _forms(message.id)
        assert len(forms) == (1 if isinstance(message.id, str) else found.num_plurals), message.id
        assert not message.fuzzy, message.id
        for index, form in enumerate(forms):
            assert form.strip() == form != "", message.id
            assert _parts(form) == _parts(english[min(index, len(english) - 1)]), message.id
            assert (form[-1] in ".।?") == (english[-1][-1] in ".?"), f"{form}: ends as the English one does"


@each_language
def test_a_sentence_is_not_left_in_english(language: Language) -> None:
    """A word may be the same in both; four in a row are not."""
    same = [m.id for m in _read(language) if m.id and m.id == m.string and len(_forms(m.id)[0].split()) > 3]
    assert same == []


def test_english_is_what_stands_in_the_code() -> None:
    assert say("{count} places", count=3) == "3 places"
    assert catalogue("en").gettext("Fine") == "Fine"


def test_what_is_said_inside_is_for_the_reader_and_outside_english_again() -> None:
    with speaking_to(Reader(language="de")):
        assert say("Fine") == "Gut"
        with speaking_to(Reader(language="fr", units="us")):
            assert say("Fine") == "Bien"
        assert say("Fine") == "Gut"
    assert say("Fine") == "Fine"


@pytest.mark.parametrize(
    ("language", "counted", "names", "either", "ages"),
    [
        ("en", ["0 sensors", "1 sensor", "2 sensors"], "a, b and c", "a or b", "6 hours ago, 3 days, 14:20"),
        ("es", ["0 sensores", "1 sensor", "2 sensores"], "a, b y c", "a o b", "hace 6 horas, 3 días, 14:20"),
        ("fr", ["0 capteur", "1 capteur", "2 capteurs"], "a, b et c", "a ou b", "il y a 6 heures, 3 jours, 14:20"),
        ("de", ["0 Sensoren", "1 Sensor", "2 Sensoren"], "a, b und c", "a oder b", "vor 6 Stunden, 3 Tage, 14:20"),
        ("hi", ["0 सेंसर", "1 सेंसर", "2 सेंसर"], "a, b और c", "a या b", "6 घंटे पहले, 3 दिन, 2:20 pm"),
        ("sw", ["vihisi 0", "kihisi 1", "vihisi 2"], "a, b na c", "a au b", "saa 6 zilizopita, siku 3, 14:20"),
    ],
)
def test_numbers_lists_and_times_are_the_languages_own(
    language: Language, counted: list[str], names: str, either: str, ages: str
) -> None:
    with speaking_to(Reader(language=language)):
        assert [say_count("{count} sensor", "{count} sensors", n) for n in (0, 1, 2)] == counted
        assert listed(["a", "b", "c"]) == names
        assert listed_or(["a", "b"]) == either
        times = [ago(NOW - 6 * HOUR, NOW), lasting(72 * HOUR), at(NOW, "America/New_York", now=NOW)]
        assert ", ".join(times).replace("\N{NO-BREAK SPACE}", " ") == ages
