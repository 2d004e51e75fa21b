"""What a sentinel needs was kept by hand: without a rain gauge and a barometer, which no feature uses, a node had no
frost alarm."""

from datetime import date

from cloud.doctor import Finding, watched
from edge.core import Nodes
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.node.commission import node_config

ALL = "[sht3x, anemometer, rain_gauge, barometer]"


def _farm(sensors: str) -> Farm:
    return parse_farm(sample_farm_text().replace(ALL, sensors, 1), source="farm.yaml")


def test_humidity_and_temperature_are_enough_for_frost() -> None:
    assert _farm("[sht3x, anemometer]").node_by_id["apple-weather"].sentinels == ("weather", "wind")
    farm = _farm("[sht3x]")
    node = farm.node_by_id["apple-weather"]
    assert node.sentinels == ("weather",)
    assert len(Nodes([node_config(farm, node, date(2026, 4, 1))])) == 1, "and the node starts with it"


def test_a_node_that_has_too_little_says_what_it_needs() -> None:
    thermometer = "readings: [{channel: air_temperature, topic: t, unit: degC}]"
    mapped = f"board: uno, sensors: {ALL}, link: udp", f"board: gateway, {thermometer}"
    farm = parse_farm(sample_farm_text().replace(*mapped, 1), source="farm.yaml")
    assert farm.node_by_id["apple-weather"].sentinels == ()
    said = list(watched(farm))
    assert Finding("note", "watch for nothing: apple-weather") in said
    why = "frost or disease weather: needs air humidity (sht3x)"
    assert Finding("note", f"cannot watch for {why}: apple-weather") in said
