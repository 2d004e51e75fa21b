"""Silence in plain words, as troubles are in advice.py: sensors of a block, or the gateway, that nobody hears."""

from collections.abc import Sequence

from edge.farm import Zone

from ..language.speech import listed, say, say_count
from ..language.times import ago, lasting
from .trouble import Advice


def silent_sensors(zone: Zone, nodes: Sequence[str], count: int, silent_ms: int) -> Advice:
    """What to tell of `nodes`, of `count` in a zone, the longest silent for `silent_ms`."""
    why = say_count(
        "Silent for {time}: {count} sensor of {all}.",
        "Silent for {time}: {count} sensors of {all}.",
        len(nodes),
        time=lasting(silent_ms),
        all=count,
    )
    known = say("Nothing is known of this block now.") if len(nodes) == count else say("The others still watch it.")
    return Advice(
        level="no_word",
        deadline="today",
        title=say("{block}: no word from {sensors}. Look there today.", block=zone.name, sensors=listed([*nodes])),
        why=f"{why} {known}",
        steps=(
            say("Look whether the sensor stands, is dry inside and has a good battery."),
            say("Switch it off and on again."),
        ),
    )


def silent_gateway(last: int, now: int) -> Advice:
    """What to tell of a gateway whose last word came at `last`."""
    heard = say("Its last word came {ago}.", ago=ago(last, now))
    kept = say("The sensors keep what they measure, and send it later.")
    return Advice(
        level="no_word",
        deadline="today",
        title=say("No word from the gateway: nothing is known of the farm now. Look after it today."),
        why=f"{heard} {kept}",
        steps=(
            say("Check that it has power and network."),
            say("It has? Then `cooee doctor` on the farm's computer says more."),
        ),
    )
