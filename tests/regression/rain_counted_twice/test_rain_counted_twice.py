"""Rain was taken off the advised amount for six hours although the probes had felt it: what they had risen by came off
twice."""

from pathlib import Path

import pytest

from cloud.block.incoming import incoming
from cloud.store import open_store
from edge.farm import parse_farm, sample_farm_text
from tests.cloud.block.test_incoming import NOW, PROBES, measured, risen_mm


def test_rain_that_the_probes_have_felt_is_not_taken_off(tmp_path: Path) -> None:
    farm = parse_farm(sample_farm_text(), source="farm.yaml")
    store = open_store(f"sqlite={tmp_path}/cooee.db")
    measured(store, farm, wet_since=2, rain={4: 9.0, 5: 9.0})
    came = incoming(store, farm, farm.zone_by_id["tomatoes"], PROBES, NOW)
    assert came.on_its_way_mm == pytest.approx(18 - risen_mm(farm))
    store.close()
