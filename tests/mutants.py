"""Breaks a copy of the code on purpose, one fault of mutants.toml at a time, and sees that its tests notice:
`make mutants`."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FAILED = 1
"""pytest's exit code when a test fails; any other means that none was run."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A fault: `find` in `file` becomes `put`, and one of `tests` must fail."""

    what: str
    file: str
    find: str
    put: str
    tests: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file with the fault. ValueError: `find` does not stand there exactly once."""
        sound = (ROOT / self.file).read_text(encoding="utf-8")
        if sound.count(self.find) != 1:
            raise ValueError(f"{self.file} has {self.find!r} {sound.count(self.find)} times")
        return sound.replace(self.find, self.put)


def mutants() -> Iterator[Mutant]:
    """All of mutants.toml."""
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["mutant"]:
        yield Mutant(**{**row, "tests": tuple(row["tests"])})


def copy_to(folder: Path) -> None:
    """What git knows of or does not ignore, as it is in the working tree, and the built core."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for built in (ROOT / "edge" / "core").glob("_core*.so"):
        shutil.copy2(built, folder / "edge" / "core" / built.name)


def run_tests(names: Iterable[str], folder: Path) -> int:
    """pytest's exit code in a copy."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *names],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    ).returncode


def noticed(mutant: Mutant, folder: Path) -> bool:
    """Whether a test of the copy in `folder` fails with the fault; the copy is sound again afterwards."""
    path = folder / mutant.file
    sound = path.read_text(encoding="utf-8")
    path.write_text(mutant.text, encoding="utf-8")
    try:
        return run_tests(mutant.tests, folder) == FAILED
    finally:
        path.write_text(sound, encoding="utf-8")


def main() -> int:
    """Prints a line a mutant; 1 when one lived."""
    lived = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_to(folder)
        if run_tests({name for mutant in mutants() for name in mutant.tests}, folder) != 0:
            print("the tests fail before anything is broken: mend them first (make test)")
            return 2
        for mutant in mutants():
            died = noticed(mutant, folder)
            lived += not died
            print(f"{'noticed' if died else 'LIVED'}: {mutant.what} ({mutant.file})", flush=True)
    print(f"{sum(1 for _ in mutants()) - lived} passed, {lived} failed")
    return int(lived > 0)


if __name__ == "__main__":
    sys.exit(main())
