"""The simulated field's troubles and a store's calls, as edge.scoring holds them against each other.

Zones without a node whose sentinel knows a kind are not scored for it: nobody listens there.
"""

from collections.abc import Iterable

from edge.contract.messages import Call
from edge.core import sentinels
from edge.farm import Farm
from edge.scoring import GAP_H, KINDS, CallSpan, Episode, spells

from .field import Season


def episodes(season: Season) -> list[Episode]:
    """All troubles of a season in zones that somebody watches."""
    heard = watched(season.farm)
    return [Episode(zone=zone.id, kind=kind, start=start, end=end)
            for row, zone in enumerate(season.farm.zones) for kind in KINDS if kind in heard.get(zone.id, ())
            for start, end in spells(season.truth[kind][row], season.t, GAP_H[kind])]


def watched(farm: Farm) -> dict[str, set[str]]:
    """Kinds of trouble that some node of a zone can call about, by zone."""
    known = {s.name: set(s.classes[1:]) for s in sentinels()}
    kinds: dict[str, set[str]] = {}
    for node in farm.nodes:
        for name in node.sentinels:
            kinds.setdefault(node.zone, set()).update(known.get(name, ()))
    return kinds


def call_spans(events: Iterable[tuple[str, Call]], end: int) -> list[CallSpan]:
    """Calls with their zone, from raise to clearing; one that is still open lasts to `end` (UTC ms)."""
    spans: dict[tuple[str, str, str, int], int] = {}
    for zone, call in events:
        key = (zone, call.node, call.kind, call.raised_t)
        spans[key] = call.t if call.state == "cleared" else max(spans.get(key, 0), end)
    return [CallSpan(zone=zone, node=node, kind=kind, raised=raised, cleared=max(cleared, raised))
            for (zone, node, kind, raised), cleared in spans.items()]
