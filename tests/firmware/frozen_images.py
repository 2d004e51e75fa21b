"""Images as they were first written: `python -m tests.firmware.frozen_images` writes frozen/images.h anew, which is
right only with another version of the format. What they are made of is frozen too, and no training changes it."""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from cloud.images import pack_sentinel, read_trained

FROZEN = Path(__file__).parent / "frozen" / "images.h"
FROZEN_SENTINELS = FROZEN.with_name("soil")
"""A soil sentinel as `cooee train` once wrote it."""
CASES = {
    "forest": "forest, small votes",
    "linear": "linear",
    "net": "net, two classes",
    "bonsai": "bonsai",
    "boosting": "boosting, two classes",
    "layers": "layers",
}


def frozen() -> Mapping[str, bytes]:
    """The images of frozen/images.h by name."""
    arrays = re.findall(r"const uint8_t (\w+)_image\[\] = \{([^}]*)\}", FROZEN.read_text(encoding="utf-8"))
    return {name: bytes(int(word) for word in text.split(",")) for name, text in arrays}


def main() -> None:
    """Writes the file."""
    from tests.cloud.images.models import packed

    images = {"soil": pack_sentinel(read_trained("soil", FROZEN_SENTINELS)).image.data}
    images |= {name: packed(case)[1].image.data for name, case in CASES.items()}
    text = "/* Written by tests/firmware/frozen_images.py. */\n#include <stdint.h>\n"
    for name, data in images.items():
        rows = textwrap.fill(", ".join(map(str, data)), 120, initial_indent="    ", subsequent_indent="    ")
        text += f"\nstatic const uint8_t {name}_image[] = {{\n{rows}}};\n"
    FROZEN.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
