"""How many lines of firmware/src and firmware/drivers their C tests run (gcov)."""

import re
from pathlib import Path

import pytest

from tests.firmware.toolchain import CORE, DRIVERS, build, need, run

HERE = Path(__file__).parent
PARTS = sorted((HERE / "parts").glob("*.c"))
LEAST_PERCENT = 95


@pytest.mark.parametrize(
    ("folder", "sources", "tests", "parts"),
    [("src", CORE, HERE, []), ("drivers", DRIVERS, HERE / "drivers", PARTS)],
    ids=["src", "drivers"],
)
def test_the_c_tests_run_nearly_every_line(
    folder: str, sources: list[Path], tests: Path, parts: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need("gcov")
    flags = ("-O0", "-DCOOEE_IMAGE_ROOM=600", "--coverage", "-fprofile-abs-path", f"-I{HERE / 'parts'}")
    objects = [build(tmp_path / f"{source.stem}.o", ("gcc",), [source], *flags, "-c") for source in sources]
    others = [build(tmp_path / f"{part.stem}_part.o", ("gcc",), [part], "-c") for part in parts]
    for test in sorted(tests.glob("*_test.c")):
        run(build(tmp_path / test.stem, ("gcc",), [test, *objects, *others], *flags, "-Wl,--no-as-needed", "-lm"))
    told = run("gcov", "--no-output", *objects).decode()
    files = re.findall(rf"^File '.*firmware/{folder}/(\w+\.c)'\nLines executed:([\d.]+)% of (\d+)$", told, re.MULTILINE)
    assert {name for name, _, _ in files} == {source.name for source in sources}
    lines = sum(int(count) for _, _, count in files)
    covered = sum(float(percent) * int(count) for _, percent, count in files) / lines
    with capsys.disabled():
        below = ", ".join(f"{name} {percent} %" for name, percent, _ in files if float(percent) < 100)
        print(
            f"\nfirmware/{folder}: {covered:.1f} % of {lines} lines run by the C tests ({below or 'every file whole'})"
        )
    assert covered >= LEAST_PERCENT
