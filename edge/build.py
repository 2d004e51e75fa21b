"""What goes onto one board: its configuration from farm.yaml as a C header, and the image that avr-gcc makes of it."""

import json
import re
import shutil
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from edge.written_files import folder_to_write
from firmware import FIRMWARE

from .calibration import raw_points
from .commission import site_of
from .contract.errors import CooeeError
from .core import FRAME_MAX, sentinels
from .data_folder import DATA
from .esphome import write_yaml
from .farm import FARM_FILE, Farm, Node, load_farm
from .keys import KEYS_FILE, Enrolled, newest, read_keys
from .sentinel_images import IMAGE_ROOM, room_in_words

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
    "--param=sra-max-scalarization-size-Osize=16",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
)
"""Optimising the whole program at once makes it a sixth smaller and a third quicker (docs/FIRMWARE.md, "Memory")."""
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror")
RELEASED = "sentinels"
"""Folder in the data folder with the sentinels that the farm has learnt and released (`cooee learn release`)."""


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
LEAST_OUTBOX_FRAMES = 2
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

LINKS = ("lora", "serial", "udp", None)
"""Of a board without an operating system: a LoRa modem, or its serial line, as which the simulated radio counts."""
MOST_PAUSE_S = 3600
"""With more than an hour a frame the port would never send (firmware/ports/bare_metal/lora_radio.c)."""
CALIBRATIONS = {
    "soil_moisture_10cm": "SOIL_10CM",
    "soil_moisture_30cm": "SOIL_30CM",
    "soil_moisture_60cm": "SOIL_60CM",
    "solar_radiation": "SOLAR",
    "ethylene": "ETHYLENE",
}
"""Channels with a calibration, as node.h names their points."""


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


def toolchain_of(node: Node) -> Toolchain:
    """How the program of a node's board is made; CooeeError when it is not."""
    if node.board == "gateway":
        raise CooeeError(f"node {node.id!r} runs on the gateway: there is no board to build for")
    if node.board not in TOOLCHAINS:
        raise CooeeError(f"node {node.id!r}: board {node.board} cannot be built; uno, stm32 and esp32 can")
    return TOOLCHAINS[node.board]


def header_of(
    farm: Farm, node: Node, outbox_frames: int, enrolled: Enrolled | None, on: date, folder: Path = BUILT_IN
) -> str:
    """The node's configuration, programmed on that day, as C, for firmware/ports/bare_metal/node.h. `folder`: of its
    sentinels. CooeeError for a board or a sensor that has no port, and for a node of a sealed farm that is not
    enrolled."""
    if enrolled is None and (farm.security == "sealed" or node.board == "stm32"):
        raise CooeeError(f"node {node.id!r} has no key yet; make one: cooee enrol {node.id}")
    toolchain = toolchain_of(node)
    if node.link not in LINKS:
        raise CooeeError(f"node {node.id!r}: an {toolchain.name} speaks over serial or lora, not {node.link}")
    unknown = [sensor for sensor in node.sensors if sensor not in toolchain.sensors]
    if unknown:
        raise CooeeError(
            f"node {node.id!r}: an {toolchain.name} reads no {unknown[0]}; it reads {', '.join(toolchain.sensors)}"
        )
    if toolchain.share_an_input and set(toolchain.share_an_input) <= set(node.sensors):
        both = " and ".join(toolchain.share_an_input)
        raise CooeeError(f"node {node.id!r}: an {toolchain.name} has one input for {both}; give one to another node")
    parts = [*(part for sensor in node.sensors for part in toolchain.sensors[sensor]), "BATTERY"]
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
        "COOEE_IMAGE_ROOM": IMAGE_ROOM[node.board],
    }
    if IMAGE_ROOM[node.board] == 0:
        values["COOEE_FEATURE_USED(id)"] = used_features([s.name for s in run], folder)
    for channel, points in node.calibration.items():
        rows = ", ".join(f"{{{mv}, {raw}}}" for mv, raw in raw_points(channel, points))
        values[f"NODE_{CALIBRATIONS[channel]}_POINTS"] = rows
    if node.link == "lora":
        values |= _radio(farm, node)
    if node.policy_changes:
        values["NODE_CHANGE_COUNT"] = len(node.policy_changes)
        values["NODE_CHANGES"] = ", ".join(f"{{{', '.join(map(str, change))}}}" for change in node.policy_changes)
    lines = [f"#define {name} {value}" for name, value in values.items()]
    return (
        f"/* Node {node.id} of farm {farm.id}, by cooee build. */\n"
        + "\n".join(lines)
        + "\n"
        + (enrolled.header if enrolled else "")
    )


def used_features(names: Collection[str], folder: Path = BUILT_IN) -> str:
    """The C expression that tells whether one of these sentinels of a folder has the feature `id`: a program that runs
    no others leaves out the rest."""
    table = json.loads((folder / "sentinels.json").read_text(encoding="utf-8"))["sentinels"]
    features = dict.fromkeys(name for sentinel in table if sentinel["name"] in names for name in sentinel["features"])
    return f"({' || '.join(f'(id) == COOEE_FEATURE_{name.upper()}' for name in features) or '0'})"


def _radio(farm: Farm, node: Node) -> dict[str, object]:
    """The modem of a node over LoRa. CooeeError when the duty limit leaves it less than a frame a wake."""
    lora = farm.lora
    if lora.pause_s > min(node.wake_interval_s, MOST_PAUSE_S):
        raise CooeeError(
            f"node {node.id!r}: half of lora's duty_percent {lora.duty_percent:g} is a frame every {lora.pause_s:,} s "
            f"at spreading_factor {lora.spreading_factor}, and the node wakes every {node.wake_interval_s:,} s; give "
            "it a longer wake_interval, or lora a lower spreading_factor"
        )
    return {
        "NODE_LORA": 1,
        "NODE_LORA_FREQUENCY_HZ": lora.frequency_hz,
        "NODE_LORA_NETWORK": lora.network,
        "NODE_LORA_SPREADING_FACTOR": lora.spreading_factor,
        "NODE_LORA_POWER_DBM": lora.power_dbm,
        "NODE_LORA_AIR_MS": round(1000 * lora.frame_on_air_s(FRAME_MAX)),
        "NODE_LORA_PAUSE_S": lora.pause_s,
    }


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
    with_tools = toolchain_of(node)
    for tool in ("gcc", "objcopy", "size"):
        if shutil.which(f"{with_tools.prefix}-{tool}") is None:
            raise CooeeError(
                f"{with_tools.prefix}-{tool} is not installed; on Debian: apt-get install {with_tools.packages}"
            )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    header, elf = (folder / f"{node.id}{end}" for end in ("_config.h", ".elf"))
    for outbox_frames in range(with_tools.most_outbox_frames, LEAST_OUTBOX_FRAMES - 1, -1):
        header.touch(0o600)
        header.write_text(header_of(farm, node, outbox_frames, enrolled, date.today(), sentinels), encoding="utf-8")
        flash, ram = compile_node(with_tools, header, elf, sentinels)
        if flash > with_tools.flash:
            raise CooeeError(
                f"node {node.id!r}: its program takes {flash:,} of {with_tools.flash:,} bytes of flash; leave out a "
                f"sensor, or give some of {', '.join(node.sensors)} to another node"
            )
        if ram + with_tools.stack <= with_tools.ram:
            image = _image(with_tools, elf)
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


def _image(toolchain: Toolchain, elf: Path) -> Path:
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
    parts = (sentinels, FIRMWARE / "drivers", FIRMWARE / "src")
    return [*(path for part in parts for path in sorted(part.glob("*.c"))), *sorted(port, key=lambda path: path.name)]


def includes_of(toolchain: Toolchain, sentinels: Path = BUILT_IN) -> list[str]:
    """Folders of headers, and the board's map of memory where it has one."""
    folders = (FIRMWARE / "include", FIRMWARE, sentinels, FIRMWARE / "ports" / "bare_metal", toolchain.port)
    return [*(f"-I{folder}" for folder in folders), *(f"-Wl,-T,{script}" for script in toolchain.port.glob("*.ld"))]


def compile_node(
    toolchain: Toolchain, header: Path, elf: Path, sentinels: Path = BUILT_IN, instead: Sequence[Path] = ()
) -> tuple[int, int]:
    """Bytes of flash and of static memory that the program takes. `instead`: sources that take the place of those of
    the same name."""
    larger = ("__TEXT_REGION_LENGTH__=128K", "__DATA_REGION_LENGTH__=0x4000")  # measured, not refused unmeasured
    _run(
        *toolchain.compiler,
        *WARNINGS,
        *(f"-Wl,--defsym={symbol}" for symbol in larger if toolchain.prefix == "avr"),
        *includes_of(toolchain, sentinels),
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
