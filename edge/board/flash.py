"""Burns a node's image, which edge/board/build.py made, onto its board."""

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from ..contract.errors import CooeeError
from ..farm import FARM_FILE, load_farm, node_named
from ..links.serial_port import check_device
from ..options import FarmOfNode
from .build import BUILT

BAUD = 115_200
"""Of the Uno's boot loader."""


def avrdude(image: Path, port: str) -> list[str]:
    """The command that burns an image onto an Arduino Uno by its boot loader."""
    burn = f"flash:w:{image}:i"
    return ["avrdude", "-p", "atmega328p", "-c", "arduino", "-P", port, "-b", str(BAUD), "-D", "-U", burn]


def esphome(file: Path, port: str) -> list[str]:
    """The command that compiles a node's program for an ESP32 and burns it."""
    return ["esphome", "run", str(file), "--device", port, "--no-logs"]


def openocd(program: Path, _port: str) -> list[str]:
    """The command that burns a program onto an STM32VLDISCOVERY by the ST-LINK on it, which needs no port. It leaves
    the pages of flash that the program does not take."""
    return ["openocd", "-f", "board/stm32vldiscovery.cfg", "-c", f"program {program} verify reset exit"]


WAYS = {
    "uno": (".hex", avrdude, "on Debian: apt-get install avrdude"),
    "stm32": (".elf", openocd, "on Debian: apt-get install openocd"),
    "esp32": (".yaml", esphome, "pip install esphome"),
}
"""By board: what `cooee build` made, the command that burns it, and how its program is had."""


def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    port: Annotated[str, typer.Option(help="The board's serial device, as /dev/ttyACM0; an stm32 needs none.")] = "",
    farm: FarmOfNode = FARM_FILE,
    built: Annotated[Path, typer.Option(help="Folder that `cooee build` wrote to.")] = BUILT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command, and do nothing.")] = False,
) -> None:
    """Burns a node's image onto its board."""
    board = node_named(load_farm(farm), node).board
    if board not in WAYS:
        raise CooeeError(f"node {node!r}: there is no way to burn board {board}; there is for {', '.join(WAYS)}")
    end, burn, install = WAYS[board]
    image = built / f"{node}{end}"
    if not image.is_file():
        raise CooeeError(f"{image} is not there; make it: cooee build {node}")
    if not port and board != "stm32":
        raise CooeeError(f"--port: which serial device is {node}, as in --port /dev/ttyACM0?")
    words = burn(image, port)
    if dry_run:
        typer.echo(shlex.join(words))
        return
    if shutil.which(words[0]) is None:
        raise CooeeError(f"{words[0]} is not installed; {install}")
    if port:
        check_device(port)
    done = subprocess.run(words, check=False)
    if done.returncode != 0:
        raise CooeeError(
            f"{words[0]} ended with code {done.returncode}: is {port or 'it'} the board, and does nothing else use it?"
        )
