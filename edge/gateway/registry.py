"""What the gateway knows of every node it has heard: its boot, its newest event time, its status, its signal."""

import sqlite3
from dataclasses import replace

from .. import core
from ..contract.health import health
from ..contract.messages import StatusState
from ..links import Heard
from .outbox import Outbox
from .outbox_schema import NodeState


class Registry:
    """The nodes heard so far, by their id. What is seen counts in `nodes` once `adopt` is called, after the outbox's
    transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.nodes = outbox.nodes()
        self._changed: dict[str, NodeState] = {}

    def begin(self) -> None:
        """Forgets what was seen in a transaction that failed."""
        self._changed = {}

    def newest(self, node: str) -> NodeState | None:
        """A node as it is seen in the open transaction, or before it; None when it was never heard."""
        return self._changed.get(node) or self.nodes.get(node)

    def see(self, node: str, frame: core.Frame, t: int, wake_interval_s: int, heard: Heard) -> NodeState:
        """The node after a frame of it, measured at `t` (UTC ms)."""
        received_ms = heard.received_ms
        assert received_ms is not None, "its event time follows from it"
        old = self.newest(node)
        if old is None:
            seen = _first(node, frame, t, wake_interval_s, heard, received_ms)
        else:
            seen = _later(old, frame, t, wake_interval_s, heard, received_ms)
        self._changed[node] = seen
        return seen

    def save(self) -> None:
        """Puts what was seen into the open transaction."""
        self._outbox.save_nodes(self._changed.values())

    def adopt(self) -> list[NodeState]:
        """Takes over the changes that are on disk now; returns the nodes whose status differs."""
        new = [n for n in self._changed.values() if not (old := self.nodes.get(n.node)) or old.state_t != n.state_t]
        self.nodes |= self._changed
        return new

    def check_silence(self, now_ms: int) -> list[NodeState]:
        """Marks nodes that have been silent for too long, and returns them."""
        heard = (_heard_by(n, now_ms) for n in self.nodes.values() if n.state != "offline")
        self._changed = {n.node: _judged(n, now_ms) for n in heard}
        try:
            with self._outbox.transaction():
                self._outbox.save_nodes(n for n in self._changed.values() if n.state == "offline")
        except sqlite3.Error:
            return []
        return self.adopt()


def _first(node: str, frame: core.Frame, t: int, wake_interval_s: int, heard: Heard, received_ms: int) -> NodeState:
    channels, sentinels = _measured_and_run(frame)
    rssi, snr = heard.signal or (None, None)
    return NodeState(
        node=node,
        inc=frame.incarnation,
        boot=frame.boot,
        seen_t=t,
        wake_interval_s=wake_interval_s,
        state="sleeping",
        state_t=received_ms,
        link=heard.link or "",
        rssi=rssi,
        snr=snr,
        channels=channels,
        sentinels=sentinels,
    )


def _later(
    old: NodeState, frame: core.Frame, t: int, wake_interval_s: int, heard: Heard, received_ms: int
) -> NodeState:
    # What another board held comes late; it is the present one that measured last.
    booted = frame.boot > old.boot if frame.incarnation == old.inc else t > old.seen_t
    is_present = booted or (frame.incarnation, frame.boot) == (old.inc, old.boot)
    channels, sentinels = _measured_and_run(frame)
    rssi, snr = heard.signal or (old.rssi, old.snr)
    seen = replace(
        old,
        inc=frame.incarnation if booted else old.inc,
        boot=frame.boot if booted else old.boot,
        seen_t=max(t, old.seen_t),
        wake_interval_s=wake_interval_s,
        state_t=received_ms if booted else old.state_t,
        link=heard.link or old.link,
        rssi=rssi,
        snr=snr,
        channels=channels if channels and is_present else old.channels,
        sentinels=sentinels if channels and is_present else old.sentinels,
    )
    return _judged(seen, received_ms)


def _measured_and_run(frame: core.Frame) -> tuple[str, str]:
    """The channels and the versions of the sentinels that a hello names, as NodeState has them."""
    if not isinstance(frame, core.Hello):
        return "", ""
    return ",".join(frame.channels), ",".join(f"{version:08x}" for version in frame.sentinels)


def _heard_by(node: NodeState, now_ms: int) -> NodeState:
    """A node that was heard while the clock was ahead has been silent since the clock was set back, at least."""
    return node if node.seen_t <= now_ms else replace(node, seen_t=now_ms)


def _judged(node: NodeState, now_ms: int) -> NodeState:
    """The node with the status that its silence gives it at `now_ms`."""
    dead = health(node.seen_t, now_ms, node.wake_interval_s) == "dead"
    state: StatusState = "offline" if dead else "sleeping"
    return node if state == node.state else replace(node, state=state, state_t=now_ms)
