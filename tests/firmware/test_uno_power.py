"""What `cooee power` reckons with is what the emulated board takes."""

from pathlib import Path

import pytest

from bench.node import node_with
from edge.board.power import power_of, table
from edge.board.toolchains import TOOLCHAINS
from tests.firmware.uno import build_node, emulate

WAKES = 8


@pytest.mark.parametrize("sensors", [("soil_probe", "pyranometer"), ("sht3x", "anemometer", "rain_gauge", "barometer")])
def test_the_cycles_of_a_wake_are_those_of_the_emulated_board(
    emulator: Path, tmp_path: Path, sensors: tuple[str, ...]
) -> None:
    """Without sentinels, and so without the calls of a first hour."""
    parts = "|".join(f"SENSOR_{part}" for sensor in sensors for part in TOOLCHAINS["uno"].sensors[sensor])
    flags = (
        f"-DNODE_SENSORS={parts}|SENSOR_BATTERY",
        "-DNODE_SENTINELS=0",
        "-DNODE_SENTINEL_COUNT=0",
        "-DNODE_ALARMS=1",
    )
    board = build_node(tmp_path, *flags)
    first, all_of_them = (emulate(emulator, board, "-a", 1, "-u", 600 * n).number("awake") for n in (1, WAKES + 1))
    farm, node = node_with(sensors)
    told = power_of(farm, node).cycles - len(node.sentinels) * table()["processor"]["sentinel_cycles"]
    assert (all_of_them - first) / WAKES == pytest.approx(told, rel=0.03)
