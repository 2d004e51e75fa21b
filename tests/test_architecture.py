"""Imports point one way (docs/DESIGN.md, "The house")."""

import ast
import re
import subprocess
import sys
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "firmware": {"firmware"},
    "edge": {"edge", "firmware"},
    "cloud": {"edge", "cloud", "firmware"},
    "dashboard": {"edge", "cloud", "dashboard"},
    "simulations": {"edge", "simulations"},
    "bench": {"firmware", "edge", "cloud", "dashboard", "simulations", "bench"},
}
OURS = {*MAY_IMPORT, "cooee", "tests"}


def _files(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(path) for package in OURS - {"cooee"} for path in _files(package)} | {"cooee"}


def _imports(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, at any depth of its code."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *(node.module or "").split("."))).strip(".")
            inside = {f"{module}.{alias.name}" for alias in node.names} & MODULES
            names |= inside or {module}
            if inside and len(inside) < len(node.names):
                names.add(module)
    return names


def _circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """A circle of imports among these modules or rooms; nothing when there is none."""
    try:
        TopologicalSorter({name: targets - {name} for name, targets in arrows.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _room(module: str, house: str) -> str:
    """The folder of a house that a module is in, or the module itself where it stands at the root."""
    return ".".join(module.split(".")[: house.count(".") + 2])


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    files = _files(package)
    assert files
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in _imports(path)
        if name.split(".")[0] in OURS - MAY_IMPORT[package]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted({*MAY_IMPORT, "tests"}))
def test_no_module_imports_itself_by_a_detour(package: str) -> None:
    files = _files(package)
    assert files
    assert _circle({_module(path): _imports(path) & MODULES for path in files}) == []


@pytest.mark.parametrize("house", ["cloud", "cloud.porting", "dashboard", "edge", "simulations"])
def test_rooms_import_each_other_one_way(house: str) -> None:
    files = _files(house.replace(".", "/"))
    arrows: dict[str, set[str]] = {}
    for path in files:
        targets = {_room(name, house) for name in _imports(path) if name.startswith(f"{house}.")}
        arrows.setdefault(_room(_module(path), house), set()).update(targets)
    assert len(arrows) > 5
    assert _circle(arrows) == []


def test_a_circle_is_found() -> None:
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"a", "c"}})
    assert _circle({"a": {"a", "b"}, "b": set()}) == []


def test_the_contract_needs_only_the_standard_library() -> None:
    allowed = sys.stdlib_module_names
    wrong = [
        f"{path.name} imports {name}"
        for path in _files("edge/contract")
        for name in _imports(path)
        if name.split(".")[0] not in allowed and not name.startswith("edge.contract")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("include", {"cooee"}), ("src", {"cooee"}), ("hal", {"cooee", "hal"}), ("drivers", {"cooee", "hal", "drivers"})],
)
def test_portable_c_knows_no_board(folder: str, allowed: set[str]) -> None:
    """The core knows neither hal nor drivers; drivers know the hal, and nothing but a port knows a port."""
    sources = sorted((ROOT / "firmware" / folder).glob("**/*.[ch]"))
    assert sources
    wrong = [
        f"{path.name}: {line}"
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if (found := re.match(r'#include "(\w+)/', line)) and found[1] not in allowed
    ]
    assert wrong == []


def test_nothing_is_skipped_in_ci() -> None:
    """A test that lacks a real part says so through tests/parts.py, which fails it in CI."""
    skips = re.compile(r"pytest\.(skip|importorskip|mark\.skip)|unittest\.skip")
    files = [path for path in _files("tests") if path.name not in ("parts.py", Path(__file__).name)]
    assert files
    assert [str(path) for path in files if skips.search(path.read_text(encoding="utf-8"))] == []


def test_help_imports_no_subcommand() -> None:
    """The front door stays quick: --help loads neither numpy nor scikit-learn nor Streamlit."""
    code = (
        "import sys, cooee\n"
        "try: cooee.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'sklearn', 'streamlit', 'paho'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr.strip() == "[]"


def test_an_exception_to_a_rule_says_why() -> None:
    marked = re.compile(r"# noqa(?!: [A-Z]+\d+ - \w)")
    files = [path for package in OURS - {"cooee"} for path in _files(package)]
    found = [path for path in files if path != Path(__file__) and marked.search(path.read_text(encoding="utf-8"))]
    assert found == [], "say behind the rule's code why: noqa: CODE - reason"
