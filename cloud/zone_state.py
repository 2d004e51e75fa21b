"""What a zone's sensors, calls and judgements come to: who is heard, who sees what, and how much it needs a person.

A rule without a store and without a page: readings, calls and judgements go in, a ZoneState comes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import fmean

from edge.agronomy.crops import crop
from edge.agronomy.disease_weather import Criterion
from edge.contract.kinds import kinds
from edge.contract.messages import Call, Judgement, Reading
from edge.core import sentinels
from edge.farm import Zone

from .advice.advice import advise
from .advice.dry_advice import dry_unasked
from .advice.frost_call import ComingCold, bears_out, watch
from .advice.levels import Level, badness
from .advice.probe_advice import Odd, look_first
from .advice.trouble import DISEASE_KIND, DRY_KIND, FROST_KIND, Advice, Trouble
from .block.water import BlockWater, Drying, Incoming, block_water
from .clock import HOUR_MS, local
from .language.speech import say
from .language.times import day_of_month
from .sensor_state import SensorState

HANDLED_FOR_MS = 24 * 3_600_000
"""A trouble that goes on for a day after it was handled needs a person again."""
REPEATED_MS = 48 * 3_600_000
"""An open call is repeated at least that often, so that so much further back no open call is missed."""
LARGEST_COUNTS = frozenset({"gust", "ethylene"})
"""Of these channels the zone's highest value is what harms; of the others the mean is told."""

CallKey = tuple[str, str, str, int]
"""Node, sentinel, kind, time of the raise: what a call and the judgements of it have in common."""


@dataclass(frozen=True, kw_only=True)
class OpenTrouble:
    """A trouble with what was last said of it, and the time until which that puts it away (None: it does not, or for
    good). `held`: the sensors that call rest on these probes, which seem wrong: it is only suspected."""

    trouble: Trouble
    judgement: Judgement | None
    level: Level
    until: int | None
    held: tuple[Odd, ...] = ()
    watched: ComingCold | None = None
    """Why a call of frost is held back."""

    @property
    def advice(self) -> Advice:
        """What to tell of it, in the words of whoever is spoken to."""
        if self.watched:
            return watch(self.trouble, self.watched)
        return look_first(self.trouble, self.held) if self.held else advise(self.trouble)

    @property
    def asks_twice(self) -> bool:
        """Whether it is too dangerous for one tap to put it away: it comes nearer while the page is looked at."""
        return self.trouble.worsening


@dataclass(frozen=True, kw_only=True)
class ZoneState:
    """A zone now. `blind`: sentinels of which no sensor is left that can see; `values`: channel -> zone value; `water`:
    by the probes that nobody called wrong; `reads_dry`: they say that the block is dry while no sensor calls.
    `resting`: its crop has no season, and troubles of a crop are none until that day."""

    zone: Zone
    now: int
    level: Level
    troubles: tuple[OpenTrouble, ...]
    sensors: tuple[SensorState, ...]
    blind: tuple[str, ...]
    values: Mapping[str, float]
    water: BlockWater | None
    reads_dry: bool
    resting: date | None = None

    @property
    def unasked(self) -> Advice | None:
        """What to tell of a block that reads dry, in the words of whoever is spoken to."""
        return dry_unasked(self.zone, self.water, self.now) if self.water and self.reads_dry else None

    @property
    def rest(self) -> str:
        """That its crop has no season, in words; nothing while it has one."""
        if self.resting is None:
            return ""
        return say("Out of season until {day}: no calls for its crop.", day=day_of_month(self.resting))

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to say of it."""
        return self.level == "fine" and not self.troubles and all(s.state == "sleeping" for s in self.sensors)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the store knows beyond the newest readings of a zone in trouble. `worsening`: kinds whose channel moves
    towards the trouble; `criteria`: of disease, how far its weather has run; `timezone`: the farm's; `cold`: known of a
    zone with a call of frost where there is a weather service."""

    criteria: tuple[Criterion, ...] = ()
    timezone: str = "UTC"
    drying: Drying | None = None
    incoming: Incoming = field(default_factory=Incoming)
    worsening: frozenset[str] = frozenset()
    cold: ComingCold | None = None


def call_key(call: Call | Judgement) -> CallKey:
    """What a call and the judgements of it have in common."""
    return call.node, call.sentinel, call.kind, call.raised_t


def forgotten(call: Call, last: Reading | None) -> bool:
    """Whether a node has started anew since it called, and has not called again when it would have: it cannot clear
    what it forgot."""
    return last is not None and (last.inc != call.inc or last.boot > call.boot) and last.t - call.t > REPEATED_MS


def zone_state(
    zone: Zone,
    sensors: Sequence[SensorState],
    calls: Sequence[Call],
    judgements: Mapping[CallKey, Judgement],
    now: int,
    surroundings: Surroundings | None = None,
) -> ZoneState:
    """A zone by its sensors and open calls, the newest judgement of each call, and its surroundings; `now` in UTC
    ms."""
    around = surroundings or Surroundings()
    resting, calls = _resting(zone, now), told(zone, calls, now)
    water = _water(zone, sensors, calls, judgements, now)
    troubles = sorted(
        (
            _open_trouble(zone, kind, [c for c in calls if c.kind == kind], sensors, judgements, now, water, around)
            for kind in dict.fromkeys(call.kind for call in calls)
        ),
        key=lambda trouble: (badness(trouble.level), time_to_act(trouble.trouble.kind)),
    )
    blind = _blind(sensors)
    called_dry = any(t.trouble.kind == DRY_KIND and t.level != "fine" for t in troubles)
    reads_dry = water is not None and water.lacks and not called_dry and not resting
    unasked: list[Level] = ["needs_you"] if reads_dry else []
    return ZoneState(
        zone=zone,
        now=now,
        level=_zone_level([*(trouble.level for trouble in troubles), *unasked], sensors, blind),
        water=water,
        reads_dry=reads_dry,
        resting=resting,
        troubles=tuple(troubles),
        sensors=tuple(sensors),
        blind=blind,
        values=_values(sensors),
    )


def _resting(zone: Zone, now: int) -> date | None:
    """The day on which the next season of the zone's crop begins; None while it has one, and in a store."""
    return None if zone.store else crop(zone.crop).season_begins(local(now, "UTC").date(), zone.planted)


def told(zone: Zone, calls: Sequence[Call], now: int) -> list[Call]:
    """Of these open calls those that somebody is told of: while the zone's crop has no season, none of the crop."""
    resting = _resting(zone, now) is not None
    return [call for call in calls if not (resting and call.kind in kinds() and kinds()[call.kind].of_crop)]


def level_after(
    level: Level, said: Sequence[Judgement | None], now: int, asks_again_ms: int | None = None
) -> tuple[Level, int | None]:
    """A trouble is out of the way when each of its calls was called wrong, in hand when each was dealt with lately; and
    the time until which it is. `said`: the newest judgement of each call; `asks_again_ms`: how long a judgement counts
    of a trouble that comes nearer, which is never out of the way."""
    ends: list[float] = []
    for judgement in said:
        if judgement is None or judgement.verdict not in ("wrong", "handled"):
            return level, None
        lasts = float("inf") if judgement.verdict == "wrong" else HANDLED_FOR_MS
        ends.append(judgement.t + min(lasts, float("inf") if asks_again_ms is None else asks_again_ms))
    if not ends or min(ends) <= now:
        return level, None
    if min(ends) == float("inf"):
        return "fine", None
    return "in_hand", int(min(ends))


def _open_trouble(
    zone: Zone,
    kind: str,
    calls: Sequence[Call],
    sensors: Sequence[SensorState],
    judgements: Mapping[CallKey, Judgement],
    now: int,
    water: BlockWater | None,
    around: Surroundings,
) -> OpenTrouble:
    callers = {call.node for call in calls}
    trouble = Trouble(
        zone=zone,
        kind=kind,
        calls=calls,
        now=now,
        values=_values(s for s in sensors if s.node.id in callers) or _values(sensors),
        water=water,
        drying=around.drying,
        incoming=around.incoming,
        worsening=kind in around.worsening,
        criteria=around.criteria if kind == DISEASE_KIND else (),
        timezone=around.timezone,
    )
    again_h = kinds()[kind].asks_again_h if trouble.worsening else None
    said = [judgements.get(call_key(call)) for call in calls]
    held = _held(kind, calls, sensors, water)
    watched = around.cold if kind == FROST_KIND and around.cold and not bears_out(around.cold) else None
    base: Level = "no_word" if held else "in_hand" if watched else advise(trouble).level
    level, until = level_after(base, said, now, round(again_h * HOUR_MS) if again_h else None)
    newest = max((j for j in said if j), key=lambda j: j.t, default=None)
    return OpenTrouble(
        trouble=trouble,
        judgement=None if newest and newest.verdict == "withdrawn" else newest,
        level=level,
        until=until,
        held=held,
        watched=watched,
    )


def _held(
    kind: str, calls: Sequence[Call], sensors: Sequence[SensorState], water: BlockWater | None
) -> tuple[Odd, ...]:
    """The doubted probes that a call rests on, when nothing else bears it out: no other sensor calls, and of a dry
    block no other probe reads dry. What is worth waking somebody for is never held back."""
    if kind in kinds() and kinds()[kind].wakes:
        return ()
    needs = {sentinel.name: set(sentinel.channels) for sentinel in sentinels()}
    by_node = {sensor.node.id: sensor for sensor in sensors}
    found: list[Odd] = []
    for call in calls:
        caller = by_node[call.node]
        doubted = caller.doubted.keys() & needs.get(call.sentinel, set())
        if not doubted:
            return ()
        found += [odd for odd in caller.odd if odd.channel in doubted]
    return () if kind == DRY_KIND and water is not None and water.lacks else tuple(found)


def time_to_act(kind: str) -> float:
    """Hours that a farmer has to act on a kind of trouble; among equally bad ones the shortest comes first."""
    known = kinds().get(kind)
    return known.min_lead_h if known else float("inf")


def _water(
    zone: Zone,
    sensors: Sequence[SensorState],
    calls: Sequence[Call],
    judgements: Mapping[CallKey, Judgement],
    now: int,
) -> BlockWater | None:
    """The block's water without the probes whose call of a dry block somebody called wrong; not known when all are."""
    said = {call.node: judgements.get(call_key(call)) for call in calls if call.kind == DRY_KIND}
    wrong = {node for node, judgement in said.items() if judgement and judgement.verdict == "wrong"}
    if said and len(wrong) == len(said):
        return None
    values = {s.node.id: s.trusted for s in sensors if s.heard and s.last and s.node.id not in wrong}
    return block_water(zone, values, now)


def _zone_level(troubles: Sequence[Level], sensors: Sequence[SensorState], blind: Sequence[str]) -> Level:
    """The worst of its troubles; fine is only what its sensors all watch on time."""
    if not any(sensor.heard for sensor in sensors):
        return "no_word"
    unseen: tuple[Level, ...] = ("no_word",) if blind or any(s.health != "sleeping" for s in sensors) else ()
    return min((*troubles, *unseen), key=badness, default="fine")


def _blind(sensors: Sequence[SensorState]) -> tuple[str, ...]:
    """Sentinels that the zone's nodes run and that none of them can see with now."""
    wanted = dict.fromkeys(name for sensor in sensors for name in sensor.node.sentinels)
    seen = {name for sensor in sensors for name in sensor.watches}
    return tuple(name for name in wanted if name not in seen)


def _values(sensors: Iterable[SensorState]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for sensor in sensors:
        if sensor.heard and sensor.last:
            for name, value in sensor.trusted.items():
                found.setdefault(name, []).append(value)
    return {name: max(values) if name in LARGEST_COUNTS else fmean(values) for name, values in found.items()}
