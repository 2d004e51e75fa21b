"""What a gateway hears of a run through the links of its nodes, and what sending it costs them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.board.battery import telemetry_bytes
from edge.core import FRAME_MAX, call_kind
from edge.farm import Node
from edge.scoring import CallSpan

from ..nodes.energy_budget import NODE, SENTINEL, EnergyBudget, hello_bytes
from ..radio.link import Link

REPEATED, CLEARED = 1, 2


def heard_calls(
    calls: NDArray[np.void],
    nodes: Sequence[Node],
    t: NDArray[np.int64],
    links: Sequence[Link | None],
    energy: EnergyBudget,
) -> list[CallSpan]:
    """Calls from their raise, as far as the gateway hears of it, to their clearing; counts their messages."""
    end = int(t[-1]) + int(t[1] - t[0])
    spans: list[CallSpan] = []
    open_at: dict[tuple[int, str], int] = {}

    def close(node: int, kind: str, cleared: int) -> None:
        raised = open_at.pop((node, kind), None)
        if raised is not None:
            spans.append(
                CallSpan(
                    zone=nodes[node].zone, node=nodes[node].id, kind=kind, raised=raised, cleared=max(cleared, raised)
                )
            )

    for call in calls:
        node, kind, made = int(call["node"]), call_kind(int(call["sentinel"]), int(call["class"]))[1], int(call["step"])
        link = links[node]
        heard = made if link is None else int(link.heard[made])
        energy.count(SENTINEL, kind, int(call["length"]), sent=1 if link is None else int(link.sendings[made]))
        if heard == len(t):
            energy.lost[SENTINEL] += 1
            continue
        if call["state"] != REPEATED:
            # A node that boots has forgotten what it called: its next raise ends that.
            close(node, kind, int(t[heard]))
        if call["state"] != CLEARED:
            open_at.setdefault((node, kind), int(t[heard]))
    for node, kind in list(open_at):
        close(node, kind, end)
    return spans


def sendings(nodes: Sequence[Node], t: NDArray[np.int64], links: Sequence[Link | None]) -> Callable[[str, int], int]:
    """How often a node sends a call that it makes at a time (UTC ms)."""
    of = {node.id: link.sendings for node, link in zip(nodes, links, strict=True) if link is not None}
    return lambda node, made: int(of[node][np.searchsorted(t, made)]) if node in of else 1


def delayed(
    calls: Sequence[CallSpan], nodes: Sequence[Node], t: NDArray[np.int64], links: Sequence[Link | None]
) -> list[CallSpan]:
    """Calls as a gateway hears them through the links of their nodes; those whose raise it never hears are left out."""
    if not any(links):
        return list(calls)
    heard = {node.id: link.heard for node, link in zip(nodes, links, strict=True) if link is not None}
    # Beyond the last wake is the season's end.
    times = np.append(t, 2 * t[-1] - t[-2])

    def when(call: CallSpan, made: int) -> int:
        place = int(np.searchsorted(t, made))
        return made if call.node not in heard or place == len(t) else int(times[heard[call.node][place]])

    late = [replace(call, raised=when(call, call.raised), cleared=when(call, call.cleared)) for call in calls]
    return [call for call in late if call.raised < times[-1]]


def count_messages(
    lengths: NDArray[np.uint16],
    nodes: Sequence[Node],
    lives: Sequence[Sequence[tuple[int, int]]],
    links: Sequence[Link | None],
    energy: EnergyBudget,
) -> None:
    """Counts the hellos and telemetry of some nodes: `lengths`, bytes (nodes, wakes), 0 where one has no power."""
    for node, row, spans, link in zip(nodes, lengths, lives, links, strict=True):
        usual = telemetry_bytes(len(node.channels))
        unusual = np.flatnonzero(row != usual)
        messages = np.bincount(row[unusual], minlength=FRAME_MAX + 1)
        messages[usual] += len(row) - len(unusual)
        sent = messages
        if link is not None:
            sent = np.bincount(row, weights=link.telemetry_sendings(), minlength=FRAME_MAX + 1).astype(np.int64)
            energy.lost[NODE] += int(np.count_nonzero(link.telemetry_lost() & (row > 0)))
        for length in np.flatnonzero(messages[1:]) + 1:
            energy.count(NODE, "telemetry", int(length), messages=int(messages[length]), sent=int(sent[length]))
        hellos = len(spans) if link is None else int(sum(link.sendings[first] for first, _ in spans))
        energy.count(NODE, "hello", hello_bytes(len(node.sentinels)), messages=len(spans), sent=hellos)
        energy.wakes += len(row) - int(messages[0])
