"""A node in a cold store, which has neither soil nor crop, refused whatever settings it was sent."""

from contextlib import closing
from pathlib import Path

from edge.farm import parse_farm, sample_farm_text
from edge.node.settings import Settings, block_of, in_words
from tests.edge.one_node import Field


def test_settings_of_a_store_which_has_no_soil_are_taken(tmp_path: Path) -> None:
    with closing(Field(tmp_path)) as field:
        farm = parse_farm(sample_farm_text(), source="farm.yaml")
        node = next(node for node in farm.nodes if farm.zone_by_id[node.zone].store)
        block = block_of(farm, node)
        assert Settings.parse(block).crop is None
        assert "field capacity" not in in_words(block)
        field.command(7, block=block)
        field.wake()
        assert (field.used[0], field.known.state) == (7, "confirmed")
