"""Packs the core, its sentinels and the drivers as a library that the Arduino IDE takes:
`python -m firmware.arduino_library Cooee.zip`.

The Arduino IDE compiles and searches `src` alone, so headers move beside the sources. PlatformIO takes this folder as
it is.
"""

import sys
import zipfile
from pathlib import Path

from firmware import FIRMWARE

MOVED = {"include": "src", "src": "src", "sentinels": "src", "hal": "src/hal", "drivers": "src/drivers"}


def pack(output: Path) -> None:
    """Writes the library; entries carry no time, so that the same sources give the same bytes."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, FIRMWARE / "library.properties", "library.properties")
        for folder, target in MOVED.items():
            for source in sorted((FIRMWARE / folder).glob("**/*.[ch]")):
                _add(archive, source, f"{target}/{source.relative_to(FIRMWARE / folder).as_posix()}")


def _add(archive: zipfile.ZipFile, source: Path, name: str) -> None:
    archive.writestr(zipfile.ZipInfo(f"Cooee/{name}"), source.read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m firmware.arduino_library Cooee.zip")
    pack(Path(sys.argv[1]))
