"""What was measured, called and written down before."""

from dataclasses import dataclass, replace

import streamlit as st

from cloud.advice.battery import LOOKED_BACK_MS, days_left
from cloud.clock import DAY_MS, HOUR_MS
from cloud.farm_view import newest_judgements
from cloud.past_calls import newest_of_each, with_ends
from cloud.store import History
from cloud.zone_state import REPEATED_MS, call_key
from edge.contract.messages import Call, Judgement, Record

from .source import FRESH_S, farm_in, reading, source

CALLS_BACK_MS = 400 * DAY_MS


@dataclass(frozen=True, kw_only=True)
class PastTrouble:
    """A trouble of a zone, over its sensors, from first raise to last clearing (`ended` None: it goes on). `removed`:
    nobody cleared it, for its sensors were taken out of the farm."""

    zone: str
    kind: str
    began: int
    ended: int | None
    nodes: tuple[str, ...]
    calls: tuple[Call, ...]
    judgement: Judgement | None
    removed: bool = False


def past_troubles(zone: str | None, since: int, until: int) -> list[PastTrouble]:
    """Troubles of a zone (None: of all) that touched [since, until), newest first."""
    return _past_troubles(*source(), zone, since, until)


@st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=50)
def _past_troubles(farm_file: str, url: str, zone: str | None, since: int, until: int) -> list[PastTrouble]:
    farm = farm_in(farm_file)
    with reading(url) as store:
        rows = store.calls(farm.id, since - REPEATED_MS, until)
        said = newest_judgements(store.judgements(farm.id, since - CALLS_BACK_MS, until))
    placed = ((farm.node_by_id[call.node].zone if call.node in farm.node_by_id else at, call) for at, call in rows)
    calls = newest_of_each((where, call) for where, call in placed if zone in (None, where))
    found: list[PastTrouble] = []
    for where, call, ended in with_ends(calls):
        removed = ended is None and call.node not in farm.node_by_id
        if removed:
            ended = call.t
        if ended is None or ended >= since:
            judgement = said.get(call_key(call))
            if judgement and judgement.verdict == "withdrawn":
                judgement = None
            _merge(
                found,
                PastTrouble(
                    zone=where,
                    kind=call.kind,
                    began=call.raised_t,
                    ended=ended,
                    nodes=(call.node,),
                    calls=(call,),
                    judgement=judgement,
                    removed=removed,
                ),
            )
    return sorted(found, key=lambda trouble: trouble.began, reverse=True)


def _merge(found: list[PastTrouble], new: PastTrouble) -> None:
    """Adds a trouble (they come by their begin) to the one of its zone and kind that it overlaps, or to the list."""
    for index, old in enumerate(found):
        if (old.zone, old.kind) == (new.zone, new.kind) and (old.ended is None or new.began <= old.ended):
            ended = None if old.ended is None or new.ended is None else max(old.ended, new.ended)
            found[index] = replace(
                old,
                ended=ended,
                nodes=tuple(sorted({*old.nodes, *new.nodes})),
                calls=(*old.calls, *new.calls),
                judgement=new.judgement or old.judgement,
                removed=old.removed and new.removed,
            )
            return
    found.append(new)


def records(zone: str, since: int, until: int) -> list[Record]:
    """What people wrote down of a zone that happened in [since, until), oldest first, and what they took back."""
    return [record for record in _records(*source(), since, until) if record.zone == zone]


@st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=50)
def _records(farm_file: str, url: str, since: int, until: int) -> list[Record]:
    with reading(url) as store:
        return store.records(farm_in(farm_file).id, since, until)


def battery_left(nodes: tuple[str, ...], now: int) -> dict[str, float | None]:
    """Days that the batteries of these nodes last, where known; an hour old at most."""
    return _battery_left(*source(), nodes, now // HOUR_MS * HOUR_MS)


@st.cache_data(ttl=3600, show_spinner=False, max_entries=50)
def _battery_left(farm_file: str, url: str, nodes: tuple[str, ...], now: int) -> dict[str, float | None]:
    farm, days = farm_in(farm_file), LOOKED_BACK_MS // DAY_MS
    with reading(url) as store:
        found = {node: store.history(farm.id, [node], "battery", now - LOOKED_BACK_MS, now, days) for node in nodes}
    return {node: days_left(history.t, history.mean) for node, history in found.items()}


def history(zone: str, channel: str, since: int, until: int, points: int, sensor: str | None = None) -> History:
    """A channel of a zone, or of one sensor there, in about `points` buckets of [since, until); FRESH_S old at most, a
    long span a minute."""
    ask = _long_history if until - since > 8 * DAY_MS else _short_history
    width = max(1, (until - since) // points)
    until -= until % width  # buckets stay where they are while the clock moves on, and so does the answer in the cache
    return ask(*source(), zone, channel, until - points * width, until + width, points + 1, sensor)


def _history(
    farm_file: str, url: str, zone: str, channel: str, since: int, until: int, points: int, sensor: str | None
) -> History:
    farm = farm_in(farm_file)
    nodes = [node.id for node in farm.nodes_of(zone) if sensor in (None, node.id)]
    with reading(url) as store:
        return store.history(farm.id, nodes, channel, since, until, points)


_short_history = st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=500)(_history)
_long_history = st.cache_data(ttl=60, show_spinner=False, max_entries=500)(_history)


def forget() -> None:
    """What is known from before somebody said something."""
    _past_troubles.clear()
    _records.clear()
