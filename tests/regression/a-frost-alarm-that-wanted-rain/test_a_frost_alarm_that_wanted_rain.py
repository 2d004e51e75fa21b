"""What a sentinel needs was kept by hand: without a rain gauge and a barometer, which no feature uses, a node had no
frost alarm."""

from datetime import date

from cloud.doctor import Finding, watched
from edge.commission import node_config
from edge.core import Nodes
from edge.farm import Farm, parse_farm, sample_farm_text

ALL = "[sht3x, anemometer, rain_gauge, barometer]"


def _farm(sensors: str) -> Farm:
    return parse_farm(sample_farm_text().replace(ALL, sensors, 1), source="farm.yaml")


def test_humidity_temperature_and_wind_are_enough_for_frost() -> None:
    farm = _farm("[sht3x, anemometer]")
    node = farm.node_by_id["apple-weather"]
    assert node.sentinels == ("weather",)
    assert len(Nodes([node_config(farm, node, date(2026, 4, 1))])) == 1, "and the node starts with it"


def test_a_node_that_has_too_little_says_what_it_needs() -> None:
    farm = _farm("[anemometer]")
    assert farm.node_by_id["apple-weather"].sentinels == ()
    said = list(watched(farm))
    assert Finding("note", "watch for nothing: apple-weather") in said
    why = "strong wind, frost or disease weather: needs air temperature and air humidity (sht3x)"
    assert Finding("note", f"cannot watch for {why}: apple-weather") in said
