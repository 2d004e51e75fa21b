"""How many lines of firmware/src the C tests run (gcov)."""

import re
from pathlib import Path

import pytest

from tests.firmware.toolchain import CORE, build, need, run

HERE = Path(__file__).parent
LEAST_PERCENT = 95


def test_the_c_tests_run_nearly_every_line_of_the_core(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("gcov")
    flags = ("-O0", "--coverage", "-fprofile-abs-path")
    objects = [build(tmp_path / f"{source.stem}.o", ("gcc",), [source], *flags, "-c") for source in CORE]
    for test in sorted(HERE.glob("*_test.c")):
        run(build(tmp_path / test.stem, ("gcc",), [test, *objects], *flags))
    told = run("gcov", "--no-output", *objects).decode()
    files = re.findall(r"^File '.*firmware/src/(\w+\.c)'\nLines executed:([\d.]+)% of (\d+)$", told, re.MULTILINE)
    assert {name for name, _, _ in files} == {source.name for source in CORE}
    lines = sum(int(count) for _, _, count in files)
    covered = sum(float(percent) * int(count) for _, percent, count in files) / lines
    with capsys.disabled():
        below = ", ".join(f"{name} {percent} %" for name, percent, _ in files if float(percent) < 100)
        print(f"\nfirmware/src: {covered:.1f} % of {lines} lines run by the C tests ({below or 'every file whole'})")
    assert covered >= LEAST_PERCENT
