"""Silence in plain words, as troubles are in advice.py: sensors of a block, or the gateway, that nobody hears."""

from collections.abc import Sequence

from edge.farm import Zone
from edge.watching import listed

from .advice import Advice
from .clock import lasting


def silent_sensors(zone: Zone, nodes: Sequence[str], count: int, silent_ms: int) -> Advice:
    """What to tell of `nodes`, of `count` in a zone, the longest silent for `silent_ms`."""
    all_of_them = len(nodes) == count
    them = "it" if len(nodes) == 1 else "them"
    return Advice(
        level="no_word",
        deadline="today",
        title=f"{zone.name}: no word from {listed(list(nodes))}. Look after {them} today.",
        why=f"Silent for {lasting(silent_ms)}, {len(nodes)} of {count} sensors. "
        + ("Nothing is known of this block now." if all_of_them else "The others still watch this block."),
        steps=("Look whether it stands, is dry inside and has a good battery.", "Switch it off and on again."),
    )


def silent_gateway(silent_ms: int) -> Advice:
    """What to tell of a gateway that has been away for `silent_ms`."""
    return Advice(
        level="no_word",
        deadline="today",
        title="No word from the gateway: nothing is known of the farm now. Look after it today.",
        why=f"Its last word came {lasting(silent_ms)} ago. The sensors keep what they measure, and send it later.",
        steps=("Check that it has power and network.", "It has? Then `cooee doctor` on the farm's computer says more."),
    )
