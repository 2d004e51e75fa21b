"""A program on an emulated board: built, run on rows, and what that took."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import PortError
from ..host import INCLUDE, PACKAGES, compile_c
from .catalogue import UNO, Board

HERE = Path(__file__).parent
MAX_QEMU_BYTES = 12 << 20
RUNS_AT_MOST_S = 600.0
"""An emulated program that takes longer does not come to an end."""
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
class Run:
    """Bytes of the program; cycles or instructions of a call; the class of each row, of none when it does not fit."""

    flash: int
    ram: int
    stack: int
    mean: float
    longest: int
    classes: NDArray[np.uint8] = field(repr=False)


def run_on(board: Board, program: Program, rows: NDArray[np.generic]) -> Run:
    """Builds a program for a board and runs it there on rows.

    Raises:
        PortError: the compiler refuses it, or it crashes or does not end.
    """
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


def _run_avr(elf: Path, program: Program, rows: NDArray[np.generic], board: Board) -> Run:
    flash, ram = _build(elf, program, board, HERE / "avr_main.c")
    symbols = subprocess.run(["avr-nm", elf], capture_output=True, text=True, check=True).stdout
    found = re.search(r"^([0-9a-f]+) . row$", symbols, re.MULTILINE)
    if found is None or ram >= board.ram or flash > EMULATED_FLASH:
        return Run(flash=flash, ram=ram, stack=0, mean=0, longest=0, classes=np.zeros(0, np.uint8))
    address, width = int(found[1], 16) & 0xFFFF, rows.nbytes // len(rows)
    done = _emulated(board, [_avr_emulator(), elf, str(address), str(width)], rows.tobytes())
    lines = done.stdout.decode().splitlines()
    if done.returncode != 0 or len(lines) != len(rows) + 1:
        raise PortError(
            f"the emulated {board.title} crashed after {len(lines)} of {len(rows)} rows: {done.stderr.decode()[-500:]}"
        )
    table = np.array([line.split() for line in lines[:-1]], dtype=np.int64)
    return Run(
        flash=flash,
        ram=ram,
        stack=int(lines[-1].split()[1]),
        mean=float(table[:, 1].mean()),
        longest=int(table[:, 1].max()),
        classes=table[:, 0].astype(np.uint8),
    )


def _emulated(board: Board, command: Sequence[str | Path], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, input=given, capture_output=True, check=False, timeout=RUNS_AT_MOST_S)
    except subprocess.TimeoutExpired:
        raise PortError(
            f"the program has not ended after {RUNS_AT_MOST_S:.0f} s on the emulated {board.title}: give fewer rows"
        ) from None


def _avr_emulator() -> Path:
    return Path(_avr_emulator_folder().name) / "avr_emulator"


@cache
def _avr_emulator_folder() -> "tempfile.TemporaryDirectory[str]":
    """It lives as long as this process."""
    folder = tempfile.TemporaryDirectory(prefix="cooee-simavr-")
    path = Path(folder.name) / "avr_emulator"
    try:
        compile_c(["cc", "-std=gnu99", "-O2", HERE / "avr_emulator.c", "-lsimavr", "-lelf", "-o", path])
    except PortError as error:
        raise PortError(
            f"the emulator of the ATmega328P cannot be built: apt-get install {PACKAGES['simavr']} ({error})"
        ) from error
    return folder


def _run_qemu(elf: Path, program: Program, rows: NDArray[np.generic], board: Board) -> Run:
    flash, ram = _build(elf, program, board, HERE / "qemu_main.c", f"-T{HERE / board.script}")
    if rows.nbytes > MAX_QEMU_BYTES:
        raise PortError(f"{len(rows)} rows are more than the emulated {board.title} holds; give fewer")
    data = elf.with_suffix(".rows")
    data.write_bytes(len(rows).to_bytes(8, "little") + rows.tobytes())
    done = _emulated(
        board,
        [
            *board.qemu,
            *("-nographic", "-monitor", "none", "-serial", "null", "-icount", "shift=0"),
            *("-semihosting-config", "enable=on,target=native"),
            *("-device", f"loader,file={data},addr={board.rows_at:#x},force-raw=on", "-kernel", elf),
        ],
    )
    lines = (done.stdout + done.stderr).decode(errors="replace").split()
    if done.returncode != 0 or len(lines) != len(rows) + 3:
        raise PortError(
            f"the emulated {board.title} crashed after {len(lines)} of {len(rows)} rows: {done.stderr.decode()[-500:]}"
        )
    ticks, longest, stack = (int(line, 16) for line in lines[-3:])
    return Run(
        flash=flash,
        ram=ram,
        stack=stack,
        mean=ticks * board.tick / len(rows),
        longest=longest * board.tick,
        classes=np.array([int(line, 16) for line in lines[:-3]], dtype=np.uint8),
    )
