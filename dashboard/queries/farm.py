"""The farm as it is now: its state, its map, what decides on it, and who was told."""

import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import streamlit as st

from cloud.block.probe_watch import ProbeWatch
from cloud.clock import Pace
from cloud.farm_view import FarmView, view_farm
from cloud.frost_watch import FrostWatch
from cloud.language.reader import Reader, reader_now, reader_of, speaking_to
from cloud.learning.record import InUse, in_use
from cloud.notify.failures import failures
from cloud.notify.told import told_of
from cloud.zone_memory import ZoneMemory
from edge.contract.errors import CooeeError
from edge.farm import Language, Units
from edge.farm.file_stamp import Stamp, stamp_of
from edge.farm.map import MapError, Outline, map_file, outlines

from .outlook import asked
from .source import FRESH_S, data_folder, farm_in, reading, source


def farm_now() -> FarmView:
    """The farm as it is now, at most FRESH_S old. FarmError: farm.yaml cannot be used; StoreError: the store cannot."""
    return _farm_now(*source())


@st.cache_resource(ttl=FRESH_S, show_spinner=False)
def _farm_now(farm_file: str, url: str) -> FarmView:
    with reading(url) as store:
        return view_farm(farm_in(farm_file), store, _pace(url), _probes(url), _frost_watch(farm_file), _zones(url))


@st.cache_resource
def _frost_watch(farm_file: str) -> FrostWatch:
    return FrostWatch(asked(farm_file), Path(farm_file).parent)


@st.cache_resource
def _pace(url: str) -> Pace:
    return Pace()


@st.cache_resource
def _zones(url: str) -> ZoneMemory:
    return ZoneMemory()


@st.cache_resource
def _probes(url: str) -> ProbeWatch:
    return ProbeWatch()


def block_outlines() -> tuple[dict[str, Outline], str]:
    """Zone -> outline, of those that have one, and what is wrong with the farm's GeoJSON file."""
    farm_file, _ = source()
    farm = farm_in(farm_file)
    file = map_file(farm, Path(farm_file))
    return _block_outlines(farm_file, file, stamp_of(Path(farm_file)), stamp_of(file) if file else None)


@lru_cache(maxsize=2)
def _block_outlines(farm_file: str, file: Path | None, *_stamps: Stamp | None) -> tuple[dict[str, Outline], str]:
    farm = farm_in(farm_file)
    try:
        return outlines(farm, file), ""
    except MapError as error:
        return outlines(farm, None), str(error)


def sentinels_in_use() -> list[InUse]:
    """Versions of sentinels, with the sensors that run them; a minute old at most. Raises CooeeError."""
    return _sentinels_in_use(*source(), farm_now().now)


@st.cache_data(ttl=60, show_spinner=False, max_entries=2)
def _sentinels_in_use(farm_file: str, url: str, _now: int) -> list[InUse]:
    with reading(url) as store:
        return in_use(farm_in(farm_file), store, data_folder(), _now)


def notification_failures(timezone: str) -> list[str]:
    """What `cooee notify` failed at, one line each. Raises CooeeError."""
    return _notification_failures(timezone, reader_now())


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def _notification_failures(timezone: str, reader: Reader) -> list[str]:
    folder = data_folder()
    with speaking_to(reader):
        return failures(folder, timezone, time.time_ns() // 1_000_000) if folder else []


def who_was_told(zone: str, timezone: str) -> dict[str, tuple[str, ...]]:
    """Kind of trouble in a zone -> who was told of it, or could not be, one line each. Raises CooeeError."""
    return {kind: lines for (where, kind), lines in _told(timezone, reader_now()).items() if where == zone}


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def _told(timezone: str, reader: Reader) -> Mapping[tuple[str, str], tuple[str, ...]]:
    folder = data_folder()
    with speaking_to(reader):
        return told_of(folder, timezone, time.time_ns() // 1_000_000) if folder else {}


def farms_reader(language: Language | None, units: Units | None) -> Reader:
    """The farm's reader, who may ask for another language and other units; while farm.yaml cannot be used, English and
    metric."""
    try:
        return reader_of(farm_in(source()[0]), language, units)
    except CooeeError:
        return Reader(language=language or "en", units=units or "metric")


def forget() -> None:
    """What is known from before somebody said something."""
    _farm_now.clear()
    _sentinels_in_use.clear()
