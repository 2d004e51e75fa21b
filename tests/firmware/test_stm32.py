"""An STM32 that QEMU emulates: the real gateway hears it over its serial line, and its boot count outlives power.

QEMU has neither its ADC nor its I2C: every sensor is named faulty there, and I2C is tried on a bus of its own
(stm32/i2c_test.c)."""

import json
import os
import time
import tty
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from bench.transport import farm_text, write_farm_keys
from cooee import main
from edge.board.build import build
from edge.board.header import header_of
from edge.board.toolchains import TOOLCHAINS
from edge.broker import Broker
from edge.core import SENTINEL, Ack, Frame, Hello, Telemetry, decode, encode
from edge.farm import Farm, load_farm, parse_farm
from edge.gateway.intake import Intake
from edge.gateway.outbox import Outbox
from edge.gateway.outbox_readers import read_values
from edge.links.lora_modem import OUR_ADDRESS
from edge.links.serial_line import SerialLine
from edge.links.several import SeveralLinks
from edge.node.keys import Keys
from edge.service.processes import Child
from edge.service.quarantine import Quarantine
from firmware import FIRMWARE
from tests.firmware.stm32_board import Stm32, build_node
from tests.firmware.toolchain import SANITIZERS, WARNINGS, need, run
from tests.firmware.uno import WHO
from tests.lora_modem import Air, Modem
from tests.sentinel_images import soil_image
from tests.transport.rig import wait_until

HERE = Path(__file__).parent / "stm32"


def farm_text_of(*sensors: str) -> str:
    """A farm.yaml with one STM32 with these sensors."""
    farm = yaml.safe_load(farm_text(1))
    farm["nodes"][0] |= {"board": "stm32", "link": "serial", "sensors": list(sensors), "wake_interval": "1 min"}
    return str(yaml.safe_dump(farm))


def farm_of(*sensors: str) -> Farm:
    """The same, read."""
    return parse_farm(farm_text_of(*sensors), source="farm.yaml")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of a node of farm.yaml."""
    folder = tmp_path_factory.mktemp("stm32")
    farm = farm_of("soil_probe_10cm", "soil_probe_30cm", "sht3x", "barometer")
    (folder / "node.h").write_text(header_of(farm, farm.nodes[0], 32, WHO, date(2026, 6, 1)))
    return build_node(folder, folder / "node.h")


def test_a_node_of_farm_yaml_is_built_and_fits(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    farm = farm_of("soil_probe", "soil_probe_60cm", "pyranometer", "sht3x", "anemometer", "rain_gauge")
    built = build(farm, farm.nodes[0], tmp_path, WHO)
    assert built.image == built.elf
    assert built.image.stat().st_mode & 0o077 == 0
    assert built.image.read_bytes().startswith(b"\x7fELF")
    assert 8_000 < built.flash < TOOLCHAINS["stm32"].flash
    assert built.ram + TOOLCHAINS["stm32"].stack <= TOOLCHAINS["stm32"].ram
    assert built.outbox_frames == TOOLCHAINS["stm32"].most_outbox_frames


def test_with_a_lora_modem_it_sends_frame_by_frame_and_lets_the_modem_sleep(tmp_path: Path) -> None:
    text = farm_text_of("soil_probe_10cm").replace("link: serial", "link: lora")
    farm = parse_farm(text + "lora: {spreading_factor: 7}\n", source="farm.yaml")
    (tmp_path / "node.h").write_text(header_of(farm, farm.nodes[0], 4, WHO, date(2026, 6, 1)))
    board = Stm32(build_node(tmp_path, tmp_path / "node.h"), tmp_path)
    end = os.open(board.device, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(end)
    modem = Modem(end, Air(0.0))
    answered: list[int] = []

    def has_said_all() -> bool:
        for _, data in modem.sent[len(answered) :]:
            frame = decode(data, WHO.key)
            answered.append(frame.sequence)
            ack = Ack(
                address=frame.address,
                incarnation=frame.incarnation,
                boot=frame.boot,
                sequence=len(answered),
                age_s=0,
                sequences=(frame.sequence,),
            )
            modem.hear(OUR_ADDRESS, encode(ack, WHO.key))
        return {0, 1} <= set(answered) and modem.commands[-1] == "AT+MODE=1"

    try:
        board.run()
        wait_until(has_said_all, within_s=150, what="a hello and a reading, each answered")
        assert "AT+PARAMETER=7,7,1,12" in modem.commands
    finally:
        modem.close()
        board.cut_power()


def test_the_gateway_hears_it_and_sends_it_a_sentinel_that_outlives_power(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sealed both ways: telemetry comes and is acknowledged, the image goes in pieces, and decides at the next boot."""

    def say(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--farm", str(tmp_path / "farm.yaml")])
        assert ended.value.code == 0
        return capsys.readouterr().out

    (tmp_path / "farm.yaml").write_text(farm_text_of("soil_probe_10cm", "soil_probe_30cm", "sht3x"))
    farm = load_farm(tmp_path / "farm.yaml")
    (tmp_path / "node.h").write_text(header_of(farm, farm.nodes[0], 32, WHO, date(2026, 6, 1)))
    program = build_node(tmp_path, tmp_path / "node.h", "sensors.c")
    write_farm_keys(tmp_path, 1)
    (tmp_path / "soil.image").write_bytes(soil_image(NEW, "air_temperature"))
    broker = Broker(tmp_path / "broker").start()
    where = ("--data", str(tmp_path), "--mqtt", broker.address)
    options = ("--farm", str(tmp_path / "farm.yaml"), *where, "--link", f"serial={tmp_path / 'line'}")
    gateway = Child.cooee("gateway", *options, log=tmp_path / "gateway.log")
    try:
        gateway.wait_ready()
        assert f"soil {NEW:08x} for n1" in say("sentinel", "send", "n1", str(tmp_path / "soil.image"), *where[2:])
        assert "too_dry: repeat 720 min" in say("set", "n1", "too_dry.repeat=12h", *where[2:])
        _until(lambda: len(read_values(tmp_path / "outbox.db", "n1")) == 2, "the gateway has both")
        for boots in (1, 2):
            _run_once(program, tmp_path, gateway, boots)
        said = say("status", "n1", *where[:2])
        assert "confirmed: it uses them" in said
        assert "stm32: takes sentinels over the air, of at most 2,048 bytes" in said
        assert f"it runs soil {NEW:08x}" in said
    finally:
        gateway.stop()
        broker.stop()


NEW = 0x1001
CALLED: list[tuple[int, str | None]] = [(1, None), (2, f"{NEW:08x}")]
"""By boot, the version of the sentinel that called."""


def _run_once(program: Path, folder: Path, gateway: Child, boots: int) -> None:
    """A boot of the board at the gateway's line, until its power is cut."""
    line, outbox = folder / "line", folder / "outbox.db"
    board = Stm32(program, folder)
    line.unlink(missing_ok=True)
    line.symlink_to(board.device)
    try:
        _until(lambda: gateway.output().count(f"{line} is there") == boots, "the gateway listens")
        board.run()
        _until(lambda: _heard(folder) == CALLED[:boots], "its verdicts")
        _until(lambda: read_values(outbox, "n1")[SENTINEL].state == "confirmed", "it has it")
    finally:
        board.cut_power()


def _heard(folder: Path) -> list[tuple[int, str | None]]:
    """Boots whose readings came, and the version of the sentinel that called in each."""
    outbox = Outbox(folder / "outbox.db")
    kept = outbox.waiting(0, 100)
    outbox.close()
    calls = {m.identity.boot: json.loads(m.payload)["version"] for m in kept if m.kind == "call"}
    return [(boot, calls.get(boot)) for boot in sorted({m.identity.boot for m in kept})]


def _until(true: Callable[[], object], what: str, within_s: float = 240) -> None:
    """What a machine with much else to do answers too late goes on at the board's next wake, a minute later."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class _Listener:
    """A gateway's intake at the far end of a board's serial line."""

    def __init__(self, folder: Path) -> None:
        write_farm_keys(folder, 1)
        self.outbox = Outbox(folder / "outbox.db")
        self._quarantine = Quarantine(folder / "quarantine.db")
        self._keys = Keys(folder)

    def hear(self, board: Stm32, wanted: int, kept: Callable[[], bool], *, answers: bool) -> list[Frame]:
        """So many frames, each once, until the board has `kept` what it has to, and what else comes in the second that
        follows."""
        link = SeveralLinks([SerialLine(str(board.device))])
        intake = Intake(farm_of("sht3x"), self._keys, link, self.outbox, self._quarantine)
        link.receive(1, 0)
        board.run()
        heard: dict[tuple[int, int], Frame] = {}

        def listen() -> bool:
            came = link.receive(10, 0.1)
            heard.update({(frame.boot, frame.sequence): frame for frame in (decode(c.frame, WHO.key) for c in came)})
            if answers:
                intake.take(came)
            return len(heard) >= wanted and kept()

        _until(listen, f"{wanted} frames, and what they are to the ring")
        over = time.monotonic() + 1
        while time.monotonic() < over:
            listen()
        link.close()
        return [heard[key] for key in sorted(heard)]


def test_boots_are_counted_through_power_cuts_and_what_is_not_acknowledged_outlives_them(
    program: Path, tmp_path: Path
) -> None:
    """Nobody answers the first boot: its reading comes with the second, and no more once it is acknowledged."""
    listener = _Listener(tmp_path)
    ring: list[Callable[[], bool]] = [
        lambda: _record(tmp_path) is not None,
        lambda: (_record(tmp_path) or b"")[DONE : DONE + 2] != b"\xff\xff",
        lambda: True,
    ]
    for boot in (1, 2, 3):
        board = Stm32(program, tmp_path)
        heard = listener.hear(board, 3 if boot == 2 else 2, ring[boot - 1], answers=boot > 1)
        board.cut_power()
        earlier = [frame for frame in heard if frame.boot < boot]
        hello, reading = [frame for frame in heard if frame.boot == boot][:2]  # more readings where it had to try again
        assert isinstance(hello, Hello)
        assert (hello.boot, hello.reset, hello.incarnation) == (boot, "power", WHO.incarnation)
        assert set(hello.channels) == {
            "soil_moisture_10cm", "soil_moisture_30cm", "air_temperature", "humidity", "pressure", "battery"
        }  # fmt: skip
        assert isinstance(reading, Telemetry)
        assert set(reading.faults) == set(hello.channels), "none of its sensors is in QEMU"
        assert [(f.boot, f.sequence, f.time) for f in earlier] == ([(1, 1, "earlier")] if boot == 2 else [])


DONE = 50
"""Where in a record of firmware/src/ring_log.c it is written that its frame was acknowledged."""


def _record(folder: Path) -> bytes | None:
    """The ring's first record, in the last four of 22 kilobytes of flash."""
    pages = (folder / "pages.bin").read_bytes()[18 * 1024 :]
    mark = pages.find(b"\xa5")
    return None if mark < 0 else pages[mark - 1 :]


@pytest.mark.parametrize("bus", ["i2c", "onewire", "pulses"])
def test_a_bus_by_pins(bus: str, tmp_path: Path) -> None:
    folders = (HERE.parent, FIRMWARE, *(FIRMWARE / part for part in ("include", "ports/stm32f100", "ports/bare_metal")))
    include = [f"-I{folder}" for folder in folders]
    counter = [FIRMWARE / "drivers/pulse_counter.c"] if bus == "pulses" else []
    run("gcc", *WARNINGS, *SANITIZERS, *include, HERE / f"{bus}_test.c", *counter, "-o", tmp_path / bus)
    run(tmp_path / bus)
