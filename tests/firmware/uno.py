"""An emulated Arduino Uno with sensors on its pins (avr/emulator.c): what it runs, what is done to it, what it says."""

import base64
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.transport import enrolled
from edge.board.header import alone
from edge.board.toolchains import TOOLCHAINS, includes_of, sources_of
from edge.core import CallFrame, Frame, Hello, Telemetry, decode
from firmware import FIRMWARE
from tests.firmware.toolchain import CORE, INCLUDES, build, need, run

HERE = Path(__file__).parent
CYCLES_PER_S = 16_000_000
WHO = enrolled(1)
"""Who the emulated node is."""
UNO = TOOLCHAINS["uno"]
ALONE = {**alone(("soil", "weather", "wind")), "COOEE_WATER_DEEP": 0}
AS_BUILT = tuple(f"-D{name}={value}" for name, value in ALONE.items())
"""What `cooee build` leaves out of a node with the sentinels of node.h."""
SENSORS = FIRMWARE / "ports/bare_metal/sensors.c"


def build_emulator(folder: Path) -> Path:
    """Compiles the emulator; skips the test where simavr is not installed."""
    need("simavr")
    wire = re.compile(r"ascon|channel|frame.*|little_endian|serial")
    shared = [path for path in CORE if wire.fullmatch(path.stem)]
    sources = [*sorted((HERE / "avr").glob("*.c")), *sorted((HERE / "parts").glob("*.c")), *shared]
    flags = ("-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", *INCLUDES, f"-I{HERE / 'parts'}")
    run("gcc", *flags, *sources, "-lsimavr", "-lelf", "-lm", "-o", folder / "emulator", timeout_s=120)
    return folder / "emulator"


def build_node(folder: Path, *flags: str, sensors: Path = SENSORS) -> Path:
    """Compiles the port; `sensors` takes the place of its own sensors.c. The emulated processor wakes at once."""
    sources = [*(path for path in sources_of(UNO) if path != SENSORS), sensors]
    (folder / "who.h").write_text(WHO.header)
    flags = ("-DBOARD_WAKE_UP_CYCLES=0", "-include", str(folder / "who.h"), *flags)
    return build(folder / "node.elf", UNO.compiler, sources, *includes_of(UNO), *flags)


@dataclass(frozen=True)
class Said:
    """All that an emulated node said, and the emulator of it."""

    text: str

    @cached_property
    def frames(self) -> list[tuple[float, bytes]]:
        """Each frame with the second it was sent at, over the serial line or through a LoRa modem."""
        over_lora = [(t, base64.b64decode(text)) for t, text in self._modem(r"AT\+SEND=65535,\d+,(\S+)")]
        by_cable = re.findall(r"^frame (\S+) (\w+)$", self.text, re.M)
        return over_lora or [(float(t), bytes.fromhex(data)) for t, data in by_cable]

    @property
    def commands(self) -> list[tuple[float, str]]:
        """What it told a LoRa modem, with the second."""
        return self._modem(r"(AT.*)")

    def _modem(self, wanted: str) -> list[tuple[float, str]]:
        return [(float(t), text) for t, text in re.findall(rf"^modem (\S+) {wanted}$", self.text, re.M)]

    @cached_property
    def decoded(self) -> list[tuple[float, Frame]]:
        """The frames as our codec reads them."""
        return [(t, decode(data, WHO.key)) for t, data in self.frames]

    @property
    def readings(self) -> list[tuple[float, Telemetry]]:
        """Telemetry alone."""
        return [(t, frame) for t, frame in self.decoded if isinstance(frame, Telemetry)]

    @property
    def hellos(self) -> list[tuple[float, Hello]]:
        """Starts of the node."""
        return [(t, frame) for t, frame in self.decoded if isinstance(frame, Hello)]

    @property
    def calls(self) -> list[tuple[float, CallFrame]]:
        """Calls alone."""
        return [(t, frame) for t, frame in self.decoded if isinstance(frame, CallFrame)]

    def number(self, name: str) -> int:
        """A number of the emulator's report: stack, awake, elapsed, wind, rain, light."""
        found = re.search(rf"^{name} (\d+)$", self.text, re.M)
        assert found, self.text
        return int(found[1])


def emulate(
    emulator: Path, node: Path, *options: object, script: Iterable[tuple[float, str, float]] = (), timeout_s: float = 60
) -> Said:
    """Runs a node. `script`: (second, setting, value), as wiring.c has them."""
    file = node.with_suffix(".script")
    file.write_text("".join(f"{t} {name} {value}\n" for t, name, value in sorted(script)))
    command = [str(word) for word in (emulator, "-k", WHO.key.hex(), *options, "-s", file, node)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Said(done.stdout)
