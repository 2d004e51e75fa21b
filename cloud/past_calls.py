"""Calls of the past, each once, from its raise to its end."""

from collections.abc import Iterable, Iterator

from edge.contract.messages import Call

from .zone_state import CallKey, call_key


def newest_of_each(rows: Iterable[tuple[str, Call]]) -> list[tuple[str, Call]]:
    """The newest message of every call, with what stands beside it; `rows` oldest first."""
    newest: dict[CallKey, tuple[str, Call]] = {}
    for where, call in rows:
        newest[call_key(call)] = (where, call)
    return list(newest.values())


def with_ends(calls: Iterable[tuple[str, Call]]) -> Iterator[tuple[str, Call, int | None]]:
    """Calls by their raise, with their end: the clearing, or the next raise when a node lost its memory in between."""
    raised_next: dict[tuple[str, str, str], int] = {}
    rows = []
    for where, call in sorted(calls, key=lambda row: row[1].raised_t, reverse=True):
        alarm = (call.node, call.sentinel, call.kind)
        rows.append((where, call, call.t if call.state == "cleared" else raised_next.get(alarm)))
        raised_next[alarm] = call.raised_t
    return reversed(rows)
