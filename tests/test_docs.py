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


def test_readmes_simulated_figures_are_the_training_reports() -> None:
    """Of README's table "What it does today": the sentinel's figures and its baseline's, on the test seasons."""
    readme, report = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/TRAINING.md"))
    test_seasons = "".join(re.findall(r"^Test seasons:\n(.*?)^Validation seasons:", report, re.M | re.S))
    rows = [row.strip("| ").split(" | ") for row in re.findall(r"^\| .+ h \| \d+ \|$", test_seasons, re.M)]
    expected = set()
    for sentinel, baseline in zip(rows[::2], rows[1::2], strict=True):
        kind, _, true, _, found, in_time, _, _, false, lead, _ = sentinel
        threshold = ", ".join(baseline[i] for i in (4, 5, 8))
        expected.add(f"{kind.replace('_', ' ')} | {found} of {true} | {in_time} | {false} | {lead} | {threshold}")
    assert set(re.findall(r"^\| (.+ \| \d+ of \d+ \|.+) \| .+ \|$", readme, re.M)) == expected
