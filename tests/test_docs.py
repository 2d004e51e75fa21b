"""What the documents name is there: files, links, commands, options, targets, modules, tests."""

import re
import shlex
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest
import typer
from typer.core import TyperGroup

import cooee
from cloud.training.report import BOUND, UNTOLD
from simulations.scenarios.scenario_file import AnyEvent

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "simulations/data/README.md"]
FOLDERS = "bench|cloud|dashboard|docs|edge|firmware|simulations|tests"
LONGEST = 160
"""Columns of a line that is neither a table's row nor a picture."""

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def read(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def spans(document: Path) -> list[str]:
    """Everything that is set as code: words between backticks, lines of blocks without their comments."""
    text = read(document)
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S) + re.findall(r"^    (?=\S)(.*)$", text, re.M)
    lines = [re.sub(r" +# .*", "", line) for block in blocks for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


@cache
def commands() -> dict[tuple[str, str], frozenset[str]]:
    """Options of every command (name, "") and of every subcommand (name, its name), with those of its own."""
    found = {}
    for name in cooee.COMMANDS:
        app = typer.main.get_command(cooee.build_app(name))
        assert isinstance(app, TyperGroup)
        called = app.commands[name]
        parts = {"": called, **(called.commands if isinstance(called, TyperGroup) else {})}
        for part, command in parts.items():
            own = command.commands.values() if part and isinstance(command, TyperGroup) else ()
            parameters = [parameter for each in (command, *own) for parameter in each.params]
            words = {word for parameter in parameters for word in (*parameter.opts, *parameter.secondary_opts)}
            found[name, part] = frozenset({"--help", *words})
    return found


@each_document
def test_files_that_a_document_names_exist(document: Path) -> None:
    named = {span for span in spans(document) if re.fullmatch(rf"(?:{FOLDERS})/[\w./*-]+", span)}
    assert [path for path in sorted(named) if not list(ROOT.glob(path))] == []


@each_document
def test_tests_that_a_document_names_exist(document: Path) -> None:
    named = {m.groups() for span in spans(document) if (m := re.fullmatch(r"(tests/[\w/]+\.py)::(\w+)", span))}
    assert [pair for pair in sorted(named) if f"def {pair[1]}(" not in read(ROOT / pair[0])] == []


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(document))
    relative = [link for link in links if not re.match(r"https?://", link)]
    assert [link for link in relative if not (document.parent / link).exists()] == []


@each_document
def test_commands_that_a_document_names_exist_with_their_options(document: Path) -> None:
    typed = [m[1] for span in spans(document) if (m := re.match(r"(?:\.venv/bin/)?cooee ([a-z].*)", span))]
    wrong = []
    for line in typed:
        command, *words = shlex.split(line)
        known = commands().get((command, words[0] if words else ""), commands().get((command, "")))
        if known is None:
            wrong.append(f"cooee {line}: no such command")
            continue
        wrong += [f"cooee {line}: no {w}" for w in words if w.startswith("--") and w.split("=")[0] not in known]
    assert wrong == []


@each_document
def test_options_that_a_document_names_alone_exist(document: Path) -> None:
    named = {m[1] for span in spans(document) if (m := re.match(r"(--[a-z-]+)", span))}
    assert sorted(named.difference(*commands().values())) == []


@each_document
def test_targets_that_a_document_names_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", read(ROOT / "Makefile"), re.M))
    named = {m[1] for span in spans(document) if (m := re.match(r"make ([a-z0-9-]+)", span))}
    assert sorted(named - targets) == []


@each_document
def test_modules_that_a_document_names_exist(document: Path) -> None:
    named = {m[1] for span in spans(document) if (m := re.match(rf"python -m ((?:{FOLDERS})[\w.]*)", span))}
    assert [module for module in sorted(named) if find_spec(module) is None] == []


@each_document
def test_lines_can_be_read(document: Path) -> None:
    long = [line for line in read(document).splitlines() if len(line) > LONGEST and not line.startswith(("|", "!["))]
    assert long == [], f"break these lines at {LONGEST} columns"


def test_the_quick_start_is_the_two_commands() -> None:
    assert "## Quick start\n\n```\nmake demo\nmake test\n```\n" in read(ROOT / "README.md")


def test_every_command_is_in_readme() -> None:
    typed = " ".join(spans(ROOT / "README.md"))
    assert [name for name in cooee.COMMANDS if not re.search(rf"cooee {name}\b", typed)] == []


def test_the_house_names_every_room() -> None:
    """In docs/DESIGN.md: every folder of code."""
    house = read(ROOT / "docs/DESIGN.md").partition("## The house")[2].partition("\n## ")[0]
    tops = FOLDERS.replace("|docs", "").replace("|tests", "").split("|")
    rooms = {path.parent for top in tops for path in (ROOT / top).glob("*/*") if path.suffix in {".py", ".c", ".h"}}
    rooms |= {path.parent for path in (ROOT / "cloud/porting").glob("*/*.py")}
    names = {str(room.relative_to(ROOT)) for room in rooms} | set(tops)
    assert [name for name in sorted(names) if f"`{name}`" not in house] == []


def test_the_table_of_events_is_complete() -> None:
    """In docs/SIMULATION.md: every kind of event of a scenario, with its own fields."""
    kinds = {}
    for event in get_args(get_args(AnyEvent)[0]):
        fields = dict(event.model_fields)
        kind = get_args(fields.pop("kind").annotation)[0]
        kinds[kind] = set(fields) - {"day", "days"}
    table = read(ROOT / "docs/SIMULATION.md").partition("| kind of event |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.M)
    assert {kind: set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", keys))) for kind, keys in rows} == kinds


def test_readmes_simulated_figures_are_the_training_reports() -> None:
    """Of README's table "What it does today": the sentinel's figures and its baseline's, on the test seasons."""
    readme, report = read(ROOT / "README.md"), read(ROOT / "docs/TRAINING.md")
    test_seasons = "".join(re.findall(r"^Test seasons:\n(.*?)^Validation seasons:", report, re.M | re.S))
    rows = [row.strip("| ").split(" | ") for row in re.findall(r"^\| .+ h\]? \| \d+ \|$", test_seasons, re.M)]
    of_all = [
        row for row in rows if "," not in row[0] and "(no filter)" not in row[1] and row[1] not in (UNTOLD, BOUND)
    ]
    expected = set()
    for sentinel, baseline in zip(of_all[::2], of_all[1::2], strict=True):
        kind, _, true, _, found, in_time, _, _, false, _, lead, _ = (cell.split(" [")[0] for cell in sentinel)
        threshold = ", ".join(re.split(r"[, ]", baseline[i])[0] for i in (4, 5, 8))
        found, in_time = found.split(",")[0], in_time.split(",")[0]
        expected.add(f"{kind.replace('_', ' ')} | {found} of {true} | {in_time} | {false} | {lead} | {threshold}")
    assert set(re.findall(r"^\| (.+ \| \d+ of \d+ \|.+) \| .+ \|$", readme, re.M)) == expected
