"""Emulated boards: what a program costs there, and what it answers."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...errors import PortError
from ..host import need
from .catalogue import EMULATED, MEASURED, TOOLS, UNO
from .emulators import Program, run_on

__all__ = ["EMULATED", "MEASURED", "UNO", "Cost", "Program", "measure", "missing_tools"]


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


def measure(program: Program, rows: NDArray[np.generic], board: str) -> tuple[Cost, NDArray[np.uint8]]:
    """What a program costs on a board, and the class of each row, from the board's emulator.

    Raises:
        PortError: unknown board, missing or failing compiler or emulator.
    """
    chosen = MEASURED.get(board)
    if chosen is None:
        raise PortError(f"board {board!r} has no emulator; choose from {', '.join(EMULATED)}")
    need(*TOOLS[board])
    run = run_on(chosen, program, rows.reshape(len(rows) * program.calls, -1))
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
    run = run_on(MEASURED[board], program, np.zeros((256, features * size), np.uint8))
    return run.flash, run.ram, run.stack, run.mean
