"""farm.yaml is changed in one place alone, whatever style it is written in."""

from pathlib import Path

import pytest

from bench.transport import farm_text
from edge.contract.errors import CooeeError, FarmError
from edge.farm import load_farm, parse_farm, sample_farm_text
from edge.farm.edit import change_node, with_field

BLOCK = """\
id: f
name: F
latitude: 50
longitude: 8
elevation_m: 1
zones: [{id: a, name: A, crop: apple, soil: loam, area_ha: 1}]
nodes:
  - id: n
    address: 1
    zone: a
    position: [0, 0]
    sensors: [soil_probe]
    calibration:            # found on Monday
      soil_moisture_10cm:
        - [1310, 0.31]      # wet
        - [2480, 0.09]
    # how often
    wake_interval: 10 min   # enough
  # the other one
  - {id: m, address: 2, zone: a, position: [0, 1], sensors: [rain_gauge], wake_interval: 1 h}  # in the orchard
# the end
"""


@pytest.mark.parametrize(
    ("node", "field", "value", "old", "new"),
    [
        ("n", "wake_interval", "5 min", "wake_interval: 10 min   #", "wake_interval: 5 min   #"),
        ("m", "wake_interval", "5 min", "wake_interval: 1 h}", "wake_interval: 5 min}"),
        ("n", "board", "uno", "10 min   # enough\n", "10 min   # enough\n    board: uno\n"),
        ("m", "board", "uno", "wake_interval: 1 h}", "wake_interval: 1 h, board: uno}"),
        (
            "n",
            "calibration.soil_moisture_30cm",
            "[[1, 0.3], [2, 0.2]]",
            "        - [2480, 0.09]\n",
            "        - [2480, 0.09]\n      soil_moisture_30cm: [[1, 0.3], [2, 0.2]]\n",
        ),
        (
            "m",
            "calibration.x",
            "[[1, 0.3]]",
            "wake_interval: 1 h}",
            "wake_interval: 1 h, calibration: {x: [[1, 0.3]]}}",
        ),
    ],
)
def test_one_field_changes_and_nothing_else(node: str, field: str, value: str, old: str, new: str) -> None:
    assert BLOCK.count(old) == 1
    changed = with_field(BLOCK, node, field, value)
    assert changed == BLOCK.replace(old, new)
    assert with_field(BLOCK.replace("\n", "\r\n"), node, field, value) == changed.replace("\n", "\r\n")
    if field != "calibration.x":
        parse_farm(changed, source="farm.yaml")


POINTS = "[[1310, 0.31], [2480, 0.09]]"


@pytest.mark.parametrize("node", [node.id for node in parse_farm(sample_farm_text(), source="").nodes])
def test_every_node_of_the_sample_farm_takes_points_and_all_else_stays(node: str) -> None:
    """A line changes and no other; a second channel, and other points of the first, go beside it."""
    text = sample_farm_text()
    for field, value in (("calibration.a", POINTS), ("calibration.b", POINTS), ("calibration.a", "[[1, 0.2]]")):
        changed = with_field(text, node, field, value)
        differ = [(a, b) for a, b in zip(text.splitlines(), changed.splitlines(), strict=True) if a != b]
        assert len(differ) == 1
        assert differ[0][1].startswith(f"  - {{id: {node},")
        text = changed
    assert text.count("calibration: {a: [[1, 0.2]], b: [[1310, 0.31], [2480, 0.09]]}}") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BLOCK, "line 15: comments stand within soil_moisture_10cm"),
        (BLOCK.replace("calibration:  ", "calibration: &shared "), "comments stand within"),
        (
            BLOCK.replace("    calibration:            # found on Monday\n", "    calibration: &shared\n")
            .replace("      # wet", "")
            .replace("wake_interval: 1 h}", "wake_interval: 1 h, calibration: *shared}"),
            "cannot be changed without touching what stands beside it; write it there yourself, as soil_moisture_10cm",
        ),
    ],
)
def test_what_would_do_damage_is_refused(text: str, message: str) -> None:
    with pytest.raises(CooeeError, match=message):
        with_field(text, "n", "calibration.soil_moisture_10cm", "[[1200, 0.3], [2500, 0.1]]")


def test_a_change_that_cannot_be_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_text(sample_farm_text())
    with pytest.raises(FarmError, match="wake_interval"):
        change_node(path, "tomato-1", "wake_interval", "5 s")
    with pytest.raises(CooeeError, match="no node 'nobody'"):
        change_node(path, "nobody", "wake_interval", "5 min")
    assert path.read_text() == sample_farm_text()
    assert change_node(path, "tomato-1", "wake_interval", "5 min").node_by_id["tomato-1"].wake_interval_s == 300
    assert load_farm(path).node_by_id["tomato-2"].wake_interval_s == 600


def test_a_wake_interval_that_the_nodes_link_cannot_carry_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_text(farm_text(1).replace("link: udp", "link: lora"))
    before = path.read_text()
    with pytest.raises(CooeeError, match=r"half of lora.s duty_percent 1 is a frame every 94 s .* every 60 s"):
        change_node(path, "n1", "wake_interval", "1 min")
    assert path.read_text() == before
