"""Builds `edge.core._core` from firmware/; `python setup.py build_ext --inplace` rebuilds it in place."""

import re
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
FOLDERS = ("src", "sentinels", "ports/host")


CORE = ("ascon", "channels", "frame", "serial", "site")
DECLARED = (*(f"include/cooee/{name}.h" for name in CORE), "ports/host/host.h")
IMAGE_ROOM = 2048
"""Bytes of the longest image that the nodes of a computer take over the air."""
STATUS = """
enum cooee_status {
    COOEE_STATUS_OK, COOEE_STATUS_TAG, COOEE_STATUS_NOT_OURS, COOEE_STATUS_MEMORY, COOEE_STATUS_SIZE, COOEE_STATUS_ABI,
    COOEE_STATUS_CHECKSUM, COOEE_STATUS_IMAGE, COOEE_STATUS_GOLDEN, ...
};
const char *status_text(enum cooee_status status);
"""


def _declarations() -> str:
    """What cffi reads: STATUS, which a macro makes, and DECLARED without its preprocessor lines other than numbers."""
    text = STATUS + "".join((FIRMWARE / name).read_text(encoding="utf-8") for name in DECLARED)
    return re.sub(r"^#(?!define \w+ \d+[UL]*$)(.*\\\n)*.*$", "", text, flags=re.MULTILINE)


def _files(pattern: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in FIRMWARE.glob(pattern))


ffi = FFI()
ffi.cdef(_declarations())
ffi.set_source(
    "edge.core._core",
    '#include "cooee/serial.h"\n#include "host.h"',
    sources=[source for folder in FOLDERS for source in _files(f"{folder}/*.c")],
    depends=_files("**/*.h"),
    include_dirs=["firmware/include", "firmware/sentinels", "firmware/ports/host"],
    # The core is many small functions in many files: link-time optimisation takes a third off a node-step.
    extra_compile_args=["-std=c99", "-O3", "-fvisibility=hidden", "-flto", f"-DCOOEE_IMAGE_ROOM={IMAGE_ROOM}"],
    extra_link_args=["-flto", "-O3"],
)
