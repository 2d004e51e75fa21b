"""A node that was heard while the gateway's clock was a month ahead counted as well for a month after the clock had
been set back, though it had fallen silent."""

from dataclasses import replace
from pathlib import Path

from edge.gateway.outbox import Outbox
from edge.gateway.outbox_schema import NodeState
from edge.gateway.registry import Registry

NOW = 1_430_438_400_000
HOUR_MS = 3_600_000
AHEAD_MS = 30 * 24 * HOUR_MS


def test_it_is_offline_once_it_has_been_silent_since_then(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    node = NodeState(
        node="n1", boot=1, seen_t=NOW + AHEAD_MS, wake_interval_s=600, state="sleeping", state_t=NOW + AHEAD_MS
    )
    with outbox.transaction():
        outbox.save_nodes([node])
    registry = Registry(outbox)
    assert registry.check_silence(NOW) == []
    assert registry.check_silence(NOW + HOUR_MS) == []
    three_hours_on = NOW + 3 * HOUR_MS
    offline = replace(node, seen_t=NOW, state="offline", state_t=three_hours_on)
    assert registry.check_silence(three_hours_on) == [offline]
    assert outbox.nodes() == {"n1": offline}
    outbox.close()
