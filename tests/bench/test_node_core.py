"""The claim of bench/node_core.py."""

import pytest

import bench.node_core
from bench.node_core import measure


def test_a_million_node_steps_a_second_on_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.node_core, "NODES", 200)
    monkeypatch.setattr(bench.node_core, "RUNS", 3)
    assert measure()["nodes"] >= 1
