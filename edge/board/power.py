"""`cooee power`: how many days a node lives on a cell, from cycles measured on the emulated board and currents of data
sheets (power.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

import typer

from ..contract.errors import CooeeError
from ..farm import FARM_FILE, Farm, Node, load_farm, node_named
from ..farm.lora import time_on_air_s
from ..options import FarmOfNode
from .battery import Cell, Draw, telemetry_bytes
from .toolchains import TOOLCHAINS

DAY_S = 86_400
CABLE = "serial"
LIKE = {"udp": "lora", None: "lora"}
"""Links that are reckoned as others: the simulated radio, and none named."""


@cache
def table() -> dict[str, Any]:
    """power.toml."""
    return tomllib.loads(files(__package__).joinpath("power.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True)
class Power:
    """What a node draws. `wake_mah`, `frame_mah`: of one; `sleep_ma`: all the time; `awake_s`, `cycles`: of one wake;
    `on_air_s`: of one frame of `frame_bytes`. `board_ma`: what an Uno draws beside its processor, all the time."""

    link: str
    cycles: int
    awake_s: float
    wake_mah: float
    frame_bytes: int
    on_air_s: float
    frame_mah: float
    sleep_ma: float
    wakes_a_day: float
    board_ma: float

    @property
    def mah_a_day(self) -> float:
        """Without the rest of an Uno's board. A wake sends one frame."""
        return 24 * self.sleep_ma + self.wakes_a_day * (self.wake_mah + self.frame_mah)

    def days(self, cell: Cell, *, whole_board: bool = False) -> float:
        """Days that a full cell lasts at 25 degC, its own loss counted."""
        return cell.capacity_mah / (self.mah_a_day + 24 * (cell.leak_ma() + self.board_ma * whole_board))


def power_of(farm: Farm, node: Node) -> Power:
    """What a node with an ATmega328P draws. CooeeError for a node that is none, and for a link without a radio."""
    if node.board == "gateway":
        raise CooeeError(f"{node.id} runs on the gateway: it has no board whose draw could be reckoned")
    if node.board != "uno":
        raise CooeeError(f"{node.id}: only board: uno has been measured, not {node.board}")
    if unknown := [sensor for sensor in node.sensors if sensor not in TOOLCHAINS["uno"].sensors]:
        raise CooeeError(
            f"node {node.id!r}: an Uno reads no {unknown[0]}; it reads {', '.join(TOOLCHAINS['uno'].sensors)}"
        )
    link = LIKE.get(node.link, node.link)
    if link not in (CABLE, *table()["link"]):
        known = ", ".join((CABLE, *table()["link"]))
        raise CooeeError(f"node {node.id!r}: what its link {node.link} costs is not known; {known} are")
    chip, sensors = table()["processor"], [table()["sensor"][sensor] for sensor in node.sensors]
    cycles = chip["cycles"] + sum(s["cycles"] for s in sensors) + len(node.sentinels) * chip["sentinel_cycles"]
    run_s, idle_s = cycles / chip["hz"], chip["wait_s"] + sum(s["wait_s"] for s in sensors)
    wake_mah = (chip["run"] * run_s + chip["idle"] * idle_s + sum(s["ma"] * s["wait_s"] for s in sensors)) / 3600
    radio = table()["link"].get(link, {"sleep": 0, "transmit": 0, "receive": 0, "receive_s": 0})
    size = telemetry_bytes(len(node.channels)) + radio.get("more_bytes", 0)
    on_air = {
        "lora": farm.lora.frame_on_air_s(size),
        "lorawan": time_on_air_s(size, farm.lora.spreading_factor),
    }
    on_air_s = on_air.get(link or CABLE, 0.0)
    draw = Draw(
        awake_ma=chip["idle"],
        transmit_ma=radio["transmit"],
        receive_ma=radio["receive"],
        receive_s=radio["receive_s"],
    )
    return Power(
        link=link or CABLE,
        cycles=cycles,
        awake_s=run_s + idle_s,
        wake_mah=wake_mah,
        frame_bytes=size,
        on_air_s=on_air_s,
        frame_mah=draw.exchange_mah(on_air_s),
        sleep_ma=chip["sleep"] + radio["sleep"] + sum(s.get("always", 0.0) for s in sensors),
        wakes_a_day=DAY_S / node.wake_interval_s,
        board_ma=sum(part["ma"] for part in table()["on_an_uno"]),
    )


def in_words(node: Node, power: Power, cell: Cell) -> list[str]:
    """What `cooee power` says."""
    parts = ", ".join(f"{part['name']} {part['ma']:g} mA" for part in table()["on_an_uno"])
    asleep, awake = 24 * power.sleep_ma, power.wakes_a_day * power.wake_mah
    air_s = power.wakes_a_day * power.on_air_s
    lines = [
        f"{node.id}: {', '.join(node.sensors)}; {power.wakes_a_day:.0f} wakes a day; {power.link}",
        f"a wake: {power.cycles:,} cycles and waiting, {power.awake_s:.2f} s, {1000 * power.wake_mah:.3f} uAh",
        f"a frame: {power.frame_bytes} B, {power.on_air_s:.3f} s on the air, "
        f"{1000 * power.frame_mah:.3f} uAh with its answer",
        f"a day: {air_s:.1f} s on the air; asleep {asleep:.2f}, awake {awake:.2f}, "
        f"radio {power.wakes_a_day * power.frame_mah:.2f} mAh, {power.mah_a_day:.2f} in all",
        f"A bare Uno board is no battery node: its {parts} draw {power.board_ma:g} mA day and night. "
        f"A cell of {cell.capacity_mah:g} mAh lasts {power.days(cell, whole_board=True):.1f} days.",
        f"An ATmega328P alone, with a crystal of 16 MHz and no regulator, light or USB chip, would last "
        f"{power.days(cell):.0f} days. It wants 3.8 V or more: three or four NiMH or alkaline cells, or a step-up "
        "converter of a few uA, whose loss comes on top.",
    ]
    if power.link == CABLE:
        lines.append("Its link is a cable: that brings its power too. The figures are without a radio.")
    return lines


def command(
    node: Annotated[str, typer.Argument(help="The node's id in farm.yaml.")],
    farm: FarmOfNode = FARM_FILE,
    cell_mah: Annotated[float, typer.Option(help="Charge of its full cell.", min=1, max=1e6)] = Cell().capacity_mah,
) -> None:
    """Says how many days a node lives on a cell, and what draws it empty."""
    loaded = load_farm(farm)
    found = node_named(loaded, node)
    for line in in_words(found, power_of(loaded, found), Cell(capacity_mah=cell_mah)):
        typer.echo(line)
    typer.echo("Currents and where they are from: edge/board/power.toml")
