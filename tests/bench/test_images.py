"""The figures of docs/PORTING.md on images, measured anew for the soil sentinel."""

from pathlib import Path

from bench.images import measure_row, sentinel_cases
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
