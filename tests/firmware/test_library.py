"""The library of the Arduino IDE and of PlatformIO: its examples compile as the IDE compiles them, against Debian's own
Arduino core, and two of them run on the emulated Uno."""

import json
import os
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.firmware.toolchain import need, run
from tests.firmware.uno import WHO, emulate
from tests.parts import fail_or_skip

FLASH, RAM = 32_256, 2_048
STACK = 480
"""Bytes, as `edge.board.toolchains` reckons with on an Uno."""
EXAMPLES = ("SoilProbe", "WeatherStation", "OwnClassifier")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "cooee"
BOARD = ("-mmcu=atmega328p", "-DF_CPU=16000000L", "-DARDUINO=10819", "-DARDUINO_AVR_UNO", "-DARDUINO_ARCH_AVR")
COMMON = ("-c", "-Os", "-ffunction-sections", "-fdata-sections", "-flto", "-fno-fat-lto-objects")
C = ("avr-gcc", *COMMON, "-std=gnu11")
CPP = ("avr-g++", *COMMON, "-std=gnu++11", "-fpermissive", "-fno-exceptions", "-fno-threadsafe-statics")
LANGUAGES = {
    ".c": C,
    ".S": (*C, "-x", "assembler-with-cpp"),
    ".cpp": (*CPP, "-DDECIMAL_DIG=__DECIMAL_DIG__"),
    ".ino": (*CPP, "-DDECIMAL_DIG=__DECIMAL_DIG__", "-x", "c++", "-include", "Arduino.h"),
}
"""Flags of the core's platform.txt; DECIMAL_DIG is what avr-gcc 5.4 lacks in C++11."""
STRICT = ("-Wall", "-Wextra", "-Werror")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packed library, unpacked."""
    folder = tmp_path_factory.mktemp("library")
    run(sys.executable, "-m", "firmware.arduino_library", folder / "Cooee.zip")
    zipfile.ZipFile(folder / "Cooee.zip").extractall(folder)
    return folder / "Cooee"


def _arduino() -> Path:
    """Debian's Arduino core (bench/arduino/build.sh)."""
    core = CACHE / "arduino-core-avr/usr/share/arduino/hardware/arduino/avr"
    if not core.exists():
        fail_or_skip("there is no Arduino core: bench/arduino/build.sh")
    return core


def _compile(sources: Iterable[Path], folder: Path, *flags: object) -> list[Path]:
    """Objects of C, C++ and assembler files, in a folder of their own."""
    folder.mkdir()

    def one(source: Path) -> Path:
        output = folder / f"{source.parent.name}-{source.name}.o"
        run(*LANGUAGES[source.suffix], *BOARD, *flags, source, "-o", output)
        return output

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, sources))


def _archive(objects: list[Path], output: Path) -> Path:
    run("avr-gcc-ar", "rcs", output, *objects)
    return output


@pytest.fixture(scope="module")
def sketches(library: Path) -> dict[str, Path]:
    """Every example's program."""
    need("avr-g++")
    core, folder = _arduino(), library.parent
    (folder / "board_key.h").write_text(WHO.header)
    includes = [f"-I{path}" for path in (core / "cores/arduino", core / "variants/standard", library / "src")]
    sources = [path for path in (core / "cores/arduino").iterdir() if path.suffix in (".c", ".cpp", ".S")]
    base = _archive(_compile(sources, folder / "core", *includes, "-w"), folder / "core.a")
    ours = [path for path in (library / "src").rglob("*") if path.suffix in (".c", ".cpp")]
    cooee = _archive(_compile(ours, folder / "cooee", *includes, *STRICT), folder / "cooee.a")
    programs = {}
    for name in EXAMPLES:
        sources = [path for path in (library / "examples" / name).iterdir() if path.suffix in (".c", ".ino")]
        objects = _compile(sources, folder / name, *includes, f"-I{folder}", *STRICT)
        programs[name] = folder / f"{name}.elf"
        words = ("avr-gcc", BOARD[0], "-Os", "-flto", "-fuse-linker-plugin", "-Wl,--gc-sections")
        run(*words, *objects, cooee, base, "-lm", "-o", programs[name])
    return programs


def test_the_examples_are_all_that_there_are(library: Path) -> None:
    assert sorted(path.name for path in (library / "examples").iterdir()) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_an_uno(sketches: dict[str, Path], name: str) -> None:
    sections = dict(re.findall(r"^\.(text|data|bss) +(\d+)", run("avr-size", "-A", sketches[name]).decode(), re.M))
    flash, ram = (sum(int(sections[part]) for part in parts) for parts in (("text", "data"), ("data", "bss")))
    print(f"{name}: flash {flash} B, RAM {ram} B")
    assert flash <= FLASH
    assert ram + STACK <= RAM


def test_the_soil_example_says_what_its_probe_is_set_to(sketches: dict[str, Path], emulator: Path) -> None:
    said = emulate(emulator, sketches["SoilProbe"], "-a", 1, "-u", 3, script=[(0, "a0.mv", 1310), (0, "a1.mv", 2480)])
    assert [hello.wake_interval_s for _, hello in said.hellos] == [600]
    ((_, reading),) = said.readings
    assert reading.values["soil_moisture_10cm"] == pytest.approx(0.31, abs=6e-4)
    assert reading.values["soil_moisture_30cm"] == pytest.approx(0.09, abs=6e-4)
    assert reading.values["battery"] == pytest.approx(5.0, abs=0.02)


def test_the_weather_example_says_what_its_sensors_are_set_to(sketches: dict[str, Path], emulator: Path) -> None:
    air = [(0, "sht31.temperature", 21.5), (0, "sht31.humidity", 40), (0, "bmp280.pressure", 990)]
    moving = [(0, "wind.hz", 10), (0, "wind.bounces", 3), (0, "rain.hz", 0.5), (0, "rain.bounces", 3)]
    said = emulate(emulator, sketches["WeatherStation"], "-a", 1, "-u", 7, script=[*air, *moving])
    ((_, reading),) = said.readings
    assert not reading.faults
    assert reading.values["air_temperature"] == pytest.approx(21.5, abs=0.01)
    assert reading.values["humidity"] == pytest.approx(40, abs=0.01)
    assert reading.values["pressure"] == pytest.approx(990, abs=0.11)
    assert reading.values["gust"] == pytest.approx(6.67, abs=0.7)
    assert reading.values["wind"] == pytest.approx(6.67, abs=0.7)
    assert reading.values["rain"] in (0.28, 0.56)


def test_the_layout_is_the_arduino_librarys(library: Path) -> None:
    """The specification's folders and fields; no header but cooee.h, which could be another library's too."""
    properties = dict(line.split("=", 1) for line in (library / "library.properties").read_text().splitlines())
    needed = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert needed <= set(properties)
    assert properties["category"] == "Sensors"
    assert [path.name for path in (library / "src").iterdir() if path.is_file()] == [properties["includes"]]
    assert [path.name for path in (library / "src").iterdir() if path.is_dir()] == ["cooee"]
    assert {path.suffix for path in (library / "src").rglob("*.*")} == {".h", ".c", ".cpp"}
    for name in EXAMPLES:
        assert (library / "examples" / name / f"{name}.ino").exists()


def test_no_header_of_the_library_is_found_by_another_name(library: Path) -> None:
    """Every quoted include is prefixed, or beside the file."""
    for path in (library / "src").rglob("*.*"):
        for name in re.findall(r'^#include "(.*)"', path.read_text(), re.M):
            assert (path.parent / name).exists() or (library / "src" / name).exists(), (path.name, name)


def test_platformio_packs_it(library: Path, tmp_path: Path) -> None:
    """What `pio pkg pack` keeps is what we packed: no Python, no port for this computer. It holds the licence's name
    against a list on the internet, so that is left to us."""
    found = [path for path in sorted(CACHE.glob("esphome-*/bin/pio")) if (path.parents[1] / "complete").exists()]
    if not found:
        fail_or_skip("there is no PlatformIO: bench/esphome/build.sh")
    manifest = json.loads((library / "library.json").read_text())
    assert manifest.pop("license") == "Apache-2.0"
    (library / "library.json").write_text(json.dumps(manifest))
    packed = tmp_path / "Cooee.tar.gz"
    run(found[-1], "pkg", "pack", library, "-o", packed)
    ours = {str(path.relative_to(library)) for path in library.rglob("*") if path.is_file()}
    with tarfile.open(packed) as archive:
        assert {name for name in archive.getnames() if name != ".piopm"} == ours
    assert not any(name.endswith(".py") or "host" in name for name in ours)
