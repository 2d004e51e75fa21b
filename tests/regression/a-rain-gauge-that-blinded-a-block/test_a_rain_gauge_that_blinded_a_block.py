"""A broken rain gauge made its block "not all seen", though no sentinel looks at rain."""

from cloud.sensor_state import sensor_state
from cloud.zone_state import zone_state
from edge.contract.messages import Reading
from edge.farm import parse_farm, sample_farm_text

NOW = 1_433_355_600_000


def test_a_block_is_seen_without_its_rain_gauge() -> None:
    farm = parse_farm(sample_farm_text(), source="farm.yaml")
    node = farm.node_by_id["apple-weather"]
    for faulty, blind, level in (("rain", (), "fine"), ("pressure", (), "fine"), ("humidity", ("weather",), "no_word")):
        values = {name: 10.0 for name in node.channels if name != faulty}
        last = Reading(farm=farm.id, node=node.id, boot=1, seq=1, t=NOW, values=values, faults=(faulty,))
        state = zone_state(farm.zone_by_id["apples"], [sensor_state(node, last, None, NOW)], [], {}, NOW)
        assert (state.blind, state.level) == (blind, level)
