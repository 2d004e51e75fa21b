"""An emulated STM32VLDISCOVERY (QEMU) whose serial line is a pseudo-terminal."""

import json
import subprocess
from pathlib import Path
from typing import Any

from edge.board.toolchains import TOOLCHAINS, compile_node
from tests.firmware.toolchain import need

MACHINE = "qemu-system-arm -M stm32vldiscovery -display none -monitor none -serial pty -qmp stdio -S"
SEMIHOSTING = "-semihosting-config enable=on,target=native"
HERE = Path(__file__).parent / "stm32"


def build_node(folder: Path, header: Path, *instead: str) -> Path:
    """Compiles a node's program, its flash pages in a file of this computer; `instead`: names of other sources here
    that take the place of the port's."""
    need("arm-none-eabi-gcc")
    sources = [HERE / name for name in ("pages.c", *instead)]
    compile_node(TOOLCHAINS["stm32"], header, folder / "stm32.elf", instead=sources)
    return folder / "stm32.elf"


class Stm32:
    """A board that waits for `run` before its first instruction; what its flash keeps is in `folder`. `device`: its
    serial line."""

    def __init__(self, program: Path, folder: Path) -> None:
        need("qemu-system-arm")
        words = [*MACHINE.split(), *SEMIHOSTING.split(), "-kernel", str(program)]
        self._process = subprocess.Popen(
            words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._ask("qmp_capabilities")
        lines = self._ask("query-chardev")
        self.device = Path(next(line["filename"] for line in lines if line["label"] == "serial0").removeprefix("pty:"))

    def _ask(self, command: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"execute": command}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{") and "return" in (answer := json.loads(line)):
                return answer["return"]
        raise AssertionError("QEMU has ended")

    def run(self) -> None:
        """Lets it run."""
        self._ask("cont")

    def cut_power(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.communicate()
