"""The figures of docs/PORTING.md on images, measured anew for the soil sentinel."""

from pathlib import Path

import numpy as np
import pytest

from bench.images import measure_row, run_image, sentinel_cases
from cloud.images import pack_sentinel, read_trained
from cloud.porting.check.boards import UNO, missing_tools
from tests.parts import fail_or_skip

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "PORTING.md"


def test_the_soil_sentinel_is_smaller_as_an_image() -> None:
    if missing := missing_tools(UNO.name):
        fail_or_skip(missing)
    row = measure_row(*next(iter(sentinel_cases())))
    assert row.model == "soil: tree"
    assert row.image_model <= 0.75 * row.table
    assert row.image <= 0.75 * row.whole
    sizes = (row.table, row.image_model, row.plain, row.coded, row.entropy, row.image, row.whole)
    assert f"\n| soil: tree | {' | '.join(map(str, sizes))} |" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["FLASH", "EEPROM", "RAM"])
def test_an_image_is_run_from_wherever_it_lies(place: str) -> None:
    """On the emulated ATmega328P, opened and checked there."""
    if missing := missing_tools(UNO.name):
        fail_or_skip(missing)
    packed = pack_sentinel(read_trained("soil"))
    normal = np.array(packed.image.normals, np.int16)
    wet, dry = normal.copy(), normal.copy()
    wet[2], dry[1] = 800, -300
    rows = np.stack([normal, wet, dry])
    assert run_image(packed, rows, place)[1].tolist() == packed.image.classify(rows)["class"].tolist()
    assert packed.image.classify(rows)["class"].tolist()[:2] == [0, 2]
