"""What is to come of a block: when it is dry, tonight's lowest temperature, disease, the weather service's days."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from cloud.advice.trouble import DISEASE_KIND
from cloud.block.disease_criteria import criteria, so_far_in_words
from cloud.block.forecast import LOOKED_BACK_DAYS, Outlook, dry_in, dry_in_words
from cloud.block.past_air import AIR, past_air
from cloud.block.past_readings import together
from cloud.block.tonight import PastAir, colder_by, is_night, lowest_tonight, tonight_in_words, tonight_with
from cloud.block.water import MOISTURES
from cloud.block.weather_service import Asked, ComingDay
from cloud.clock import DAY_MS, HOUR_MS
from cloud.farm_view import FarmView
from cloud.zone_state import ZoneState
from edge.agronomy.disease_weather import Criterion
from edge.farm import Farm

from .source import farm_in, reading, source

SOON_DAYS, COLD_DEGC = 7.0, 2.0
"""A block that dries within so many days, and a night that may be so cold, are pressing."""


def ahead(zone: ZoneState, farm: Farm, coming: Sequence[ComingDay], *, pressing: bool = False) -> list[str]:
    """What is to come of a block, a few words each: when it is dry, and tonight's lowest temperature; or what of that
    is pressing. `coming`: days of a weather service's forecast, from today on."""
    hour, timezone = zone.now // HOUR_MS * HOUR_MS, farm.timezone
    lines: list[str] = []
    if zone.resting:
        return lines
    if zone.water:
        t, daily = _past_moisture(*source(), zone.zone.id, hour)
        dry = dry_in(zone.zone, zone.water, t, daily, farm.latitude, zone.now, coming, timezone)
        lines += [dry_in_words(dry)] if dry and not (pressing and dry.value > SOON_DAYS) else []
    if zone.zone.store is None:
        tonight = _tonight(zone, coming, timezone, hour)
        lines += [tonight_in_words(tonight)] if tonight and not (pressing and tonight.least > COLD_DEGC) else []
    return lines


@st.cache_data(ttl=3600, show_spinner=False, max_entries=300)
def _past_moisture(farm_file: str, url: str, zone: str, now: int) -> tuple[list[int], dict[str, list[float]]]:
    farm = farm_in(farm_file)
    nodes = farm.nodes_of(zone)
    measured = [name for name in MOISTURES if any(name in node.channels for node in nodes)]
    since = now - LOOKED_BACK_DAYS * DAY_MS
    with reading(url) as store:
        return together(store, farm.id, [node.id for node in nodes], measured, since, now, LOOKED_BACK_DAYS)


def _tonight(zone: ZoneState, coming: Sequence[ComingDay], timezone: str, hour: int) -> Outlook | None:
    own, colder = None, 0.0
    if AIR in zone.values and (coming or is_night(zone.now, timezone)):
        block, station = _past_air(*source(), zone.zone.id, hour)
        own = lowest_tonight(block, station, timezone, zone.now)
        colder = colder_by(block, station, timezone, zone.now)
    return tonight_with(own, coming, timezone, zone.now, colder=colder)


@st.cache_data(ttl=3600, show_spinner=False, max_entries=300)
def _past_air(farm_file: str, url: str, zone: str, now: int) -> tuple[PastAir, PastAir | None]:
    with reading(url) as store:
        return past_air(store, farm_in(farm_file), zone, now)


def disease_so_far(zone: ZoneState, timezone: str) -> str:
    """How far a block's weather has run towards a disease that no sensor calls, in words; a minute old at most."""
    if zone.resting or zone.zone.store or any(trouble.trouble.kind == DISEASE_KIND for trouble in zone.troubles):
        return ""
    found = _criteria(*source(), zone.zone.id, zone.now // HOUR_MS, zone.now)
    return so_far_in_words(found, zone.zone.name, timezone, zone.now)


@st.cache_data(ttl=60, show_spinner=False, max_entries=50)
def _criteria(farm_file: str, url: str, zone: str, hour: int, _now: int) -> tuple[Criterion, ...]:
    farm = farm_in(farm_file)
    with reading(url) as store:
        return criteria(store, farm, farm.zone_by_id[zone], _now)


def coming_days(view: FarmView) -> tuple[list[ComingDay], str]:
    """Days of the weather service's forecast from today on, and why it is not used; neither without a service, and
    before its command has answered."""
    farm_file, _ = source()
    return asked(farm_file).coming(view.farm, Path(farm_file).parent, view.now)


@st.cache_resource
def asked(farm_file: str) -> Asked:
    """The farm's weather service, with what it last answered."""
    return Asked()


def forget() -> None:
    """What is known from before somebody said something."""
    _criteria.clear()
