"""Packs the core, its sentinels, the drivers and a node under the Arduino core as a library that the Arduino IDE and
PlatformIO take: `python -m firmware.arduino_library Cooee.zip`.

The Arduino IDE searches and compiles `src` alone, beside the headers of all other libraries: so everything but
`cooee.h` moves into `src/cooee`, sources beside their headers. Of the ATmega328P's port the library has the buses and
the EEPROM; clock and serial port are the Arduino core's (`ports/arduino`).
"""

import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from firmware import FIRMWARE

ARDUINO = FIRMWARE / "ports/arduino"
TEXTS = {"LICENSE": FIRMWARE.parent / "LICENSE", "README.md": FIRMWARE.parent / "docs/FIRMWARE.md"}
FOLDERS = {
    "include": "src",
    "src": "src/cooee",
    "hal": "src/cooee/hal",
    "drivers": "src/cooee/drivers",
    "sentinels": "src/cooee/sentinels",
}
"""Where the sources of a folder of firmware go."""
SHARED = (
    "bare_metal/board.h",
    *(f"bare_metal/{name}" for name in ("onewire.c", "pulse_counters.c", "pulses.h", "radio.c")),
    *(
        f"avr_atmega328p/{name}"
        for name in ("adc.c", "i2c.c", "interrupts.h", "onewire_pin.h", "pins.h", "pulses.c", "store.c")
    ),
)
"""Of other ports, which go to `src/cooee/arduino` beside the Arduino port's own."""
PREFIXED = re.compile(rb'(?<=#include ")(?=(?:hal|drivers)/)')


def pack(output: Path) -> None:
    """Writes the library; entries carry no time, so that the same sources give the same bytes."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for source, name in _entries():
            data = source.read_bytes()
            if source.suffix in {".c", ".cpp", ".h"}:
                data = PREFIXED.sub(b"cooee/", data)
            archive.writestr(zipfile.ZipInfo(f"Cooee/{name}"), data, zipfile.ZIP_DEFLATED)


def _entries() -> Iterator[tuple[Path, str]]:
    """Every file with its name in the library."""
    for name, source in TEXTS.items():
        yield source, name
    for manifest in ("library.json", "library.properties"):
        yield ARDUINO / manifest, manifest
    for source in sorted((ARDUINO / "examples").glob("*/*")):
        yield source, str(source.relative_to(ARDUINO).as_posix())
    for folder, target in FOLDERS.items():
        for source in sorted((FIRMWARE / folder).glob("**/*.[ch]")):
            yield source, f"{target}/{source.relative_to(FIRMWARE / folder).as_posix()}"
    for source in (*sorted(ARDUINO.glob("*.cpp")), ARDUINO / "sketch.h", *map((FIRMWARE / "ports").joinpath, SHARED)):
        yield source, f"src/cooee/arduino/{source.name}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m firmware.arduino_library Cooee.zip")
    pack(Path(sys.argv[1]))
