"""What a node watches for, in words: the sentinels that it runs, and those that it lacks a channel for."""

from collections.abc import Iterable

from edge.contract.kinds import kinds
from edge.core import sentinels
from edge.farm import SENSORS, Node, Zone

from ..language.names import channel_in_words
from ..language.speech import listed, listed_or, say


def troubles_seen_by(names: Iterable[str]) -> list[str]:
    """What sentinels of these names see, in a farmer's words."""
    wanted = set(names)
    return [say(kinds()[kind].noun) for s in sentinels() if s.name in wanted for kind in s.classes[1:]]


def cannot_watch(zone: Zone, node: Node) -> list[str]:
    """What a node does not watch for though it has some of the channels, and why: "frost: needs air humidity (sht3x)".
    Nothing in a store: there is no weather in it."""
    own = set(node.channels)
    return [
        _lacking(s.name, [name for name in s.channels if name not in own])
        for s in sentinels()
        if zone.store is None and own & set(s.channels) and not own >= set(s.channels)
    ]


def _lacking(sentinel: str, missing: list[str]) -> str:
    """Troubles, the channels it would take, and the sensors that give them."""
    return say(
        "{troubles}: needs {channels} ({sensors})",
        troubles=listed_or(troubles_seen_by([sentinel])),
        channels=listed([channel_in_words(name) for name in missing]),
        sensors=listed_or([sensor for sensor, gives in SENSORS.items() if set(gives) & set(missing)]),
    )
