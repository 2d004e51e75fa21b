"""The whole farm now: what the store holds, through the rule of a zone's state. The page shows it, notifications tell
it."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.contract.health import health
from edge.contract.messages import Judgement, JudgementVerdict, Status
from edge.farm import Farm, Zone

from .advice import TELLS_DRYING, Trouble, drying_faster_since
from .clock import DAY_MS, Pace, local
from .levels import badness
from .store import Store, Stored
from .zone_state import CallKey, ZoneState, call_key, forgotten, sensor_state, zone_state


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

    def zone(self, zone_id: str | None) -> ZoneState:
        """The zone called `zone_id`; the worst one when there is none."""
        return next((z for z in self.zones if z.zone.id == zone_id), self.zones[0])


def view_farm(farm: Farm, store: Store, pace: Pace) -> FarmView:
    """The farm as its store knows it now; `pace` remembers its clock between two looks. Raises StoreError."""
    now, simulated = store.farm_now(farm.id)
    statuses = {status.node: status for status in store.statuses(farm.id)}
    latest = {reading.node: reading for _, reading in store.latest(farm.id)}
    gateway = statuses.get(farm.gateway)
    stopped = simulated and pace.stopped(now)
    running = simulated and gateway is not None and gateway.state != "offline"
    heard_by = pace.settled(now, max((r.t for r in latest.values()), default=now)) if running else now
    # A call belongs to the zone that farm.yaml gives its node now; the call of a node that was taken out has ended.
    open_calls = [
        call
        for _, call in store.open_calls(farm.id)
        if call.node in farm.node_by_id and not forgotten(call, latest.get(call.node))
    ]
    since = min((call.raised_t for call in open_calls), default=now)
    judgements = newest_judgements(store.judgements(farm.id, since, now + 1))
    zones = []
    for zone in farm.zones:
        nodes = farm.nodes_of(zone.id)
        sensors = [sensor_state(node, latest.get(node.id), statuses.get(node.id), heard_by) for node in nodes]
        calls = [call for call in open_calls if farm.node_by_id[call.node].zone == zone.id]
        told = any(call.kind in TELLS_DRYING for call in calls)
        drying_since = _drying_since(store, farm, zone, now) if told else None
        zones.append(zone_state(zone, sensors, calls, judgements, now, drying_since))
    zones.sort(key=lambda zone: badness(zone.level))
    return FarmView(
        farm=farm,
        now=now,
        heard_by=heard_by,
        simulated=simulated,
        stopped=stopped,
        gateway=gateway,
        zones=tuple(zones),
    )


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


def _drying_since(store: Store, farm: Farm, zone: Zone, now: int) -> str | None:
    daily = store.history(
        farm.id, [node.id for node in farm.nodes_of(zone.id)], "soil_moisture_30cm", now - 10 * DAY_MS, now, 10
    )
    since = drying_faster_since(daily.t, daily.mean)
    return None if since is None else f"{local(since, farm.timezone):%A}"
