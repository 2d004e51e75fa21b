"""What the documents name is there."""

import re
from pathlib import Path

import pytest

import cooee

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:docs|edge|cloud|dashboard|simulations|firmware|tests|bench)/[\w./-]+\.\w+)`", text))
    named |= {link for link in re.findall(r"\]\(([\w./-]+)\)", text) if document.name == "README.md"}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_that_a_document_names_exist(document: Path) -> None:
    named = set(re.findall(r"`(?:\.venv/bin/)?cooee ([a-z]+)", document.read_text(encoding="utf-8")))
    assert sorted(named - set(cooee.COMMANDS)) == []


def test_the_quick_start_is_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "## Quick start\n\n```\nmake demo\nmake test\n```\n" in text
