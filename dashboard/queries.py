"""Everything the pages ask: farm.yaml and the store in, plain values out. The store downsamples.

Answers are shared for seconds. The store is opened for each, so that a page never holds a file that was moved, and
opened writable only to keep what a person says.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import streamlit as st

from cloud.advice.battery import LOOKED_BACK_MS, days_left
from cloud.advice.trouble import DISEASE_KIND, Trouble
from cloud.block.disease_criteria import criteria, so_far_in_words
from cloud.block.forecast import LOOKED_BACK_DAYS, Outlook, dry_in, dry_in_words
from cloud.block.past_air import AIR, past_air
from cloud.block.past_readings import together
from cloud.block.probe_watch import ProbeWatch
from cloud.block.tonight import PastAir, colder_by, is_night, lowest_tonight, tonight_in_words, tonight_with
from cloud.block.water import MOISTURES
from cloud.block.weather_service import Asked, ComingDay
from cloud.clock import DAY_MS, HOUR_MS, Pace
from cloud.farm_view import FarmView, keep_judgement, keep_record, newest_judgements, view_farm
from cloud.frost_watch import FrostWatch
from cloud.language.reader import Reader, reader_now, reader_of, speaking_to
from cloud.learning.record import InUse, in_use
from cloud.notify.failures import failures
from cloud.notify.told import told_of
from cloud.past_calls import newest_of_each, with_ends
from cloud.store import History, Store, open_store
from cloud.zone_state import REPEATED_MS, ZoneState, call_key
from edge.agronomy.disease_weather import Criterion
from edge.contract.errors import CooeeError, StoreError
from edge.contract.messages import Call, Judgement, JudgementVerdict, Record
from edge.farm import Farm, Language, Units
from edge.farm.file import farm_as_it_stands
from edge.farm.file_stamp import Stamp, stamp_of
from edge.farm.map import MapError, Outline, map_file, outlines

from . import DATA_VARIABLE, FARM_VARIABLE, STORE_VARIABLE

FRESH_S = 3
CALLS_BACK_MS = 400 * DAY_MS
SOON_DAYS, COLD_DEGC = 7.0, 2.0
"""A block that dries within so many days, and a night that may be so cold, are pressing."""


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


def farm_now() -> FarmView:
    """The farm as it is now, at most FRESH_S old. FarmError: farm.yaml cannot be used; StoreError: the store cannot."""
    return _farm_now(*_source())


def history(zone: str, channel: str, since: int, until: int, points: int, sensor: str | None = None) -> History:
    """A channel of a zone, or of one sensor there, in about `points` buckets of [since, until); FRESH_S old at most, a
    long span a minute."""
    ask = _long_history if until - since > 8 * DAY_MS else _short_history
    width = max(1, (until - since) // points)
    until -= until % width  # buckets stay where they are while the clock moves on, and so does the answer in the cache
    return ask(*_source(), zone, channel, until - points * width, until + width, points + 1, sensor)


def past_troubles(zone: str | None, since: int, until: int) -> list[PastTrouble]:
    """Troubles of a zone (None: of all) that touched [since, until), newest first."""
    return _past_troubles(*_source(), zone, since, until)


def records(zone: str, since: int, until: int) -> list[Record]:
    """What people wrote down of a zone that happened in [since, until), oldest first, and what they took back."""
    return [record for record in _records(*_source(), since, until) if record.zone == zone]


@st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=50)
def _records(farm_file: str, url: str, since: int, until: int) -> list[Record]:
    with _reading(url) as store:
        return store.records(_farm(farm_file).id, since, until)


def battery_left(nodes: tuple[str, ...], now: int) -> dict[str, float | None]:
    """Days that the batteries of these nodes last, where known; an hour old at most."""
    return _battery_left(*_source(), nodes, now // HOUR_MS * HOUR_MS)


def ahead(zone: ZoneState, farm: Farm, coming: Sequence[ComingDay], *, pressing: bool = False) -> list[str]:
    """What is to come of a block, a few words each: when it is dry, and tonight's lowest temperature; or what of that
    is pressing. `coming`: days of a weather service's forecast, from today on."""
    hour, timezone = zone.now // HOUR_MS * HOUR_MS, farm.timezone
    lines: list[str] = []
    if zone.resting:
        return lines
    if zone.water:
        t, daily = _past_moisture(*_source(), zone.zone.id, hour)
        dry = dry_in(zone.zone, zone.water, t, daily, farm.latitude, zone.now, coming, timezone)
        lines += [dry_in_words(dry)] if dry and not (pressing and dry.value > SOON_DAYS) else []
    if zone.zone.store is None:
        tonight = _tonight(zone, coming, timezone, hour)
        lines += [tonight_in_words(tonight)] if tonight and not (pressing and tonight.least > COLD_DEGC) else []
    return lines


def disease_so_far(zone: ZoneState, timezone: str) -> str:
    """How far a block's weather has run towards a disease that no sensor calls, in words; a minute old at most."""
    if zone.resting or zone.zone.store or any(trouble.trouble.kind == DISEASE_KIND for trouble in zone.troubles):
        return ""
    found = _criteria(*_source(), zone.zone.id, zone.now // HOUR_MS, zone.now)
    return so_far_in_words(found, zone.zone.name, timezone, zone.now)


def _tonight(zone: ZoneState, coming: Sequence[ComingDay], timezone: str, hour: int) -> Outlook | None:
    own, colder = None, 0.0
    if AIR in zone.values and (coming or is_night(zone.now, timezone)):
        block, station = _past_air(*_source(), zone.zone.id, hour)
        own = lowest_tonight(block, station, timezone, zone.now)
        colder = colder_by(block, station, timezone, zone.now)
    return tonight_with(own, coming, timezone, zone.now, colder=colder)


def coming_days(view: FarmView) -> tuple[list[ComingDay], str]:
    """Days of the weather service's forecast from today on, and why it is not used; neither without a service, and
    before its command has answered."""
    farm_file, _ = _source()
    return _asked(farm_file).coming(view.farm, Path(farm_file).parent, view.now)


@st.cache_resource
def _asked(farm_file: str) -> Asked:
    return Asked()


def block_outlines() -> tuple[dict[str, Outline], str]:
    """Zone -> outline, of those that have one, and what is wrong with the farm's GeoJSON file."""
    farm_file, _ = _source()
    farm = _farm(farm_file)
    file = map_file(farm, Path(farm_file))
    return _block_outlines(farm_file, file, stamp_of(Path(farm_file)), stamp_of(file) if file else None)


@lru_cache(maxsize=2)
def _block_outlines(farm_file: str, file: Path | None, *_stamps: Stamp | None) -> tuple[dict[str, Outline], str]:
    farm = _farm(farm_file)
    try:
        return outlines(farm, file), ""
    except MapError as error:
        return outlines(farm, None), str(error)


def sentinels_in_use() -> list[InUse]:
    """Versions of sentinels, with the sensors that run them; a minute old at most. Raises CooeeError."""
    return _sentinels_in_use(*_source(), farm_now().now)


@st.cache_data(ttl=60, show_spinner=False, max_entries=2)
def _sentinels_in_use(farm_file: str, url: str, _now: int) -> list[InUse]:
    folder = os.environ.get(DATA_VARIABLE)
    with _reading(url) as store:
        return in_use(_farm(farm_file), store, Path(folder) if folder else None, _now)


def judge(trouble: Trouble, verdict: JudgementVerdict, note: str = "") -> None:
    """Keeps what a person says of every call of a trouble."""
    _keep(lambda store: keep_judgement(store, trouble, verdict, note))


def write(record: Record) -> None:
    """Keeps what a person wrote down of a block, or its correction."""
    _keep(lambda store: keep_record(store, record))


def _keep(keep: Callable[[Store], None]) -> None:
    """Opens the store to write, and forgets the answers from before."""
    _, url = _source()
    store = open_store(url)
    try:
        keep(store)
    finally:
        store.close()
    for answers in (_farm_now, _past_troubles, _sentinels_in_use, _records, _criteria):
        answers.clear()


def notification_failures(timezone: str) -> list[str]:
    """What `cooee notify` failed at, one line each. Raises CooeeError."""
    return _notification_failures(timezone, reader_now())


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def _notification_failures(timezone: str, reader: Reader) -> list[str]:
    folder = os.environ.get(DATA_VARIABLE)
    with speaking_to(reader):
        return failures(Path(folder), timezone, time.time_ns() // 1_000_000) if folder else []


def who_was_told(zone: str, timezone: str) -> dict[str, tuple[str, ...]]:
    """Kind of trouble in a zone -> who was told of it, or could not be, one line each. Raises CooeeError."""
    return {kind: lines for (where, kind), lines in _told(timezone, reader_now()).items() if where == zone}


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def _told(timezone: str, reader: Reader) -> Mapping[tuple[str, str], tuple[str, ...]]:
    folder = os.environ.get(DATA_VARIABLE)
    with speaking_to(reader):
        return told_of(Path(folder), timezone, time.time_ns() // 1_000_000) if folder else {}


def farms_reader(language: Language | None, units: Units | None) -> Reader:
    """The farm's reader, who may ask for another language and other units; while farm.yaml cannot be used, English and
    metric."""
    try:
        return reader_of(_farm(_source()[0]), language, units)
    except CooeeError:
        return Reader(language=language or "en", units=units or "metric")


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


@st.cache_resource(ttl=FRESH_S, show_spinner=False)
def _farm_now(farm_file: str, url: str) -> FarmView:
    with _reading(url) as store:
        return view_farm(_farm(farm_file), store, _pace(url), _probes(url), _frost_watch(farm_file))


@st.cache_resource
def _frost_watch(farm_file: str) -> FrostWatch:
    return FrostWatch(_asked(farm_file), Path(farm_file).parent)


@st.cache_resource
def _pace(url: str) -> Pace:
    return Pace()


@st.cache_resource
def _probes(url: str) -> ProbeWatch:
    return ProbeWatch()


def _farm(farm_file: str) -> Farm:
    return farm_as_it_stands(Path(farm_file))


def _history(
    farm_file: str, url: str, zone: str, channel: str, since: int, until: int, points: int, sensor: str | None
) -> History:
    farm = _farm(farm_file)
    nodes = [node.id for node in farm.nodes_of(zone) if sensor in (None, node.id)]
    with _reading(url) as store:
        return store.history(farm.id, nodes, channel, since, until, points)


@st.cache_data(ttl=3600, show_spinner=False, max_entries=50)
def _battery_left(farm_file: str, url: str, nodes: tuple[str, ...], now: int) -> dict[str, float | None]:
    farm, days = _farm(farm_file), LOOKED_BACK_MS // DAY_MS
    with _reading(url) as store:
        found = {node: store.history(farm.id, [node], "battery", now - LOOKED_BACK_MS, now, days) for node in nodes}
    return {node: days_left(history.t, history.mean) for node, history in found.items()}


@st.cache_data(ttl=3600, show_spinner=False, max_entries=300)
def _past_moisture(farm_file: str, url: str, zone: str, now: int) -> tuple[list[int], dict[str, list[float]]]:
    farm = _farm(farm_file)
    nodes = farm.nodes_of(zone)
    measured = [name for name in MOISTURES if any(name in node.channels for node in nodes)]
    since = now - LOOKED_BACK_DAYS * DAY_MS
    with _reading(url) as store:
        return together(store, farm.id, [node.id for node in nodes], measured, since, now, LOOKED_BACK_DAYS)


@st.cache_data(ttl=3600, show_spinner=False, max_entries=300)
def _past_air(farm_file: str, url: str, zone: str, now: int) -> tuple[PastAir, PastAir | None]:
    with _reading(url) as store:
        return past_air(store, _farm(farm_file), zone, now)


@st.cache_data(ttl=60, show_spinner=False, max_entries=50)
def _criteria(farm_file: str, url: str, zone: str, hour: int, _now: int) -> tuple[Criterion, ...]:
    farm = _farm(farm_file)
    with _reading(url) as store:
        return criteria(store, farm, farm.zone_by_id[zone], _now)


_short_history = st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=500)(_history)
_long_history = st.cache_data(ttl=60, show_spinner=False, max_entries=500)(_history)


@st.cache_data(ttl=FRESH_S, show_spinner=False, max_entries=50)
def _past_troubles(farm_file: str, url: str, zone: str | None, since: int, until: int) -> list[PastTrouble]:
    farm = _farm(farm_file)
    with _reading(url) as store:
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
