"""Air that loses, repeats and reorders what nodes and gateway send, and hours in which no gateway hears."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..events import BadRadio, Events, TimedEvent
from ..rng import stream
from ..time_grid import STEP_S
from .link import burst_chances
from .node_radio import NodeRadio


@dataclass(frozen=True, kw_only=True)
class RadioChannel:
    """Chances a frame, either way. Loss is a Gilbert-Elliott channel (Gilbert 1960, Elliott 1963, Bell System Technical
    Journal 39 and 42): `loss` in the good state, `burst_loss` in the bad one, which a frame enters and leaves with the
    chances `burst_begins` and `burst_ends`.

    `outages`: (first, last) UTC ms, last exclusive, in which nobody hears the nodes. ValueError for a chance outside
    0..1.
    """

    seed: int
    loss: float = 0.0
    burst_loss: float = 0.9
    burst_begins: float = 0.0
    burst_ends: float = 0.2
    duplication: float = 0.0
    reordering: float = 0.0
    farthest: int = 20
    """A frame is overtaken by 1 to `farthest` later ones."""
    outages: tuple[tuple[int, int], ...] = ()
    spells: tuple[tuple[int, int, "RadioChannel"], ...] = ()
    """Other air from the first UTC ms to the last, last exclusive."""

    def __post_init__(self) -> None:
        for name in ("loss", "burst_loss", "burst_begins", "burst_ends", "duplication", "reordering"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"radio: {name} is a chance of 0 to 1, found {getattr(self, name)}")
        if self.farthest < 1:
            raise ValueError(f"radio: farthest is 1 or more, found {self.farthest}")

    def at(self, t_ms: int) -> "RadioChannel":
        """The channel at a time."""
        return next((radio for first, last, radio in self.spells if first <= t_ms < last), self)

    @property
    def mean_loss(self) -> float:
        """Share of frames that are lost in the long run, outages apart."""
        if self.burst_begins == 0:
            return self.loss
        bad = self.burst_begins / (self.burst_begins + self.burst_ends)
        return (1 - bad) * self.loss + bad * self.burst_loss


def radio_channel_of(events: Events, start_ms: int, nodes: int, seed: int) -> RadioChannel | None:
    """The air of a scenario over so many nodes whose season starts at `start_ms`; None when it is good all the time."""
    if not (events.radio or events.outages):
        return None

    def within(spell: TimedEvent) -> tuple[int, int]:
        return start_ms + spell.first * STEP_S * 1000, start_ms + spell.last * STEP_S * 1000

    def channel(bad: BadRadio) -> RadioChannel:
        # A burst lasts some time, and a channel counts frames: every node sends one a step.
        begins, ends = burst_chances(bad, 1 / nodes)
        return RadioChannel(
            seed=seed,
            loss=bad.loss,
            burst_loss=bad.burst_loss,
            burst_begins=begins,
            burst_ends=ends,
            duplication=bad.duplication,
            reordering=bad.reordering,
        )

    return RadioChannel(
        seed=seed,
        outages=tuple(map(within, events.outages)),
        spells=tuple((*within(bad), channel(bad)) for bad in events.radio),
    )


class LossyDirection:
    """One direction: how many copies of each frame arrive. The same seed and the same number of frames give the same
    fates."""

    def __init__(self, radio: RadioChannel, direction: str) -> None:
        self._radio = radio
        self._chance = stream(radio.seed, f"air {direction}")
        self._bad = False

    def copies(self, t_ms: int = 0) -> int:
        """Of the next frame, at `t_ms`: 0 when it is lost, 2 when it is repeated."""
        radio = self._radio.at(t_ms)
        change, lost, repeated = self._chance.random(3)
        self._bad = change >= radio.burst_ends if self._bad else change < radio.burst_begins
        if lost < (radio.burst_loss if self._bad else radio.loss):
            return 0
        return 2 if repeated < radio.duplication else 1

    def delay(self, t_ms: int = 0) -> int:
        """How many later frames overtake the next copy."""
        radio = self._radio.at(t_ms)
        late = self._chance.random() < radio.reordering
        return int(self._chance.integers(1, radio.farthest + 1)) if late else 0


class LossyRadio(NodeRadio):
    """A NodeRadio through such a channel. Datagrams of the time alone are the simulation's own: all arrive."""

    def __init__(self, port: int, radio: RadioChannel) -> None:
        super().__init__(port)
        self._radio = radio
        self._up, self._down = LossyDirection(radio, "up"), LossyDirection(radio, "down")
        self._late: list[tuple[int, int, bytes]] = []
        self._sent = self._now = 0

    def reaches(self, t_ms: int) -> bool:
        """Whether a gateway hears at `t_ms`."""
        return not any(first <= t_ms < last for first, last in self._radio.outages)

    def send(self, t_ms: int, frame: bytes = b"") -> bool:
        """As NodeRadio; True also when the air loses the frame, for no sender can tell."""
        if not frame:
            return super().send(t_ms)
        copies = self._up.copies(t_ms)
        self._now = t_ms
        if not self.reaches(t_ms):
            return True
        self._sent += 1
        arrived = True
        for _ in range(copies):
            delay = self._up.delay(t_ms)
            if delay:
                self._late.append((self._sent + delay, t_ms, frame))
            else:
                arrived = super().send(t_ms, frame)
        self._release()
        return arrived

    def heard(self, wait_s: float = 0) -> Iterator[bytes]:
        """Acknowledgements that the air has let through."""
        for frame in super().heard(wait_s):
            for _ in range(self._down.copies(self._now)):
                yield frame

    def _release(self) -> None:
        due = [late for late in self._late if late[0] <= self._sent]
        self._late = [late for late in self._late if late[0] > self._sent]
        for _, t_ms, frame in due:
            super().send(t_ms, frame)
