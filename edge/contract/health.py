"""When is a silent node asleep, late or dead: the one rule, used by the gateway and by the dashboard."""

from typing import Literal

Health = Literal["sleeping", "late", "dead", "never"]

LATE_AFTER = 2.0
"""Wake intervals without a word until a node is late: one lost reading is ordinary, two in a row are not."""
DEAD_AFTER = 12.0
"""Wake intervals without a word until a node counts as dead; one that wakes seldom, after DEAD_AT_MOST_S."""
DEAD_AT_MOST_S = 7200.0
"""What a crop did longer ago says little of it now; only a node that wakes seldom gets three wake intervals."""
GRACE_S = 60.0
"""Seconds allowed on top for the way through radio, gateway and broker."""


def health(last_seen_ms: int | None, now_ms: int, wake_interval_s: int) -> Health:
    """State of a node by the age of its last reading (event time, UTC ms) on the farm's clock."""
    if last_seen_ms is None:
        return "never"
    silent_s = (now_ms - last_seen_ms) / 1000 - GRACE_S
    if silent_s <= LATE_AFTER * wake_interval_s:
        return "sleeping"
    return "late" if silent_s <= dead_after_s(wake_interval_s) else "dead"


def dead_after_s(wake_interval_s: int) -> float:
    """Seconds without a word, GRACE_S not counted, after which a node is dead."""
    return min(DEAD_AFTER * wake_interval_s, max(DEAD_AT_MOST_S, 3 * wake_interval_s))
