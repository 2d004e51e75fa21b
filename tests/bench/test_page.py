"""The store that `cooee bench page` measures over, small."""

from pathlib import Path

from bench.page import fill, large_farm, measure_history
from cloud.clock import DAY_MS, Pace
from cloud.farm_view import view_farm
from cloud.store import open_store
from edge.farm import parse_farm


def test_the_large_farm_has_a_year_behind_it(tmp_path: Path) -> None:
    """Rollups of a year, readings of a day, and three blocks that call."""
    now = 20_000 * DAY_MS
    farm = parse_farm(large_farm(30, now), source="farm.yaml")
    fill(tmp_path / "cooee.db", farm, now, days=1)
    store = open_store(f"sqlite={tmp_path / 'cooee.db'}", read_only=True)
    assert len(store.open_calls(farm.id)) == 30
    assert [len(store.history(farm.id, ["p0"], "battery", now - days * DAY_MS, now, 365).t) for days in (1, 365)] == [
        24,
        365,
    ]
    assert measure_history(store, farm, now) >= 0
    assert [zone.level for zone in view_farm(farm, store, Pace()).zones] == ["urgent"] * 3, "whatever the season"
    store.close()
