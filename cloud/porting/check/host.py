"""Ported C on this computer."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import PIPE
from typing import Any

import cffi
import numpy as np
from numpy.typing import NDArray

from firmware import FIRMWARE

from ..errors import PortError
from ..model.features import FeatureType

INCLUDE = FIRMWARE / "include"
"""Where cooee/flash.h is."""

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic")

COMPILE_TIMEOUT_S = 240

PACKAGES = {
    "cc": "gcc",
    "c++": "g++",
    "avr-gcc": "gcc-avr avr-libc",
    "simavr": "simavr libsimavr-dev libelf-dev",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib",
    "qemu-system-arm": "qemu-system-arm",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "qemu-system-riscv32": "qemu-system-misc",
}
"""The Debian packages that a tool is in."""

LOOP = """
void {name}_rows(const {c_type} *rows, uint32_t count, uint8_t *classes, uint8_t *confidences)
{{
    (void)confidences;
    for (uint32_t i = 0; i < count; i++) {{
        classes[i] = {call};
    }}
}}
"""


class HostModel:
    """A ported model compiled for this computer."""

    def __init__(
        self,
        files: Mapping[str, str],
        name: str,
        feature: FeatureType,
        *,
        flags: Sequence[str] = ("-O2",),
        confidence: bool = True,
    ) -> None:
        with tempfile.TemporaryDirectory(prefix="cooee-port-") as folder:
            library = _build(Path(folder), files, name, feature, flags, confidence)
            self._ffi = cffi.FFI()
            self._ffi.cdef(f"void {name}_rows(const void *, uint32_t, uint8_t *, uint8_t *);")
            self._library: Any = self._ffi.dlopen(str(library))
        self._rows = getattr(self._library, f"{name}_rows")

    def classify(self, rows: NDArray[np.generic]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Class and confidence in per cent of each row; rows are C-contiguous, of the model's feature type."""
        classes, confidences = np.zeros(len(rows), np.uint8), np.zeros(len(rows), np.uint8)
        ffi = self._ffi
        self._rows(
            ffi.from_buffer(rows),
            len(rows),
            ffi.from_buffer("uint8_t[]", classes),
            ffi.from_buffer("uint8_t[]", confidences),
        )
        return classes, confidences


def need(*tools: str) -> None:
    """Raises PortError for tools that are not installed, and says which packages they are in."""
    if missing := [tool for tool in tools if shutil.which(tool) is None]:
        raise PortError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed: "
            f"apt-get install {' '.join(PACKAGES[tool] for tool in missing)}"
        )


def compile_c(command: Sequence[str | Path]) -> None:
    """Runs a compiler.

    Raises:
        PortError: it is missing, or finds something wrong.
    """
    words = [str(word) for word in command]
    need(words[0])
    # A session of its own, since the compiler proper is a child that outlives the driver.
    with subprocess.Popen(words, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True) as running:
        try:
            said = running.communicate(timeout=COMPILE_TIMEOUT_S)[1]
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise PortError(
                f"{words[0]} has not finished after {COMPILE_TIMEOUT_S} s: the model is too large for it"
            ) from None
    if running.returncode != 0:
        raise PortError(f"{words[0]} refuses the generated C: {said.strip()[:2000]}")


def _build(
    folder: Path, files: Mapping[str, str], name: str, feature: FeatureType, flags: Sequence[str], confidence: bool
) -> Path:
    for file, text in files.items():
        (folder / file).write_text(text)
    loop = folder / f"{name}_rows.c"
    row = f"rows + (uint32_t){name.upper()}_FEATURE_COUNT * i"
    call = f"{name}_classify({row}, &confidences[i])" if confidence else f"{name}_predict({row})"
    loop.write_text(f'#include "{name}.h"\n' + LOOP.format(name=name, c_type=feature.c_type, call=call))
    includes = (f"-I{INCLUDE}", f"-I{folder}")
    objects = []
    for unit in (*(folder / file for file in files if file.endswith((".c", ".cpp"))), loop):
        objects.append(unit.with_suffix(".o"))
        compiler = ("cc", *STRICT) if unit.suffix == ".c" else ("c++",)
        compile_c([*compiler, *flags, "-fPIC", *includes, "-c", unit, "-o", objects[-1]])
    library = folder / f"lib{name}.so"
    compile_c(["cc", *flags, "-shared", *objects, "-lm", "-o", library])
    return library
