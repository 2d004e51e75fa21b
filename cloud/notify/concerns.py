"""What somebody should be told of, now: the troubles of the farm view, silence, and probes to look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ..advice.levels import Level
from ..advice.probe_advice import look_at_probes
from ..advice.silence import silent_gateway, silent_sensors
from ..advice.trouble import Advice, Trouble
from ..farm_view import FarmView
from ..language.names import kind_in_words
from ..language.speech import mark, say
from ..zone_state import OpenTrouble, ZoneState

SILENT_SENSOR = "silent_sensor"
SILENT_GATEWAY = "silent_gateway"
ODD_PROBE = "odd_probe"
OTHER_KINDS = {
    SILENT_SENSOR: mark("no word from a sensor"),
    SILENT_GATEWAY: mark("no word from the gateway"),
    ODD_PROBE: mark("a probe to look at"),
}
"""Silence, and probes that are faulty or seem wrong, stand beside the kinds of trouble that nodes call about."""
OF_SENSORS = frozenset({SILENT_SENSOR, ODD_PROBE})
"""Nothing is known of them while the gateway is silent."""
GATEWAY_SILENT_MS = 10 * 60_000
"""A gateway says something every minute; its last will does not come when it takes the broker along."""


@dataclass(frozen=True, kw_only=True)
class Concern:
    """One thing to tell, however many nodes say so. `zone` is the gateway's name for the gateway; `words`: what to tell
    whoever is spoken to; `who`: the nodes; `heard`: a node that calls is heard now, so it would have said if it were
    over; `trouble`: None for silence and probes."""

    zone: str
    kind: str
    level: Level
    words: Callable[[], Advice]
    began: int
    who: frozenset[str]
    heard: bool
    trouble: Trouble | None = None

    @property
    def advice(self) -> Advice:
        """What to tell of it, in the words of whoever is spoken to."""
        return self.words()


def concerns(view: FarmView) -> list[Concern]:
    """Everything wrong on the farm. Silent sensors are not told of while the gateway is: see `gateway_is_silent`."""
    found = [_of_trouble(zone, trouble) for zone in view.zones for trouble in zone.troubles]
    if gateway_is_silent(view):
        return [*found, _of_gateway(view)]
    return [*found, *(concern for zone in view.zones for concern in _of_sensors(zone, view.heard_by))]


def gateway_is_silent(view: FarmView) -> bool:
    """Whether a gateway that was heard once is away: then nothing is known of the sensors."""
    status = view.gateway
    return status is not None and (status.state == "offline" or view.now - status.t > GATEWAY_SILENT_MS)


def _of_trouble(zone: ZoneState, found: OpenTrouble) -> Concern:
    callers = frozenset(call.node for call in found.trouble.calls)
    return Concern(
        zone=zone.zone.id,
        kind=found.trouble.kind,
        level=found.level,
        words=lambda: found.advice,
        began=found.trouble.began,
        who=callers,
        heard=any(sensor.health == "sleeping" for sensor in zone.sensors if sensor.node.id in callers),
        trouble=found.trouble,
    )


def _of_sensors(zone: ZoneState, now: int) -> Iterator[Concern]:
    last = {sensor.node.id: sensor.last.t for sensor in zone.sensors if sensor.health == "dead" and sensor.last}
    if last:
        silent_ms = now - min(last.values())
        yield Concern(
            zone=zone.zone.id,
            kind=SILENT_SENSOR,
            level="no_word",
            words=partial(silent_sensors, zone.zone, sorted(last), len(zone.sensors), silent_ms),
            began=min(last.values()),
            who=frozenset(last),
            heard=False,
        )
    odd = [sensor for sensor in zone.sensors if sensor.state in ("faulty", "suspect")]
    if odd:
        yield Concern(
            zone=zone.zone.id,
            kind=ODD_PROBE,
            level="no_word",
            words=lambda: look_at_probes(zone.zone.name, [each for sensor in odd for each in sensor.odd], now),
            began=min((of.since for sensor in odd for of in sensor.doubted.values()), default=now),
            who=frozenset(sensor.node.id for sensor in odd),
            heard=True,
        )


def _of_gateway(view: FarmView) -> Concern:
    assert view.gateway is not None
    return Concern(
        zone=view.farm.gateway,
        kind=SILENT_GATEWAY,
        level="no_word",
        words=partial(silent_gateway, view.gateway.t, view.now),
        began=view.gateway.t,
        who=frozenset((view.farm.gateway,)),
        heard=False,
    )


def concern_in_words(kind: str) -> str:
    """What a concern is about, in a few words."""
    return say(OTHER_KINDS[kind]) if kind in OTHER_KINDS else kind_in_words(kind)
