"""Outlines of blocks from farm.yaml and GeoJSON, and what is said of a file that cannot be used."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge.contract.errors import FarmError
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.farm.map import MapError, map_file, outlines


@pytest.fixture
def farm() -> Farm:
    return parse_farm(sample_farm_text().replace("id: whately", "id: whately\nmap: farm.geojson"), source="farm.yaml")


def square(farm: Farm, name: str, *, closed: bool = True) -> dict[str, Any]:
    """200 m to the side, its south-west corner 100 m east of the farm's: a minute of latitude is 1852 m, and of
    longitude as many times the cosine."""
    east, north = 1 / 60 / 1852 / 0.7379, 1 / 60 / 1852
    corners = [(100, 0), (300, 0), (300, 200), (100, 200), (100, 0)][: 5 if closed else 4]
    ring = [[farm.longitude + x * east, farm.latitude + y * north] for x, y in corners]
    return {"properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def written(folder: Path, *features: Any) -> Path:
    path = folder / "farm.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_a_feature_is_matched_by_its_name_and_measured_in_metres(farm: Farm, tmp_path: Path) -> None:
    bare = farm.model_copy(update={"zones": tuple(zone.model_copy(update={"outline": None}) for zone in farm.zones)})
    file = written(tmp_path, square(farm, "apple BLOCK "), square(farm, "tomatoes", closed=False), square(farm, "Pond"))
    assert map_file(farm, tmp_path / "farm.yaml") == file
    found = outlines(bare, file)
    assert found.keys() == {"apples", "tomatoes"}
    assert found["apples"] == found["tomatoes"], "whether the last corner is the first again"
    for corner, expected in zip(found["apples"][0], [(100, 0), (300, 0), (300, 200), (100, 200)], strict=True):
        assert corner == pytest.approx(expected, abs=0.6)


def test_what_farm_yaml_draws_stands_above_the_file(farm: Farm, tmp_path: Path) -> None:
    found = outlines(farm, written(tmp_path, square(farm, "apples")))
    assert found["apples"] == (farm.zone_by_id["apples"].outline,)
    assert found.keys() == {"tomatoes", "apples", "store"}


def test_a_block_of_two_fields_has_two_rings(farm: Farm, tmp_path: Path) -> None:
    bare = farm.model_copy(update={"zones": (farm.zones[0].model_copy(update={"outline": None}),)})
    feature = square(farm, "Tomato block")
    polygon = feature["geometry"]["coordinates"]
    feature["geometry"] = {"type": "MultiPolygon", "coordinates": [polygon, polygon]}
    assert len(outlines(bare, written(tmp_path, feature))["tomatoes"]) == 2


def wrong(farm: Farm, **changed: Any) -> dict[str, Any]:
    feature = square(farm, "Apple block")
    return feature | {"geometry": feature["geometry"] | changed}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"type": "Point"}, "Apple block: is a Point: draw it as a polygon"),
        ({"coordinates": [[[0.1, "x"], [0, 0], [1, 1]]]}, "Apple block: its coordinates are not lists of"),
        ({"coordinates": 7}, "Apple block: its coordinates are not lists of"),
        ({"coordinates": [[[-72.6, 42.4], [-72.6, 42.5]]]}, "Apple block: a ring has 2 corners: 3 to 1000"),
        ({"coordinates": [[[42.4, -72.6], [42.5, -72.6], [42.5, -72.5]]]}, r"Apple block: lies \d+ km from"),
        ({"coordinates": [[[float("nan"), 42.4], [1, 1], [2, 2]]]}, "Apple block: its coordinates are not"),
    ],
)
def test_a_feature_that_cannot_be_drawn_is_named_in_one_line(
    farm: Farm, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(MapError, match=said) as refused:
        outlines(farm, written(tmp_path, wrong(farm, **changed)))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("\udcff", r"cannot be read \(it is not UTF-8 text: save it as UTF-8"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a GeoJSON FeatureCollection"),
        ('{"features": 3}', "is not a GeoJSON FeatureCollection"),
        ('{"features": [{}]}', "is not a GeoJSON FeatureCollection"),
        ('{"features": []}', "no feature has the name of a zone"),
        ("1" * 10_000_001, r"cannot be read \(it is larger than any file of a farm, 10 MB at most\)"),
    ],
    ids=range(9),
)
def test_a_file_that_is_no_map_is_named_in_one_line(farm: Farm, tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "farm.geojson"
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(MapError, match=f"farm.geojson: {said}") as refused:
        outlines(farm, path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "outline", ["[[0, 0], [1, 1]]", "[[0, 0], [0, 0], [1, 1]]", "[[0, 0], [.inf, 1], [2, 1]]", "7"]
)
def test_an_outline_in_farm_yaml_needs_three_corners(outline: str) -> None:
    text = sample_farm_text().replace("[[285, 0], [320, 0], [320, 30], [285, 30]]", outline)
    with pytest.raises(FarmError, match=r"line \d+: zones\[2\].outline"):
        parse_farm(text, source="farm.yaml")
