"""Air that loses, repeats and reorders what nodes and gateway send, and hours in which no gateway hears."""

from collections.abc import Iterator
from dataclasses import dataclass

from .chance import stream
from .radio import NodeRadio


@dataclass(frozen=True, kw_only=True)
class Air:
    """Chances a frame, either way. Loss is a Gilbert-Elliott channel (Gilbert 1960, Elliott 1963, Bell System Technical Journal 39 and 42):
    `loss` in the good state, `burst_loss` in the bad one, which a frame enters and leaves with the chances `burst_begins` and `burst_ends`.

    `outages`: (first, last) UTC ms, last exclusive, in which nobody hears the nodes. ValueError for a chance outside 0..1.
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

    def __post_init__(self) -> None:
        for name in ("loss", "burst_loss", "burst_begins", "burst_ends", "duplication", "reordering"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"air: {name} is a chance of 0 to 1, found {getattr(self, name)}")
        if self.farthest < 1:
            raise ValueError(f"air: farthest is 1 or more, found {self.farthest}")

    @property
    def mean_loss(self) -> float:
        """Share of frames that are lost in the long run, outages apart."""
        if self.burst_begins == 0:
            return self.loss
        bad = self.burst_begins / (self.burst_begins + self.burst_ends)
        return (1 - bad) * self.loss + bad * self.burst_loss


class Channel:
    """One direction: how many copies of each frame arrive. The same seed and the same number of frames give the same fates."""

    def __init__(self, air: Air, direction: str) -> None:
        self._air = air
        self._chance = stream(air.seed, f"air {direction}")
        self._bad = False

    def copies(self) -> int:
        """Of the next frame: 0 when it is lost, 2 when it is repeated."""
        change, lost, repeated = self._chance.random(3)
        self._bad = change >= self._air.burst_ends if self._bad else change < self._air.burst_begins
        if lost < (self._air.burst_loss if self._bad else self._air.loss):
            return 0
        return 2 if repeated < self._air.duplication else 1

    def delay(self) -> int:
        """How many later frames overtake the next copy."""
        late = self._chance.random() < self._air.reordering
        return int(self._chance.integers(1, self._air.farthest + 1)) if late else 0


class LossyRadio(NodeRadio):
    """A NodeRadio through such air. Datagrams of the time alone are the simulation's, not the air's: all arrive."""

    def __init__(self, port: int, air: Air) -> None:
        super().__init__(port)
        self._air = air
        self._up, self._down = Channel(air, "up"), Channel(air, "down")
        self._late: list[tuple[int, int, bytes]] = []
        self._sent = 0

    def reaches(self, t_ms: int) -> bool:
        """Whether a gateway hears at `t_ms`."""
        return not any(first <= t_ms < last for first, last in self._air.outages)

    def send(self, t_ms: int, frame: bytes = b"") -> bool:
        """As NodeRadio; True also when the air loses the frame, for no sender can tell."""
        if not frame:
            return super().send(t_ms)
        copies = self._up.copies()
        if not self.reaches(t_ms):
            return True
        self._sent += 1
        arrived = True
        for _ in range(copies):
            delay = self._up.delay()
            if delay:
                self._late.append((self._sent + delay, t_ms, frame))
            else:
                arrived = super().send(t_ms, frame)
        self._release()
        return arrived

    def heard(self, wait_s: float = 0) -> Iterator[bytes]:
        """Acknowledgements that the air has let through."""
        for frame in super().heard(wait_s):
            for _ in range(self._down.copies()):
                yield frame

    def _release(self) -> None:
        due = [late for late in self._late if late[0] <= self._sent]
        self._late = [late for late in self._late if late[0] > self._sent]
        for _, t_ms, frame in due:
            super().send(t_ms, frame)

