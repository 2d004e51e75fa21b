"""Generated C in a program of its own, under the address and undefined-behaviour sanitizers."""

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloud.porting import Ported, PortError
from cloud.porting.check.host import INCLUDE, STRICT, compile_c

FLAGS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

MAIN = """\
#include <stdio.h>
#include <stdlib.h>
#include "{name}.h"

int main(void)
{{
    for (;;) {{
        {c_type} *row = malloc({count} * sizeof *row);
        uint8_t confidence = 0;
        if (fread(row, sizeof *row, {count}, stdin) < {count}) {{
            free(row);
            return 0;
        }}
        putchar({call});
        putchar(confidence);
        free(row);
    }}
}}
"""


def classify_sanitized(ported: Ported, rows: NDArray[np.generic]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Class and confidence of each row; each lies in memory of its own, so that a look beyond its features is found.

    Raises:
        PortError: a sanitizer or the compiler found something.
    """
    name = ported.name
    with tempfile.TemporaryDirectory(prefix="cooee-sanitized-") as made:
        folder = Path(made)
        for file, text in ported.files.items():
            (folder / file).write_text(text)
        call = f"{name}_classify(row, &confidence)" if ported.has_confidence else f"{name}_predict(row)"
        (folder / "main.c").write_text(
            MAIN.format(name=name, c_type=ported.feature.c_type, count=f"{name.upper()}_FEATURE_COUNT", call=call)
        )
        compile_c(
            [
                "cc",
                *STRICT,
                *FLAGS,
                f"-I{INCLUDE}",
                f"-I{folder}",
                *(folder / file for file in ported.files if file.endswith(".c")),
                folder / "main.c",
                "-o",
                folder / "main",
            ]
        )
        done = subprocess.run(
            [folder / "main"],
            input=rows.tobytes(),
            capture_output=True,
            check=False,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
        )
    if done.returncode != 0 or len(done.stdout) != 2 * len(rows):
        raise PortError(f"a sanitizer stopped the generated C: {done.stderr.decode(errors='replace')[:2000]}")
    pairs = np.frombuffer(done.stdout, dtype=np.uint8).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
