"""Everything the pages ask: farm.yaml and the store in, plain values out. The store downsamples.

Answers are shared for seconds. The store is opened for each, so that a page never holds a file that was moved, and
opened writable only to keep a judgement.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import mean
from typing import Literal

import streamlit as st

from cloud.advice import TELLS_DRYING, Advice, Level, Trouble, advise, drying_faster_since
from cloud.store import History, Store, Stored, open_store
from edge.contract.errors import StoreError
from edge.contract.health import Health, health
from edge.contract.messages import Call, Judgement, JudgementVerdict, Reading, Status
from edge.farm import SENTINEL_NEEDS, Farm, Node, Zone, load_farm

from . import FARM_VARIABLE, STORE_VARIABLE
from .clock import DAY_MS, Pace, local

FRESH_S = 3
HANDLED_FOR_MS = DAY_MS
"""A trouble that goes on for a day after it was handled needs a person again."""
REPEATED_MS = 2 * DAY_MS
"""An open call is repeated at least that often, so that so much further back no open call is missed."""
CALLS_BACK_MS = 400 * DAY_MS
_WORST_FIRST: tuple[Level, ...] = ("urgent", "needs_you", "no_word", "in_hand", "fine")
_LARGEST_COUNTS = {"gust", "ethylene"}
"""Of these channels the zone's highest value is what harms; of the others the mean is told."""

_CallKey = tuple[str, str, str, int]
SensorState = Literal["sleeping", "late", "dead", "never", "faulty"]


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """A node as the farmer sees it. `last`: its newest reading."""

    node: Node
    health: Health
    last: Reading | None

    @property
    def faults(self) -> tuple[str, ...]:
        return self.last.faults if self.last else ()

    @property
    def heard(self) -> bool:
        """Whether its last word is recent enough to say something of the crop."""
        return self.health in ("sleeping", "late")

    @property
    def state(self) -> SensorState:
        """One word for it: silence comes before a faulty probe."""
        return "faulty" if self.faults and self.heard else self.health

    def watches(self, sentinel_channels: frozenset[str]) -> bool:
        """Whether it is heard and measures all of these channels now."""
        return self.heard and self.last is not None and sentinel_channels <= self.last.values.keys()


@dataclass(frozen=True, kw_only=True)
class OpenTrouble:
    """A trouble with what to do about it and what was last said of it."""

    trouble: Trouble
    advice: Advice
    judgement: Judgement | None
    level: Level


@dataclass(frozen=True, kw_only=True)
class ZoneView:
    """A zone now. `blind`: sentinels of which no sensor is left that can see; `values`: channel -> zone value."""

    zone: Zone
    level: Level
    troubles: tuple[OpenTrouble, ...]
    sensors: tuple[Sensor, ...]
    blind: tuple[str, ...]
    values: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class FarmView:
    """The farm now, worst zone first. `gateway`: state of the farm's gateway, None when it was never heard."""

    farm: Farm
    now: int
    simulated: bool
    gateway: Status | None
    zones: tuple[ZoneView, ...]

    @property
    def empty(self) -> bool:
        """Whether no sensor was ever heard."""
        return all(sensor.last is None for zone in self.zones for sensor in zone.sensors)

    def zone(self, zone_id: str | None) -> ZoneView:
        """The zone called `zone_id`; the worst one when there is none."""
        return next((z for z in self.zones if z.zone.id == zone_id), self.zones[0])


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A trouble of a zone, over its sensors, from first raise to last clearing (`ended` None: it goes on)."""

    zone: str
    kind: str
    began: int
    ended: int | None
    nodes: tuple[str, ...]
    verdict: JudgementVerdict | None


def farm_now() -> FarmView:
    """The farm as it is now, at most FRESH_S old. FarmError: farm.yaml cannot be used; StoreError: the store cannot."""
    return _farm_now(*_source())


def history(zone: str, channel: str, since: int, until: int, points: int) -> History:
    """A channel of a zone in about `points` buckets of [since, until); FRESH_S old at most, a long span a minute."""
    ask = _long_history if until - since > 8 * DAY_MS else _short_history
    width = max(1, (until - since) // points)
    until -= until % width  # buckets stay where they are while the clock moves on, and so does the answer in the cache
    return ask(*_source(), zone, channel, until - points * width, until + width, points + 1)


def episodes(zone: str | None, since: int, until: int) -> list[Episode]:
    """Troubles of a zone (None: of all) that touched [since, until), newest first."""
    return _episodes(*_source(), zone, since, until)


def judge(trouble: Trouble, verdict: JudgementVerdict) -> None:
    """Keeps what a person says of every call of a trouble."""
    _, url = _source()
    rows = [
        Stored(
            zone=trouble.zone.id,
            message=Judgement(
                farm=call.farm,
                node=call.node,
                sentinel=call.sentinel,
                kind=call.kind,
                raised_t=call.raised_t,
                t=trouble.now,
                verdict=verdict,
            ),
        )
        for call in trouble.calls
    ]
    store = open_store(url)
    try:
        store.append(rows)
    finally:
        store.close()
    _farm_now.clear()
    _episodes.clear()


def _source() -> tuple[str, str]:
    try:
        return os.environ[FARM_VARIABLE], os.environ[STORE_VARIABLE]
    except KeyError as missing:
        raise StoreError(f"{missing.args[0]} is not set: start this page with `cooee dashboard`") from None


@contextmanager
def _reading(url: str) -> Iterator[Store]:
    store = open_store(url, read_only=True)
    try:
        yield store
    finally:
        store.close()


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def _farm_now(farm_file: str, url: str) -> FarmView:
    farm = load_farm(farm_file)
    with _reading(url) as store:
        now, simulated = store.farm_now(farm.id)
        statuses = {status.node: status for status in store.statuses(farm.id)}
        latest = {reading.node: reading for _, reading in store.latest(farm.id)}
        heard_by = _pace(url).settled(now, max((r.t for r in latest.values()), default=now)) if simulated else now
        open_calls = [
            (zone, call)
            for zone, call in store.open_calls(farm.id)
            if zone in farm.zone_by_id and not _forgotten(call, latest.get(call.node))
        ]
        judgements = _newest_judgement(
            store.judgements(farm.id, min((c.raised_t for _, c in open_calls), default=now), now + 1)
        )
        views = []
        for zone in farm.zones:
            nodes = [node for node in farm.nodes if node.zone == zone.id]
            sensors = tuple(_sensor(node, latest.get(node.id), statuses.get(node.id), heard_by) for node in nodes)
            calls = [call for where, call in open_calls if where == zone.id]
            views.append(_zone_view(store, farm, zone, sensors, calls, judgements, now))
    views.sort(key=lambda view: _WORST_FIRST.index(view.level))
    return FarmView(farm=farm, now=now, simulated=simulated, gateway=statuses.get(farm.gateway), zones=tuple(views))


def _forgotten(call: Call, last: Reading | None) -> bool:
    """Whether a node has started anew since it called, and has not called again when it would have: it cannot clear
    what it forgot."""
    return last is not None and last.boot > call.boot and last.t - call.t > REPEATED_MS


@st.cache_resource
def _pace(url: str) -> Pace:
    return Pace()


def _sensor(node: Node, last: Reading | None, status: Status | None, now: int) -> Sensor:
    interval_s = status.wake_interval_s if status else node.wake_interval_s
    return Sensor(node=node, last=last, health=health(last.t if last else None, now, interval_s))


def _zone_view(
    store: Store,
    farm: Farm,
    zone: Zone,
    sensors: tuple[Sensor, ...],
    calls: Sequence[Call],
    judgements: Mapping[_CallKey, Judgement],
    now: int,
) -> ZoneView:
    troubles = []
    for kind in dict.fromkeys(call.kind for call in calls):
        of_kind = [call for call in calls if call.kind == kind]
        callers = {call.node for call in of_kind}
        calling, others = ([s for s in sensors if (s.node.id in callers) is calls] for calls in (True, False))
        faster = _drying_since(store, farm, zone, now) if kind in TELLS_DRYING else None
        trouble = Trouble(
            zone=zone,
            kind=kind,
            calls=of_kind,
            now=now,
            values=_values(calling) or _values(sensors),
            elsewhere=_values(others),
            faster_since=faster,
        )
        advice = advise(trouble)
        said = [judgements.get(_key(c)) for c in of_kind]
        troubles.append(
            OpenTrouble(
                trouble=trouble,
                advice=advice,
                judgement=max((j for j in said if j), key=lambda j: j.t, default=None),
                level=_level_after(advice.level, said, now),
            )
        )
    troubles.sort(key=lambda t: _WORST_FIRST.index(t.level))
    blind = _blind(sensors)
    return ZoneView(
        zone=zone,
        level=_zone_level(troubles, sensors, blind),
        troubles=tuple(troubles),
        sensors=sensors,
        blind=blind,
        values=_values(sensors),
    )


def _level_after(level: Level, said: Sequence[Judgement | None], now: int) -> Level:
    """A trouble is out of the way when each of its calls was called wrong, in hand when each was dealt with lately."""
    if said and all(j is not None and j.verdict == "wrong" for j in said):
        return "fine"
    settled = [
        j is not None and (j.verdict == "wrong" or (j.verdict == "handled" and now - j.t < HANDLED_FOR_MS))
        for j in said
    ]
    return "in_hand" if all(settled) else level


def _zone_level(troubles: Sequence[OpenTrouble], sensors: Sequence[Sensor], blind: Sequence[str]) -> Level:
    if not any(sensor.heard for sensor in sensors):
        return "no_word"
    levels: list[Level] = [trouble.level for trouble in troubles]
    if blind:
        levels.append("no_word")
    return min(levels, key=_WORST_FIRST.index, default="fine")


def _blind(sensors: Sequence[Sensor]) -> tuple[str, ...]:
    """Sentinels of the zone whose channels no sensor measures now."""
    wanted = dict.fromkeys(name for sensor in sensors for name in sensor.node.sentinels)
    return tuple(
        name
        for name in wanted
        if not any(name in s.node.sentinels and s.watches(SENTINEL_NEEDS[name]) for s in sensors)
    )


def _values(sensors: Sequence[Sensor]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for sensor in sensors:
        if sensor.heard and sensor.last:
            for name, value in sensor.last.values.items():
                found.setdefault(name, []).append(value)
    return {name: max(values) if name in _LARGEST_COUNTS else mean(values) for name, values in found.items()}


def _drying_since(store: Store, farm: Farm, zone: Zone, now: int) -> str | None:
    daily = store.history(farm.id, zone.id, "soil_moisture_30cm", now - 10 * DAY_MS, now, 10)
    since = drying_faster_since(daily.t, daily.mean)
    return None if since is None else f"{local(since, farm.timezone):%A}"


def _newest_judgement(judgements: Sequence[Judgement]) -> dict[_CallKey, Judgement]:
    return {_key(j): j for j in judgements}


def _history(farm_file: str, url: str, zone: str, channel: str, since: int, until: int, points: int) -> History:
    with _reading(url) as store:
        return store.history(load_farm(farm_file).id, zone, channel, since, until, points)


_short_history = st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=200)(_history)
_long_history = st.cache_data(ttl=60, show_spinner=False, max_entries=200)(_history)


@st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=50)
def _episodes(farm_file: str, url: str, zone: str | None, since: int, until: int) -> list[Episode]:
    farm = load_farm(farm_file)
    with _reading(url) as store:
        rows = store.calls(farm.id, since - REPEATED_MS, until, zone)
        said = _newest_judgement(store.judgements(farm.id, since - CALLS_BACK_MS, until))
    newest: dict[_CallKey, tuple[str, Call]] = {}
    for where, call in rows:
        newest[_key(call)] = (where, call)
    found: list[Episode] = []
    for where, call, ended in _with_ends(newest.values()):
        if ended is None or ended >= since:
            judgement = said.get(_key(call))
            _merge(
                found,
                Episode(
                    zone=where,
                    kind=call.kind,
                    began=call.raised_t,
                    ended=ended,
                    nodes=(call.node,),
                    verdict=judgement.verdict if judgement else None,
                ),
            )
    return sorted(found, key=lambda episode: episode.began, reverse=True)


def _with_ends(calls: Iterable[tuple[str, Call]]) -> Iterator[tuple[str, Call, int | None]]:
    """Calls by their raise, with their end: the clearing, or the next raise when a node lost its memory in between."""
    raised_next: dict[tuple[str, str, str], int] = {}
    rows = []
    for where, call in sorted(calls, key=lambda row: row[1].raised_t, reverse=True):
        alarm = (call.node, call.sentinel, call.kind)
        rows.append((where, call, call.t if call.state == "cleared" else raised_next.get(alarm)))
        raised_next[alarm] = call.raised_t
    return reversed(rows)


def _merge(found: list[Episode], new: Episode) -> None:
    """Adds an episode (they come by their begin) to the one of its zone and kind that it overlaps, or to the list."""
    for index, old in enumerate(found):
        if (old.zone, old.kind) == (new.zone, new.kind) and (old.ended is None or new.began <= old.ended):
            ended = None if old.ended is None or new.ended is None else max(old.ended, new.ended)
            found[index] = replace(
                old, ended=ended, nodes=tuple(sorted({*old.nodes, *new.nodes})), verdict=new.verdict or old.verdict
            )
            return
    found.append(new)


def _key(call: Call | Judgement) -> _CallKey:
    return call.node, call.sentinel, call.kind, call.raised_t
