"""What the core and the drivers are made of: every compiler takes it and nothing forbidden is in it."""

import re
from pathlib import Path

import pytest

from edge.contract.c_header import c_header
from firmware import FIRMWARE
from tests.firmware.toolchain import AVR, CORE, DRIVERS, INCLUDES, SENTINELS, WARNINGS, need, run

PORTABLE = [*CORE, *SENTINELS, *DRIVERS]
COMPILERS = {
    "gcc": ("gcc", "-O2"),
    "clang": ("clang", "-O2"),
    "avr": AVR,
    "cortex-m3": ("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-Os"),
}


@pytest.fixture(scope="module")
def avr_objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    need(AVR[0])
    folder = tmp_path_factory.mktemp("avr")
    objects = []
    for source in PORTABLE:
        objects.append(folder / f"{source.stem}.o")
        run(*AVR, *WARNINGS, *INCLUDES, "-fstack-usage", "-c", source, "-o", objects[-1])
    return objects


def test_channels_header_is_not_stale() -> None:
    text = (FIRMWARE / "include/cooee/channels.h").read_text(encoding="utf-8")
    assert text == c_header(), "run: python -m edge.contract.c_header > firmware/include/cooee/channels.h"


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_file_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    words = COMPILERS[compiler]
    need(words[0])
    for source in PORTABLE:
        run(*words, *WARNINGS, *INCLUDES, "-c", source, "-o", tmp_path / "object.o")


def test_headers_stand_alone_and_serve_cplusplus(tmp_path: Path) -> None:
    need("g++")
    folders = ("include", "hal", "drivers")
    for header in [path for folder in folders for path in sorted((FIRMWARE / folder).glob("**/*.h"))]:
        source = tmp_path / "header.cpp"
        source.write_text(f'#include "{header.relative_to(FIRMWARE).as_posix().removeprefix("include/")}"\n' * 2)
        run("g++", "-Wall", "-Wextra", "-Werror", *INCLUDES, "-c", source, "-o", tmp_path / "header.o")


def test_core_includes_neither_hal_nor_ports() -> None:
    own = sorted((FIRMWARE / "src").glob("*.h"))
    names = "|".join(re.escape(header.name) for header in own)
    allowed = re.compile(rf"cooee/\w+\.h|{names}|std(bool|def|int)\.h|string\.h|avr/pgmspace\.h")
    for source in [*CORE, *own, *(FIRMWARE / "include/cooee").glob("*.h")]:
        included = re.findall(r'^#\s*include\s+[<"](.+?)[>"]', source.read_text(encoding="utf-8"), re.M)
        assert all(allowed.fullmatch(name) for name in included), f"{source.name}: {included}"


def test_they_call_no_allocator_no_float_and_no_io(avr_objects: list[Path]) -> None:
    defined: set[str] = set()
    wanted: set[str] = set()
    for line in run("avr-nm", *avr_objects).decode().splitlines():
        if match := re.match(r"[0-9a-f ]{8} ([A-Za-z]) (\w+)", line):
            (wanted if match[1] == "U" else defined).add(match[2])
    arithmetic = re.compile(r"__[us]*(div|mod|mul)\w*|__do_\w+|__tablejump\w*")
    foreign = {name for name in wanted - defined if not arithmetic.fullmatch(name)}
    assert foreign <= {"memmove", "memcpy", "memcpy_P", "memset"}
    assert not any(name.endswith(("sf3", "sf2", "sfsi", "di3")) for name in wanted)


def test_they_do_not_recurse(tmp_path: Path) -> None:
    for source in PORTABLE:
        run(
            "gcc",
            "-O0",
            "-DCOOEE_IMAGE_ROOM=600",
            *WARNINGS,
            *INCLUDES,
            "-fcallgraph-info",
            "-c",
            source,
            "-o",
            tmp_path / f"{source.stem}.o",
        )
    calls: dict[str, set[str]] = {}
    for graph in tmp_path.glob("*.ci"):
        for caller, callee in re.findall(r'sourcename: "([^"]+)" targetname: "([^"]+)"', graph.read_text()):
            calls.setdefault(_plain(caller), set()).add(_plain(callee))
    assert "node_measure" in calls
    for function in calls:
        assert function not in _reachable(calls, function), f"{function} can call itself"


def _plain(name: str) -> str:
    return name.rsplit(":", 1)[-1]


def _reachable(calls: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    front = set(calls[start])
    while front:
        seen |= front
        front = {callee for name in front for callee in calls.get(name, ())} - seen
    return seen
