"""A whole node on an emulated ATmega328P: it fits, and it sends the same bytes as the same core on this computer."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from cloud.porting.check.boards import Program, measure
from edge.contract.channels import MISSING, channel_names, channels
from edge.core import NODE_CHANNELS, Ack, NodeConfig, Nodes, decode, encode
from edge.farm import Node
from firmware import FIRMWARE
from tests.edge.core.field_site import SITE
from tests.firmware.toolchain import ROOT, run
from tests.firmware.uno import AS_BUILT, WHO, build_node, emulate

HERE = Path(__file__).parent
WAKE_INTERVAL_S = 600
OUTBOX_FRAMES = 4
ALARMS = 5
CHANNELS = tuple(name for name in channel_names()[:NODE_CHANNELS] if name != "ethylene")
# As node.h of the port has it.
CONFIG = NodeConfig(
    address=1,
    incarnation=WHO.incarnation,
    key=WHO.key,
    boot=1,
    wake_interval_s=WAKE_INTERVAL_S,
    channels=CHANNELS,
    sentinels=("soil", "weather", "wind"),
    site=replace(SITE, field_capacity=0.25, wilting_point=0.12, saturation=0.463, planted_days=0),
    resend_after_s=60,
)


def _readings(steps: int) -> NDArray[np.int16]:
    """Soil that dries out and is flooded, days and nights, gusts, a probe that falls silent and one that fails."""
    rng = np.random.default_rng(7)
    hours = np.arange(steps) * WAKE_INTERVAL_S / 3600
    soil = np.where(hours < 0.8 * hours[-1], 0.23 - 0.16 * hours / hours[-1], 0.41)
    values = {
        "soil_moisture_10cm": soil - 0.02,
        "soil_moisture_30cm": soil,
        "air_temperature": 8 + 9 * np.sin(hours / 24 * 2 * np.pi),
        "humidity": 80 + 19 * np.cos(hours / 24 * 2 * np.pi),
        "wind": 3 + 2 * rng.random(steps),
        "soil_temperature": 12 + 0.01 * hours,
        "rain": np.zeros(steps),
        "pressure": 1013 + 5 * np.sin(hours / 60),
        "gust": 4 + 16 * (rng.random(steps) < 0.03),
        "battery": np.full(steps, 3.7),
    }
    readings = np.full((steps, len(channel_names())), MISSING, dtype=np.int16)
    for channel in channels():
        if channel.name in values:
            noise = rng.normal(0, 20, steps)
            readings[:, channel.id] = np.clip(np.rint(values[channel.name] / channel.scale + noise), -32000, 32000)
    readings[steps // 3 : steps // 3 + 15, channel_names().index("humidity")] = MISSING
    readings[steps // 2 : steps // 2 + 5, channel_names().index("soil_moisture_10cm")] = 9000
    return readings


def _node(folder: Path, readings: NDArray[np.int16], *flags: str) -> Path:
    rows = ",\n".join("{" + ", ".join(map(str, row)) + "}" for row in readings.tolist())
    rows = rows.replace(str(MISSING), "COOEE_MISSING")
    (folder / "readings.h").write_text(
        f"static const int16_t readings[][COOEE_CHANNEL_COUNT] PROGMEM = {{\n{rows}}};\n"
    )
    flags = (*flags, *AS_BUILT, "-DBOARD_RING_SLOTS=0")  # as the node on this computer, whose frames go with its memory
    return build_node(folder, f"-I{folder}", *flags, sensors=HERE / "avr/nodes/table.c")


def _expected(readings: NDArray[np.int16], answer_every: int) -> list[bytes]:
    """What the same core sends here, with a gateway that answers like the emulator's."""
    nodes = Nodes([CONFIG], outbox_frames=OUTBOX_FRAMES)
    sent: list[bytes] = []
    answers = 0
    for step, row in enumerate(readings):
        now_s = step * WAKE_INTERVAL_S
        nodes.wake(now_s, row[None])
        while heard := [frame for _, frame in nodes.transmit(now_s)]:
            first = len(sent) + 1
            answered = [f for i, f in enumerate(heard, start=first) if answer_every and i % answer_every == 0][:6]
            sent += heard
            if answered:
                sequences = tuple(decode(frame, WHO.key).sequence for frame in answered)
                answer = Ack(
                    address=1,
                    incarnation=WHO.incarnation,
                    boot=1,
                    sequence=(answers := answers + 1),
                    sequences=sequences,
                )
                nodes.receive(encode(answer, WHO.key))
    return sent


@pytest.mark.parametrize("answer_every", [1, 3, 0])
def test_emulated_node_sends_the_same_bytes(emulator: Path, tmp_path: Path, answer_every: int) -> None:
    readings = _readings(290 if answer_every == 1 else 60)
    said = emulate(emulator, _node(tmp_path, readings), "-a", answer_every)
    assert [data for _, data in said.frames] == _expected(readings, answer_every)
    if answer_every == 1:
        assert {type(frame).__name__ for _, frame in said.decoded} == {"Hello", "Telemetry", "CallFrame"}
        assert {frame.sentinel_name for _, frame in said.calls} == set(CONFIG.sentinels)


def test_ascons_known_answers_come_out_of_the_processors_own_instructions(capsys: pytest.CaptureFixture[str]) -> None:
    """Its diffusion layer is written in assembler; each answer is sealed and opened."""
    paths = [ROOT / "firmware/src/ascon.c", HERE / "ascon_answers.h", *(HERE / "avr/ascon").glob("known.*")]
    known = Program(
        files={path.name: path.read_text(encoding="utf-8") for path in paths},
        header="known.h",
        predict="known_predict",
        c_type="uint8_t",
        features=1,
    )
    cost, right = measure(known, np.arange(6, dtype=np.uint8)[:, None], "uno")
    with capsys.disabled():
        print(f"\nAscon on an ATmega328P, sealing and opening 32 bytes: {cost.cycles_max} cycles")
    assert right.tolist() == [1] * 6
    assert cost.cycles_max < 2 * 60_000


@pytest.mark.parametrize("resonator_hz", [14_700_000, 16_000_000, 17_300_000])
def test_the_clock_keeps_the_resonators_time_when_the_watchdog_is_wrong(
    emulator: Path, tmp_path: Path, resonator_hz: int
) -> None:
    """The emulated watchdog runs 8 % fast or slow against the resonator that the program believes in."""
    wakes = 20
    said = emulate(emulator, _node(tmp_path, _readings(wakes), f"-DF_CPU={resonator_hz}UL"), "-a", 1)
    assert said.number("elapsed") / resonator_hz == pytest.approx(wakes * WAKE_INTERVAL_S, rel=0.003)


def test_the_documented_sizes_are_those_of_main_c(tmp_path: Path) -> None:
    """The table under "Memory" in docs/FIRMWARE.md; without -flto, which takes variables apart."""
    node = build_node(tmp_path, "-fno-lto", "-Wl,--defsym=__TEXT_REGION_LENGTH__=64K")  # that would not fit an Uno
    lines = run("avr-nm", "-S", node).decode().splitlines()
    size = {words[3].split(".")[0]: int(words[1], 16) for line in lines if len(words := line.split()) == 4}
    text = (ROOT / "docs/FIRMWARE.md").read_text(encoding="utf-8")
    told = {name: int(number) for name, number in re.findall(r"^\| (\w[\w ]*\w)(?: \(.*\))? \| (\d+) \|$", text, re.M)}
    assert told == {
        "probe": size["probes"] // len(CHANNELS),
        "alarm": size["alarms"] // ALARMS,
        "frame in the outbox": size["outbox"] // OUTBOX_FRAMES,
        "node": size["node"],
        "node configuration": size["the_config"],
        "water filter": size["water"],
        "sentinel": size["cooee_soil"],
    }


def test_a_whole_node_fits_an_uno(emulator: Path, uno: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the drivers of every sensor that the wiring table of docs/FIRMWARE.md has, but the gas cell."""
    sections = dict(re.findall(r"^\.(\w+) +(\d+)", run("avr-size", "-A", uno).decode(), re.M))
    text, data, bss = (int(sections.get(name, 0)) for name in ("text", "data", "bss"))
    flash, ram = text + data, data + bss
    wakes = 20
    bad_weather = [(0, "wind.hz", 20), (0, "rain.hz", 0.02), (0, "rain.bounces", 5), (6000, "i2c.held", 1)]
    said = emulate(emulator, uno, "-a", 1, "-u", wakes * WAKE_INTERVAL_S, script=bad_weather)
    stack, awake = said.number("stack"), said.number("awake")
    with capsys.disabled():
        print(
            f"\nATmega328P, {len(CHANNELS)} channels, 8 sensors, 2 sentinels, {OUTBOX_FRAMES} frames: flash {flash} B, "
            f"RAM {ram} B static + {stack} B stack of 2048 B, {awake // wakes} cycles a wake in wind and rain"
        )
    assert flash < 25_900
    assert ram + stack < 1536


def test_the_documented_node_is_built_and_measures_what_the_documented_farm_names(
    emulator: Path, tmp_path: Path
) -> None:
    text = (ROOT / "docs/FIRMWARE.md").read_text(encoding="utf-8")
    commands = re.search(r"^ *(avr-gcc .*?\n *avr-objcopy .*?)\n", text, re.S | re.M)
    farm_line = re.search(r"^ *- (\{id: .*\})$", text, re.M)
    assert commands
    assert farm_line
    copy = shutil.copytree(FIRMWARE, tmp_path / "firmware")
    node = Node.model_validate(yaml.safe_load(farm_line[1]))
    (tmp_path / "data/boards").mkdir(parents=True)
    (tmp_path / f"data/boards/{node.id}.h").write_text(WHO.header)
    subprocess.run(commands[1], shell=True, check=True, cwd=copy, timeout=120)
    assert (copy / "node.hex").read_text().startswith(":1")
    said = emulate(emulator, copy / "node.elf", "-a", 1, "-u", 700)
    assert [hello.address for _, hello in said.hellos] == [node.address]
    assert said.hellos[0][1].wake_interval_s == node.wake_interval_s
    assert set(said.hellos[0][1].channels) == set(node.channels)
    assert [set(reading.raw) for _, reading in said.readings] == [set(node.channels)] * 2
