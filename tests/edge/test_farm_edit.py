"""farm.yaml is changed in one place alone, whatever style it is written in."""

from pathlib import Path

import pytest

from edge.contract.errors import CooeeError, FarmError
from edge.farm import load_farm, parse_farm, sample_farm_text
from edge.farm_edit import change_node, with_field

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
            "calibration",
            "{soil_moisture_10cm: [[1, 0.3], [2, 0.2]]}",
            "soil_moisture_10cm:\n        - [1310, 0.31]      # wet\n        - [2480, 0.09]\n",
            "{soil_moisture_10cm: [[1, 0.3], [2, 0.2]]}\n",
        ),
    ],
)
def test_one_field_changes_and_nothing_else(node: str, field: str, value: str, old: str, new: str) -> None:
    assert BLOCK.count(old) == 1
    changed = with_field(BLOCK, node, field, value)
    assert changed == BLOCK.replace(old, new)
    parse_farm(changed, source="farm.yaml")


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
