"""What goes onto one board: a node's program, with as many frames in its outbox as the memory holds."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ..contract.errors import CooeeError
from ..farm import FARM_FILE, Farm, Node, load_farm, node_named
from ..node.keys import KEYS_FILE, Enrolled, newest, read_keys
from ..node.sentinel_images import room_in_words
from ..options import FarmOfNode
from ..service.data_folder import DATA
from ..written_files import folder_to_write, write_file
from .esphome import write_yaml
from .header import header_of
from .toolchains import BUILT_IN, Toolchain, check_tools, compile_node, image_of, toolchain_of

RELEASED = "sentinels"
"""Folder in the data folder with the sentinels that the farm has learnt and released (`cooee learn release`)."""
LEAST_OUTBOX_FRAMES = 2


@dataclass(frozen=True, kw_only=True)
class Built:
    """Files of a node: its configuration, the program and what is burnt; bytes that the program takes."""

    header: Path
    elf: Path
    image: Path
    flash: int
    ram: int
    outbox_frames: int
    toolchain: Toolchain


def sentinels_folder(data: Path) -> Path:
    """Where the sentinels of a farm's nodes are: those that it has released, else the built-in ones."""
    released = data / RELEASED
    return released if (released / "sentinels.json").is_file() else BUILT_IN


def build(farm: Farm, node: Node, folder: Path, enrolled: Enrolled | None = None, sentinels: Path = BUILT_IN) -> Built:
    """Compiles a node with the C of a folder of sentinels, and with as many frames in its outbox as its memory holds.
    What it writes holds the node's key, and is for its owner alone. CooeeError: a tool is missing, or the node does not
    fit, with what would."""
    with_tools = toolchain_of(node)
    check_tools(with_tools)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    header, elf = (folder / f"{node.id}{end}" for end in ("_config.h", ".elf"))
    for outbox_frames in range(with_tools.most_outbox_frames, LEAST_OUTBOX_FRAMES - 1, -1):
        header.touch(0o600)
        write_file(header, header_of(farm, node, outbox_frames, enrolled, date.today(), sentinels))
        flash, ram = compile_node(with_tools, header, elf, sentinels)
        if flash > with_tools.flash:
            raise CooeeError(
                f"node {node.id!r}: its program takes {flash:,} of {with_tools.flash:,} bytes of flash; leave out a "
                f"sensor, or give some of {', '.join(node.sensors)} to another node"
            )
        if ram + with_tools.stack <= with_tools.ram:
            image = image_of(with_tools, elf)
            return Built(
                header=header,
                elf=elf,
                image=image,
                flash=flash,
                ram=ram,
                outbox_frames=outbox_frames,
                toolchain=with_tools,
            )
    raise CooeeError(
        f"node {node.id!r}: it takes {ram:,} bytes of memory and {with_tools.stack} of stack, an {with_tools.name} has "
        f"{with_tools.ram:,}; give some of {', '.join(node.sensors)} to another node"
    )


BUILT = Path("build")
"""Where images go."""


def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    farm: FarmOfNode = FARM_FILE,
    out: Annotated[
        Path, typer.Option(help="Folder for the configuration and the image.", callback=folder_to_write)
    ] = BUILT,
    data: Annotated[Path, typer.Option(help="Folder with the nodes' keys, and with released sentinels.")] = DATA,
) -> None:
    """Makes what goes onto one node's board."""
    loaded = load_farm(farm)
    enrolled = newest(read_keys(data / KEYS_FILE)).get(node)
    if node_named(loaded, node).board == "esp32":
        path = write_yaml(loaded, node_named(loaded, node), out, enrolled)
        typer.echo(f"{path}\n  passwords go into {out / 'secrets.yaml'}; {path.name} says which")
        typer.echo(f"Compile it and burn it: cooee flash {node} --port /dev/ttyUSB0")
        return
    sentinels = sentinels_folder(data)
    built = build(loaded, node_named(loaded, node), out, enrolled, sentinels)
    typer.echo(f"{built.image}")
    if sentinels != BUILT_IN:
        typer.echo(f"  with the sentinels that this farm has learnt, of {sentinels}")
    board = built.toolchain
    typer.echo(f"  flash {built.flash:,} of {board.flash:,} B ({built.flash / board.flash:.0%})")
    typer.echo(f"  memory {built.ram:,} B and up to {board.stack} B of stack, of {board.ram:,} B")
    typer.echo(f"  outbox {built.outbox_frames} frames; configuration in {built.header}")
    typer.echo(f"  {room_in_words(loaded.node_by_id[node])}")
    port = " --port /dev/ttyACM0" if board.prefix == "avr" else ""
    typer.echo(f"Burn it: cooee flash {node}{port}")
