"""The store that `cooee bench page` measures over, small."""

import time
from pathlib import Path

import pytest

from bench.page import fill, large_farm, measure_history, measure_view
from cloud.clock import DAY_MS, Pace
from cloud.farm_view import view_farm
from cloud.store import open_store
from edge.farm import parse_farm


def test_the_large_farm_has_a_year_behind_it(tmp_path: Path) -> None:
    """Rollups of a year, readings of a day, and three blocks that call."""
    now = time.time_ns() // 1_000_000
    farm = parse_farm(large_farm(30, now), source="farm.yaml")
    fill(tmp_path / "cooee.db", farm, now, days=1)
    store = open_store(f"sqlite={tmp_path / 'cooee.db'}", read_only=True)
    assert len(store.open_calls(farm.id)) == 30
    known = [len(store.history(farm.id, ["p0"], "battery", now - days * DAY_MS, now, 365).t) for days in (1, 365)]
    assert known == pytest.approx([24, 365], abs=2)
    assert measure_history(store, farm, now) >= 0
    assert 0 < measure_view(store, farm)["view_again_processor_s"] < 60
    assert [zone.troubles[0].trouble.kind for zone in view_farm(farm, store, Pace()).zones] == ["too_dry"] * 3
    store.close()
