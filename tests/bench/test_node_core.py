"""bench/node_core.py reckons its rates from the clock and the work done, best of its runs."""

import itertools

import pytest

import bench.node_core
from bench.node_core import measure


def test_rates_are_the_steps_of_all_nodes_over_the_quickest_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that runs 2 s for the nodes and 4 s for the features in the first run, twice as long in the second."""
    monkeypatch.setattr(bench.node_core, "NODES", 20)
    monkeypatch.setattr(bench.node_core, "RUNS", 2)
    ticks = itertools.accumulate((0.0, 2.0, 0.0, 4.0, 0.0, 4.0, 0.0, 8.0))
    monkeypatch.setattr("bench.node_core.time.perf_counter", lambda: next(ticks))
    assert measure() == {"nodes": 20 * 1000 / 2 / 1e6, "features": 20 * 1000 / 4 / 1e6}
