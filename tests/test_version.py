"""One version: the package, the C library's two manifests and the newest release of the changelog."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from setuptools.config.pyprojecttoml import read_configuration

from edge.contract.version import VERSION

ROOT = Path(__file__).resolve().parents[1]


def test_every_manifest_has_the_version() -> None:
    arduino = ROOT / "firmware/ports/arduino"
    assert json.loads((arduino / "library.json").read_text(encoding="utf-8"))["version"] == VERSION
    assert f"version={VERSION}" in (arduino / "library.properties").read_text(encoding="utf-8").splitlines()
    releases = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert releases[0] == VERSION


def test_the_package_takes_it_from_there() -> None:
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert read_configuration(ROOT / "pyproject.toml")["project"]["version"] == VERSION


def test_the_command_line_says_its_version() -> None:
    done = subprocess.run([sys.executable, "-m", "cooee", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"cooee {VERSION}\n"
