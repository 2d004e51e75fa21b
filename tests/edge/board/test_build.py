"""`cooee build` and `cooee flash`: what farm.yaml says of a node is what its board does."""

import math
import re
import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

import edge.board.build
from bench.transport import farm_text, write_farm_keys
from edge.board.build import LEAST_OUTBOX_FRAMES, build
from edge.board.flash import avrdude, openocd
from edge.board.flash import command as flash
from edge.board.header import header_of
from edge.board.toolchains import TOOLCHAINS, compile_node
from edge.contract.errors import CooeeError
from edge.core import Telemetry
from edge.farm import Farm, Node, parse_farm
from edge.node.keys import Enrolled
from tests.firmware.toolchain import need, run
from tests.firmware.uno import WHO, emulate

UNO = TOOLCHAINS["uno"]
NODES = {
    "soil": ("field", "[soil_probe]"),
    "deep": ("field", "[soil_probe_10cm, soil_probe_60cm, pyranometer]"),
    "weather": ("field", "[sht3x, anemometer, rain_gauge, barometer]"),
    "rain": ("field", "[rain_gauge]"),
    "gas": ("cold", "[ethylene_cell, sht3x]"),
    "all": ("field", "[soil_probe, sht3x, anemometer, rain_gauge, barometer]"),
    "oxide": ("cold", "[ethylene_metal_oxide]"),
    "crowded": ("field", "[ethylene_cell, soil_probe_60cm]"),
    "arm": ("field", "[soil_probe]"),
}


CALIBRATION = "{soil_moisture_60cm: [[1500, 0.31], [2500, 0.05]], solar_radiation: [[0, 0], [1000, 900]]}"
POLICIES = "{waterlogged: {clear_delay: 2 h, repeat: 0 min}}"


@pytest.fixture(scope="module")
def farm() -> Farm:
    zones = (
        "zones:\n  - {id: field, name: Field, crop: lettuce, soil: clay_loam, area_ha: 1}\n"
        "  - {id: cold, name: Cold, crop: apple, area_ha: 0.1, store: {volume_m3: 600, load_kg: 90000}}\n"
    )
    nodes = "".join(
        f"  - {{id: {name}, address: {i + 300}, zone: {zone}, position: [0, {i}], sensors: {sensors}, "
        f"wake_interval: 15 min, board: {'other' if name == 'arm' else 'uno'}, "
        f"policies: {POLICIES if name == 'soil' else '{}'}, "
        f"calibration: {CALIBRATION if name == 'deep' else '{}'}}}\n"
        for i, (name, (zone, sensors)) in enumerate(NODES.items())
    )
    text = f"id: f\nname: F\nlatitude: 50\nlongitude: 8\nelevation_m: 100\n{zones}nodes:\n{nodes}"
    return parse_farm(text, source="farm.yaml")


@pytest.mark.parametrize("name", ["soil", "deep", "weather", "rain", "gas", "all"])
def test_a_node_fits_and_says_what_farm_yaml_says_of_it(name: str, farm: Farm, emulator: Path, tmp_path: Path) -> None:
    need("avr-gcc")
    node = farm.node_by_id[name]
    built = build(farm, node, tmp_path, WHO)
    assert built.flash <= UNO.flash
    assert built.ram + UNO.stack <= UNO.ram
    assert built.outbox_frames >= LEAST_OUTBOX_FRAMES
    assert built.image.read_text().startswith(":10000000")
    said = emulate(emulator, built.elf, "-a", 1, "-u", 2000, script=DEEP)
    _, hello = said.hellos[0]
    assert built.image.stat().st_mode & 0o077 == 0
    assert hello.incarnation == WHO.incarnation
    assert (hello.address, hello.wake_interval_s, set(hello.channels)) == (node.address, 900, set(node.channels))
    if name == "deep":
        _check_deep([reading for _, reading in said.readings])


DEEP = [
    *((0, "a2.switched", 1), (0, "a2.mv", 2000), (0, "a3.mv", 600)),
    *((850, "a2.line", 1), (850, "a3.line", 1)),
    *((1750, "a2.line", 0), (1750, "a3.line", 0), (1750, "a3.mv", 0)),
]
"""Noon, both cables cut, night."""


def _check_deep(readings: list[Telemetry]) -> None:
    """What a probe at 60 cm and a pyranometer say through the calibration of farm.yaml."""
    noon, cut, night = readings
    assert noon.values["soil_moisture_60cm"] == pytest.approx(0.18, abs=0.0012)
    assert noon.values["solar_radiation"] == pytest.approx(540, abs=4)
    assert cut.why_faulty == {"soil_moisture_60cm": "open", "solar_radiation": "open"}
    assert cut.values["soil_moisture_10cm"] == pytest.approx(noon.values["soil_moisture_10cm"], abs=0.0012)
    assert night.faults == ()
    assert night.values["soil_moisture_60cm"] == pytest.approx(0.18, abs=0.0012)
    assert night.values["solar_radiation"] <= 4


def test_the_site_is_that_of_the_zone(farm: Farm) -> None:
    """Clay loam and lettuce, in the core's units."""
    enrolled = Enrolled(node="soil", incarnation=7, key=bytes(16))
    header = header_of(farm, farm.node_by_id["soil"], 4, enrolled, date(2026, 5, 1))
    assert ".planted_on = 111" in header, "the twentieth of April"
    assert ".field_capacity_e4 = 3180" in header
    assert ".depletion_fraction_e3 = 300" in header
    assert "#define NODE_CHANGE_COUNT 2\n#define NODE_CHANGES {120, 0, 2, 1}, {0, 0, 2, 2}\n" in header
    assert "#define NODE_SENTINELS &cooee_soil\n" in header
    assert "#define COOEE_FEATURE_USED(id) ((id) == COOEE_FEATURE_WATER_DEPLETION || " in header
    assert "#define NODE_SENTINEL_COUNT 0\n" in header_of(farm, farm.node_by_id["rain"], 4, enrolled, date(2026, 5, 1))
    with pytest.raises(CooeeError, match="node 'soil' has no key yet; make one: cooee enrol soil"):
        header_of(farm, farm.node_by_id["soil"], 4, None, date(2026, 5, 1))


def _over(link: str, wake: str, duty_percent: float) -> str:
    """The header of a node with that link, of a farm with that duty limit."""
    text = farm_text(1).replace("link: udp", f"link: {link}").replace("10 min", wake)
    farm = parse_farm(f"{text}lora: {{duty_percent: {duty_percent}, network: 7}}\n", source="farm.yaml")
    return header_of(farm, farm.nodes[0], 4, WHO, date(2026, 5, 1))


def test_a_node_over_lora_has_the_farms_modem() -> None:
    """51 bytes are 68 letters and 8 bytes of the modem's: 18 blocks of 5 symbols beside 24.25, each 4.096 ms, at SF9;
    half of 1 % of an hour is 38 of them."""
    told = dict(line.split()[1:3] for line in _over("lora", "10 min", 1).splitlines() if "NODE_LORA" in line)
    assert told.pop("NODE_LORA_AIR_MS") == str(round((24.25 + 90) * 4.096)) == "468"
    assert int(told.pop("NODE_LORA_PAUSE_S")) == 94 == math.ceil(3600 / 38.46)
    assert told == {
        "NODE_LORA": "1",
        "NODE_LORA_FREQUENCY_HZ": "868500000",
        "NODE_LORA_NETWORK": "7",
        "NODE_LORA_SPREADING_FACTOR": "9",
        "NODE_LORA_POWER_DBM": "13",
    }
    assert "NODE_LORA" not in _over("serial", "10 min", 1)


@pytest.mark.parametrize(
    ("link", "wake", "duty_percent", "message"),
    [
        ("mqtt", "10 min", 1, "an Uno speaks over serial or lora, not mqtt"),
        ("lora", "1 min", 1, "is a frame every 94 s at spreading_factor 9, and the node wakes every 60 s; give it"),
        ("lora", "2 h", 0.02, "duty_percent 0.02 is a frame every 4,6[0-9]{2} s"),
    ],
)
def test_a_link_that_a_board_cannot_keep_is_refused(link: str, wake: str, duty_percent: float, message: str) -> None:
    with pytest.raises(CooeeError, match=message):
        _over(link, wake, duty_percent)


def _calibrated(farm: Farm, name: str, calibration: dict[str, list[list[float]]]) -> tuple[Farm, Node]:
    """The farm with a calibration for one of its nodes."""
    data = farm.model_dump(mode="json", by_alias=True, exclude_none=True)
    for node in data["nodes"]:
        node["wake_interval"] = f"{node['wake_interval']} s"
        del node["policies"]  # which are seconds by now
        if node["id"] == name:
            node["calibration"] = calibration
    changed = parse_farm(yaml.safe_dump(data), source="farm.yaml")
    return changed, changed.node_by_id[name]


def test_a_calibration_in_farm_yaml_is_what_the_board_reckons_with(farm: Farm, emulator: Path, tmp_path: Path) -> None:
    """The emulated probe shows 1700 mV, the cell 460 mV at 20 degC."""
    need("avr-gcc")
    calibration = {"soil_moisture_10cm": [[2500, 0.05], [1500, 0.31], [1000, 0.46]]}
    said = emulate(emulator, build(*_calibrated(farm, "soil", calibration), tmp_path, WHO).elf, "-u", 700)
    assert said.readings[0][1].values["soil_moisture_10cm"] == pytest.approx(0.31 - 0.26 * 200 / 1000, abs=0.0012)
    assert said.readings[0][1].values["soil_moisture_30cm"] == pytest.approx(0.22, abs=0.0012), "as node.h has it"
    built = build(*_calibrated(farm, "gas", {"ethylene": [[410, 0], [510, 4]]}), tmp_path, WHO)
    said = emulate(emulator, built.elf, "-a", 1, "-u", 3 * 3600, script=[(0.0, "a2.mv", 460.0)])
    assert said.readings[-1][1].values["ethylene"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crowded", "an Uno has one input for soil_probe_60cm and ethylene_cell; give one to another node"),
        ("oxide", "an Uno reads no ethylene_metal_oxide; it reads soil_probe_10cm, "),
        ("arm", "board other cannot be built; uno, stm32 and esp32 can"),
    ],
)
def test_what_has_no_port_is_refused(name: str, message: str, farm: Farm, tmp_path: Path) -> None:
    need("avr-gcc")
    with pytest.raises(CooeeError, match=message):
        build(farm, farm.node_by_id[name], tmp_path, Enrolled(node=name, incarnation=7, key=bytes(16)))


@pytest.mark.parametrize(
    ("limit", "most", "message"),
    [
        ("flash", 1500, r"its program takes [\d,]+ of 1,500 bytes of flash; leave out a sensor"),
        (
            "ram",
            1000,
            rf"it takes [\d,]+ bytes of memory and {UNO.stack} of stack, an Uno has 1,000; give some of",
        ),
    ],
)
def test_a_node_that_does_not_fit_is_refused(
    limit: str, most: int, message: str, farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("avr-gcc")
    tried = replace(UNO, most_outbox_frames=LEAST_OUTBOX_FRAMES + 1)
    small = replace(tried, flash=most) if limit == "flash" else replace(tried, ram=most)
    monkeypatch.setitem(TOOLCHAINS, "uno", small)
    with pytest.raises(CooeeError, match=message):
        build(farm, farm.node_by_id["all"], tmp_path, Enrolled(node="all", incarnation=7, key=bytes(16)))


def test_a_board_of_a_store_has_room_for_sentinels_over_the_air_when_it_is_compiled_for_them(tmp_path: Path) -> None:
    need("avr-gcc")
    values = {
        "COOEE_IMAGE_ROOM": 200,
        "COOEE_NODE_SENTINELS": 1,
        "COOEE_IMAGE_SCORES": 0,
        "COOEE_WATER_FILTER": 0,
        "COOEE_WATER_DEEP": 0,
        "BOARD_RING_SLOTS": 6,
        "NODE_SENTINELS": "&cooee_ethylene",
        "NODE_ALARMS": 1,
        "NODE_SENSORS": "(SENSOR_ETHYLENE_CELL | SENSOR_SHT3X | SENSOR_BATTERY)",
    }
    header, elf = tmp_path / "node.h", tmp_path / "node.elf"
    header.write_text("".join(f"#define {name} {value}\n" for name, value in values.items()))
    flash, ram = compile_node(TOOLCHAINS["uno"], header, elf)
    assert flash <= TOOLCHAINS["uno"].flash
    assert ram + TOOLCHAINS["uno"].stack <= TOOLCHAINS["uno"].ram
    (eeprom,) = re.findall(r"^\.eeprom\s+(\d+)", run("avr-size", "-A", elf).decode(), re.M)
    assert int(eeprom) <= 1024


def test_flash_says_its_command_and_what_is_missing(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(flash)
    (tmp_path / "farm.yaml").write_text(
        "id: f\nname: F\nlatitude: 50\nlongitude: 8\nelevation_m: 1\n"
        "zones: [{id: a, name: A, crop: apple, soil: loam, area_ha: 1}]\n"
        "nodes: [{id: n, address: 1, zone: a, position: [0, 0], sensors: [soil_probe], wake_interval: 10 min}]\n"
    )
    words = ["--farm", str(tmp_path / "farm.yaml"), "--built", str(tmp_path), "--port", "/dev/nowhere"]
    done = CliRunner().invoke(app, ["n", *words])
    assert "n.hex is not there; make it: cooee build n" in str(done.exception)
    (tmp_path / "n.hex").write_text(":00000001FF\n")
    done = CliRunner().invoke(app, ["n", "--dry-run", *words])
    assert done.output.strip() == " ".join(avrdude(tmp_path / "n.hex", "/dev/nowhere"))
    (tmp_path / "farm.yaml").write_text((tmp_path / "farm.yaml").read_text().replace("id: n,", "board: stm32, id: n,"))
    (tmp_path / "n.elf").touch()
    done = CliRunner().invoke(app, ["n", "--dry-run", *words[:4]])
    assert done.output.strip() == shlex.join(openocd(tmp_path / "n.elf", ""))
    done = CliRunner().invoke(app, ["m", *words])
    assert "there is no node 'm' in farm.yaml; there are n" in str(done.exception)


def test_an_esp32_is_built_and_flashed_by_esphome(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command("build")(edge.board.build.command)
    app.command("flash")(flash)
    write_farm_keys(tmp_path, 1)
    (tmp_path / "farm.yaml").write_text(
        farm_text(1).replace("uno", "esp32").replace("- soil_probe\n", "- soil_probe_10cm\n")
    )
    farm = ("--farm", str(tmp_path / "farm.yaml"))
    done = CliRunner().invoke(app, ["build", "n1", *farm, "--data", str(tmp_path), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "n1_mqtt_password" in (tmp_path / "n1.yaml").read_text()
    words = ("flash", "n1", *farm, "--built", str(tmp_path), "--port", "/dev/ttyUSB0", "--dry-run")
    done = CliRunner().invoke(app, words)
    assert done.output.strip() == f"esphome run {tmp_path}/n1.yaml --device /dev/ttyUSB0 --no-logs"
