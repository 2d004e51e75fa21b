"""A node's configuration from farm.yaml as a C header, for firmware/ports/bare_metal/node.h."""

import json
from collections.abc import Collection
from datetime import date
from pathlib import Path

from ..contract.errors import CooeeError
from ..core import FRAME_MAX, sentinels
from ..farm import Farm, Node
from ..farm.calibration import raw_points
from ..node.commission import site_of
from ..node.keys import Enrolled
from ..node.sentinel_images import IMAGE_ROOM
from .toolchains import BUILT_IN, Toolchain, toolchain_of

LINKS = ("lora", "serial", "udp", None)
"""Of a board without an operating system: a LoRa modem, or its serial line, as which the simulated radio counts."""
CALIBRATIONS = {
    "soil_moisture_10cm": "SOIL_10CM",
    "soil_moisture_30cm": "SOIL_30CM",
    "soil_moisture_60cm": "SOIL_60CM",
    "solar_radiation": "SOLAR",
    "ethylene": "ETHYLENE",
}
"""Channels with a calibration, as node.h names their points."""


def header_of(
    farm: Farm, node: Node, outbox_frames: int, enrolled: Enrolled | None, on: date, folder: Path = BUILT_IN
) -> str:
    """The node's configuration, programmed on that day, as C, for firmware/ports/bare_metal/node.h. `folder`: of its
    sentinels. CooeeError for a board or a sensor that has no port, and for a node of a sealed farm that is not
    enrolled."""
    if enrolled is None and (farm.security == "sealed" or node.board == "stm32"):
        raise CooeeError(f"node {node.id!r} has no key yet; make one: cooee enrol {node.id}")
    toolchain = toolchain_of(node)
    _check(node, toolchain)
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
        "COOEE_WATER_DEEP": int("soil_moisture_60cm" in node.channels),
        "COOEE_IMAGE_ROOM": IMAGE_ROOM[node.board],
    }
    if IMAGE_ROOM[node.board] == 0:
        values |= alone([s.name for s in run], folder)
    for channel, points in node.calibration.items():
        rows = ", ".join(f"{{{mv}, {raw}}}" for mv, raw in raw_points(channel, points))
        values[f"NODE_{CALIBRATIONS[channel]}_POINTS"] = rows
    if node.link == "lora":
        values |= _radio(farm)
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


def _check(node: Node, toolchain: Toolchain) -> None:
    """Raises CooeeError for a link or a sensor that the board does not have."""
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


def alone(names: Collection[str], folder: Path = BUILT_IN) -> dict[str, object]:
    """What a program is compiled with that runs these sentinels of a folder and never others: it has no other features,
    and room for no more of them."""
    table = json.loads((folder / "sentinels.json").read_text(encoding="utf-8"))["sentinels"]
    run = [sentinel["features"] for sentinel in table if sentinel["name"] in names]
    used = dict.fromkeys(name for features in run for name in features)
    return {
        "COOEE_FEATURE_USED(id)": f"({' || '.join(f'(id) == COOEE_FEATURE_{name.upper()}' for name in used) or '0'})",
        "COOEE_SENTINEL_FEATURES": max(map(len, run), default=1),
        "COOEE_NODE_SENTINELS": max(1, len(run)),
    }


def _radio(farm: Farm) -> dict[str, object]:
    """The modem of a node over LoRa."""
    lora = farm.lora
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
