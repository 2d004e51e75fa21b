"""The whole farm now: what the store holds, through the rule of a zone's state. The page shows it, notifications tell
it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from edge.contract.health import health
from edge.contract.kinds import Kind, kinds
from edge.contract.messages import Call, Judgement, JudgementVerdict, Reading, Record, Status
from edge.farm import Farm, Zone

from .advice.levels import badness
from .advice.trouble import DISEASE_KIND, DRY_KIND, FROST_KIND, Trouble
from .block.disease_criteria import SEVERITY_DAYS, criteria
from .block.incoming import incoming
from .block.probe_watch import ProbeWatch
from .block.water import MOISTURES, Drying, drying_faster_since, usual_loss
from .clock import DAY_MS, HOUR_MS, MINUTE_MS, Pace
from .frost_watch import FrostWatch
from .sensor_state import sensor_state
from .store import Store, Stored
from .zone_memory import ZoneMemory
from .zone_state import CallKey, Surroundings, ZoneState, call_key, forgotten, time_to_act, told, zone_state


@dataclass(frozen=True, kw_only=True)
class FarmView:
    """The farm now, worst zone first. `heard_by`: the time by which silence is judged, UTC ms like `now`; `stopped`:
    its simulated clock stands still; `gateway`: state of the farm's gateway, None when it was never heard."""

    farm: Farm
    now: int
    heard_by: int
    simulated: bool
    stopped: bool
    gateway: Status | None
    zones: tuple[ZoneState, ...]

    @property
    def away(self) -> bool:
        """Whether the gateway is known to be gone: it said so, or the broker for it, or it keeps quiet."""
        status = self.gateway
        return status is not None and (
            status.state == "offline" or health(status.t, self.now, status.wake_interval_s) != "sleeping"
        )

    @property
    def empty(self) -> bool:
        """Whether no sensor was ever heard."""
        return all(sensor.last is None for zone in self.zones for sensor in zone.sensors)

    @cached_property
    def states(self) -> tuple[object, ...]:
        """What of it is news, by which two looks at the farm can be told apart: none of the numbers that move with
        every reading."""
        zones = [
            (
                zone.zone.id,
                zone.level,
                [(trouble.trouble.kind, trouble.level, trouble.judgement) for trouble in zone.troubles],
                [sensor.state for sensor in zone.sensors],
            )
            for zone in self.zones
        ]
        clock = self.now // MINUTE_MS if self.simulated else None
        return self.farm, self.away, self.stopped, self.empty, clock, zones

    def zone(self, zone_id: str | None) -> ZoneState:
        """The zone called `zone_id`; the worst one when there is none."""
        return next((z for z in self.zones if z.zone.id == zone_id), self.zones[0])


def _worst_first(zone: ZoneState) -> tuple[int, float]:
    """By level, and within a level what gives the least time to act."""
    hours = (time_to_act(t.trouble.kind) for t in zone.troubles if t.level == zone.level)
    return badness(zone.level), min(hours, default=float("inf"))


def view_farm(
    farm: Farm,
    store: Store,
    pace: Pace,
    probes: ProbeWatch | None = None,
    frost: FrostWatch | None = None,
    known: ZoneMemory | None = None,
) -> FarmView:
    """The farm as its store knows it now; `pace` remembers its clock between two looks, `probes` which of them seem
    wrong, `known` what its zones came to; `frost` asks its weather service. Raises StoreError."""
    now, simulated = store.farm_now(farm.id)
    doubts = (probes or ProbeWatch()).look(store, farm, now)
    statuses = {status.node: status for status in store.statuses(farm.id)}
    latest = {reading.node: reading for _, reading in store.latest(farm.id)}
    gateway = statuses.get(farm.gateway)
    stopped = simulated and pace.stopped(now)
    running = simulated and gateway is not None and gateway.state != "offline"
    heard_by = pace.settled(now, max((r.t for r in latest.values()), default=now)) if running else now
    calls = _calls_by_zone(store, farm, latest)
    since = min((call.raised_t for of_zone in calls.values() for call in of_zone), default=now)
    judgements = newest_judgements(store.judgements(farm.id, since, now + 1))
    known = known or ZoneMemory()
    known.turn_to(farm)
    look = _Past(store, farm, now, frost, known) if calls else None
    zones = []
    for zone in farm.zones:
        sensors = [
            sensor_state(node, latest.get(node.id), statuses.get(node.id), heard_by, doubts.get(node.id))
            for node in farm.nodes_of(zone.id)
        ]
        if look and zone.id in calls:
            around = look.around(zone, told(zone, calls[zone.id], now), latest)
            zones.append(zone_state(zone, sensors, calls[zone.id], judgements, now, around))
        else:
            zones.append(known.quiet(zone, sensors, now))
    zones.sort(key=_worst_first)
    return FarmView(
        farm=farm,
        now=now,
        heard_by=heard_by,
        simulated=simulated,
        stopped=stopped,
        gateway=gateway,
        zones=tuple(zones),
    )


def _calls_by_zone(store: Store, farm: Farm, latest: Mapping[str, Reading]) -> dict[str, list[Call]]:
    """Open calls. A call belongs to the zone that farm.yaml gives its node now; the call of a node that was taken out
    has ended."""
    found: dict[str, list[Call]] = {}
    for _, call in store.open_calls(farm.id):
        if call.node in farm.node_by_id and not forgotten(call, latest.get(call.node)):
            found.setdefault(farm.node_by_id[call.node].zone, []).append(call)
    return found


def newest_judgements(judgements: Sequence[Judgement]) -> dict[CallKey, Judgement]:
    """The last word on each call; `judgements` oldest first."""
    return {call_key(j): j for j in judgements}


def keep_judgement(store: Store, trouble: Trouble, verdict: JudgementVerdict, note: str = "") -> None:
    """Keeps what a person says of every call of a trouble. Raises StoreError."""
    store.append(
        [
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
                    note=note,
                ),
            )
            for call in trouble.calls
        ]
    )


def keep_record(store: Store, record: Record) -> None:
    """Keeps what a person wrote down of a block, or its correction. Raises StoreError."""
    store.append([Stored(zone=record.zone, message=record)])


class _Past:
    """What the store knows of the past of zones with calls: asked anew once a minute, and when a call, a record, or a
    newest reading of the zone or of a rain gauge is another."""

    def __init__(self, store: Store, farm: Farm, now: int, frost: FrostWatch | None, known: ZoneMemory) -> None:
        self._store, self._farm, self._frost, self._known = store, farm, frost, known
        self._now = now // MINUTE_MS * MINUTE_MS + MINUTE_MS - 1  # the same for the whole minute, and all in it counts
        self._gauges = [node.id for node in farm.nodes if "rain" in node.channels]
        self._records: dict[str, list[Record]] = {}
        for record in store.records(farm.id, now - SEVERITY_DAYS * DAY_MS, self._now + 1):
            self._records.setdefault(record.zone, []).append(record)

    def around(self, zone: Zone, calls: Sequence[Call], latest: Mapping[str, Reading]) -> Surroundings:
        """Of a zone with these open calls. Raises StoreError."""
        nodes = [node.id for node in self._farm.nodes_of(zone.id)]
        newest = [latest.get(node) for node in (*nodes, *self._gauges)]
        by = calls, newest, self._records.get(zone.id), self._now
        return self._known.around(
            zone, by, lambda: _surroundings(self._store, self._farm, zone, calls, self._now, self._frost)
        )


def _surroundings(
    store: Store, farm: Farm, zone: Zone, calls: Sequence[Call], now: int, frost: FrostWatch | None
) -> Surroundings:
    """What the store knows of a zone with these open calls."""
    nodes = [node.id for node in farm.nodes_of(zone.id)]
    known = [kinds()[name] for name in {call.kind for call in calls} if name in kinds()]
    worsening = frozenset(kind.name for kind in known if _worsening(store, farm, nodes, kind, now))
    probes = sorted({call.node for call in calls if call.kind == DRY_KIND})
    found = criteria(store, farm, zone, now) if any(call.kind == DISEASE_KIND for call in calls) else ()
    frosts = [call.raised_t for call in calls if call.kind == FROST_KIND]
    around = Surroundings(
        worsening=worsening,
        criteria=found,
        timezone=farm.timezone,
        cold=frost.cold(store, farm, zone, min(frosts), now) if frost and frosts else None,
    )
    if not probes:
        return around
    daily = store.history(farm.id, nodes, MOISTURES[-1], now - 10 * DAY_MS, now, 10)
    since = drying_faster_since(daily.t, daily.mean)
    drying = Drying(
        faster_since=since,
        loss_a_day=usual_loss(daily.mean),
        timezone=farm.timezone,
    )
    return replace(around, drying=drying, incoming=incoming(store, farm, zone, probes, now))


def _worsening(store: Store, farm: Farm, nodes: Sequence[str], kind: Kind, now: int) -> bool:
    """Whether what the kind is drawn by has moved towards the trouble over the last hours."""
    if kind.asks_again_h is None:
        return False
    hours = store.history(farm.id, nodes, kind.chart, now - 3 * HOUR_MS, now + 1, 3)
    worst = hours.high if kind.baseline_above else hours.low
    return len(worst) >= 2 and (worst[-1] > worst[0]) is kind.baseline_above
