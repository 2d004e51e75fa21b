"""What nodes cost to run: frames and bytes on the air, and the charge that they and all the rest draw."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from edge.board.battery import FRESH, USUAL
from edge.scoring import CallSpan

DAY_S = 86_400
BASELINE_BYTES, CLEARED_BYTES = 39, 36
"""Of a call with the one reason that a threshold has, and of one that clears (docs/SPEC.md)."""
BASELINE_REPEAT_MS = 86_400_000
NODE, SENTINEL, BASELINE = "node", "sentinel", "baseline"
"""Who puts a frame on the air: every node its hellos and telemetry, and one caller or the other its calls."""


def hello_bytes(sentinels: int) -> int:
    """Bytes of the hello of a node with so many sentinels (docs/SPEC.md)."""
    return 38 + 4 * min(sentinels, 3)


@dataclass
class EnergyBudget:
    """Counts of some nodes. `messages`: different frames by (who, kind); `frames`: sendings by (who, kind, bytes), a
    frame that is sent again counted again; `lost`: frames that no gateway ever hears, by who; `wakes`; `powered_s`:
    seconds of all nodes with power."""

    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    frames: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    wakes: int = 0
    powered_s: int = 0

    def add(self, other: "EnergyBudget") -> None:
        """Takes in the counts of other nodes."""
        for name in ("messages", "frames", "lost"):
            getattr(self, name).update(getattr(other, name))
        self.wakes += other.wakes
        self.powered_s += other.powered_s

    def count(self, who: str, kind: str, size: int, *, sent: int = 1, messages: int = 1) -> None:
        """`messages` different frames of `size` bytes, sent `sent` times in all."""
        self.messages[who, kind] += messages
        self.frames[who, kind, size] += sent

    def bytes_of(self, who: str, kind: str | None = None) -> int:
        """Bytes on the air, of one kind or of all."""
        return sum(n * size for (sender, of, size), n in self.frames.items() if sender == who and kind in (None, of))

    def mah_of(self, who: str, kind: str | None = None) -> float:
        """Charge for frames, mAh, of one kind or of all."""
        sizes: Counter[int] = Counter()
        for (sender, of, size), n in self.frames.items():
            if sender == who and kind in (None, of):
                sizes[size] += n
        return sum(sizes[size] * USUAL.frame_mah(size) for size in sorted(sizes))

    def repeats_of(self, who: str) -> int:
        """Sendings of what was sent before."""
        sent = sum(n for (sender, _, _), n in self.frames.items() if sender == who)
        return sent - sum(n for (sender, _), n in self.messages.items() if sender == who)

    def bytes_a_node_day(self, caller: str) -> float | None:
        """Of a node whose calls are `caller`'s."""
        return self._a_node_day(self.bytes_of(NODE) + self.bytes_of(caller))

    def mah_a_node_day(self, caller: str) -> float | None:
        """Charge drawn by a node whose calls are `caller`'s: sleep, wakes and frames."""
        standing = USUAL.sleep_ma * self.powered_s / 3600 + self.wakes * USUAL.wake_mah()
        return self._a_node_day(standing + self.mah_of(NODE) + self.mah_of(caller))

    def days_of_a_cell(self, caller: str) -> float | None:
        """Days that a full cell lasts such a node at 25 degC, its own loss counted."""
        drawn = self.mah_a_node_day(caller)
        return None if drawn is None else FRESH.capacity_mah / (drawn + 24 * FRESH.leak_ma())

    def _a_node_day(self, amount: float) -> float | None:
        return amount / (self.powered_s / DAY_S) if self.powered_s else None


def baseline_energy(
    calls: Iterable[CallSpan], end: int, sendings: Callable[[str, int], int] = lambda node, t: 1
) -> EnergyBudget:
    """What calls of fixed thresholds would put on the air: raised, repeated once a day, cleared before `end` (UTC ms).
    `sendings`: how often a node sends a frame that it makes at a time."""
    counted = EnergyBudget()
    for call in calls:
        for t in range(call.raised, max(call.cleared, call.raised + 1), BASELINE_REPEAT_MS):
            counted.count(BASELINE, call.kind, BASELINE_BYTES, sent=sendings(call.node, t))
        if call.cleared < end:
            counted.count(BASELINE, call.kind, CLEARED_BYTES, sent=sendings(call.node, call.cleared))
    return counted
