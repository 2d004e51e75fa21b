"""How the program of a board is made: its port, its compiler, and what it takes of the board's memory."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware import FIRMWARE

from ..contract.errors import CooeeError
from ..farm import Node

BUILT_IN = FIRMWARE / "sentinels"
COMPILER: tuple[str, ...] = (
    "avr-gcc",
    "-mmcu=atmega328p",
    "-Os",
    "-flto",
    "-flto-partition=one",
    "-mrelax",
    "-mcall-prologues",
    "-mstrict-X",
    "-fno-inline-small-functions",
    "-fno-move-loop-invariants",
    "-fno-gcse",
    "-fno-tree-pre",
    "-fno-ipa-sra",
    "-fno-tree-fre",
    "-fshort-enums",
    "-DCOOEE_ONE_NODE=1",
    "--param=sra-max-scalarization-size-Osize=16",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
)
"""Optimising the whole program, of one node, at once makes it a fifth smaller and a third quicker (docs/FIRMWARE.md,
"Memory")."""
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """How a board's program is made: its port, GNU tools by prefix, the compiler with its flags, what objcopy makes of
    the .elf; and the board's bytes of flash, RAM and stack. `stack`: the deepest measured on the emulated Uno, rounded
    up; on the STM32 all that -fstack-usage sums up, rounded up. `share_an_input`: sensors of
    which a node has one at most."""

    name: str
    port: Path
    prefix: str
    packages: str
    compiler: tuple[str, ...]
    image: tuple[str, ...] = ()
    flash: int
    ram: int
    stack: int
    most_outbox_frames: int
    sensors: dict[str, tuple[str, ...]]
    share_an_input: tuple[str, ...] = ()


SENSORS: dict[str, tuple[str, ...]] = {
    "soil_probe_10cm": ("SOIL_10CM",),
    "soil_probe_30cm": ("SOIL_30CM",),
    "soil_probe_60cm": ("SOIL_60CM",),
    "pyranometer": ("PYRANOMETER",),
    "ethylene_cell": ("ETHYLENE_CELL",),
    "sht3x": ("SHT3X",),
    "barometer": ("BMP280",),
    "soil_probe": ("SOIL_10CM", "SOIL_30CM", "DS18B20"),
    "soil_thermometer": ("DS18B20",),
    "anemometer": ("ANEMOMETER",),
    "rain_gauge": ("RAIN_GAUGE",),
}
"""Sensors of farm.yaml that these boards read, as node.h names them."""
STM32_FLAGS = "-mcpu=cortex-m3 -mthumb -Os -flto -ffunction-sections -fdata-sections -nostartfiles --specs=nano.specs"
TOOLCHAINS = {
    "uno": Toolchain(
        name="Uno",
        port=FIRMWARE / "ports" / "avr_atmega328p",
        prefix="avr",
        packages="gcc-avr binutils-avr avr-libc",
        compiler=COMPILER,
        image=("-O", "ihex", "-R", ".eeprom"),
        flash=32_256,  # beside the boot loader
        ram=2_048,
        stack=496,
        most_outbox_frames=4,
        sensors=SENSORS,
        share_an_input=("soil_probe_60cm", "ethylene_cell"),
    ),
    "stm32": Toolchain(
        name="STM32",
        port=FIRMWARE / "ports" / "stm32f100",
        prefix="arm-none-eabi",
        packages="gcc-arm-none-eabi libnewlib-arm-none-eabi",
        compiler=("arm-none-eabi-gcc", *STM32_FLAGS.split(), "-Wl,--gc-sections"),
        flash=106 * 1024,  # beside the pages that are kept
        ram=8_192,
        stack=2_048,
        most_outbox_frames=64,
        sensors=SENSORS,
    ),
}
"""By board. All share `firmware/ports/bare_metal`."""


def toolchain_of(node: Node) -> Toolchain:
    """How the program of a node's board is made; CooeeError when it is not."""
    if node.board == "gateway":
        raise CooeeError(f"node {node.id!r} runs on the gateway: there is no board to build for")
    if node.board not in TOOLCHAINS:
        raise CooeeError(f"node {node.id!r}: board {node.board} cannot be built; uno, stm32 and esp32 can")
    return TOOLCHAINS[node.board]


def check_tools(toolchain: Toolchain) -> None:
    """CooeeError where one is not installed."""
    for tool in ("gcc", "objcopy", "size"):
        if shutil.which(f"{toolchain.prefix}-{tool}") is None:
            raise CooeeError(
                f"{toolchain.prefix}-{tool} is not installed; on Debian: apt-get install {toolchain.packages}"
            )


def image_of(toolchain: Toolchain, elf: Path) -> Path:
    """What is burnt: the program itself, or what objcopy makes of it."""
    image = elf.with_suffix(".hex") if toolchain.image else elf
    if toolchain.image:
        _run(f"{toolchain.prefix}-objcopy", *toolchain.image, elf, image)
    for path in (elf, image):
        path.chmod(0o600)
    return image


def sources_of(toolchain: Toolchain, sentinels: Path = BUILT_IN) -> list[Path]:
    """Everything that a node's program is compiled of, in the order of which the compiler makes the least."""
    port = [*toolchain.port.glob("*.c"), *(FIRMWARE / "ports" / "bare_metal").glob("*.c")]
    parts = (sentinels, FIRMWARE / "src", FIRMWARE / "drivers")
    return [*(path for part in parts for path in sorted(part.glob("*.c"))), *sorted(port, key=lambda path: path.name)]


def includes_of(toolchain: Toolchain, sentinels: Path = BUILT_IN) -> list[str]:
    """Folders of headers, and the board's map of memory where it has one."""
    folders = (FIRMWARE / "include", FIRMWARE, sentinels, FIRMWARE / "ports" / "bare_metal", toolchain.port)
    return [*(f"-I{folder}" for folder in folders), *(f"-Wl,-T,{script}" for script in toolchain.port.glob("*.ld"))]


def compile_node(
    toolchain: Toolchain,
    header: Path,
    elf: Path,
    sentinels: Path = BUILT_IN,
    instead: Sequence[Path] = (),
    more: Sequence[str] = (),
) -> tuple[int, int]:
    """Bytes of flash and of static memory that the program takes. `instead`: sources that take the place of those of
    the same name; `more`: flags."""
    larger = ("__TEXT_REGION_LENGTH__=128K", "__DATA_REGION_LENGTH__=0x4000")  # measured, not refused unmeasured
    _run(
        *toolchain.compiler,
        *WARNINGS,
        *(f"-Wl,--defsym={symbol}" for symbol in larger if toolchain.prefix == "avr"),
        *includes_of(toolchain, sentinels),
        *more,
        "-include",
        header,
        *(path for path in sources_of(toolchain, sentinels) if path.name not in {other.name for other in instead}),
        *instead,
        "-o",
        elf,
    )
    sizes = dict(re.findall(r"^\.(\w+)\s+(\d+)", _run(f"{toolchain.prefix}-size", "-A", elf), re.M))
    text, data, bss, noinit = (int(sizes.get(name, 0)) for name in ("text", "data", "bss", "noinit"))
    return text + data, data + bss + noinit


def _run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CooeeError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
