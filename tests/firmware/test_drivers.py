"""The drivers against models of their sensors, on this computer, under the address and undefined-behaviour
sanitizers."""

from pathlib import Path

import pytest

from tests.firmware.toolchain import DRIVERS, SANITIZERS, build, run

HERE = Path(__file__).parent
PARTS = sorted((HERE / "parts").glob("*.c"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drivers and parts as one object file."""
    folder = tmp_path_factory.mktemp("drivers")
    parts = build(folder / "parts.o", ("gcc",), PARTS, *SANITIZERS, "-r")
    return build(folder / "bench.o", ("gcc",), [*DRIVERS, parts], *SANITIZERS, "-r", "-Wconversion")


@pytest.mark.parametrize("test", sorted((HERE / "drivers").glob("*_test.c")), ids=lambda path: path.stem)
def test_c(test: Path, bench: Path, tmp_path: Path) -> None:
    run(build(tmp_path / "test", ("gcc",), [test, bench], *SANITIZERS, f"-I{HERE / 'parts'}", "-lm"))
