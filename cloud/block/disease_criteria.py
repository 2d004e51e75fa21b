"""How far a block's own weather has run towards the diseases of its crop: what the store holds, through published
criteria, and in words."""

from datetime import UTC

import numpy as np

from edge.agronomy.disease_weather import (
    BLIGHT_DEGC,
    HUTTON_HOURS,
    TOMCAST_DUE,
    Bools,
    Criterion,
    Floats,
    Hutton,
    Scab,
    Severity,
    hutton,
    leaf_wet,
    scab,
    tomcast,
)
from edge.contract.messages import Record
from edge.farm import Farm, Zone

from ..clock import DAY_MS, HOUR_MS, local
from ..language.quantities import count, degrees
from ..language.speech import say
from ..language.times import at, lasting
from ..store import Store

BLIGHT, SCAB, EARLY_BLIGHT = frozenset({"tomato", "potato"}), frozenset({"apple", "pear"}), frozenset({"tomato"})
"""Crops by criterion: Hutton, Mills, TOMCAST."""
SCAB_BACK_H = 72
SEVERITY_DAYS = 30
"""Severity is summed up since the last spray that was written down, or for so many days."""


def criteria(store: Store, farm: Farm, zone: Zone, now: int) -> tuple[Criterion, ...]:
    """Those of a zone's crop that its own sensors can follow. Raises StoreError."""
    nodes = [node.id for node in farm.nodes_of(zone.id) if {"air_temperature", "humidity"} <= set(node.channels)]
    if not nodes or zone.crop not in BLIGHT | SCAB:
        return ()
    until = (now // HOUR_MS + 1) * HOUR_MS

    def hourly(channel: str, hours: int) -> Floats:
        drawn = store.history(farm.id, nodes, channel, until - hours * HOUR_MS, until, hours)
        values = np.full(hours, np.nan)
        values[[(t - until) // HOUR_MS + hours for t in drawn.t]] = drawn.mean
        return values

    def wet(hours: int) -> Bools:
        return leaf_wet(hourly("humidity", hours), hourly("rain", hours))

    found: list[Criterion | None] = []
    if zone.crop in BLIGHT:
        found.append(hutton(hourly("air_temperature", 48), hourly("humidity", 48)))
    if zone.crop in SCAB:
        air = hourly("air_temperature", SCAB_BACK_H)
        found.append(scab(np.nan_to_num(air), wet(SCAB_BACK_H) & ~np.isnan(air), 1.0))
    if zone.crop in EARLY_BLIGHT:
        since = now - SEVERITY_DAYS * DAY_MS
        sprays = [r.happened_t for r in store.records(farm.id, since, now + 1) if _is_spray(r, zone)]
        midnight = local(max(sprays, default=since), farm.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
        begins = round(midnight.astimezone(UTC).timestamp()) * 1000
        hours = -(-(until - begins) // HOUR_MS)
        air, is_wet = hourly("air_temperature", hours), wet(hours)
        whole = np.zeros(-hours % 24)
        values = tomcast(np.append(np.nan_to_num(air), whole), np.append(is_wet & ~np.isnan(air), whole > 0), 3600)
        found.append(Severity(total=int(values.sum()), since=begins))
    return tuple(criterion for criterion in found if criterion is not None)


def criterion_in_words(criterion: Criterion, timezone: str, now: int) -> str:
    """How far it has run, in a sentence."""
    match criterion:
        case Hutton():
            return say(
                "Air as damp as late blight needs: {hours} hours in the last day, {before} in the day before; it takes "
                "{needed} on each.",
                hours=count(criterion.humid_h),
                before=count(criterion.humid_h_before),
                needed=count(HUTTON_HOURS),
            )
        case Scab(needed_h=None):
            return say(
                "Leaves have been wet for {time}, at {temperature}: too cold or too warm for scab.",
                time=lasting(round(criterion.wet_h * HOUR_MS)),
                temperature=degrees(criterion.degc),
            )
        case Scab(needed_h=float() as needed):
            return say(
                "Leaves have been wet for {time}; scab needs {needed} at {temperature}.",
                time=lasting(round(criterion.wet_h * HOUR_MS)),
                needed=lasting(round(needed * HOUR_MS)),
                temperature=degrees(criterion.degc),
            )
        case Severity():
            told = {
                "total": count(criterion.total),
                "due": count(TOMCAST_DUE),
                "day": at(criterion.since, timezone, now=now),
            }
            if criterion.total < TOMCAST_DUE:
                return say("Early blight: severity {total} of {due} since {day}.", **told)
            return say(
                "Early blight: severity {total} since {day}. At {due} a spray is due; write it down when it was given.",
                **told,
            )
    return ""


def so_far_in_words(found: tuple[Criterion, ...], block: str, timezone: str, now: int) -> str:
    """How far those that have begun have run while nobody calls, and that cold puts blight off; nothing when none has
    begun."""
    begun = [criterion_in_words(each, timezone, now) for each in found if _has_begun(each)]
    cold = [not_now(block)[1]] if begun and cannot_be_met(found) else []
    return " ".join((*begun, *cold))


def _has_begun(criterion: Criterion) -> bool:
    match criterion:
        case Hutton():
            return criterion.humid_h + criterion.humid_h_before > 0
        case Severity():
            return criterion.total > 0
    return True


def cannot_be_met(found: tuple[Criterion, ...]) -> bool:
    """Whether the weather that a call tells of cannot come within a day."""
    return any(isinstance(criterion, Hutton) and not criterion.can_be_met for criterion in found)


def not_now(block: str) -> tuple[str, str]:
    """Title and reason while it cannot be met."""
    return (
        say("{block}: no weather for late blight for now.", block=block),
        say(
            "The last day was colder than {mild} for a while, and late blight needs two days without that.",
            mild=degrees(BLIGHT_DEGC, 0),
        ),
    )


def _is_spray(record: Record, zone: Zone) -> bool:
    return record.kind == "spray" and record.zone == zone.id and not record.withdrawn
