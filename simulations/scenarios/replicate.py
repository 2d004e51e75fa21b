"""The same farm many times over: as many nodes as one likes, every copy with chances of its own and the same events."""

from dataclasses import replace
from typing import Any

from edge.contract.errors import CooeeError
from edge.farm import Farm, Node, Zone

from ..events import Events

MOST_NODES = 65_534
"""Addresses on the radio."""
AT_ZONES, AT_NODES = ("valves", "gases"), ("probes", "cuts", "cells")
"""Events that happen to a zone, and to a node."""


def replicate(farm: Farm, events: Events, nodes: int) -> tuple[Farm, Events]:
    """A farm of `nodes` nodes made of copies of `farm`. The first copy keeps its ids and addresses; the others have
    their number behind every id, and addresses that are free. The last copy may lack nodes, and zones without any.
    CooeeError for more nodes than there are addresses."""
    if not 1 <= nodes <= MOST_NODES:
        raise CooeeError(f"{nodes} nodes: 1 to {MOST_NODES} are allowed")
    zones: list[Zone] = []
    copies: list[Node] = []
    copied: dict[str, list[Any]] = {name: [] for name in (*AT_ZONES, *AT_NODES)}
    used = {node.address for node in farm.nodes}
    free = (address for address in range(1, MOST_NODES + 1) if address not in used)
    for copy in range(-(-nodes // len(farm.nodes))):
        behind = f"-{copy + 1}" if copy else ""
        standing = farm.nodes[: nodes - copy * len(farm.nodes)]
        places = {node.zone for node in standing}
        zones += [z.model_copy(update={"id": z.id + behind}) for z in farm.zones if z.id in places]
        copies += [
            n.model_copy(
                update={"id": n.id + behind, "zone": n.zone + behind, "address": next(free) if copy else n.address}
            )
            for n in standing
        ]
        for name in AT_ZONES:
            copied[name] += [replace(e, zone=e.zone + behind) for e in getattr(events, name)]
        for name in AT_NODES:
            copied[name] += [replace(e, node=e.node + behind) for e in getattr(events, name)]
    return farm.with_only(zones, copies), replace(events, **{name: tuple(some) for name, some in copied.items()})
