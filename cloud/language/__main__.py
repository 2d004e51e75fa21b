"""Brings the catalogues up to date with the code: `python -m cloud.language` (docs/LANGUAGES.md).

Needs nothing but Babel; what is new is empty in each catalogue afterwards, to be filled in by somebody who speaks it.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import get_args

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from edge.agronomy.crops import crops, soils
from edge.contract.kinds import kinds
from edge.farm import Language

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = Path(__file__).with_name("catalogues")
TEMPLATE = CATALOGUES / "cooee.pot"
SPOKEN_IN = ("cloud", "dashboard")
SPEAKS = "speech import "
"""What stands in each module with messages."""
KEYWORDS = {"say": None, "say_count": (1, 2), "mark": None}
DATES = (
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Generated-By",
    "Last-Translator",
    "Language-Team",
    "Report-Msgid-Bugs-To",
)


def template() -> Catalog:
    """Every message of the code and of the tables."""
    found = Catalog(
        project="Cooee", header_comment="# Texts of Cooee that a farmer reads.", charset="utf-8", fuzzy=False
    )
    for place, message in _messages():
        found.add(message, locations=[(place, 0)])
    return found


def _messages() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """File and message, or file and its forms for one and for many."""
    for file in sorted(file for folder in SPOKEN_IN for file in (ROOT / folder).rglob("*.py")):
        if SPEAKS in file.read_text(encoding="utf-8"):
            for _, message, _, _ in extract_from_file("python", str(file), keywords=KEYWORDS):
                yield str(file.relative_to(ROOT)), message
    for kind in kinds().values():
        yield from (("edge/contract/kinds.toml", kind.words), ("edge/contract/kinds.toml", kind.noun))
    for label in (*(crop.label for crop in crops().values()), *(soil.label for soil in soils().values())):
        yield "edge/agronomy/crops.toml", label


def path(language: Language) -> Path:
    """A language's catalogue."""
    return CATALOGUES / f"{language}.po"


def update(language: Language, messages: Catalog) -> None:
    """Adds what is new to a catalogue and takes out what is no longer said."""
    found = Catalog(locale=language, project="Cooee", charset="utf-8", fuzzy=False)
    if path(language).exists():
        with path(language).open("rb") as text:
            found = read_po(text, locale=language)
    found.update(messages, no_fuzzy_matching=True)
    _write(path(language), found)


def _write(file: Path, found: Catalog) -> None:
    """A catalogue without what changes when nothing has been said anew: dates and line numbers."""
    text = BytesIO()
    write_po(text, found, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    lines = text.getvalue().decode().splitlines(keepends=True)
    file.write_text(
        "".join(x for x in lines if not x.startswith(tuple(f'"{name}' for name in DATES))), encoding="utf-8"
    )


def main() -> None:
    """Writes the template and all catalogues."""
    messages = template()
    _write(TEMPLATE, messages)
    for language in get_args(Language):
        if language != "en":
            update(language, messages)
            with path(language).open("rb") as text:
                empty = sum(not m.string or not all(m.string) for m in read_po(text, locale=language) if m.id)
            print(f"{language}: {empty} of {len(messages)} messages to be filled in")


if __name__ == "__main__":
    main()
