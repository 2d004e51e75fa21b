"""What goes onto one board: its configuration from farm.yaml as a C header, and the image that avr-gcc makes of it."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from firmware import FIRMWARE

from .calibration import raw_points
from .commission import site_of
from .contract.errors import CooeeError
from .core import sentinels
from .data_folder import DATA
from .esphome import write_yaml
from .farm import FARM_FILE, Farm, Node, load_farm
from .keys import KEYS_FILE, Enrolled, newest, read_keys

BUILT_IN = FIRMWARE / "sentinels"
PORT = FIRMWARE / "ports" / "avr_atmega328p"
COMPILER: tuple[str, ...] = (
    "avr-gcc",
    "-mmcu=atmega328p",
    "-Os",
    "-flto",
    "-mrelax",
    "-mcall-prologues",
    "-mstrict-X",
    "-fno-inline-small-functions",
    "-fno-move-loop-invariants",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
)
"""Optimising the whole program at once makes it a sixth smaller and a third quicker (docs/FIRMWARE.md, "Memory")."""
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror")
FLASH_BYTES, RAM_BYTES = 32_256, 2_048
"""Of an Arduino Uno beside its boot loader."""
RELEASED = "sentinels"
"""Folder in the data folder with the sentinels that the farm has learnt and released (`cooee learn release`)."""
STACK_BYTES = 464
"""The deepest stack that was measured on the emulated board (docs/FIRMWARE.md), rounded up."""
MOST_OUTBOX_FRAMES, LEAST_OUTBOX_FRAMES = 8, 2

UNO_SENSORS: dict[str, tuple[str, ...]] = {
    "soil_probe": ("SOIL_10CM", "SOIL_30CM", "DS18B20"),
    "soil_probe_10cm": ("SOIL_10CM",),
    "soil_probe_30cm": ("SOIL_30CM",),
    "soil_thermometer": ("DS18B20",),
    "ethylene_cell": ("ETHYLENE_CELL",),
    "sht3x": ("SHT3X",),
    "anemometer": ("ANEMOMETER",),
    "rain_gauge": ("RAIN_GAUGE",),
    "barometer": ("BMP280",),
}
"""Sensors of farm.yaml that the Uno's port reads, as node.h names them."""

CALIBRATIONS = {"soil_moisture_10cm": "SOIL_10CM", "soil_moisture_30cm": "SOIL_30CM", "ethylene": "ETHYLENE"}
"""Channels with a calibration, as node.h names their points."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """Files of a node: its configuration, the program and what avrdude burns; bytes that the program takes."""

    header: Path
    elf: Path
    image: Path
    flash: int
    ram: int
    outbox_frames: int


def header_of(farm: Farm, node: Node, outbox_frames: int, enrolled: Enrolled | None, on: date) -> str:
    """The node's configuration, programmed on that day, as C, for firmware/ports/avr_atmega328p/node.h. CooeeError for
    a board or a sensor that has no port, and for a node of a sealed farm that is not enrolled."""
    if enrolled is None and farm.security == "sealed":
        raise CooeeError(f"node {node.id!r} has no key yet; make one: cooee enrol {node.id}")
    if node.board == "gateway":
        raise CooeeError(f"node {node.id!r} runs on the gateway: there is no board to build for")
    if node.board != "uno":
        raise CooeeError(f"node {node.id!r}: board {node.board} cannot be built; uno and esp32 can")
    unknown = [sensor for sensor in node.sensors if sensor not in UNO_SENSORS]
    if unknown:
        raise CooeeError(f"node {node.id!r}: an Uno reads no {unknown[0]}; it reads {', '.join(UNO_SENSORS)}")
    parts = [*(part for sensor in node.sensors for part in UNO_SENSORS[sensor]), "BATTERY"]
    run = [s for s in sentinels() if s.name in node.sentinels]
    site = site_of(farm.zone_by_id[node.zone], on)
    values: dict[str, object] = {
        "NODE_ADDRESS": node.address,
        "NODE_WAKE_INTERVAL_S": node.wake_interval_s,
        "NODE_SENSORS": f"({' | '.join(f'SENSOR_{part}' for part in parts)})",
        "NODE_SENTINELS": ", ".join(f"&cooee_{s.name}" for s in run) or "0",
        "NODE_SENTINEL_COUNT": len(run),
        "NODE_ALARMS": max(1, sum(len(s.classes) - 1 for s in run)),
        "NODE_OUTBOX_FRAMES": outbox_frames,
        "NODE_SITE": f"{{{', '.join(f'.{name} = {_initialiser(value)}' for name, value in site.raw().items())}}}",
        "COOEE_WATER_FILTER": int(any(s.needs_water for s in run)),
    }
    for channel, points in node.calibration.items():
        rows = ", ".join(f"{{{mv}, {raw}}}" for mv, raw in raw_points(channel, points))
        values[f"NODE_{CALIBRATIONS[channel]}_POINTS"] = rows
    lines = [f"#define {name} {value}" for name, value in values.items()]
    return (
        f"/* Node {node.id} of farm {farm.id}, by cooee build. */\n"
        + "\n".join(lines)
        + "\n"
        + (enrolled.header if enrolled else "")
    )


def _initialiser(value: int | list[int]) -> str:
    return f"{{{', '.join(map(str, value))}}}" if isinstance(value, list) else str(value)


def sentinels_folder(data: Path) -> Path:
    """Where the sentinels of a farm's nodes are: those that it has released, else the built-in ones."""
    released = data / RELEASED
    return released if (released / "sentinels.json").is_file() else BUILT_IN


def build(farm: Farm, node: Node, folder: Path, enrolled: Enrolled | None = None, sentinels: Path = BUILT_IN) -> Built:
    """Compiles a node with the C of a folder of sentinels, and with as many frames in its outbox as its memory holds.
    What it writes holds the node's key, and is for its owner alone. CooeeError: a tool is missing, or the node does not
    fit, with what would."""
    for tool in ("avr-gcc", "avr-objcopy", "avr-size"):
        if shutil.which(tool) is None:
            raise CooeeError(f"{tool} is not installed; on Debian: apt-get install gcc-avr binutils-avr avr-libc")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    header, elf, image = (folder / f"{node.id}{end}" for end in ("_config.h", ".elf", ".hex"))
    for outbox_frames in range(MOST_OUTBOX_FRAMES, LEAST_OUTBOX_FRAMES - 1, -1):
        header.touch(0o600)
        header.write_text(header_of(farm, node, outbox_frames, enrolled, date.today()), encoding="utf-8")
        flash, ram = _compile(header, elf, sentinels)
        if flash > FLASH_BYTES:
            raise CooeeError(
                f"node {node.id!r}: its program takes {flash:,} of {FLASH_BYTES:,} bytes of flash; leave out a sensor, "
                f"or give some of {', '.join(node.sensors)} to another node"
            )
        if ram + STACK_BYTES <= RAM_BYTES:
            _run("avr-objcopy", "-O", "ihex", "-R", ".eeprom", elf, image)
            for path in (elf, image):
                path.chmod(0o600)
            return Built(header=header, elf=elf, image=image, flash=flash, ram=ram, outbox_frames=outbox_frames)
    raise CooeeError(
        f"node {node.id!r}: it takes {ram:,} bytes of memory and {STACK_BYTES} of stack, an Uno has {RAM_BYTES:,}; "
        f"give some of {', '.join(node.sensors)} to another node"
    )


def _compile(header: Path, elf: Path, sentinels: Path) -> tuple[int, int]:
    """Bytes of flash and of static memory that the program takes."""
    folders = (FIRMWARE / "include", FIRMWARE, sentinels)
    parts = (FIRMWARE / "src", sentinels, FIRMWARE / "drivers")
    sources = [path for part in parts for path in sorted(part.glob("*.c"))]
    _run(
        *COMPILER,
        *WARNINGS,
        "-Wl,--defsym=__TEXT_REGION_LENGTH__=128K",  # so that too large a program is measured, not refused unmeasured
        "-Wl,--defsym=__DATA_REGION_LENGTH__=0x4000",
        *(f"-I{folder}" for folder in folders),
        "-include",
        header,
        *sources,
        *sorted(PORT.glob("*.c")),
        "-o",
        elf,
    )
    sizes = dict(re.findall(r"^\.(\w+)\s+(\d+)", _run("avr-size", "-A", elf), re.M))
    text, data, bss, noinit = (int(sizes.get(name, 0)) for name in ("text", "data", "bss", "noinit"))
    return text + data, data + bss + noinit


def _run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CooeeError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def node_named(farm: Farm, name: str) -> Node:
    """A node of a farm; CooeeError names those that there are."""
    if name not in farm.node_by_id:
        raise CooeeError(f"there is no node {name!r} in farm.yaml; there are {', '.join(farm.node_by_id)}")
    return farm.node_by_id[name]


BUILT = Path("build")
"""Where images go."""


def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    farm: Annotated[Path, typer.Option(help="The farm.yaml that names the node.")] = FARM_FILE,
    out: Annotated[Path, typer.Option(help="Folder for the configuration and the image.")] = BUILT,
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
    typer.echo(f"  flash {built.flash:,} of {FLASH_BYTES:,} B ({built.flash / FLASH_BYTES:.0%})")
    typer.echo(f"  memory {built.ram:,} B and up to {STACK_BYTES} B of stack, of {RAM_BYTES:,} B")
    typer.echo(f"  outbox {built.outbox_frames} frames; configuration in {built.header}")
    typer.echo(f"Burn it: cooee flash {node} --port /dev/ttyACM0")
