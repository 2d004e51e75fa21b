"""Emulated boards: what a program costs there, and what it answers."""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import PortError
from ..host import INCLUDE, PACKAGES, compile_c, need

HERE = Path(__file__).parent
MAX_QEMU_BYTES = 12 << 20
TICK_INSTRUCTIONS = 40
"""QEMU with -icount shift=0 runs an instruction a nanosecond of its clock; SysTick ticks at 25 MHz."""


@dataclass(frozen=True, kw_only=True)
class Board:
    """A microcontroller with its compiler; bytes of memory; what its emulator counts. For QEMU: its command, the linker
    script, where rows are put, and instructions a tick of its clock."""

    name: str
    title: str
    compiler: tuple[str, ...]
    flash: int
    ram: int
    counts: str
    qemu: tuple[str, ...] = ()
    script: str = ""
    rows_at: int = 0x21000000
    tick: int = TICK_INSTRUCTIONS


MPS2 = ("qemu-system-arm", "-M", "mps2-an385")
THUMB = ("-mthumb", "--specs=nano.specs", "--specs=nosys.specs", "-nostartfiles")
UNO = Board(
    name="uno",
    title="ATmega328P",
    flash=32256,
    ram=2048,
    counts="cycles",
    compiler=("avr-gcc", "-mmcu=atmega328p", "-Wl,--defsym=__TEXT_REGION_LENGTH__=4M"),
)
CORTEX_M3 = Board(
    name="cortex-m3",
    title="Cortex-M3",
    flash=4 << 20,
    ram=4 << 20,
    counts="instructions",
    compiler=("arm-none-eabi-gcc", "-mcpu=cortex-m3", *THUMB),
    qemu=MPS2,
    script="mps2_an385.ld",
)
CORTEX_M0PLUS = replace(
    CORTEX_M3,
    name="cortex-m0plus",
    title="Cortex-M0+",
    compiler=("arm-none-eabi-gcc", "-mcpu=cortex-m0plus", *THUMB),
)
"""Its code, on an emulated Cortex-M3, which has all of its instructions."""
RISC_V = Board(
    name="risc-v",
    title="RISC-V (rv32imac)",
    flash=4 << 20,
    ram=4 << 20,
    counts="instructions",
    compiler=(
        "riscv64-unknown-elf-gcc",
        "-march=rv32imac",
        "-misa-spec=2.2",
        "-mabi=ilp32",
        "--specs=picolibc.specs",
        "-nostartfiles",
    ),
    qemu=("qemu-system-riscv32", "-M", "virt", "-bios", "none"),
    script="riscv_virt.ld",
    rows_at=0x81000000,
    tick=1,
)
EMULATED = {board.name: board for board in (UNO, CORTEX_M3)}
MEASURED = {**EMULATED, **{board.name: board for board in (CORTEX_M0PLUS, RISC_V)}}
"""With those that only benchmarks look at."""
TOOLS = {
    "uno": ("avr-gcc", "simavr", "cc"),
    "cortex-m3": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "cortex-m0plus": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "risc-v": ("riscv64-unknown-elf-gcc", "qemu-system-riscv32"),
}

EMULATED_FLASH = 128 << 10
"""An ATmega328P with more than its 32 KB, so that what does not fit can be measured; larger than this cannot run."""

OPTIMISED = ("-Os", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")


@dataclass(frozen=True, kw_only=True)
class Program:
    """C or C++ files with a function `uint8_t predict(const c_type row[features])` that `header` declares. A row may
    take several calls, each with the next of so many parts of it; the last one's answer is the row's."""

    files: Mapping[str, str]
    header: str
    predict: str
    c_type: str
    features: int
    flags: tuple[str, ...] = ()
    calls: int = 1


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a model adds to a program that has an empty function in its place; bytes, and cycles or instructions of a
    call, for each row or `each` sample (instructions of the longest one within TICK_INSTRUCTIONS)."""

    board: str
    flash: int
    ram: int
    stack: int
    cycles: float
    cycles_max: int
    counts: str
    fits: bool
    each: str = "row"

    def __str__(self) -> str:
        return (
            f"flash {self.flash} B, RAM {self.ram} B, stack {self.stack} B, {self.cycles:.0f} {self.counts} a "
            f"{self.each}, at most {self.cycles_max}" + ("" if self.fits else ", DOES NOT FIT")
        )


@dataclass(frozen=True, kw_only=True)
class _Run:
    flash: int
    ram: int
    stack: int
    mean: float
    longest: int
    classes: NDArray[np.uint8] = field(repr=False)


def measure(program: Program, rows: NDArray[np.generic], board: str) -> tuple[Cost, NDArray[np.uint8]]:
    """What a program costs on a board, and the class of each row, from the board's emulator.

    Raises:
        PortError: unknown board, missing or failing compiler or emulator.
    """
    chosen = MEASURED.get(board)
    if chosen is None:
        raise PortError(f"board {board!r} has no emulator; choose from {', '.join(EMULATED)}")
    need(*TOOLS[board])
    run = _run(program, rows.reshape(len(rows) * program.calls, -1), chosen)
    flash, ram, stack, cycles = _empty(program.c_type, program.features, chosen.name)
    cost = Cost(
        board=chosen.title,
        flash=run.flash - flash,
        ram=run.ram - ram,
        stack=max(0, run.stack - stack),
        cycles=run.mean - cycles,
        cycles_max=max(0, round(run.longest - cycles)),
        counts=chosen.counts,
        fits=run.flash <= chosen.flash and run.ram + run.stack <= chosen.ram,
        each="sample" if program.calls > 1 else "row",
    )
    return cost, run.classes[program.calls - 1 :: program.calls]


def missing_tools(board: str) -> str:
    """What of a board's compiler and emulator is not installed, and which packages it is in; nothing when all is
    there."""
    try:
        need(*TOOLS[board])
    except PortError as error:
        return str(error)
    return ""


@cache
def _empty(c_type: str, features: int, board: str) -> tuple[int, int, int, float]:
    """Flash, RAM, stack and mean cycles of the program around a model."""
    files = {
        "empty.h": f"#include <stdint.h>\nuint8_t empty_predict(const {c_type} *row);\n",
        "empty.c": f'#include "empty.h"\nuint8_t empty_predict(const {c_type} *row) {{ (void)row; return 0; }}\n',
    }
    program = Program(files=files, header="empty.h", predict="empty_predict", c_type=c_type, features=features)
    size = {"uint8_t": 1, "int16_t": 2, "float": 4, "double": 8}[c_type]
    run = _run(program, np.zeros((256, features * size), np.uint8), MEASURED[board])
    return run.flash, run.ram, run.stack, run.mean


def _run(program: Program, rows: NDArray[np.generic], board: Board) -> _Run:
    with tempfile.TemporaryDirectory(prefix="cooee-port-") as name:
        folder = Path(name)
        for file, text in program.files.items():
            (folder / file).write_text(text)
        (folder / "tried.h").write_text(
            f'#include "{program.header}"\n#define TRIED_FEATURE {program.c_type}\n'
            f"#define TRIED_FEATURES {program.features}\n#define TRIED_PREDICT {program.predict}\n"
        )
        elf = folder / "tried.elf"
        return _run_avr(elf, program, rows, board) if board is UNO else _run_qemu(elf, program, rows, board)


def _build(elf: Path, program: Program, board: Board, main: Path, *extra: str) -> tuple[int, int]:
    """Links a program; flash and RAM bytes."""
    sources = [elf.parent / file for file in program.files if file.endswith((".c", ".cpp"))]
    includes = (f"-I{INCLUDE}", f"-I{elf.parent}", f"-I{HERE}")
    objects = []
    for source in [*sources, main]:
        objects.append(elf.parent / f"{source.name}.o")
        language = (
            ("-std=gnu++11", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")
            if source.suffix == ".cpp"
            else ("-std=gnu99",)
        )
        compile_c(
            [*board.compiler, *language, *OPTIMISED[:3], *includes, *program.flags, "-c", source, "-o", objects[-1]]
        )
    compile_c([*board.compiler, *OPTIMISED, *objects, *extra, "-lm", "-o", elf])
    sizes = subprocess.run(
        [board.compiler[0].replace("gcc", "size"), "-A", elf], capture_output=True, text=True, check=True
    ).stdout
    sections = {name: int(size) for name, size in re.findall(r"^\.(\S+)\s+(\d+)", sizes, re.MULTILINE)}
    data = sections.get("data", 0)
    return sum(sections.get(s, 0) for s in ("text", "rodata", "ARM.exidx")) + data, data + sections.get("bss", 0)


def _run_avr(elf: Path, program: Program, rows: NDArray[np.generic], board: Board) -> _Run:
    flash, ram = _build(elf, program, board, HERE / "avr_main.c")
    symbols = subprocess.run(["avr-nm", elf], capture_output=True, text=True, check=True).stdout
    found = re.search(r"^([0-9a-f]+) . row$", symbols, re.MULTILINE)
    if found is None or ram >= board.ram or flash > EMULATED_FLASH:
        return _Run(flash=flash, ram=ram, stack=0, mean=0, longest=0, classes=np.zeros(0, np.uint8))
    address, width = int(found[1], 16) & 0xFFFF, rows.nbytes // len(rows)
    done = subprocess.run(
        [_avr_emulator(), elf, str(address), str(width)], input=rows.tobytes(), capture_output=True, check=False
    )
    lines = done.stdout.decode().splitlines()
    if done.returncode != 0 or len(lines) != len(rows) + 1:
        raise PortError(
            f"the emulated {board.title} crashed after {len(lines)} of {len(rows)} rows: {done.stderr.decode()[-500:]}"
        )
    table = np.array([line.split() for line in lines[:-1]], dtype=np.int64)
    return _Run(
        flash=flash,
        ram=ram,
        stack=int(lines[-1].split()[1]),
        mean=float(table[:, 1].mean()),
        longest=int(table[:, 1].max()),
        classes=table[:, 0].astype(np.uint8),
    )


@cache
def _avr_emulator() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="cooee-simavr-")
    _KEPT.append(folder)
    path = Path(folder.name) / "avr_emulator"
    try:
        compile_c(["cc", "-std=gnu99", "-O2", HERE / "avr_emulator.c", "-lsimavr", "-lelf", "-o", path])
    except PortError as error:
        raise PortError(
            f"the emulator of the ATmega328P cannot be built: apt-get install {PACKAGES['simavr']} ({error})"
        ) from error
    return path


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
"""Folders that live as long as this process."""


def _run_qemu(elf: Path, program: Program, rows: NDArray[np.generic], board: Board) -> _Run:
    flash, ram = _build(elf, program, board, HERE / "qemu_main.c", f"-T{HERE / board.script}")
    if rows.nbytes > MAX_QEMU_BYTES:
        raise PortError(f"{len(rows)} rows are more than the emulated {board.title} holds; give fewer")
    data = elf.with_suffix(".rows")
    data.write_bytes(len(rows).to_bytes(8, "little") + rows.tobytes())
    done = subprocess.run(
        [
            *board.qemu,
            *("-nographic", "-monitor", "none", "-serial", "null", "-icount", "shift=0"),
            *("-semihosting-config", "enable=on,target=native"),
            *("-device", f"loader,file={data},addr={board.rows_at:#x},force-raw=on", "-kernel", elf),
        ],
        capture_output=True,
        check=False,
        timeout=600,
    )
    lines = (done.stdout + done.stderr).decode(errors="replace").split()
    if done.returncode != 0 or len(lines) != len(rows) + 3:
        raise PortError(
            f"the emulated {board.title} crashed after {len(lines)} of {len(rows)} rows: {done.stderr.decode()[-500:]}"
        )
    ticks, longest, stack = (int(line, 16) for line in lines[-3:])
    return _Run(
        flash=flash,
        ram=ram,
        stack=stack,
        mean=ticks * board.tick / len(rows),
        longest=longest * board.tick,
        classes=np.array([int(line, 16) for line in lines[:-3]], dtype=np.uint8),
    )
