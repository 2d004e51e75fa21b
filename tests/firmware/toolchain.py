"""Compilers for the tests of the firmware."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from firmware import FIRMWARE
from tests.parts import fail_or_skip

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((FIRMWARE / "src").glob("*.c"))
DRIVERS = sorted((FIRMWARE / "drivers").glob("*.c"))
SENTINELS = sorted((FIRMWARE / "sentinels").glob("*.c"))
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror")
INCLUDES = tuple(f"-I{FIRMWARE / folder}" for folder in ("include", ".", "sentinels", "ports/host"))
SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
AVR = ("avr-gcc", "-mmcu=atmega328p", "-Os", "-ffunction-sections", "-fdata-sections")


def need(command: str) -> str:
    """Path of a tool; without it the test fails in CI and is skipped elsewhere."""
    path = shutil.which(command)
    if path is None:
        fail_or_skip(f"{command} is not installed: run make test")
    return str(path)


def run(*command: object, stdin: bytes = b"", timeout_s: float = 30) -> bytes:
    """Runs a command that must succeed; its output on failure is the test's message."""
    words = [str(word) for word in command]
    done = subprocess.run(words, input=stdin, capture_output=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{words[0]} failed:\n{done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout


def build(output: Path, compiler: Iterable[str], sources: Iterable[Path], *flags: str) -> Path:
    """Compiles and links sources, warnings being errors."""
    words = tuple(compiler)
    need(words[0])
    run(*words, *WARNINGS, *INCLUDES, *flags, *sources, "-o", output, timeout_s=120)
    return output
