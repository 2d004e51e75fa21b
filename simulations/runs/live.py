"""Drives the simulated field through the node core and the radio, step by step, no faster than the gateway keeps up."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.contract.errors import CooeeError
from edge.core import CallFrame, Nodes, Telemetry, call_kind, decode
from edge.node.commission import node_config
from edge.node.keys import Enrolled

from ..field.season import Block, Season
from ..radio.lossy import LossyRadio, RadioChannel
from ..radio.node_radio import NodeRadio
from ..time_grid import STEP_S

ACK_TIMEOUT_S = 1.0
"""Wall-clock seconds after which a frame without an acknowledgement is sent again."""
OUTBOX_FRAMES = 64
"""A node's outbox. The simulation waits while one is half full: it may go no faster than the gateway keeps up."""
DRAIN_S = 60.0
CLOCK_EVERY_S = 0.5
"""Wall-clock seconds between datagrams that only tell the gateway the time."""


@dataclass
class Traffic:
    """What the nodes put on the air: different frames and their bytes, by kind ("hello", "telemetry", or a call's
    class)."""

    messages: Counter[str] = field(default_factory=Counter)
    size: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    dropped: int = 0
    """Frames that nodes have lost: their outbox was full, or their power failed."""

    @property
    def expected_rows(self) -> int:
        """Frames that must end in the store at least: all but the hellos and what was dropped."""
        return sum(n for kind, n in self.messages.items() if kind != "hello") - self.dropped


def drive(
    season: Season,
    radio_port: int,
    *,
    speed: float | None,
    advanced: Callable[[int], None],
    channel: RadioChannel | None = None,
    dead: NDArray[np.bool_] | None = None,
    ack_timeout_s: float = ACK_TIMEOUT_S,
    enrolled: Mapping[str, Enrolled] | None = None,
) -> Traffic:
    """Sends a season through the gateway at 127.0.0.1:`radio_port`. `speed`: simulated seconds a second, None as fast
    as the gateway takes it. `channel`: what the air does to frames, None nothing. `dead`: bool (nodes, steps), where a
    node has no power; it starts anew when it has again. `enrolled`: who the nodes are, by id; the others
    have the open key. CooeeError when the gateway has stopped taking frames."""
    who = enrolled or {}
    configs = [
        node_config(season.farm, node, season.first_day, enrolled=who.get(node.id)) for node in season.farm.nodes
    ]
    wake_steps = np.array([max(1, round(c.wake_interval_s / STEP_S)) for c in configs])
    radio = NodeRadio(radio_port) if channel is None else LossyRadio(radio_port, channel)
    driver = Driver(
        Nodes(configs, outbox_frames=OUTBOX_FRAMES),
        wake_steps,
        radio,
        speed=speed,
        keys=[config.key for config in configs],
        dead=dead,
        ack_timeout_s=ack_timeout_s,
    )
    try:
        for block in season.blocks():
            driver.run_block(block, advanced)
        if not driver.drain(int(season.t[-1]), DRAIN_S):
            raise CooeeError(f"the gateway has not acknowledged every frame within {DRAIN_S:.0f} s; see gateway.log")
    finally:
        radio.close()
    return driver.traffic


class Driver:
    """Wakes the nodes at every step of the field, puts their frames on the air and takes acknowledgements back."""

    def __init__(
        self,
        nodes: Nodes,
        wake_steps: NDArray[np.int64],
        radio: NodeRadio,
        *,
        speed: float | None,
        keys: Sequence[bytes],
        dead: NDArray[np.bool_] | None = None,
        ack_timeout_s: float = ACK_TIMEOUT_S,
    ) -> None:
        self.traffic = Traffic()
        self._nodes = nodes
        self._wake_steps = wake_steps
        self._radio = radio
        self._reserve = OUTBOX_FRAMES // 2
        self._speed = speed
        self._keys = keys
        self._dead = dead
        self._ack_timeout_s = ack_timeout_s
        self._sent: set[tuple[int, int, int]] = set()
        self._wall_start = time.monotonic()
        self._sim_start: int | None = None
        self._last_heard = self._last_clock = time.monotonic()

    def run_block(self, block: Block, advanced: Callable[[int], None]) -> None:
        """Runs every step of a block; calls `advanced` with its time (UTC ms) after each."""
        for step, t_ms in enumerate(block.t.tolist()):
            self._pace(t_ms)
            awake = ((block.first_step + step) % self._wake_steps == 0) & self._powered(block.first_step + step)
            self._nodes.wake(t_ms // 1000, np.ascontiguousarray(block.readings[:, step]), mask=awake)
            self._transmit(t_ms)
            self._listen(0)
            while self._radio.reaches(t_ms) and self._nodes.outbox_free().min() < self._reserve:
                self._retry(t_ms)
            advanced(t_ms)

    def drain(self, t_ms: int, timeout_s: float) -> bool:
        """Waits until every node's outbox is empty; False when that takes longer than `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while self._nodes.outbox_used().any():
            if time.monotonic() > deadline:
                return False
            self._retry(t_ms)
        self._radio.send(t_ms)
        self.traffic.dropped += int(self._nodes.dropped.sum())
        return True

    def _powered(self, step: int) -> NDArray[np.bool_]:
        """Which nodes have power; those that had none a step ago forget all and boot."""
        if self._dead is None:
            return np.ones(len(self._nodes), dtype=bool)
        if step > 0:
            for node in np.flatnonzero(self._dead[:, step - 1] & ~self._dead[:, step]).tolist():
                self.traffic.dropped += int(self._nodes.outbox_used()[node] + self._nodes.dropped[node])
                self._nodes.restart(node)
        return ~self._dead[:, step]

    def _transmit(self, t_ms: int) -> None:
        for node, frame in self._nodes.transmit(t_ms // 1000):
            self._count(frame, self._keys[node])
            self._radio.send(t_ms, frame)
        now = time.monotonic()
        if now - self._last_clock > CLOCK_EVERY_S:
            self._last_clock = now
            self._radio.send(t_ms)

    def _listen(self, wait_s: float) -> None:
        for frame in self._radio.heard(wait_s):
            self._nodes.receive(frame)
            self._last_heard = time.monotonic()

    def _retry(self, t_ms: int) -> None:
        """Waits for acknowledgements; when none comes for a while, everything without one is sent again."""
        self._listen(0.02)
        if time.monotonic() - self._last_heard > self._ack_timeout_s:
            self._last_heard = time.monotonic()
            self._nodes.requeue()
            self._transmit(t_ms)

    def _count(self, frame: bytes, key: bytes) -> None:
        """Counts a frame at its first sending; one sent again is the same message."""
        decoded = decode(frame, key)
        identity = (decoded.address, decoded.boot, decoded.sequence)
        if identity in self._sent:
            self.traffic.repeats += 1
            return
        self._sent.add(identity)
        match decoded:
            case CallFrame():
                _, kind = call_kind(decoded.sentinel, decoded.class_id)
            case Telemetry():
                kind = "telemetry"
            case _:
                kind = "hello"
        self.traffic.messages[kind] += 1
        self.traffic.size[kind] += len(frame)

    def _pace(self, t_ms: int) -> None:
        """Sleeps until wall-clock time allows this simulated time, when a speed was asked for."""
        if self._speed is None:
            return
        self._sim_start = t_ms if self._sim_start is None else self._sim_start
        ahead_s = (t_ms - self._sim_start) / 1000 / self._speed - (time.monotonic() - self._wall_start)
        while ahead_s > 0:
            time.sleep(min(ahead_s, CLOCK_EVERY_S))
            self._listen(0)
            ahead_s = (t_ms - self._sim_start) / 1000 / self._speed - (time.monotonic() - self._wall_start)
