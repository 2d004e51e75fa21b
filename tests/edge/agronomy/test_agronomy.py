"""Crops and soils: figures of FAO-56's tables, and that all rows make sense."""

import pytest

from edge.agronomy.crops import crop, crops, soils


@pytest.mark.parametrize(
    ("name", "kcb", "height_m", "root_m", "p"),
    [
        ("tomato", (0.15, 1.10, 0.70), 0.6, 0.7, 0.40),
        ("maize", (0.15, 1.15, 0.50), 2.0, 1.0, 0.55),
        ("hop", (0.15, 1.00, 0.80), 5.0, 1.0, 0.50),
        ("walnut", (0.40, 1.05, 0.60), 4.5, 1.7, 0.50),
        ("celery", (0.15, 0.95, 0.90), 0.6, 0.3, 0.20),
        ("pea", (0.15, 1.10, 1.05), 0.5, 0.6, 0.35),
        ("sweet_potato", (0.15, 1.10, 0.55), 0.4, 1.0, 0.65),
    ],
)
def test_rows_of_fao56_tables_12_17_and_22(
    name: str, kcb: tuple[float, ...], height_m: float, root_m: float, p: float
) -> None:
    row = crop(name)
    assert (row.kcb, row.height_m, row.root_m[1], row.p) == (kcb, height_m, root_m, p)


@pytest.mark.parametrize(
    ("name", "stages"), [("spinach", (20, 20, 20, 5)), ("sunflower", (25, 35, 45, 25)), ("pistachio", (20, 60, 30, 40))]
)
def test_rows_of_fao56_table_11(name: str, stages: tuple[int, ...]) -> None:
    assert crop(name).stages == stages


def test_every_crop_makes_sense() -> None:
    assert len(crops()) >= 40
    for row in crops().values():
        assert all(days > 0 for days in row.stages)
        assert row.kcb[1] != row.kcb[0], f"{row.name}: cover is reckoned from the rise of Kcb"
        assert 0 < row.root_m[0] <= row.root_m[1]
        assert 0.1 <= row.p <= 0.8
    assert len({row.label for row in crops().values()}) == len(crops())


def test_every_soil_makes_sense() -> None:
    assert len(soils()) == 11
    for row in soils().values():
        assert 0 < row.wilting_point < row.field_capacity < row.saturation
