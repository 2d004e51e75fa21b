"""`cooee bench node`: what a node costs on each board: flash, RAM, stack, a wake, and charge a day."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from edge.board.build import build
from edge.board.power import power_of
from edge.farm import Farm, Node, parse_farm, sample_farm_text
from edge.node.keys import Enrolled
from edge.written_files import JsonFile, write_json

from .sizes import measure_sizes

HEAD = "| board | node | flash B | RAM B | stack B | a wake | mAh a day |"
SOIL, WEATHER = ("soil_probe",), ("sht3x", "anemometer", "rain_gauge", "barometer")
SENSORS = {"soil": SOIL, "weather": WEATHER, "soil and weather": SOIL + WEATHER}
"""Nodes whose whole program is built, drivers and all."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Bytes; `wake` as the board's emulator counts; `mah_a_day` where currents are known (edge/board/power.toml), for a
    wake every ten minutes over LoRa, without the rest of an Uno's board. `stack` of a whole program is what is
    kept for it."""

    board: str
    node: str
    flash: int
    ram: int
    stack: int
    wake: int
    counts: str
    mah_a_day: float | None


def measure_nodes() -> list[Row]:
    """Whole programs of an Uno, and on every emulated board the node without drivers. CooeeError and PortError when a
    compiler or an emulator is missing."""
    rows = [_built(name, sensors) for name, sensors in SENSORS.items()]
    for size in measure_sizes():
        if size.part == "node":
            figures = {name: getattr(size, name) for name in ("board", "flash", "ram", "stack", "wake", "counts")}
            rows.append(Row(node="no drivers, all sentinels", mah_a_day=None, **figures))
    return rows


def _built(name: str, sensors: tuple[str, ...]) -> Row:
    farm, node = node_with(sensors)
    with tempfile.TemporaryDirectory() as folder:
        built = build(farm, node, Path(folder), Enrolled(node=node.id, incarnation=7, key=bytes(16)))
    power = power_of(farm, node)
    return Row(
        board="Arduino Uno",
        node=name,
        flash=built.flash,
        ram=built.ram,
        stack=built.toolchain.stack,
        wake=power.cycles,
        counts="cycles",
        mah_a_day=round(power.mah_a_day, 2),
    )


def node_with(sensors: tuple[str, ...]) -> tuple[Farm, Node]:
    """A farm, and a node of it with these sensors, heard by LoRa."""
    farm = parse_farm(sample_farm_text(), source="sample farm")
    node = farm.node_by_id["tomato-1"]
    given = node.model_dump(by_alias=True, mode="json") | {"sensors": list(sensors), "link": "lora"}
    return farm, Node.model_validate(given | {"wake_interval": f"{node.wake_interval_s} s"})


def markdown(rows: list[Row]) -> str:
    """As a table."""
    lines = [
        f"| {r.board} | {r.node} | {r.flash:,} | {r.ram:,} | {r.stack:,} | {r.wake:,} {r.counts} | "
        f"{'-' if r.mah_a_day is None else f'{r.mah_a_day:.2f}'} |"
        for r in rows
    ]
    return "\n".join([HEAD, "|---|---|---|---|---|---|---|", *lines])


def command(
    json_file: JsonFile = None,
) -> None:
    """Measure what a node costs on each board: flash, RAM, stack, a wake, charge a day."""
    rows = measure_nodes()
    typer.echo(markdown(rows))
    write_json(json_file, [asdict(row) for row in rows])


if __name__ == "__main__":
    typer.run(command)
