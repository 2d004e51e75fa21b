"""Where each function of an Uno's program goes: `python -m bench.placement` writes the board's map of memory anew.

On an AVR a call takes two bytes when it goes less than 4 KB, else four. As they come, functions are far from what they
call, the compiler's arithmetic farthest. Simulated annealing finds an order with fewer far calls in the node of node.h.
Functions that are in other nodes alone stand behind these.
"""

import bisect
import math
import random
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray

from edge.board.header import alone
from edge.board.toolchains import TOOLCHAINS, compile_node

from .transport import enrolled

UNO = TOOLCHAINS["uno"]
SCRIPT = UNO.port / "atmega328p.ld"
FIRST, LAST = "    /* Near what they call. */", "    /* Others. */"
REACH = 4090
"""Bytes of a short call, a few less for what moves while the linker shortens others."""
NEXT_FUNCTION = re.compile(r"^ (\.text\.\S+)\s+0x(\w+)\s+0x(\w+) (\S+)$", re.M)
CALL = re.compile(r"^\s+(\w+):\t[0-9a-f ]+\tr?(?:call|jmp)\t(?:0x(\w+)|\.[+-]\d+\s+; 0x(\w+))", re.M)
COMPILERS_SUFFIX = re.compile(r"(\.(constprop|lto_priv|isra|part)\.\d+)+$")
STEPS = 600_000


@dataclass(frozen=True)
class Function:
    """A piece of the program that the linker moves as a whole. `pattern`: by which its script names it."""

    address: int
    size: int
    pattern: str


def functions_of(linked: str) -> list[Function]:
    """From the linker's map, by address."""
    text = linked[linked.index("\n.text ", linked.index("Linker script and memory map")) : linked.index("\n.data ")]
    found = []
    for section, address, size, file in NEXT_FUNCTION.findall(text):
        name = COMPILERS_SUFFIX.sub("", section)
        of_library = re.search(r"\.a\((.*)\)$", file)
        pattern = f"*{of_library[1]}(.text*)" if of_library else f"*({name} {name}.*)"
        if int(size, 16) > 0:
            found.append(Function(address=int(address, 16), size=int(size, 16), pattern=pattern))
    return sorted(found, key=lambda function: function.address)


def calls_of(listing: str, functions: list[Function]) -> NDArray[np.int64]:
    """From a disassembly: a row each of caller, called (places in `functions`), and both ends' offsets therein."""
    starts = [function.address for function in functions]
    rows = []
    for words in CALL.findall(listing):
        ends = int(words[0], 16), int(words[1] or words[2], 16)
        caller, called = (bisect.bisect_right(starts, end) - 1 for end in ends)
        if min(caller, called) >= 0 and caller != called:
            rows.append((caller, called, ends[0] - starts[caller], ends[1] - starts[called]))
    return np.array(rows)


def placed(sizes: NDArray[np.int64], calls: NDArray[np.int64], steps: int = STEPS) -> tuple[int, list[int]]:
    """Far calls that are left, and the order with these."""
    caller, called, at, to = calls.T
    chance = random.Random(1)

    def far(order: list[int]) -> int:
        start = np.empty(len(order), dtype=np.int64)
        start[order] = np.cumsum(sizes[order]) - sizes[order]
        return int(np.count_nonzero(np.abs(start[called] + to - start[caller] - at) > REACH))

    order = list(range(len(sizes)))
    now = best = far(order), order
    for step in range(steps):
        i, j = sorted(chance.sample(range(len(order)), 2))
        kind, old = chance.random(), now[1]
        if kind < 0.7:  # a few go elsewhere
            few = i + (1 if kind < 0.5 else chance.randrange(12))
            rest = old[:i] + old[few:]
            k = chance.randrange(len(rest) + 1)
            order = rest[:k] + old[i:few] + rest[k:]
        else:
            order = old[:i] + old[i:j][::-1] + old[j:]
        new = far(order), order
        if chance.random() < math.exp(min(0, now[0] - new[0]) / (3 * (1 - step / steps))):
            now = new
            best = min(best, now, key=lambda pair: pair[0])
    return best


def main() -> None:
    """Writes the script."""
    with tempfile.TemporaryDirectory() as name:
        header, elf, linked = (Path(name) / file for file in ("node.h", "node.elf", "node.map"))
        values = {**alone(("soil", "weather", "wind")), "COOEE_WATER_DEEP": 0}
        lines = [f"#define {key} {value}\n" for key, value in values.items()]
        header.write_text("".join(lines) + enrolled(1).header, encoding="utf-8")
        before, _ = compile_node(UNO, header, elf, more=(f"-Wl,-Map={linked}",))
        functions = functions_of(linked.read_text(encoding="utf-8"))
        listing = subprocess.run(["avr-objdump", "-d", elf], capture_output=True, text=True, check=True).stdout
        calls = calls_of(listing, functions)
        left, order = placed(np.array([function.size for function in functions]), calls)
        patterns = dict.fromkeys(functions[i].pattern for i in order)
        head, _, rest = SCRIPT.read_text(encoding="utf-8").partition(FIRST)
        body = "".join(f"    {pattern}\n" for pattern in patterns)
        SCRIPT.write_text(f"{head}{FIRST}\n{body}{LAST}{rest.partition(LAST)[2]}", encoding="utf-8")
        after, _ = compile_node(UNO, header, elf)
    typer.echo(f"{len(calls)} calls, {left} far; flash {before:,} to {after:,} B; {SCRIPT.name}")


if __name__ == "__main__":
    typer.run(main)
