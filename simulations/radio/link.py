"""What becomes of the frames of nodes in bulk: when a gateway hears them, and how often they are sent.

A node sends a frame at the wake that made it and at every wake after, until an acknowledgement comes
(firmware/src/node_converse.c). All frames of one wake share its fate in bad air, for they follow each other within
seconds. Copies and late ones change nothing: a frame has a name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..events import BadRadio, Events
from ..rng import stream
from ..time_grid import STEPS_A_DAY

Bools = NDArray[np.bool_]
Whole = NDArray[np.int64]

OUTBOX_FRAMES = 8
"""Of the example port. Telemetry that finds it full drives out the oldest."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """Of one node, (wakes,): the wake at which a gateway hears a frame made at each wake, the number of wakes when it
    never does; and how often such a frame is sent."""

    heard: Whole
    sendings: Whole

    def telemetry_sendings(self) -> Whole:
        """The same for telemetry, which waits only as long as the outbox holds it."""
        return np.minimum(self.sendings, OUTBOX_FRAMES)

    def telemetry_lost(self) -> Bools:
        """Wakes whose telemetry no gateway hears."""
        return self.heard - np.arange(len(self.heard)) >= OUTBOX_FRAMES


def link_of(
    events: Events, seed: int, address: int, lives: Sequence[tuple[int, int]], wakes: int, every: int
) -> Link | None:
    """The link of the node at `address` that wakes every `every` steps and has power in `lives`, wakes (first, last),
    last exclusive. None when the air is good all the time and the power stays: every frame is heard at once."""
    if not (events.radio or events.outages) and list(lives) == [(0, wakes)]:
        return None
    rng = stream(seed, f"air {address}")
    up, down = np.ones(wakes, dtype=bool), np.ones(wakes, dtype=bool)
    for radio in events.radio:
        first, last = max(0, -(-radio.first // every)), min(wakes, -(-radio.last // every))
        lost = _chances(radio, rng, last - first, every)
        up[first:last] &= rng.random(last - first) >= lost
        down[first:last] &= rng.random(last - first) >= lost
    for outage in events.outages:
        up[max(0, -(-outage.first // every)) : -(-outage.last // every)] = False
    heard, sendings = np.full(wakes, wakes), np.zeros(wakes, dtype=np.int64)
    for first, last in lives:
        made = np.arange(last - first)
        next_up = _next(up[first:last])
        heard[first:last] = np.where(next_up < last - first, first + next_up, wakes)
        sendings[first:last] = np.minimum(_next(up[first:last] & down[first:last]) + 1, last - first) - made
    return Link(heard=heard, sendings=sendings)


def powered_spans(dead: Bools | None, steps: int, every: int) -> list[tuple[int, int]]:
    """Wakes (first, last), last exclusive, between which a node has power, from the steps in which it has none. Lives
    without a wake are left out."""
    if dead is None:
        return [(0, -(-steps // every))]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ~dead, [0]]).astype(np.int8)))
    wakes = -(-edges // every)
    return [
        (first, last) for first, last in zip(wakes[::2].tolist(), wakes[1::2].tolist(), strict=True) if first < last
    ]


def _chances(radio: BadRadio, rng: np.random.Generator, wakes: int, every: int) -> NDArray[np.float64]:
    """That a frame is lost, at each wake: a Gilbert-Elliott channel."""
    lost = np.full(wakes, radio.loss)
    if radio.bursts_a_day > 0:
        for first, last in _bursts(radio, rng, wakes, every):
            lost[first:last] = radio.burst_loss
    return lost


def _bursts(radio: BadRadio, rng: np.random.Generator, wakes: int, every: int) -> Iterator[tuple[int, int]]:
    begins, ends = burst_chances(radio, every)
    at = int(rng.geometric(begins)) - 1
    while at < wakes:
        length = int(rng.geometric(ends))
        yield at, at + length
        at += length + int(rng.geometric(begins))


def burst_chances(radio: BadRadio, steps: float) -> tuple[float, float]:
    """That a burst begins within so many steps of 10 minutes, and that one ends."""
    days = steps / STEPS_A_DAY
    return 1 - float(np.exp(-radio.bursts_a_day * days)), 1 - float(np.exp(-24 * days / radio.burst_hours))


def _next(happens: Bools) -> Whole:
    """The first place from each on where it happens; the length when nowhere."""
    places = np.where(happens, np.arange(len(happens)), len(happens))
    return np.asarray(np.minimum.accumulate(places[::-1])[::-1])
