"""What a node costs on each board, and what each sentinel adds to it (`cooee bench sizes`).

A node with as many channels as a frame holds, room for eight frames and no drivers wakes once a row of readings: two
days with gales, frost, drying soil and rising ethylene. Its frames are acknowledged at once.
"""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray

from cloud.porting.check.boards import EMULATED, Cost, Program, measure
from edge.contract.channels import MISSING, channel, channel_names
from edge.core import sentinels

ROOT = Path(__file__).resolve().parents[1]
FIRMWARE = ROOT / "firmware"
FIGURES = ROOT / "docs" / "figures" / "sizes.csv"
DOCUMENT = ROOT / "docs" / "FIRMWARE.md"
HEAD = "| board | part | flash B | RAM B | stack B | a wake |"
WAKES, WAKE_INTERVAL_S = 288, 600


@dataclass(frozen=True, kw_only=True)
class Size:
    """Bytes, and what the board's emulator counts in a wake, mean of all. `part`: the core without sentinels,
    the whole node, or what a sentinel adds to the core."""

    board: str
    part: str
    flash: int
    ram: int
    stack: int
    wake: int
    counts: str


FIGURE_NAMES = ("flash", "ram", "stack", "wake")


def measure_sizes() -> list[Size]:
    """Every part on every emulated board; PortError when a compiler or an emulator is missing."""
    names = [sentinel.name for sentinel in sentinels()]
    sizes = []
    for board in EMULATED:
        core = _size("core", _cost((), board))
        sizes += [core, _size("node", _cost(names, board))]
        sizes += [_added(_size(name, _cost((name,), board)), core) for name in names]
    return sizes


def _cost(names: Iterable[str], board: str) -> Cost:
    chosen = [sentinel for sentinel in sentinels() if sentinel.name in names]
    paths = [*(FIRMWARE / "src").glob("*.[ch]"), *(FIRMWARE / "sentinels").glob("*.[ch]")]
    alarms = sum(len(sentinel.policies) for sentinel in chosen)
    header = "#include <stdint.h>\nuint8_t node_predict(const int16_t row[]);\n"
    node = Program(
        files={
            path.name: path.read_text(encoding="utf-8") for path in [*paths, Path(__file__).with_name("sizes_node.c")]
        }
        | {"sizes_node.h": header},
        header="sizes_node.h",
        predict="node_predict",
        c_type="int16_t",
        features=len(channel_names()),
        flags=(
            f"-DSENTINELS={','.join(f'&cooee_{sentinel.name}' for sentinel in chosen)}",
            f"-DALARMS={alarms}",
            f"-DCOOEE_WATER_FILTER={int(any(sentinel.needs_water for sentinel in chosen))}",
            "-DCOOEE_WATER_DEEP=0",
            f"-DWAKE_INTERVAL_S={WAKE_INTERVAL_S}UL",
        ),
    )
    cost, _ = measure(node, _readings(), board)
    return cost


def _readings() -> NDArray[np.int16]:
    hours = np.arange(WAKES) * WAKE_INTERVAL_S / 3600
    day = np.sin(hours / 24 * 2 * np.pi)
    values = {
        "soil_moisture_10cm": 0.24 - 0.004 * hours,
        "soil_moisture_30cm": 0.26 - 0.003 * hours,
        "soil_temperature": 10 + 2 * day,
        "ethylene": np.exp(hours / 16),
        "air_temperature": 5 + 9 * day,
        "humidity": 75 - 24 * day,
        "wind": 2 + 1.5 * day,
        "gust": np.where((hours > 30) & (hours < 36), 25, 4) + day,
        "rain": np.where(hours % 12 < 2, 0.4, 0.0),
        "pressure": 1013 + 6 * day,
        "battery": 3.9 - 0.001 * hours,
    }
    missing = np.full(WAKES, MISSING)
    columns = [np.rint(values[name] / channel(name).scale) if name in values else missing for name in channel_names()]
    return np.stack(columns, axis=1).astype(np.int16)


def _size(part: str, cost: Cost) -> Size:
    return Size(
        board=cost.board,
        part=part,
        flash=cost.flash,
        ram=cost.ram,
        stack=cost.stack,
        wake=round(cost.cycles),
        counts=cost.counts,
    )


def _added(size: Size, core: Size) -> Size:
    return replace(size, **{name: max(0, getattr(size, name) - getattr(core, name)) for name in FIGURE_NAMES})


def read_sizes(path: Path = FIGURES) -> list[Size]:
    """The figures that are kept."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Size(
            board=row["board"],
            part=row["part"],
            counts=row["counts"],
            **{name: int(row[name]) for name in FIGURE_NAMES},
        )
        for row in rows
    ]


def write_sizes(sizes: list[Size], path: Path = FIGURES) -> None:
    """Keeps figures."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Size)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(size) for size in sizes)


def markdown(sizes: list[Size]) -> str:
    """The table of docs/FIRMWARE.md."""
    rows = [f"| {s.board} | {s.part} | {s.flash:,} | {s.ram:,} | {s.stack:,} | {s.wake:,} {s.counts} |" for s in sizes]
    return "\n".join([HEAD, "|---|---|---|---|---|---|", *rows])


def command() -> None:
    """Measure every sentinel and the node on the emulated boards; write docs/figures/sizes.csv and the table in
    docs/FIRMWARE.md."""
    sizes = measure_sizes()
    write_sizes(sizes)
    before, _, after = DOCUMENT.read_text(encoding="utf-8").partition(HEAD)
    after = after[after.index("\n\n") :]
    DOCUMENT.write_text(before + markdown(sizes) + after, encoding="utf-8")
    typer.echo(markdown(sizes))


if __name__ == "__main__":
    typer.run(command)
