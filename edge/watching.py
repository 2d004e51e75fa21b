"""What a node watches for, in words: the sentinels that it runs, and those that it lacks a channel for."""

from collections.abc import Iterable

from .contract.channels import channel
from .contract.kinds import kinds
from .core import sentinels
from .farm import SENSORS, Node, Zone


def troubles_seen_by(names: Iterable[str]) -> list[str]:
    """What sentinels of these names see, in a farmer's words."""
    wanted = set(names)
    return [kinds()[kind].noun for s in sentinels() if s.name in wanted for kind in s.classes[1:]]


def cannot_watch(zone: Zone, node: Node) -> list[str]:
    """What a node does not watch for though it has some of the channels, and why: "frost: needs relative humidity
    (sht3x)". Nothing in a store: there is no weather in it."""
    own = set(node.channels)
    return [
        f"{listed(troubles_seen_by([s.name]), 'or')}: needs {_needed([name for name in s.channels if name not in own])}"
        for s in sentinels()
        if zone.store is None and own & set(s.channels) and not own >= set(s.channels)
    ]


def _needed(missing: list[str]) -> str:
    """Channels, and the sensors that give them."""
    sensors = [sensor for sensor, gives in SENSORS.items() if set(gives) & set(missing)]
    return f"{listed([channel(name).label.lower() for name in missing])} ({' or '.join(sensors)})"


def listed(words: list[str], last: str = "and") -> str:
    """A, B and C."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
